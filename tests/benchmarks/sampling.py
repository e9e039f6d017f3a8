"""What filters, searches and demands cost, what many and long texts cost, and how DRY is best set.

    python tests/benchmarks/sampling.py                          # all tables, half an hour
    python tests/benchmarks/sampling.py filters --turns 300
    python tests/benchmarks/sampling.py search ahead --texts 50

filters     time of a character with a filter over that without, LSTM 1x128 that has learnt the
            project's plays for --seconds; both sides take turns of 200 characters in one process:
            the median of the ratios of turns side by side, and the ratio of the best turns; the
            last row is of nothing but the calls of NumPy that --typical-p takes
search      beams, best-of and particles: time of a text of 200 characters over that of a plain one,
            and the mean log-probability of a character by the network alone, in nats
ahead       demands: the mean log-probability of a character with look-ahead, by masking alone, and
            of free text of the same length from the same place; temperature 1; ms a text
many        10,000 samples of 200 characters over the same number of characters as 64 long samples:
            whole commands with --json, in turns, LSTM 1x128
endless     resident memory of a command that writes 2 million characters, as it goes
dry         settings of DRY: the shares of characters that end a run of 12, and of 20, that is there
            already, in texts of 4,000 characters, and their mean log-probability; the plays' own

search, ahead and dry use checkpoints/playwright.npz, LSTM 1x256, or --model.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import CharRNN, load
from charrnn.array_types import Doubles, Ids
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import random_streams
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.generate import generate
from charrnn.sampling.sample import Sample
from charrnn.system.blas import Limit

ROOT = Path(__file__).resolve().parents[2]
PLAYS = ROOT / "corpora" / "plays.txt"
MODEL = ROOT / "checkpoints" / "playwright.npz"
PROMPT = "\n\nQUEEN:\n"
TURN = 200
"""Characters of a turn."""

FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "`-t 0.8`": {"temperature": 0.8},
    "`-t 1.2:0.6`": {"temperature": (1.2, 0.6), "length": 10**6},
    "`--min-p 0.05`": {"min_p": 0.05},
    "`--top-k 10`": {"top_k": 10},
    "`--top-p 0.9`": {"top_p": 0.9},
    "`--typical-p 0.9`": {"typical_p": 0.9},
    "`--mirostat 2`": {"mirostat": 2},
    "`--presence-penalty`, `--frequency-penalty`": {
        "presence_penalty": 0.2,
        "frequency_penalty": 0.1,
    },
    "`--repeat-penalty 1.2`": {"repeat_penalty": 1.2},
    "`--no-repeat-ngram-size 12`": {"no_repeat_ngram_size": 12},
    "`--dry-multiplier 0.8`": {"dry_multiplier": 0.8},
    "`--match`, 11 states, by masking": {
        "match": "([A-Z]+:\n([a-zA-Z ,.'-]+\n)+)*",
        "length": 10**7,
        "look_ahead": 0,
    },
}

SEARCHES: dict[str, dict[str, Any]] = {
    "plain": {},
    "greedy": {"temperature": 0},
    "2 beams": {"num_beams": 2},
    "4 beams": {"num_beams": 4},
    "16 beams": {"num_beams": 16},
    "16 beams in 4 groups": {"num_beams": 16, "num_beam_groups": 4, "diversity_penalty": 0.5},
    "best of 4": {"best_of": 4},
    "best of 16": {"best_of": 16},
    "best of 64": {"best_of": 64},
    "16 particles": {"must": ("moon",), "look_ahead": 16},
    "64 particles": {"must": ("moon",), "look_ahead": 64},
    "256 particles": {"must": ("moon",), "look_ahead": 256},
}

OWN, UNSEEN = "`--infill` of what it wrote", "`--infill` of a play that it has not learnt"
DEMANDS: dict[str, dict[str, Any]] = {
    "`--must ' the whale'`, 40 characters": {"must": (" the whale",), "length": 40},
    "the same, 120 characters": {"must": (" the whale",), "length": 120},
    OWN: {},
    UNSEEN: {},
    "`--template`": {"template": "My dear ____, I ____ the door, and ____.\n", "length": 160},
    "`--acrostic`": {"acrostic": "MOON", "length": 200},
    "`--end-with`": {"end_with": "ing[.,;!?]", "length": 120},
}

DRY = [
    (multiplier, base, allowed)
    for allowed in (4, 6, 8, 10, 12)
    for multiplier, base in ((0.8, 1.2), (0.8, 1.75), (2.0, 1.2))
]
RUNS = (12, 20)
"""Characters of runs that are counted as repeated."""


def in_turns(
    sides: tuple[Callable[[], object], Callable[[], object]], turns: int
) -> tuple[list[float], float, float]:
    """Return the times of the first side, the median ratio of the second to it, and the best."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns):
        for n in (0, 1) if turn % 2 else (1, 0):
            began = time.perf_counter()
            sides[n]()
            times[n].append(time.perf_counter() - began)
    ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
    return times[0], ratio, min(times[1]) / min(times[0])


