"""Which recipe writes best: train recipes on several texts with several seeds, print the table.

    python tests/benchmarks/recipes.py TEXT... --characters 2.2e6 --seeds 3
    python tests/benchmarks/recipes.py TEXT... --recipes default before --seeds 20
    python tests/benchmarks/recipes.py TEXT... --max-time 600 --final
    python tests/benchmarks/recipes.py --list

A recipe is a set of choices (those of `charrnn train`) and of variants, which the program does not
have, or has no longer: `--list` names them. Without a TEXT the plays of the project and Python's
`pydoc_data.topics` are learnt.

Recipes are chosen by a part of a text that is not scored in the end: networks learn from its first
81 % and are judged by the 9 % after them. With --final they learn from the first 90 %, and the last
tenth is scored once, from its beginning, the state carried.

loss      of the parameters that a run keeps, nats a character: median, best and worst of the seeds
above     the median's distance to the worst
rose      the largest rise of an evaluation above the best before it, of all seeds
broken    evaluations more than 0.1 nats above the best before them, of all

With --json FILE every run is a line of it, and runs that are there already are not made again; with
--jobs N that many are made at a time. A
budget in characters does not depend on what else the machine does; one in seconds does.
"""

import os

if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from charrnn.array_types import Floats
from charrnn.evaluation.score import score
from charrnn.text.corpus import Corpus, from_text
from charrnn.training.optimizer import learning_rate
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun

ROSE = 0.1
"""Nats above the best from which an evaluation counts as broken."""


@dataclass(frozen=True)
class Variant:
    """What a recipe does that `charrnn train` has no option for.

    weight_drop: the share of the recurrent weights dropped in each window (Merity et al. 2017).
    c_limit: what the carried state is clipped to, after Sak et al. 2014; 0 is off.
    schedule: how the rate falls after the warm-up: cosine, linear, or stable and then linear (wsd).
    beta_2: of AdamW.
    rotate: whether each epoch begins at a random character.
    """

    weight_drop: float = 0.0
    c_limit: float = 0.0
    schedule: str = "cosine"
    beta_2: float = 0.99
    rotate: bool = True


@dataclass(frozen=True)
class Recipe:
    """A row of the table: choices of `charrnn train` beside its defaults, and a variant."""

    choices: dict[str, Any] = field(default_factory=dict)
    variant: Variant = Variant()


RECIPES = {
    "default": Recipe(),
    "before": Recipe({"restart": 0.0, "average": 0.0}, Variant(rotate=False)),
    "restart only": Recipe({}, Variant(rotate=False)),
    "rotate only": Recipe({"restart": 0.0}),
    "restart .01": Recipe({"restart": 0.01}),
    "restart .2": Recipe({"restart": 0.2}),
    "average .02": Recipe({"average": 0.02}),
    "rate 4e-3": Recipe({"learning_rate": 4e-3}),
    "rate 12e-3": Recipe({"learning_rate": 12e-3}),
    "batch 8": Recipe({"batch_size": 8}),
    "batch 32": Recipe({"batch_size": 32}),
    "window 128": Recipe({"seq_length": 128}),
    "dropout 0": Recipe({"dropout": 0.0}),
    "dropout .2": Recipe({"dropout": 0.2}),
    "dropout .3": Recipe({"dropout": 0.3}),
    "dropout .5": Recipe({"dropout": 0.5}),
    "weight drop .2": Recipe({}, Variant(weight_drop=0.2)),
    "weight drop .4": Recipe({}, Variant(weight_drop=0.4)),
    "limit 10": Recipe({}, Variant(c_limit=10.0)),
    "linear": Recipe({}, Variant(schedule="linear")),
    "wsd": Recipe({}, Variant(schedule="wsd")),
    "beta_2 .999": Recipe({}, Variant(beta_2=0.999)),
    "decay .1": Recipe({"weight_decay": 0.1}),
    "gru": Recipe({"cell": "gru"}),
    "192 units": Recipe({"hidden_size": 192}),
    "384 units": Recipe({"hidden_size": 384}),
    "512 units": Recipe({"hidden_size": 512}),
    "2x192 units": Recipe({"hidden_size": 192, "num_layers": 2}),
}


