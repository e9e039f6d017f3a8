"""A run resumed from the command line: which options may change, which text it reads."""

import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from charrnn.errors import CheckpointError, ConfigError, Way
from charrnn.terminal.commands import command, file_word
from charrnn.text.corpus import Corpus
from charrnn.text.read_as import ReadAs
from charrnn.text.sources import STANDARD_INPUT
from charrnn.training.options import BUDGETS, TrainOptions
from charrnn.training.pairs.options import PairOptions
from charrnn.training.pairs.run import PairRun
from charrnn.training.run import Run
from charrnn.training.stopped import is_run_on_pairs, text_of
from charrnn.training.text_run import TextRun

FIXED = {field.name for field in fields(TrainOptions)} - {*BUDGETS, "patience", "evaluations"}
FIXED |= {"field", "extract", *(field.name for field in fields(PairOptions))}
"""Options that a resumed run keeps as they were, or it would not be that run."""


def reject_fixed_options(typed: set[str]) -> None:
    """Refuse to resume a run with options that would make it another run.

    Raises
    ------
    ConfigError
        One of them is typed.
    """
    for name in sorted(typed & FIXED):
        raise ConfigError(
            "a resumed run keeps its own",
            Way("leave it out"),
            Way("start afresh without {resume}"),
            argument=name,
        )


def text_to_resume(
    path: Path, sources: list[str], read_as: ReadAs, typed: set[str]
) -> tuple[list[str], ReadAs]:
    """Return which text a stopped run resumes with, and how it is read: as before, unless typed.

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


def resume_run(corpus: Corpus, path: Path, options: TrainOptions, typed: set[str]) -> Run:
    """Resume a stopped run; a budget that is given replaces the one it had.

    Raises
    ------
    CharRNNError
        There is no such run, it is of another text, or there is nothing left of its budget.
    """
    if any(source.name == STANDARD_INPUT and not source.characters for source in corpus.sources):
        raise _no_text(path)
    changes: dict[str, Any] = {
        name: getattr(options, name) for name in ("patience", "evaluations") if name in typed
    }
    if typed & {*BUDGETS, "quick", "best"}:
        changes |= {name: getattr(options, name) for name in BUDGETS}
    kind: type[Run] = PairRun if is_run_on_pairs(path) else TextRun
    return kind.resume(corpus, path, changes)


def _no_text(path: Path) -> ConfigError:
    again = command("train", "--resume", file_word(path))
    return ConfigError(
        f"{path}: its text came through a pipe and is not kept; pipe the same in again, as in "
        f"`{again} < TEXT`, or name a file that holds it"
    )
