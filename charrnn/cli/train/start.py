"""What was chosen on the command line, checked before a text is read, and made a run."""

import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from charrnn.errors import CheckpointError, ConfigError, Way
from charrnn.network.config import NetworkConfig
from charrnn.terminal.commands import command, file_word
from charrnn.text.corpus import Corpus
from charrnn.text.read_as import ReadAs
from charrnn.text.sources import STANDARD_INPUT
from charrnn.training.config import MOST_WORKERS, Choices, TrainingConfig
from charrnn.training.run import Run
from charrnn.training.stopped import text_of

BUDGET = ("epochs", "max_steps", "max_time")

MAY_CHANGE = {
    *BUDGET, "quick", "best", "patience", "evaluations", "corpus", "out", "overwrite", "resume",
    "dry_run", "samples", "plot", "log_file", "encoding", "errors", "as_bytes", "max_bytes",
    "threads",
    "profile",
}  # fmt: skip
"""What a resumed run may be told; all else is as it was, or it would not be that run."""


def check(choices: Choices) -> None:
    """Check every value by itself, whatever the text will be.

    Raises
    ------
    ConfigError
        With the name of the choice.
    """
    chosen = {name: value for name, value in asdict(choices).items() if value is not None}
    for name in BUDGET:
        if chosen.get(name) == 0:
            raise ConfigError("0 is no budget; leave it out for the default", argument=name)
    standing_in = {"batch_size": MOST_WORKERS, "max_steps": 1, "vocabulary_size": 2} | chosen
    # There are never more than there are sequences to share, and that is no mistake.
    workers = min(choices.workers or 1, standing_in["batch_size"])
    standing_in["workers"] = choices.workers if choices.workers == 0 else workers
    for config in (NetworkConfig, TrainingConfig):
        known = {field.name for field in fields(config)}
        config(**{name: value for name, value in standing_in.items() if name in known})


def only_what_may_change(typed: set[str]) -> None:
    """Refuse to resume a run as another one.

    Raises
    ------
    ConfigError
        Something is typed that belongs to what was settled when the run began.
    """
    for name in sorted(typed - MAY_CHANGE):
        raise ConfigError(
            "a resumed run keeps its own",
            Way("leave it out"),
            Way("start afresh without {resume}"),
            argument=name,
        )


def text_to_go_on(
    path: Path, sources: list[str], read_as: ReadAs, typed: set[str]
) -> tuple[list[str], ReadAs]:
    """Return which text a stopped run goes on with, and how it is read: as before, unless typed.

    Raises
    ------
    CheckpointError
        There is no such run, or it does not name its text.
    ConfigError
        It reads bytes and an encoding is typed, or its text is to come from a terminal.
    """
    try:
        names, before = text_of(path)
    except CheckpointError:
        if not sources:
            raise
        return sources, read_as
    given = {field.name: getattr(read_as, field.name) for field in fields(ReadAs)}
    if before.as_bytes:
        for name in sorted({"encoding", "errors"} & typed):
            raise ConfigError("this run reads bytes as they are; leave it out", argument=name)
    terminal = sys.stdin is None or sys.stdin.isatty()
    if not sources and STANDARD_INPUT in names and terminal:
        raise _no_text(path)
    return sources or names, replace(before, **{name: given[name] for name in given.keys() & typed})


def go_on(corpus: Corpus, path: Path, choices: Choices, typed: set[str]) -> Run:
    """Take up a stopped run; a budget that is given replaces the one it had.

    Raises
    ------
    CharRNNError
        There is no such run, it is of another text, or there is nothing left of its budget.
    """
    if any(source.name == STANDARD_INPUT and not source.characters for source in corpus.sources):
        raise _no_text(path)
    changes: dict[str, Any] = {
        name: getattr(choices, name) for name in ("patience", "evaluations") if name in typed
    }
    if typed & {*BUDGET, "quick", "best"}:
        changes |= {name: getattr(choices, name) for name in BUDGET}
    return Run.resume(corpus, path, changes)


def _no_text(path: Path) -> ConfigError:
    again = command("train", "--resume", file_word(path))
    return ConfigError(
        f"{path}: its text came through a pipe and is not kept; pipe the same in again, as in "
        f"`{again} < TEXT`, or name a file that holds it"
    )