def schedule(name: str, highest: float, progress: float, warmup: float, final: float) -> float:
    """Return the rate after `progress` of the budget, by another schedule than the program's."""
    if progress < warmup or name == "cosine":
        return learning_rate(highest, progress, warmup, final)
    left = (1 - progress) / ((1 - warmup) if name == "linear" else 0.3)
    return highest * max(final, min(1.0, left))


class Trial:
    """A run of a recipe: the program's own trainer, and what the variant adds to a step."""

    def __init__(self, corpus: Corpus, recipe: Recipe, seed: int, budget: dict[str, Any]) -> None:
        self.variant = recipe.variant
        choices = TrainOptions(seed=seed, workers=1, val_split=0.1, **(budget | recipe.choices))
        self.run = TextRun.begin(corpus, choices)
        trainer = self.run.trainer
        if not self.variant.rotate:
            trainer.config = replace(trainer.config, rotate=False)
        trainer.optimizer.beta_2 = self.variant.beta_2
        self._rng = np.random.default_rng((seed, 1))
        step = trainer._step
        trainer._step = lambda rate: self._step(step, rate)  # type: ignore[method-assign]

    def _step(self, step: Any, rate: float) -> tuple[float, float]:
        trainer, variant = self.run.trainer, self.variant
        config = trainer.config
        if variant.schedule != "cosine":
            rate = schedule(
                variant.schedule,
                config.learning_rate,
                trainer.fraction(),
                config.warmup,
                config.final_rate,
            )
        if variant.c_limit:
            state = trainer.learner.state
            trainer.learner.state = np.clip(state, -variant.c_limit, variant.c_limit)
        if not variant.weight_drop:
            return step(rate)
        return self._dropped(step, rate)

    def _dropped(self, step: Any, rate: float) -> tuple[float, float]:
        """Take a step whose window is read with some of the recurrent weights dropped."""
        trainer, kept = self.run.trainer, 1 - self.variant.weight_drop
        learner, masks = trainer.learner, {}
        params = trainer.network.params
        whole: dict[str, Floats] = {}
        for name, W in params.items():
            if name.startswith("W_aa"):
                masks[name] = (self._rng.random(W.shape, np.float32) < kept) * np.float32(1 / kept)
                whole[name] = W.copy()
        learn = learner.learn

        def masked(x: Any, y: Any, t: int) -> float:
            for name, mask in masks.items():
                params[name][:] *= mask
            loss = learn(x, y, t)
            for name, mask in masks.items():
                params[name][:] = whole[name]
                learner.grad.params[name][:] *= mask  # type: ignore[attr-defined]
            return loss

        learner.learn = masked  # type: ignore[method-assign]
        try:
            return step(rate)
        finally:
            learner.learn = learn  # type: ignore[method-assign]

    def result(self) -> dict[str, Any]:
        """Train to the end, and return what the table is made of."""
        trainer, start = self.run.trainer, time.perf_counter()
        best, rose, broken, evaluations = float("inf"), 0.0, 0, 0
        for progress in trainer.run():
            if progress.evaluation:
                loss = progress.evaluation.val_loss
                rose, evaluations = max(rose, loss - best), evaluations + 1
                broken += loss > best + ROSE
                best = min(best, loss)
        trainer.finish()
        config = trainer.network.config
        return {
            "loss": float(score(trainer.network, self.run.validation).mean()),
            "rose": rose,
            "broken": broken,
            "evaluations": evaluations,
            "steps": trainer.now.step,
            "best_step": trainer.now.best_step,
            "train_loss": trainer.now.history[-1][1],
            "network": f"{config.cell} {config.num_layers}x{config.hidden_size}",
            "dropout": trainer.config.dropout,
            "seconds": time.perf_counter() - start,
        }


