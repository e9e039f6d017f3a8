"""The command that made a run, typed again with other options."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import typer

from charrnn.terminal.commands import command, file_word
from charrnn.text.read_as import ReadAs
from charrnn.text.sources import STANDARD_INPUT
from charrnn.training.defaults import resolve
from charrnn.training.options import TrainOptions
from charrnn.training.run import Run

OF_ONE_RUN = {"corpus", "resume", "out", "overwrite", "log_file", "dry_run"}
"""Options that are not typed again: a new run replaces neither model nor log of the old one."""


class Retyped:
    """The command of a run, to be typed again.

    ctx: of the command that is running; typed: the names of the options that were given to it.
    sources: the text, as it was named.
    """

    def __init__(
        self, ctx: typer.Context, typed: set[str], sources: Sequence[str], run: Run
    ) -> None:
        self._ctx, self._typed, self._sources, self._run = ctx, typed, sources, run

    def __call__(self, resumed: Path | None, changes: Mapping[str, Any]) -> str:
        """Return the command with other options, to resume the model at a path or start afresh."""
        options: Mapping[str, Any] = {"resume": file_word(resumed)} if resumed else self._given()
        text = [name if name == STANDARD_INPUT else file_word(Path(name)) for name in self._sources]
        words = ["train", *([] if resumed else text), *self._spelled({**options, **changes})]
        return command(*words) + (" < TEXT" if self._run.corpus.is_piped else "")

    def _given(self) -> dict[str, Any]:
        """Return the options that make the run what it is."""
        given = {name: self._ctx.params[name] for name in sorted(self._typed - OF_ONE_RUN)}
        return _options_of(self._run) | given if "resume" in self._typed else given

    def _spelled(self, options: Mapping[str, Any]) -> list[str]:
        """Return options as they are typed, in the order of the help."""
        words: list[str] = []
        for parameter in self._ctx.command.params:
            name, flag = parameter.name or "", max(parameter.opts, key=len)
            if name not in options:
                continue
            value = options[name]
            if isinstance(value, bool):
                words.append(flag if value else max(parameter.secondary_opts, key=len))
            else:
                words += [flag, _written(name, value)]
        return words


def _options_of(run: Run) -> dict[str, Any]:
    """Return the options of a resumed run that differ from the default."""
    network, training, _ = resolve(TrainOptions(), len(run.corpus), len(run.vocabulary))
    usual = {**vars(network), **vars(training), **asdict(ReadAs())}
    trainer = run.trainer
    found = {**vars(trainer.network.config), **vars(trainer.config), **asdict(run.corpus.read_as)}
    names = (field.name for kind in (TrainOptions, ReadAs) for field in fields(kind))
    return {name: found[name] for name in names if found[name] not in (None, usual[name])}


def _written(name: str, value: Any) -> str:
    """Return a value as it is typed: 2m, 90s, 0.35."""
    if name != "max_time":
        return f"{value:g}" if isinstance(value, float) else str(value)
    for unit, size in (("h", 3600), ("m", 60)):
        if value >= size and not value % size:
            return f"{value / size:.0f}{unit}"
    return f"{value:.3f}".rstrip("0").rstrip(".") + "s"
