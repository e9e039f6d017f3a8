"""The settings of a run on pairs, where they are not given: by the number of pairs."""

from dataclasses import dataclass, fields, replace
from typing import Any

from charrnn.evaluation.pairs import EncodedPairs
from charrnn.network.pairs import PairConfig
from charrnn.training.config import MOST_WORKERS, TrainingConfig
from charrnn.training.defaults import val_sample
from charrnn.training.options import BUDGETS, TrainOptions
from charrnn.training.process_learner import choose_workers

READ = 10e6
"""Characters that a run without a budget reads, in all its passes."""

LEAST_PASSES, MOST_PASSES = 4, 60
"""Times that it reads each pair."""

PATIENCE = 20
"""Evaluations without a better one after which a run stops: what decides an answer, as a "but" far
from the end, may be found late, after a long time in which nothing seems to be learnt."""

MOST_KEPT = 5_000
"""Pairs kept for validation at most."""


@dataclass(frozen=True)
class PairRecipe:
    """The defaults for up to this many pairs."""

    pairs: float
    hidden_size: int
    dropout: float
    batch_size: int
    learning_rate: float


RECIPES = (
    PairRecipe(300, 96, 0.3, 8, 4e-3),
    PairRecipe(3000, 192, 0.2, 16, 3e-3),
    PairRecipe(float("inf"), 256, 0.1, 16, 3e-3),
)
"""Small batches learn more from each pair: see `tests/benchmarks/pairs.py`."""


def resolve_pairs(
    options: TrainOptions, train: EncodedPairs, kept: int, network: PairConfig
) -> tuple[PairConfig, TrainingConfig]:
    """Return the settings of a run on these pairs.

    kept: the number of pairs kept for validation.
    network: its vocabulary and labels.

    Raises
    ------
    ConfigError
        An option is out of its range.
    """
    recipe = next(each for each in RECIPES if len(train) <= each.pairs)

    def given(name: str) -> Any:
        value = getattr(options, name)
        return getattr(recipe, name) if value is None else value

    network = replace(
        network,
        cell=options.cell,
        hidden_size=given("hidden_size"),
        num_layers=options.num_layers or 1,
        embedding_size=options.embedding_size or 0,
    )
    batch_size = min(given("batch_size"), max(1, len(train)))
    steps_of_window = train.characters / max(1, len(train))
    workers = choose_workers(network, batch_size, round(steps_of_window))
    found: dict[str, Any] = {
        "batch_size": batch_size,
        "seq_length": train.longest,
        "keeps": "lines",
        "learning_rate": given("learning_rate"),
        "dropout": given("dropout"),
        "restart": 0.0,
        "sampled_softmax": 0,
        "val_split": options.val_split if kept else 0.0,
        "val_sample": val_sample(options.max_time),
        "patience": PATIENCE if options.patience == TrainOptions.patience else options.patience,
        "workers": min(batch_size, MOST_WORKERS, options.workers or workers),
        "use_all": False,
    }
    if not any(getattr(options, name) for name in BUDGETS):
        passes = min(MOST_PASSES, max(LEAST_PASSES, READ / train.characters))
        found["epochs"] = round(passes, 1)
    as_given = {
        field.name: getattr(options, field.name)
        for field in fields(TrainingConfig)
        if hasattr(options, field.name)
    }
    return network, TrainingConfig(**(as_given | found))
