"""A strip of the text around one place in brackets, with rows of values below."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from charrnn.array_types import Ids
from charrnn.terminal.heat_map import Row, draw_cell, margin_of
from charrnn.terminal.passages import first_fitting
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols

_BEFORE = 0.6
"""Fraction of the width for the text before the place."""


def strip(
    ids: Ids, t: int, rows: Sequence[Row], symbols: Symbols, screen: Screen
) -> Iterator[Text]:
    """Yield the line of text around character t, and a line for each row of values, (T,)."""
    margin = margin_of(rows)
    room = screen.width - margin - symbols.width(ids[t]) - 2
    left = len(first_fitting(ids[:t][::-1], int(room * _BEFORE), symbols))
    right = len(first_fitting(ids[t + 1 :], room - int(room * _BEFORE), symbols))
    used = sum(symbols.width(k) for k in ids[t - left : t])
    pad = " " * (margin + int(room * _BEFORE) - used)
    line = Text(pad)
    line.append("".join(symbols[k] for k in ids[t - left : t]), screen.palette.dim)
    line.append(f"[{symbols[ids[t]]}]", screen.palette.bold)
    yield line.append("".join(symbols[k] for k in ids[t + 1 : t + 1 + right]))
    for row in rows:
        drawn = Text().append(row.label, screen.palette.dim)
        drawn.append(" " * (len(pad) - cell_len(row.label)))
        for n in range(t - left, t + 1 + right):
            drawn.append(" " if n == t else "")
            draw_cell(drawn, float(row.values[n]), row.scale, screen, symbols.width(ids[n]))
            drawn.append(" " if n == t else "")
        yield drawn