def small_model(folder: str, seconds: float) -> Path:
    """Save an LSTM 1x128 that has learnt the plays for some seconds."""
    path = Path(folder, "small.npz")
    CharRNN(hidden_size=128).fit(PLAYS, max_time=seconds).save(path)
    return path


class TypicalCalls:
    """Draws as `--typical-p 0.9` does, with no call of Python between those of NumPy."""

    left = ()

    def __init__(self, V: int) -> None:
        self._ones, self._expected = np.ones(V), np.zeros(())

    def draw(self, scores: Doubles, uniform: float) -> tuple[int, Doubles]:
        row = scores - scores[scores.argmax()]
        weights = np.exp(row)
        self._expected[()] = weights.dot(row) / weights.dot(self._ones)
        distance = row - self._expected
        ids = np.abs(distance, distance).argsort(kind="stable")
        cumulative = np.add.accumulate(weights[ids])
        reached = cumulative.item(cumulative.searchsorted(0.9 * cumulative.item(-1)))
        return ids.item(cumulative.searchsorted(uniform * reached, "right")), row

    def accept(self, ids: Ids) -> None:
        """Do nothing."""


def filters(given: argparse.Namespace) -> Iterator[str]:
    """Yield what each filter adds to the time of a character."""
    with tempfile.TemporaryDirectory() as folder:
        model = load(small_model(folder, given.seconds))
    prompt = model.vocabulary.encode(PROMPT)

    def side(options: dict[str, Any] | None) -> Callable[[], object]:
        if options is None:
            chosen: Any = TypicalCalls(V)
        else:
            config = SamplingConfig(**{"temperature": 1} | options)
            chosen = filters_of(config, prompt[None], model.vocabulary)
        made = generate(model.network, prompt, chosen, np.random.default_rng(0))
        list(islice(made, 2000))
        return lambda: list(islice(made, TURN))

    V = len(model.vocabulary)
    yield f"| filter, V = {V} | times plain | of the best turns |\n|---|---|---|"
    for name, options in {**FILTERS, "the calls of typical alone": None}.items():
        plain, ratio, best = in_turns((side({}), side(options)), given.turns)
        shown = f"none ({1e6 * min(plain) / TURN:.1f} µs at best)" if name == "none" else name
        yield f"| {shown} | {ratio:.2f} | {best:.2f} |"


def text(
    model: CharRNN, options: dict[str, Any], rng: np.random.Generator, prompt: str = PROMPT
) -> tuple[int, float, float]:
    """Return the length of a text, the mean log-probability of a character, and the seconds."""
    config = SamplingConfig(**{"temperature": 1, "length": TURN} | options)
    ids = model.vocabulary.encode_prompt(prompt, "skip")
    began = time.perf_counter()
    sample = Sample(model.network, model.vocabulary, ids, config, rng)
    log_p = [choice.log_p for choice in sample.choices()]
    return len(log_p), float(np.mean(log_p)), time.perf_counter() - began


