"""A text painted by a number for each character: its surprise."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.display.heat_map import sized_legend
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import prose
from charrnn.inspection.result import Column
from charrnn.network.functions import Ids
from charrnn.text.vocabulary import Vocabulary

MOST_BITS = 8.0
"""The end of the scale, the same for every text."""


def painted(
    vocabulary: Vocabulary,
    ids: Ids,
    shown: range,
    bits: Column,
    screen: Screen,
    *,
    lines: int | None = None,
) -> Iterator[Text]:
    """Yield the text as lines of its own, painted by `bits`, (T,), of each character.

    Without colours a line of digits stands under each: whole bits, 9 for nine and more, a space
    for a character that was not predicted.

    lines: at most so many of the text; None for all.
    """
    symbols = Symbols(vocabulary, space=False, ascii_only=screen.ascii_only)
    newline = vocabulary.encode("\n")[0] if "\n" in vocabulary else None
    margin = max(len("bits"), len(str(shown.stop))) + 1
    start, drawn = shown.start, 0
    while start < shown.stop and drawn != lines:
        stop, used = start, margin
        while stop < shown.stop and used + symbols.width(ids[stop]) <= screen.width:
            used += symbols.width(ids[stop])
            stop += 1
            if ids[stop - 1] == newline:
                break
        line = Text().append(f"{start:>{margin - 1}} ", screen.palette.quiet)
        digits = Text(f"{'bits':>{margin - 1}} ")
        for t in range(start, stop):
            known = bits[t] == bits[t]
            style = screen.palette.sized(bits[t] / MOST_BITS) if known else screen.palette.quiet
            line.append(symbols[ids[t]], style)
            digits.append((f"{min(9, int(bits[t]))}" if known else "").ljust(symbols.width(ids[t])))
        yield line
        if not screen.coloured:
            yield digits
        start, drawn = stop, drawn + 1


def legend(screen: Screen) -> Iterator[Text]:
    """Yield what the paint means, and which clock it is on."""
    if screen.coloured:
        text = Text("surprise of each character, in bits: ", screen.palette.quiet)
        yield text.append_text(sized_legend(screen, "0", f"{MOST_BITS:g}+"))
    else:
        yield from prose(
            "bits: the surprise of the character above, in whole bits, 9 for 9 and more", screen
        )
