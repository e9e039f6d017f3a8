"""Excerpts of a text around one place, cut to a width."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.text import Text

from charrnn.array_types import Ids
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols


def fitting(ids: Ids, t: int, room: int, symbols: Symbols) -> range:
    """Return the last places up to t whose characters fit `room` cells."""
    return range(t + 1 - len(first_fitting(_back(ids, t, room), room, symbols)), t + 1)


def before(ids: Ids, t: int, room: int, symbols: Symbols, screen: Screen) -> str:
    """Return the characters up to t that fit, after an ellipsis where some are cut."""
    shown, mark = first_fitting(_back(ids, t, room), room, symbols), ""
    if len(shown) <= t:
        mark = screen.pick("…", "...")[: max(0, room)]
        shown = first_fitting(_back(ids, t, room), room - cell_len(mark), symbols)
    return mark + "".join(reversed(shown))


def after(ids: Ids, t: int, room: int, symbols: Symbols, screen: Screen) -> str:
    """Return the characters from t that fit, before an ellipsis where some are cut."""
    following = ids[t : t + max(0, room)].tolist()
    shown, mark = first_fitting(following, room, symbols), ""
    if t + len(shown) < len(ids):
        mark = screen.pick("…", "...")[: max(0, room)]
        shown = first_fitting(following, room - cell_len(mark), symbols)
    return "".join(shown) + mark


def aligned(ids: Ids, part: range, room: int, symbols: Symbols, screen: Screen) -> Text:
    """Return a part of a text in brackets, with its context.

    For the same lengths and room, the opening bracket has the same column in every line.
    """
    quiet = screen.palette.dim
    margin = max(room // 5, (room - len(part) - 2) // 2)
    past = before(ids, part.start - 1, margin, symbols, screen)
    middle = after(ids[: part.stop], part.start, room - margin - 2, symbols, screen)
    line = Text(" " * (margin - cell_len(past)) + past, quiet)
    line.append("[").append(middle, screen.palette.bold).append("]")
    return line.append(after(ids, part.stop, room - line.cell_len, symbols, screen))


def _back(ids: Ids, t: int, room: int) -> list[int]:
    """Return the ids from t backwards, at most `room`."""
    found: list[int] = ids[max(0, t + 1 - max(0, room)) : t + 1][::-1].tolist()
    return found


def first_fitting(ids: Iterable[int], room: int, symbols: Symbols) -> list[str]:
    """Return the symbols of the first ids, until there is no room for the next."""
    shown: list[str] = []
    for k in ids:
        room -= symbols.width(k)
        if room < 0:
            break
        shown.append(symbols[k])
    return shown
