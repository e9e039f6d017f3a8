"""A view in a program or a notebook: its result, which draws itself."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charrnn.array_types import NamedArrays
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.checkpoint.pairs import PairCheckpoint
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options, Part, Unit, parse_settings, parse_units
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.pair_parts import look
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, Result
from charrnn.inspection.source import Source
from charrnn.inspection.view import View
from charrnn.inspection.views.registry import OPENS, choose_view
from charrnn.text.read_as import Unknown

if TYPE_CHECKING:
    from rich.text import Text

    from charrnn.terminal.colours import Theme
    from charrnn.terminal.screen import Screen

WIDTH = 100
"""Columns of a picture, and of printed text where there is no terminal."""

NAME = Path("model")
"""Name of the model in the heading of a view."""


@dataclass(frozen=True, eq=False)
class Inspected:
    """The result of a view with its drawing; it has every attribute of the result.

    `print` draws it for a terminal, and a notebook shows it with its colours.
    """

    view: View
    result: Result
    envelope: Envelope

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.result, name)

    def data(self) -> dict[str, Any]:
        """Return the result as JSON types, with None for numbers that are not finite."""
        return self.result.data()

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the result as a table, its heading first."""
        return self.result.rows()

    def arrays(self) -> NamedArrays:
        """Return the result as arrays by name."""
        return self.result.arrays()

    def lines(self, screen: "Screen") -> "Iterator[Text]":
        """Yield the lines drawn on a screen."""
        # Imported here: a program that only computes does not wait for rich.
        from charrnn.inspection.output.heading import framed  # noqa: PLC0415

        draw = partial(self.view.draw, self.result)
        return framed(draw, self.envelope, screen, names_units=self.view.names_units)

    def svg(self, *, width: int = WIDTH, theme: "Theme" = "dark") -> str:
        """Return the drawing as an SVG document."""
        from charrnn.terminal.picture import picture_screen, svg  # noqa: PLC0415

        return svg(self.lines(picture_screen(width, theme)), width, theme)

    def html(self, *, width: int = WIDTH, theme: "Theme" = "dark") -> str:
        """Return the drawing as an HTML document."""
        from charrnn.terminal.picture import html, picture_screen  # noqa: PLC0415

        return html(self.lines(picture_screen(width, theme)), width, theme)

    def _repr_html_(self) -> str:
        from charrnn.terminal.picture import fragment, picture_screen  # noqa: PLC0415

        return fragment(self.lines(picture_screen(WIDTH, None)), WIDTH)

    def __str__(self) -> str:
        """Return the drawing: with colours where standard output is a terminal, else plain."""
        from charrnn.terminal.console import results  # noqa: PLC0415
        from charrnn.terminal.screen import NARROWEST, screen_of  # noqa: PLC0415

        on_terminal = sys.stdout is not None and sys.stdout.isatty()
        if not on_terminal:
            lines = self.lines(screen_of(None, width=WIDTH))
            return "\n".join(line.plain.rstrip() for line in lines)
        width = max(NARROWEST, shutil.get_terminal_size().columns)
        console = results()
        with console.capture() as captured:
            for line in self.lines(screen_of(console, width=width)):
                console.print(line, no_wrap=True, overflow="crop")
        return captured.get().rstrip("\n")

    def __repr__(self) -> str:
        return f"<view {self.view.name} of {NAME}; print it, or see data(), rows() and arrays()>"


def inspect(
    checkpoints: Sequence[Checkpoint],
    text: str | os.PathLike[str] | None,
    view: str = OPENS,
    *,
    unknown: Unknown = "error",
    **options: Any,
) -> Inspected:
    """Compute a view of a model, or of several for a view that compares them.

    text: the text to read, or the path of a file with it; None for a sample of the first
        writes.
    options: fields of `charrnn.inspection.options.Options`. Units may be written as in "0:3", and
        a place as a number.

    Raises
    ------
    ConfigError
        If there is no such view or option, or one is out of range.
    TextError
        If the network does not know a character of the text.
    """
    chosen = choose_view(view, models=len(checkpoints))
    first = checkpoints[0]
    asked = _options(options).resolved(first.network.config)
    source = None
    subject: Any = first
    if chosen.reads_text:
        if isinstance(text, os.PathLike):
            source = Source.file(first.vocabulary, os.fspath(text), unknown, asked.limit)
        elif text is None:
            length = min(chosen.sample_length, asked.limit)
            source = Source.written(first, length, asked)
        else:
            source = Source.typed(first.vocabulary, text, unknown, asked.limit)
        readings = [Reading.of(first.network, first.vocabulary, source.ids, limit=asked.limit)]
        for other in checkpoints[1:]:
            ids = other.vocabulary.encode(first.vocabulary.decode(source.ids), unknown)
            readings.append(Reading.of(other.network, other.vocabulary, ids, limit=asked.limit))
        subject = tuple(readings) if chosen.compares else readings[0]
    others = tuple(
        (Path(f"{NAME} {n}"), checkpoint) for n, checkpoint in enumerate(checkpoints[1:], 2)
    )
    result = chosen.compute(subject, asked)
    return Inspected(chosen, result, Envelope(NAME, first, source, asked, others))


def inspect_pairs(  # noqa: PLR0917
    pairs: PairCheckpoint,
    text: str | None,
    view: str | None,
    part: Part | None = None,
    unknown: Unknown = "error",
    options: Mapping[str, Any] | None = None,
) -> Inspected:
    """Compute a view of a part of a model of pairs.

    text: the source; behind a tab its answer, by default the one that the network writes.
    view: by default the states.
    part: by default the decoder, of labels the encoder.

    Raises
    ------
    ConfigError, TextError
        As for `inspect`; or there is no such part, or no text where the view reads one.
    """
    chosen = choose_view(view or "state")
    found = look(chosen, pairs, text, part, unknown, _options(options or {}))
    envelope = Envelope(NAME, found.checkpoint, found.source, found.options)
    return Inspected(chosen, found.result, envelope)


def _options(given: Mapping[str, Any]) -> Options:
    """Return options from the values of a program: numbers for places, strings for units.

    Raises
    ------
    ConfigError
        If there is no such option.
    """
    known = [field.name for field in fields(Options)]
    values = dict(given)
    for name in values:
        if name not in known:
            raise ConfigError(f"inspect: {name} is none of {', '.join(known)}")
    if isinstance(values.get("at"), int):
        values["at"] = str(values["at"])
    if isinstance(units := values.get("units"), str):
        values["units"] = parse_units(units)
    if isinstance(settings := values.get("settings"), Mapping):
        values["settings"] = parse_settings([f"{_name(k)}={v}" for k, v in settings.items()])
    return Options(**values)


def _name(unit: str | Unit) -> str:
    return unit if isinstance(unit, str) else f"{unit[0]}:{unit[1]}"
