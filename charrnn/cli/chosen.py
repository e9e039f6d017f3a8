"""What was chosen on the command line, checked before a text is read, and made a run."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from charrnn.errors import ConfigError, TrainingError
from charrnn.network.config import NetworkConfig
from charrnn.text.reading import Corpus
from charrnn.training.config import MOST_WORKERS, Choices, TrainingConfig
from charrnn.training.run import Run

BUDGET = ("epochs", "max_steps", "max_time")

MAY_CHANGE = {
    *BUDGET, "quick", "best", "patience", "evaluations", "corpus", "out", "overwrite", "resume",
    "dry_run", "samples", "log_file", "encoding", "errors", "as_bytes", "max_bytes", "threads",
    "profile",
}  # fmt: skip
"""What a resumed run may be told; all else is as it was, or it would not be that run."""


def check(choices: Choices) -> None:
    """Check every value by itself, whatever the text will be.

    Raises
    ------
    ConfigError
        With the name of the option.
    """
    chosen = {name: value for name, value in asdict(choices).items() if value is not None}
    for name in BUDGET:
        if chosen.get(name) == 0:
            raise ConfigError(f"{_option(name)}: 0 is no budget; leave it out for the default")
    standing_in = {"batch_size": MOST_WORKERS, "max_steps": 1, "vocabulary_size": 2} | chosen
    # There are never more than there are sequences to share, and that is no mistake.
    workers = min(choices.workers or 1, standing_in["batch_size"])
    standing_in["workers"] = choices.workers if choices.workers == 0 else workers
    for config in (NetworkConfig, TrainingConfig):
        known = {field.name for field in fields(config)}
        try:
            config(**{name: value for name, value in standing_in.items() if name in known})
        except ConfigError as error:
            name, _, rest = str(error).partition(":")
            raise ConfigError(f"{_option(name)}:{rest}" if name in known else str(error)) from error


def only_what_may_change(typed: set[str]) -> None:
    """Refuse to resume a run as another one.

    Raises
    ------
    ConfigError
        Something is typed that belongs to what was settled when the run began.
    """
    for name in sorted(typed - MAY_CHANGE):
        raise ConfigError(
            f"{_option(name)}: a resumed run keeps its own; leave it out, or start afresh without "
            f"--resume"
        )


def go_on(corpus: Corpus, path: Path, choices: Choices, typed: set[str]) -> Run:
    """Take up a stopped run; a budget that is given replaces the one it had.

    Raises
    ------
    CharRNNError
        There is no such run, it is of another text, or there is nothing left of its budget.
    """
    changes: dict[str, Any] = {
        name: getattr(choices, name) for name in ("patience", "evaluations") if name in typed
    }
    if typed & {*BUDGET, "quick", "best"}:
        changes |= {name: getattr(choices, name) for name in BUDGET}
    run = Run.resume(corpus, path, changes)
    waited, patience = run.trainer.now.waited, run.trainer.config.patience
    if 0 < patience <= waited:
        raise TrainingError(
            f"{path.name}: stopped because {waited} evaluations brought nothing better; go on with "
            f"--patience {2 * waited}, or 0 for as long as its budget lasts"
        )
    return run


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
