"""All units of a layer at one step: a cell each, as many to a line as is easy to count."""

from collections.abc import Iterator, Sequence

from rich.cells import set_cell_size
from rich.text import Text

from charrnn.terminal.heat_map import Row, draw_cell, margin_of
from charrnn.terminal.screen import Screen

PER_LINE = (128, 64, 50, 32)
"""How many units stand in a line: the first that fits."""


def barcodes(rows: Sequence[Row], screen: Screen) -> Iterator[Text]:
    """Yield series over the units, (H,), in lines, each behind the index of its first unit.

    All begin in the same column. The line over each series counts the units of a line.
    """
    H = len(rows[0].values)
    margin = max(len(str(H)) + 1, margin_of(rows))
    per_line = next(n for n in PER_LINE if margin + n <= screen.width)
    tens = "".join(f"{n:<10}" for n in range(0, min(per_line, H), 10))[:per_line].rstrip()
    for row in rows:
        yield Text(f"{set_cell_size(row.label, margin)}{tens}", screen.palette.dim)
        for start in range(0, H, per_line):
            line = Text().append(f"{start:>{margin - 1}} ", screen.palette.dim)
            for value in row.values[start : start + per_line]:
                draw_cell(line, float(value), row.scale, screen)
            yield line
