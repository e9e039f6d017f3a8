"""Tables with aligned columns, and text folded to the width of a screen."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite, log10

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from charrnn.terminal.bars import bar_text
from charrnn.terminal.safe import safe
from charrnn.terminal.screen import Screen

Shown = str | Text

_GAP = 2
_WORDS = 16  # cells, least width of a column of text
_LONGEST = 1000  # characters of an untrusted text
_JOINERS = "[\u200b-\u200d\u2060-\u2064\ufeff]"  # invisible, and of no certain width
_LARGE = 1e5  # least number written with an exponent


class Table:
    """A table: rows under a heading, in columns two spaces apart.

    align: `<` or `>` for each column.
    """

    def __init__(self, heading: Sequence[str], align: str, rows: Sequence[Sequence[Shown]]) -> None:
        self._align = align
        self._heading = list(heading)
        self._rows = [[Text(cell) if isinstance(cell, str) else cell for cell in r] for r in rows]

    @property
    def width(self) -> int:
        """The width of the table in cells."""
        return sum(self._widths()) + _GAP * (len(self._heading) - 1)

    def narrowed(self, width: int, optional: Sequence[str]) -> "Table":
        """Return the table without the optional columns that do not fit, the last dropped first."""
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
        """Return the table with a further column."""
        rows = [[*row, cell] for row, cell in zip(self._rows, column, strict=True)]
        return Table([*self._heading, name], f"{self._align}<", rows)

    def with_bars(
        self, bars: Sequence[tuple[float, str]], longest: int, screen: Screen, shortest: int = 1
    ) -> "Table":
        """Return the table with bars in a further column, if the screen has room for them.

        bars: for each row a share, 0 to 1, and its style.
        longest, shortest: cells of a bar of 1.
        """
        room = min(longest, screen.width - self.width - _GAP)
        if room < shortest:
            return self
        return self.beside("", [bar_text(share, room, style, screen) for share, style in bars])

    def room(self, width: int) -> int:
        """Return the width left for one more column of text, of `width` cells in total.

        Where less than `_WORDS` are left beside the others, the column moves to a line below them,
        after the first column, where `draw` puts it.
        """
        beside = width - self.width - _GAP
        return beside if beside >= _WORDS else width - self._widths()[0] - _GAP

    def draw(self, screen: Screen) -> Iterator[Text]:
        """Yield the heading and the rows.

        Columns that do not fit follow below the others, with a heading of their
        own, after the first column again.
        """
        for n, columns in enumerate(self._side_by_side(screen.width)):
            if n:
                yield Text()
            yield from self._drawn(columns, screen)

    def _drawn(self, columns: Sequence[int], screen: Screen) -> Iterator[Text]:
        heading = [Text(name, screen.palette.dim) for name in self._heading]
        widths = self._widths()
        for row in (heading, *self._rows):
            line = Text()
            for n in columns:
                cell, side = row[n], self._align[n]
                padding = " " * (widths[n] - cell.cell_len)
                line.append(" " * _GAP if n else "")
                line.append(padding if side == ">" else "")
                line.append_text(cell)
                line.append(padding if side == "<" else "")
            if line.cell_len > screen.width:
                line.rstrip()
            yield from folded(line, screen.width)

    def _side_by_side(self, width: int) -> list[list[int]]:
        """Return groups of columns that fit a width, each with the first column."""
        widths = self._widths()
        groups, used = [[0]], widths[0]
        for n, wide in enumerate(widths[1:], 1):
            if used + _GAP + wide > width and groups[-1] != [0]:
                groups.append([0])
                used = widths[0]
            groups[-1].append(n)
            used += _GAP + wide
        return groups

    def _widths(self) -> list[int]:
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._heading)
        return [
            max(cell_len(name), *(cell.cell_len for cell in column), 0)
            for name, column in zip(self._heading, columns, strict=True)
        ]


def fit(text: Text, width: int, screen: Screen) -> Text:
    """Return a text cut to a width, with an ellipsis if cut."""
    if text.cell_len <= width:
        return text
    mark = screen.pick("…", "...")
    text = text.copy()
    text.truncate(width - cell_len(mark), overflow="crop")
    text.rstrip()  # half of a wide character
    return text.append(mark)


def folded(text: Text, width: int, indent: int = 2) -> Iterator[Text]:
    """Yield a text in lines that fit a width, broken at spaces where possible.

    indent: cells before the second and further lines.
    """
    width, margin = max(1, width), 0
    while text.cell_len > width - margin:
        room = max(1, width - margin)
        full = len(set_cell_size(text.plain, room).rstrip()) or 1
        space = text.plain.rfind(" ", 1, full + 1)
        at = space if text.plain[:space].strip() and space > 0 else full
        line, text = text.divide([at])
        yield Text(" " * margin).append_text(line)
        text = text[len(text.plain) - len(text.plain.lstrip()) :]
        margin = min(indent, width // 2)
    yield Text(" " * margin).append_text(text) if margin else text


def quoted(said: str, width: int, screen: Screen) -> Text:
    """Return an untrusted text, such as a file's name, escaped, in one line, and cut."""
    line = safe(unicodedata.normalize("NFC", said[:_LONGEST]), limit=_LONGEST).plain
    unseen = "[^ -~]" if screen.ascii_only else _JOINERS
    line = re.sub(unseen, lambda found: found[0].encode("unicode_escape").decode(), line)
    return fit(Text(line), width, screen)


