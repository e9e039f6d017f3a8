"""Columns that line up, whatever the width of what stands in them."""

from collections.abc import Iterator, Sequence
from math import isfinite, log10

from rich.cells import cell_len
from rich.text import Text

from charrnn.display.screen import Screen

Shown = str | Text


def table(
    heading: Sequence[str], rows: Sequence[Sequence[Shown]], align: str, screen: Screen
) -> Iterator[Text]:
    """Yield a heading and rows in columns, two spaces between them.

    align: a letter for each column, `<` or `>`. No row is cut: what is in it has to fit.
    """
    lines = [[Text(name, screen.palette.quiet) for name in heading]]
    lines += [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = _widths(heading, rows)
    for line in lines:
        text = Text()
        for n, (cell, width, side) in enumerate(zip(line, widths, align, strict=True)):
            padding = " " * (width - cell_len(cell.plain))
            text.append("  " if n else "")
            text.append(padding if side == ">" else "")
            text.append_text(cell)
            text.append(padding if side == "<" else "")
        yield text


def table_width(heading: Sequence[str], rows: Sequence[Sequence[Shown]]) -> int:
    """Return how many cells across such a table is."""
    return sum(_widths(heading, rows)) + 2 * (len(heading) - 1)


def _widths(heading: Sequence[str], rows: Sequence[Sequence[Shown]]) -> list[int]:
    columns = zip(heading, *rows, strict=True)
    return [
        max(cell_len(cell if isinstance(cell, str) else cell.plain) for cell in column)
        for column in columns
    ]


def fit(text: Text, width: int) -> Text:
    """Return a text cut to a width, with an ellipsis where something was cut."""
    text = text.copy()
    text.truncate(width, overflow="ellipsis")
    return text


def rule(title: str, screen: Screen, *, right: str = "") -> Text:
    """Return a line across the screen with a title in it, and at its right end another text."""
    dash = screen.pick("─", "-")
    line = Text(f"{dash * 2} ", screen.palette.quiet)
    line.append(title, screen.palette.loud)
    ending = f" {right}" if right else ""
    between = screen.width - cell_len(line.plain) - cell_len(ending) - 1
    line.append(f" {dash * max(0, between)}{ending}", screen.palette.quiet)
    return fit(line, screen.width)


def share(value: float) -> str:
    """Return a number between 0 and 1 in at most five cells: `.893`, `1.00`, `4e-5`, `-`."""
    if not isfinite(value):
        return "-"
    if value >= 0.9995:
        return "1.00"
    if value >= 0.0005:
        return f"{value:.3f}"[1:]
    if value <= 0:
        return "0"
    return f"1e{round(log10(value)):d}" if value < 1e-99 else f"{value:.0e}".replace("e-0", "e-")


def number(value: float, places: int = 2) -> str:
    """Return a number with so many decimal places, `-` for what is none."""
    if not isfinite(value):
        return "-"
    written = f"{value:.{places}f}"
    return written.removeprefix("-") if float(written) == 0 else written
