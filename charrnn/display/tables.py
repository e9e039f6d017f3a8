"""Columns that line up, whatever the width of what stands in them; and lines that fit a screen."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite, log10

from rich.cells import cell_len
from rich.text import Text

from charrnn.display.safe import safe
from charrnn.display.screen import Screen

Shown = str | Text

_GAP = 2
_LONGEST = 1000  # characters of a text from elsewhere
_JOINERS = "[\u200b-\u200d\u2060-\u2064\ufeff]"  # invisible, and of no certain width
_LARGE = 1e5  # from here on a number is written with an exponent


class Table:
    """Rows under a heading, in columns two spaces apart.

    align: `<` or `>` for each column.
    """

    def __init__(self, heading: Sequence[str], align: str, rows: Sequence[Sequence[Shown]]) -> None:
        self._align = align
        self._heading = list(heading)
        self._rows = [[Text(cell) if isinstance(cell, str) else cell for cell in r] for r in rows]

    @property
    def width(self) -> int:
        """How many cells across the table is."""
        return sum(self._widths()) + _GAP * (len(self._heading) - 1)

    def narrowed(self, width: int, optional: Sequence[str]) -> "Table":
        """Return the table without those optional columns, the last first, that do not fit."""
        table = self
        for name in reversed(optional):
            if table.width <= width:
                break
            left = [n for n, other in enumerate(table._heading) if other != name]
            table = Table(
                [table._heading[n] for n in left],
                "".join(table._align[n] for n in left),
                [[row[n] for n in left] for row in table._rows],
            )
        return table

    def beside(self, name: str, column: Sequence[Text]) -> "Table":
        """Return the table with one column more."""
        rows = [[*row, cell] for row, cell in zip(self._rows, column, strict=True)]
        return Table([*self._heading, name], f"{self._align}<", rows)

    def draw(self, screen: Screen) -> Iterator[Text]:
        """Yield the heading and the rows; what does not fit the screen is cut."""
        heading = [Text(name, screen.palette.quiet) for name in self._heading]
        widths = self._widths()
        for row in (heading, *self._rows):
            line = Text()
            for n, (cell, width, side) in enumerate(zip(row, widths, self._align, strict=True)):
                padding = " " * (width - cell.cell_len)
                line.append(" " * _GAP if n else "")
                line.append(padding if side == ">" else "")
                line.append_text(cell)
                line.append(padding if side == "<" else "")
            yield fit(line, screen.width, screen)

    def _widths(self) -> list[int]:
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._heading)
        return [
            max(cell_len(name), *(cell.cell_len for cell in column), 0)
            for name, column in zip(self._heading, columns, strict=True)
        ]


def fit(text: Text, width: int, screen: Screen) -> Text:
    """Return a text cut to a width, with an ellipsis where something was cut."""
    if text.cell_len <= width:
        return text
    mark = screen.pick("…", "...")
    text = text.copy()
    text.truncate(width - cell_len(mark), overflow="crop")
    text.rstrip()  # half of a wide character
    return text.append(mark)


def quoted(said: str, width: int, screen: Screen) -> Text:
    """Return a text from elsewhere, such as a file's name: harmless, in one line, and cut."""
    line = safe(unicodedata.normalize("NFC", said[:_LONGEST]), limit=_LONGEST).plain
    unseen = "[^ -~]" if screen.ascii_only else _JOINERS
    line = re.sub(unseen, lambda found: found[0].encode("unicode_escape").decode(), line)
    return fit(Text(line), width, screen)


def prose(said: str, screen: Screen) -> Iterator[Text]:
    """Yield a sentence of the program's own, over as many lines as it needs."""
    joined = re.sub(r" (±|\+-) (?=\d)", "\0\\1\0", said)  # a number stays with its error
    for line in textwrap.wrap(joined, screen.width):
        yield Text(line.replace("\0", " "), screen.palette.quiet)


def flow(items: Iterable[Text], screen: Screen, *, gap: int = 3, label: Text) -> Iterator[Text]:
    """Yield items side by side, on as many lines as they need, all to the right of a label."""
    margin = label.cell_len
    line, room = label, screen.width - margin
    for item in items:
        used = line.cell_len
        if used > margin and used + gap + item.cell_len > screen.width:
            yield line
            line = Text(" " * margin)
        line.append(" " * gap if line.cell_len > margin else "").append_text(
            fit(item, room, screen)
        )
    yield line


def rule(title: str, screen: Screen, *, right: str = "") -> Text:
    """Return a line across the screen with a title in it, and at its right end another text."""
    dash = screen.pick("─", "-")
    line = Text(f"{dash * 2} ", screen.palette.quiet)
    line.append(title, screen.palette.loud)
    ending = f" {right}" if right else ""
    between = screen.width - line.cell_len - cell_len(ending) - 1
    line.append(f" {dash * max(0, between)}{ending}", screen.palette.quiet)
    return fit(line, screen.width, screen)


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
    if abs(value) >= _LARGE:
        return f"{value:.2e}"
    written = f"{value:.{places}f}"
    return written.removeprefix("-") if float(written) == 0 else written