def prose(said: str, screen: Screen) -> Iterator[Text]:
    """Yield a sentence of the program, folded to the screen."""
    joined = re.sub(r" (±|\+-) (?=\d)", "\0\\1\0", said)  # a number stays with its error
    for line in textwrap.wrap(joined, screen.width):
        yield Text(line.replace("\0", " "), screen.palette.dim)


def flow(items: Iterable[Text], screen: Screen, *, gap: int = 3, label: Text) -> Iterator[Text]:
    """Yield items side by side, folded to the screen, to the right of a label.

    A label that leaves them no room stands above them.
    """
    if label.cell_len > screen.width - min(_WORDS, screen.width // 2):
        yield from folded(label, screen.width)
        label = Text("  ")
    margin = label.cell_len
    line, room = label, screen.width - margin
    for piece in (piece for item in items for piece in folded(item, room, 0)):
        used = line.cell_len
        if used > margin and used + gap + piece.cell_len > screen.width:
            yield line
            line = Text(" " * margin)
        line.append(" " * gap if line.cell_len > margin else "").append_text(piece)
    yield line


def rule(title: str, screen: Screen, *, right: str = "") -> Iterator[Text]:
    """Yield a line across the screen with a title, and another text at its right end.

    Where a line has no room for both, the other text follows below.
    """
    dash = screen.pick("─", "-")
    line = Text(f"{dash * 2} ", screen.palette.dim)
    line.append(title, screen.palette.bold)
    ending = f" {right}" if right else ""
    between = screen.width - line.cell_len - cell_len(ending) - 1
    beside = between >= 0
    if not beside:
        between, ending = screen.width - line.cell_len - 1, ""
    line.append(f" {dash * max(0, between)}{ending}" if between > 0 else "", screen.palette.dim)
    yield from folded(line, screen.width, 3)
    if not beside and right:
        yield from folded(Text(right, screen.palette.dim), screen.width, 0)


def section(title: str, screen: Screen, *, right: str = "") -> Iterator[Text]:
    """Yield an empty line, then a rule."""
    yield Text()
    yield from rule(title, screen, right=right)


def share(value: float) -> str:
    """Format a number from 0 to 1 in at most five cells: `.893`, `1.00`, `4e-5`, `-`."""
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
    """Format a number with `places` decimal places, `-` for nan."""
    if not isfinite(value):
        return "-"
    if abs(value) >= _LARGE:
        return f"{value:.2e}"
    written = f"{value:.{places}f}"
    return written.removeprefix("-") if float(written) == 0 else written


def signed(value: float, places: int = 2) -> str:
    """Format a number as `number` does, with its sign."""
    written = number(value, places)
    return written if written.startswith("-") else f"+{written}"


def with_error(value: str, error: float, screen: Screen, places: int = 2) -> str:
    """Return a formatted number with its standard error, if that is known: `1.97 ± 0.05`."""
    if not isfinite(error):
        return value
    return f"{value} {screen.pick('±', '+-')} {number(error, places)}"
