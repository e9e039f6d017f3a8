"""The values of options that are not given: by the text, the time and the machine."""

from dataclasses import fields, replace
from typing import Any, TypeVar

from charrnn.network.config import NetworkConfig
from charrnn.network.kinds import count_parameters
from charrnn.text.batches import fit_shape
from charrnn.training.config import MOST_WORKERS, TrainingConfig
from charrnn.training.estimate import measure_speed
from charrnn.training.options import BUDGETS, TrainOptions
from charrnn.training.process_learner import choose_workers
from charrnn.training.recipe import Recipe, recipe_for, recipe_in_time

Number = TypeVar("Number", int, float)

LEAST_READ = 600_000
"""Characters that a run reads of a tiny text, in all its passes."""

LARGE_VOCABULARY = 256
"""Distinct characters above which a learned embedding is both smaller and faster than one-hot."""

LARGEST_VALIDATION = 200_000
"""Characters of the validation text at most; more cost time and measure hardly better."""

MOST_SCORED = 20_000
"""Characters of the validation text that an evaluation scores, at most."""

SCORED = 100
"""Characters that an evaluation scores for each second that a run has: one process reads them
while the others wait."""

LEAST_SCORED = 1_000
"""Characters that an evaluation scores at least; of fewer the mean says too little."""


def resolve(
    options: TrainOptions, characters: int, vocabulary_size: int
) -> tuple[NetworkConfig, TrainingConfig, list[str]]:
    """Return the settings of a run on a text of this length, and notes that explain them.

    Raises
    ------
    TextError, ConfigError
        The text holds less than a window, or an option is out of its range.
    """
    kept = split(characters, options.val_split, options.seq_length)
    train_characters = characters - kept
    recipe = _recipe(options, characters, train_characters, vocabulary_size)
    network = _network(options, recipe, vocabulary_size)
    batch_size, seq_length, note = fit_shape(
        train_characters, _given(options.batch_size, recipe.batch_size), options.seq_length
    )
    notes = [said for said in (recipe.why, note) if said]
    if options.val_split and not kept:
        notes.append("the text is too short to keep some of it for validation")
    workers = _given(options.workers, choose_workers(network, batch_size, seq_length))
    found: dict[str, Any] = {
        "batch_size": batch_size,
        "seq_length": seq_length,
        "learning_rate": _given(options.learning_rate, recipe.learning_rate),
        "dropout": _given(options.dropout, recipe.dropout),
        "rotate": True,
        "val_split": options.val_split if kept else 0.0,
        "val_sample": val_sample(options.max_time),
        "workers": min(batch_size, MOST_WORKERS, workers),
    }
    if not any(getattr(options, name) for name in BUDGETS):
        found["max_steps"] = default_steps(recipe, train_characters, batch_size * seq_length)
    as_given = {
        field.name: getattr(options, field.name)
        for field in fields(TrainingConfig)
        if hasattr(options, field.name)
    }
    return network, TrainingConfig(**(as_given | found)), notes


def split(characters: int, val_split: float, seq_length: int) -> int:
    """Return how many characters of a text are kept for validation.

    None where they would not fill two windows.
    """
    kept = min(int(characters * val_split), LARGEST_VALIDATION)
    return kept if kept >= 2 * seq_length else 0


def val_sample(max_time: float | None) -> int:
    """Return how many characters of the validation text each evaluation of a run scores."""
    if max_time is None:
        return MOST_SCORED
    return int(min(MOST_SCORED, max(LEAST_SCORED, SCORED * max_time)))


def default_steps(recipe: Recipe, train_characters: int, window: int) -> int:
    """Return the default budget in steps, each of which reads `window` characters."""
    return max(1, int(max(recipe.passes * train_characters, LEAST_READ)) // window)


def default_embedding_size(vocabulary_size: int) -> int:
    """Return 0, one-hot input, for a small vocabulary, and a learned embedding for a large one."""
    return 0 if vocabulary_size <= LARGE_VOCABULARY else 128


def _recipe(
    options: TrainOptions, characters: int, train_characters: int, vocabulary_size: int
) -> Recipe:
    """Return the recipe for a text, in the time that there is if no size was given."""
    recipe = recipe_for(characters)
    if options.max_time is None or options.hidden_size or options.max_steps or options.epochs:
        return recipe
    unlimited = replace(options, max_time=None)

    def speed() -> float:
        network, training, _ = resolve(unlimited, characters, vocabulary_size)
        return measure_speed(network, training)

    def parameters(hidden_size: int) -> int:
        sized = replace(unlimited, hidden_size=hidden_size)
        return count_parameters(_network(sized, recipe, vocabulary_size))

    return recipe_in_time(train_characters, options.max_time, speed, parameters)


def _network(options: TrainOptions, recipe: Recipe, vocabulary_size: int) -> NetworkConfig:
    return NetworkConfig(
        vocabulary_size=vocabulary_size,
        cell=options.cell,
        hidden_size=_given(options.hidden_size, recipe.hidden_size),
        num_layers=_given(options.num_layers, recipe.num_layers),
        embedding_size=_given(options.embedding_size, default_embedding_size(vocabulary_size)),
    )


def _given(given: Number | None, default: Number) -> Number:
    return default if given is None else given
