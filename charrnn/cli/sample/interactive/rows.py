"""The rows of a screen that a text takes, so that only those that are seen are drawn."""

from bisect import bisect_right
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple


class Row(NamedTuple):
    """The characters of a text that stand in a row: from a place to another."""

    start: int
    stop: int


class Rows:
    """A text in rows of a width, broken after a space where there is one.

    A row holds its line end, if that is where it ends. Each line of the text is wrapped once.

    width_of: returns the columns that a character takes.
    """

    def __init__(self, width_of: Callable[[str], int]) -> None:
        self._width_of = cache(width_of)
        self._wrapped = lru_cache(maxsize=4096)(self._wrap)

    def of(self, text: str, width: int) -> list[Row]:
        """Return the rows of a text, at least one; the last is empty after a line end."""
        rows: list[Row] = []
        start = 0
        for line in text.split("\n"):
            breaks = [0, *self._wrapped(line, width), len(line) + 1]
            rows += [Row(start + begin, start + end) for begin, end in pairwise(breaks)]
            start += len(line) + 1
        rows[-1] = Row(rows[-1].start, len(text))
        return rows

    def _wrap(self, line: str, width: int) -> tuple[int, ...]:
        """Return where the rows of a line begin, but for the first."""
        breaks: list[int] = []
        begin, space, taken = 0, 0, 0
        for n, character in enumerate(line):
            columns = self._width_of(character)
            while taken + columns > width and n > begin:
                begin = space if space > begin else n
                breaks.append(begin)
                taken = sum(map(self._width_of, line[begin:n]))
            taken += columns
            if character.isspace():
                space = n + 1
        return tuple(breaks)


def row_at(rows: list[Row], place: int) -> int:
    """Return the number of the row that a place stands in: at a break, the one after it."""
    return bisect_right(rows, place, key=lambda row: row.start) - 1
