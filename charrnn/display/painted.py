"""A text painted by a number for each character: its surprise."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.display.heat_map import sized_legend
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.inspection.result import Column
from charrnn.network.functions import Ids
from charrnn.text.vocabulary import Vocabulary

MOST_BITS = 8.0
"""The end of the scale, the same for every text."""

_MARGIN = 6


def painted(
    vocabulary: Vocabulary, ids: Ids, shown: range, bits: Column, screen: Screen
) -> Iterator[Text]:
    """Yield the text as lines of its own, painted by `bits`, (T,), of each character.

    Without colours a line of digits stands under each: whole bits, 9 for nine and more, a space
    for a character that was not predicted.
    """
    symbols = Symbols(vocabulary, space=False, ascii_only=screen.ascii_only)
    newline = vocabulary.encode("\n")[0] if "\n" in vocabulary else None
    start = shown.start
    while start < shown.stop:
        stop, used = start, _MARGIN
        while stop < shown.stop and used + symbols.width(ids[stop]) <= screen.width:
            used += symbols.width(ids[stop])
            stop += 1
            if ids[stop - 1] == newline:
                break
        line = Text(f"{start:>{_MARGIN - 1}} ", screen.palette.quiet)
        digits = Text(f"{'bits':>{_MARGIN - 1}} ")
        for t in range(start, stop):
            known = bits[t] == bits[t]
            style = screen.palette.sized(bits[t] / MOST_BITS) if known else screen.palette.quiet
            line.append(symbols[ids[t]], style)
            digits.append((f"{min(9, int(bits[t]))}" if known else "").ljust(symbols.width(ids[t])))
        yield line
        if not screen.coloured:
            yield digits
        start = stop


def legend(screen: Screen) -> Text:
    """Return what the paint means, and which clock it is on."""
    text = Text()
    if screen.coloured:
        text.append("surprise of each character, in bits: ", screen.palette.quiet)
        text.append_text(sized_legend(screen, "0", f"{MOST_BITS:g}+"))
        return text
    return text.append("bits: the surprise of the character above, in whole bits, 9 for 9 and more")