def search(given: argparse.Namespace) -> Iterator[str]:
    """Yield what it costs to choose among texts, and what they are worth."""
    model, plays = load(given.model), PLAYS.read_text("utf-8")
    starts = np.linspace(0.91 * len(plays), 0.99 * len(plays), given.texts).astype(int).tolist()
    prompts = [plays[start : start + 40] for start in starts]
    yield "| | times plain | log-probability |\n|---|---|---|"
    for name, options in SEARCHES.items():
        times, worth = [], []
        for prompt, rng in zip(prompts, random_streams(1), strict=False):
            _, _, plain = text(model, {}, rng, prompt)
            _, log_p, seconds = text(model, options, rng, prompt)
            times.append(seconds / plain)
            worth.append(log_p)
        yield f"| {name} | {statistics.median(times):.1f} | {np.mean(worth):.2f} |"


def passage(model: CharRNN, name: str, rng: np.random.Generator) -> dict[str, Any]:
    """Return a demand to fill in every third of 80 characters: the network's, or of the plays."""
    if name == OWN:
        written = model.generate(PROMPT, length=80, temperature=1, seed=int(rng.integers(2**32)))
    else:
        plays = PLAYS.read_text("utf-8")
        start = plays.index("\n", int(rng.integers(0.91 * len(plays), 0.99 * len(plays))))
        written = "".join(k for k in plays[start : start + 200] if k in model.vocabulary)[:80]
    blanked = (
        "_" if n % 3 == 2 and k != "\n" else k for n, k in enumerate(written.replace("_", "-"))
    )
    return {"infill": "".join(blanked), "length": 80}


def ahead(given: argparse.Namespace) -> Iterator[str]:
    """Yield how likely texts are of which something is asked, beside free ones."""
    model, numbers = load(given.model), np.random.default_rng(0)
    yield "| | look-ahead | masking alone | free | ms a text, look-ahead (masking) |"
    yield "|---|---|---|---|---|"
    for name, demand in DEMANDS.items():
        found: dict[str, list[float]] = {"ahead": [], "mask": [], "free": []}
        took: dict[str, list[float]] = {"ahead": [], "mask": []}
        for rng in islice(random_streams(0), given.texts):
            asked = demand or passage(model, name, numbers)
            sides = {"ahead": asked, "mask": asked | {"look_ahead": 0}}
            for side, options in sides.items():
                length, log_p, seconds = text(model, options, rng)
                found[side].append(log_p)
                took[side].append(1000 * seconds)
                if side == "ahead":
                    found["free"].append(text(model, {"length": length}, rng)[1])
        shown = " | ".join(f"{np.mean(each):.2f}" for each in found.values())
        times = [statistics.median(each) for each in took.values()]
        yield f"| {name} | {shown} | {times[0]:,.0f} ({times[1]:,.0f}) |"


def command(model: Path, *options: object) -> list[str]:
    """Return a command that writes texts."""
    words = [sys.executable, "-m", "charrnn", "sample", str(model), "--seed", "0"]
    return [*words, *map(str, options)]


