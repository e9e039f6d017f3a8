"""Heat maps over a text: a row for each series, a column for each character.

A column has as many cells as its character: two for a wide one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from charrnn.array_types import Column, Floats, Ids
from charrnn.terminal.bars import height
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols

Scale = Literal["diverging", "sequential", "bar", "bits"]

MOST_BITS = 8.0
"""End of the scale of surprise, in bits; the same for every text."""


@dataclass(frozen=True, eq=False)
class Row:
    """A series over the text, (T,), and the scale that it is drawn by.

    diverging: from -1 to 1, in colours below and above 0, or as `= - . + #`.
    sequential: from 0 to 1, in the colours of a ramp, or as a height.
    bar: from 0 to 1, as a height in any case.
    bits: from 0 up, in the colours of the ramp, to `MOST_BITS`, or as digits; nan as nothing.
    note: what stands behind it.
    """

    label: str
    values: Floats | Column
    scale: Scale
    note: str = ""


def heat_map(
    ids: Ids,
    shown: range,
    rows: Sequence[Row],
    symbols: Symbols,
    screen: Screen,
    *,
    panels: int | None = None,
) -> Iterator[Text]:
    """Yield panels as wide as the screen, each with positions, text and rows.

    shown: the places to show.
    panels: largest number of panels; None for all.
    """
    margin = margin_of(rows)
    behind = max((cell_len(row.note) for row in rows), default=0)
    pieces = _pieces(ids, shown, symbols, screen.width - margin - behind - (behind > 0))
    for n, piece in enumerate(pieces[:panels]):
        if n:
            yield Text()
        widths = [symbols.width(ids[t]) for t in piece]
        yield Text(" " * margin + _positions(piece, widths), screen.palette.dim)
        yield Text(" " * margin + "".join(symbols[ids[t]] for t in piece))
        for row in rows:
            line = Text().append(set_cell_size(row.label, margin), screen.palette.dim)
            for t, width in zip(piece, widths, strict=True):
                draw_cell(line, float(row.values[t]), row.scale, screen, width)
            yield line.append(f" {row.note}" if row.note else "", screen.palette.dim)


def margin_of(rows: Sequence[Row]) -> int:
    """Return the width of the labels of rows, in cells, with a space after the longest."""
    return max((cell_len(row.label) for row in rows), default=0) + 1


def draw_cell(line: Text, value: float, scale: Scale, screen: Screen, width: int = 1) -> None:
    """Append one value, `width` cells wide."""
    palette, ascii_only = screen.palette, screen.ascii_only
    if scale == "bar":
        line.append(height(value, ascii_only=ascii_only) * width, palette.dim)
    elif scale == "bits":
        known = value == value  # noqa: PLR0124 - nan alone is unlike itself
        style = palette.sequential(value / MOST_BITS) if known else ""
        said = digit_of(value) if known and not screen.coloured else ""
        line.append(said.ljust(width), style)
    elif screen.coloured:
        line.append(
            " " * width,
            palette.diverging(value) if scale == "diverging" else palette.sequential(value),
        )
    elif scale == "diverging":
        line.append(ascii_symbol(value) * width)
    else:
        line.append(height(value, ascii_only=ascii_only) * width)


def digit_of(bits: float) -> str:
    """Return the digit of a surprise in whole bits, 9 for 9 and more."""
    return f"{min(9, int(bits))}"


def ascii_symbol(value: float) -> str:
    """Return the character for a value from -1 to 1, where there are no colours."""
    if abs(value) < 0.2:
        return "."
    if value > 0:
        return "#" if value >= 0.6 else "+"
    return "=" if value <= -0.6 else "-"


def diverging_legend(
    screen: Screen, least: str = "-1", largest: str = "+1, in steps of .2"
) -> Text:
    """Return the legend of the diverging scale, from least to largest."""
    palette = screen.palette
    if not screen.coloured:
        return Text("= to -.6, - to -.2, . between, + from .2, # from .6")
    legend = Text().append(f"{least} ", palette.dim)
    for style in (*reversed(palette.negative), palette.zero, *palette.positive):
        legend.append("  ", style)
    return legend.append(f" {largest}", palette.dim)


def sequential_legend(screen: Screen, least: str = "0", largest: str = "1") -> Text:
    """Return the legend of the sequential scale, from least to largest."""
    legend = Text().append(f"{least} ", screen.palette.dim)
    for eighth in range(8):
        draw_cell(legend, eighth / 8, "sequential", screen, 2 if screen.coloured else 1)
    return legend.append(f" {largest}", screen.palette.dim)


def _pieces(ids: Ids, shown: range, symbols: Symbols, width: int) -> list[range]:
    """Split positions into runs whose characters fit a width."""
    pieces, start, used = [], shown.start, 0
    for t in shown:
        cells = symbols.width(ids[t])
        if used + cells > width:
            pieces.append(range(start, t))
            start, used = t, 0
        used += cells
    if start < shown.stop:
        pieces.append(range(start, shown.stop))
    return pieces


def _positions(piece: range, widths: list[int]) -> str:
    """Return a line with every tenth position above its column, or else the first one."""
    line, column = "", 0
    for t, width in zip(piece, widths, strict=True):
        written = str(t)
        room = column + len(written) <= sum(widths)
        if t % 10 == 0 and len(line) + (len(line) > 0) <= column and room:
            line = line.ljust(column) + written
        column += width
    first = str(piece.start)
    return line or (first if len(first) <= sum(widths) else "")
