"""A text in lines of its own, each character on the colour of a value of its own."""

from collections.abc import Iterator
from itertools import islice

from rich.cells import cell_len
from rich.text import Text

from charrnn.array_types import Ids
from charrnn.terminal.coloured_text import lines_of
from charrnn.terminal.heat_map import Row, draw_cell
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
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
    margin = max(cell_len(row.label), len(str(shown.stop))) + 1
    broken = lines_of(vocabulary, ids, shown, symbols, screen.width - margin)
    for here in islice(broken, lines):
        line = Text().append(f"{here.start:>{margin - 1}} ", screen.palette.quiet)
        under = Text(" " * (margin - 1 - cell_len(row.label)) + f"{row.label} ")
        for t in here:
            value = float(row.values[t])
            tell = screen.palette.signed if row.way == "signed" else screen.palette.sized
            line.append(symbols[ids[t]], tell(value))
            draw_cell(under, value, row.way, screen, symbols.width(ids[t]))
        yield line
        if not screen.coloured:
            yield under