def many(given: argparse.Namespace) -> Iterator[str]:
    """Yield what many samples take, over a few long ones."""
    with tempfile.TemporaryDirectory() as folder:
        model = small_model(folder, given.seconds)
        samples, length = given.samples, TURN

        def side(number: int, length: int) -> Callable[[], object]:
            run = command(model, "--json", "--num-samples", number, "-n", length)
            streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return lambda: subprocess.run(run, check=True, cwd=ROOT, **streams)

        sides = side(64, samples * length // 64), side(samples, length)
        times, ratio, best = in_turns(sides, max(3, given.turns // 50))
        yield (
            f"{samples:,} samples of {length} characters: {ratio:.2f} times (best turns {best:.2f})"
            f" what 64 samples of the same characters take, {min(times):.1f} s at best"
        )


def endless(given: argparse.Namespace) -> Iterator[str]:
    """Yield the memory that a long text takes, as it grows."""
    remembering = ("--no-repeat-ngram-size", 12, "--dry-multiplier", 0.8, "--repeat-penalty", 1.1)
    yield f"| of {given.characters:,} characters | MB at a tenth, at half, at the end |\n|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        model = small_model(folder, given.seconds)
        for name, options in (("plain", ()), ("all that remember", remembering)):
            run = command(model, "-n", given.characters, "--no-echo", *options)
            if options:
                run += ["--repeat-last-n", "-1"]
            yield f"| {name} | {', '.join(resident(run, given.characters))} |"


def resident(run: list[str], characters: int) -> Iterator[str]:
    """Yield the resident memory of a command after parts of what it writes, in MB."""
    marks, read = [characters // 10, characters // 2, characters - 10_000], 0
    with subprocess.Popen(
        run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        assert process.stdout
        while piece := process.stdout.read(5000):
            read += len(piece)
            while marks and read >= marks[0]:
                status = Path(f"/proc/{process.pid}/status").read_text()
                yield f"{int(status.split('VmRSS:')[1].split()[0]) / 1000:.1f}"
                del marks[0]


def repeated(written: str, n: int) -> float:
    """Return the share of characters that end a run of n that stands before it, in percent."""
    seen, again = set(), 0
    for start in range(len(written) - n + 1):
        run = written[start : start + n]
        again += run in seen
        seen.add(run)
    return 100 * again / len(written)


def dry(given: argparse.Namespace) -> Iterator[str]:
    """Yield how much repeats, and what that costs, for settings of DRY."""
    model, plays, length = load(given.model), PLAYS.read_text("utf-8"), 4000
    prompt, temperatures = model.vocabulary.encode(PROMPT), (0.3, 0.6)

    def shares(texts: list[str]) -> str:
        return ", ".join(f"{np.mean([repeated(one, n) for one in texts]):.1f}" for n in RUNS)

    def measured(options: dict[str, Any]) -> str:
        texts, worth = [], []
        for rng in islice(random_streams(2), max(3, given.texts // 5)):
            config = SamplingConfig(length=length, **options)
            made = list(Sample(model.network, model.vocabulary, prompt, config, rng).choices())
            texts.append(model.vocabulary.decode([one.id for one in made]))
            worth.append(np.mean([one.log_p for one in made]))
        return f"{shares(texts)} · {np.mean(worth):.3f}"

    columns = [f"at temperature {t}: % again · log-probability" for t in temperatures]
    yield f"| multiplier, base, allowed | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}"
    own = [plays[n : n + length] for n in range(0, len(plays) - length, length)]
    yield f"| the plays | {shares(own)} |" + " |" * (len(columns) - 1)
    names = ("dry_multiplier", "dry_base", "dry_allowed_length")
    for setting in ((), *DRY):
        options = dict(zip(names, setting, strict=False))
        row = [measured(options | {"temperature": t}) for t in temperatures]
        yield f"| {', '.join(map(str, setting)) or 'off'} | {' | '.join(row)} |"


WHAT: dict[str, Callable[[argparse.Namespace], Iterator[str]]] = {
    "filters": filters,
    "search": search,
    "ahead": ahead,
    "many": many,
    "endless": endless,
    "dry": dry,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=list(WHAT), help=", ".join(WHAT))
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--texts", type=int, default=30)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--characters", type=int, default=2_000_000)
    parser.add_argument("--seconds", type=float, default=15, help="for which the 1x128 learns")
    given = parser.parse_args()
    for what in given.what:
        print(f"\n{what}\n", flush=True)
        with Limit(1):
            for line in WHAT[what](given):
                print(line, flush=True)


if __name__ == "__main__":
    main()
