"""A pager: one page at a time, keys to move, a status line with the keys."""

from collections.abc import Iterable, Sequence
from typing import Protocol, Self

from rich.console import Console
from rich.text import Text

from charrnn.errors import ConfigError
from charrnn.terminal.safe import harmless
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import fit, quoted

_LONGEST_ENTRY = 200  # characters


class Page(Protocol):
    """An immutable page; a key returns another."""

    @property
    def legend(self) -> Sequence[tuple[str, str, str]]:
        """Its keys: the symbol, the same in ASCII, and a word for what it does."""

    def draw(self, screen: Screen, rows: int) -> Iterable[Text]:
        """Return its lines, about `rows` of them; further ones are cut."""

    def turned(self, key: str) -> Self:
        """Return the page after a key, the same one for an unknown key."""

    def found(self, pattern: str) -> Self:
        """Return the page of the next place that a regular expression matches.

        Raises
        ------
        ConfigError
            If it is not a regular expression, or has no match.
        """


class Pager:
    """The state of a pager: the page and the status line, which also takes a search."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._entry: str | None = None  # the search typed so far, after a slash
        self._pattern = ""
        self._note = ""

    def press(self, key: str) -> bool:
        """Handle a key; return whether the pager stays open.

        key: a character, or the name of a key, such as "left" or "enter".
        """
        self._note = ""
        if self._entry is not None:
            self._type(key)
        elif key == "/":
            self._entry = ""
        elif key == "n":
            self._find()
        else:
            self.page = self.page.turned(key)
        return key != "q" or self._entry is not None

    def draw(self, screen: Screen, rows: int) -> list[Text]:
        """Return the lines of a screen of `rows` rows."""
        lines = list(self.page.draw(screen, rows - 1))[: rows - 1]
        lines += [Text()] * (rows - 1 - len(lines))
        return [*lines, self._bottom(screen)]

    def _type(self, key: str) -> None:
        """Handle a key of the search."""
        assert self._entry is not None
        if key == "enter":
            self._pattern, self._entry = self._entry or self._pattern, None
            self._find()
        elif key == "escape" or (key == "backspace" and not self._entry):
            self._entry = None
        elif key == "backspace":
            self._entry = self._entry[:-1]
        elif len(key) == 1:
            self._entry = (self._entry + key)[:_LONGEST_ENTRY]

    def _find(self) -> None:
        if not self._pattern:
            self._note = "nothing to find yet; type / first"
            return
        try:
            self.page = self.page.found(self._pattern)
        except ConfigError as error:
            self._note = str(error)

    def _bottom(self, screen: Screen) -> Text:
        if self._entry is not None:
            typed = quoted(harmless(self._entry), _LONGEST_ENTRY, screen).plain
            room = screen.width - 2
            return Text("/" + typed[-room:] + screen.pick("▏", "_"), screen.palette.bold)
        if self._note:
            return fit(Text(harmless(self._note), screen.palette.bold), screen.width, screen)
        keys = [*self.page.legend, *_ALWAYS]
        while True:
            for gap in (3, 2, 1):
                line = Text()
                for drawn, in_ascii, does in keys:
                    line.append(" " * gap if line else "")
                    line.append(screen.pick(drawn, in_ascii), screen.palette.bold)
                    line.append(f" {does}", screen.palette.dim)
                if line.cell_len <= screen.width or len(keys) == 1:
                    return line
            keys.pop(-1 - len(_ALWAYS) if len(keys) > len(_ALWAYS) + _MAIN else -2)


_MAIN = 2
"""Keys of a page that are dropped last where the status line is narrow."""

_ALWAYS = (("/", "/", "find"), ("n", "n", "next"), ("q", "q", "quit"))


def frame(lines: Iterable[Text], columns: int, console: Console, screen: Screen) -> str:
    """Return the escape sequences that draw lines over the screen, each in its row.

    A row is erased before it is written: afterwards that would erase its last column.
    """
    drawn = (
        f"\x1b[{row};1H\x1b[2K{_written(line, columns, console, screen)}"
        for row, line in enumerate(lines, start=1)
    )
    return "".join(drawn) + "\x1b[J"


def _written(line: Text, columns: int, console: Console, screen: Screen) -> str:
    """Return a line with escape sequences, cropped to the columns of a terminal."""
    line = line.copy()
    line.truncate(columns, overflow="crop")
    line.rstrip()
    if not screen.coloured:
        return line.plain
    console.width = columns
    with console.capture() as captured:
        console.print(line, no_wrap=True, overflow="crop", end="")
    return captured.get()