def texts(paths: list[Path]) -> dict[str, str]:
    """Return the texts to learn by name: those of the paths, or two that are always there."""
    if paths:
        return {path.stem: path.read_text(encoding="utf-8") for path in paths}
    from pydoc_data.topics import topics

    plays = Path(__file__).parents[2] / "corpora" / "plays.txt"
    return {"plays": plays.read_text(encoding="utf-8"), "topics": "\n".join(topics.values())}


def part(text: str, *, final: bool) -> str:
    """Return the part of a text whose last tenth judges: all of it, or the first nine tenths."""
    return text if final else text[: int(len(text) * 0.9)]


def budget_of(options: argparse.Namespace, recipe: Recipe, corpus: Corpus) -> dict[str, Any]:
    """Return the budget of a run: seconds, or the steps that read a number of characters."""
    evaluations = {"evaluations": options.evaluations}
    if options.max_time:
        return {"max_time": options.max_time} | evaluations
    choices = TrainOptions(workers=1, max_steps=1, **recipe.choices)
    shape = TextRun.begin(corpus, choices).trainer.config
    steps = int(options.characters) // (shape.batch_size * shape.seq_length)
    return {"max_steps": max(1, steps)} | evaluations


def main() -> None:
    """Make the runs that are asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("texts", nargs="*", type=Path, metavar="TEXT")
    parser.add_argument("--recipes", nargs="+", default=["default"], choices=RECIPES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, one core each")
    parser.add_argument("--characters", type=float, default=2.2e6)
    parser.add_argument("--max-time", type=float)
    parser.add_argument("--evaluations", type=int, default=TrainOptions.evaluations)
    parser.add_argument("--final", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for name, recipe in RECIPES.items():
            print(f"{name:16}", json.dumps(recipe.choices), recipe.variant)
        return
    known: list[dict[str, Any]] = []
    if options.json and options.json.exists():
        known = [json.loads(line) for line in options.json.read_text().splitlines()]
    corpora = texts(options.texts)
    runs = [
        {
            "text": text,
            "recipe": recipe,
            "seed": seed,
            "characters": None if options.max_time else options.characters,
            "max_time": options.max_time,
            "final": options.final,
        }
        for seed in range(options.seeds)
        for text in corpora
        for recipe in options.recipes
    ]
    missing = [run for run in runs if not any(run.items() <= done.items() for done in known)]
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        asked = [pool.submit(made, run, corpora[run["text"]], options) for run in missing]
        for future in as_completed(asked):
            known.append(future.result())
            if options.json:
                with options.json.open("a") as file:
                    file.write(json.dumps(known[-1]) + "\n")
    print("text          recipe           runs  loss (best to worst)   above   rose    broken")
    for text in corpora:
        for recipe in options.recipes:
            group = [run for run in runs if (run["text"], run["recipe"]) == (text, recipe)]
            found = [next(d for d in known if run.items() <= d.items()) for run in group]
            print(row(text, recipe, found), flush=True)


def made(run: dict[str, Any], text: str, options: argparse.Namespace) -> dict[str, Any]:
    """Make a run; return what was asked, the recipe and the result."""
    corpus, recipe = from_text(part(text, final=options.final)), RECIPES[run["recipe"]]
    budget = budget_of(options, recipe, corpus)
    return run | Trial(corpus, recipe, run["seed"], budget).result() | asdict(recipe)


def row(text: str, recipe: str, runs: list[dict[str, Any]]) -> str:
    """Return a line of the table."""
    losses = [run["loss"] for run in runs]
    middle, worst = median(losses), max(losses)
    broken, evaluations = (sum(run[name] for run in runs) for name in ("broken", "evaluations"))
    return (
        f"{text:13.13} {recipe:16} {len(runs):4}  {middle:.3f} ({min(losses):.3f} to {worst:.3f})"
        f"  {worst - middle:+.3f}  {max(run['rose'] for run in runs):6.3f}  "
        f"{broken}/{evaluations}"
    )


if __name__ == "__main__":
    main()
