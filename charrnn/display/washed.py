"""A text in lines of its own, each character on the colour of a value of its own."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.display.heat_map import Row, draw_cell
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.network.functions import Ids
from charrnn.text.vocabulary import Vocabulary


def washed(
    vocabulary: Vocabulary,
    ids: Ids,
    shown: range,
    row: Row,
    screen: Screen,
    *,
    lines: int | None = None,
) -> Iterator[Text]:
    """Yield the text, broken where it is broken itself, coloured by a series of values, (T,).

    Without colours a line of characters stands under each, that say the same.

    row: the values, and the way they are drawn; its label stands before that line.
    lines: at most so many of the text; None for all.
    """
    symbols = Symbols(vocabulary, space=False, ascii_only=screen.ascii_only)
    newline = vocabulary.encode("\n")[0] if "\n" in vocabulary else None
    margin = max(len(row.label), len(str(shown.stop))) + 1
    start, drawn = shown.start, 0
    while start < shown.stop and drawn != lines:
        stop, used = start, margin
        while stop < shown.stop and used + symbols.width(ids[stop]) <= screen.width:
            used += symbols.width(ids[stop])
            stop += 1
            if ids[stop - 1] == newline and (stop == shown.stop or ids[stop] != newline):
                break  # an empty line stays at the end of the one before
        line = Text().append(f"{start:>{margin - 1}} ", screen.palette.quiet)
        under = Text(f"{row.label:>{margin - 1}} ")
        for t in range(start, stop):
            value = float(row.values[t])
            tell = screen.palette.signed if row.way == "signed" else screen.palette.sized
            line.append(symbols[ids[t]], tell(value))
            draw_cell(under, value, row.way, screen, symbols.width(ids[t]))
        yield line
        if not screen.coloured:
            yield under
        start, drawn = stop, drawn + 1
