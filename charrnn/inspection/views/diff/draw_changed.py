"""A text coloured by the change of each character's bits: better, worse, or about the same."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.array_types import Column, Ids
from charrnn.terminal.heat_map import diverging_legend
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import prose
from charrnn.text.vocabulary import Vocabulary

MOST_BITS = 5.0
"""End of the scale in bits, the same for every text; its steps are one bit each."""

_MARKS = {-1: ("{+", "+}"), 0: ("", ""), 1: ("[-", "-]")}


def changed(
    vocabulary: Vocabulary, ids: Ids, shown: range, change: Column, screen: Screen
) -> Iterator[Text]:
    """Yield the text in its own lines, coloured by the change of its characters' bits, (T,).

    Changes of a bit or more are coloured. Without colours they are between marks, as
    `{+better+}` and `[-worse-]`.
    """
    symbols = Symbols(vocabulary, space=False, ascii_only=screen.ascii_only)
    newline = vocabulary.encode("\n")[0] if "\n" in vocabulary else None
    margin = len(str(shown.stop)) + 1
    start = shown.start
    while start < shown.stop:
        line = Text().append(f"{start:>{margin - 1}} ", screen.palette.dim)
        stop, way = start, 0
        while stop < shown.stop:
            following = 0 if screen.coloured else _way(float(change[stop]))
            added = symbols[ids[stop]]
            if following != way:
                added = _MARKS[way][1] + _MARKS[following][0] + added
            ending = _MARKS[following][1]
            taken = line.cell_len + len(added) - len(symbols[ids[stop]]) + symbols.width(ids[stop])
            if taken + len(ending) > screen.width and stop > start:
                break
            line.append(added, _style(float(change[stop]), screen))
            stop, way = stop + 1, following
            if ids[stop - 1] == newline:
                break
        yield line.append(_MARKS[way][1])
        start = stop


def legend(screen: Screen) -> Iterator[Text]:
    """Yield the legend of the colours or marks."""
    if not screen.coloured:
        yield from prose(
            "{+better+}, [-worse-]: 2 needs at least a bit less, or more, for each of these", screen
        )
    else:
        yield diverging_legend(screen, "2 is better", "worse, in steps of 1 bit")


def _way(change: float) -> int:
    """Return -1 for better, 1 for worse, 0 for about the same or not predicted."""
    if not abs(change) >= 1:
        return 0
    return 1 if change > 0 else -1


def _style(change: float, screen: Screen) -> str:
    return screen.palette.diverging(change / MOST_BITS) if _way(change) else ""
