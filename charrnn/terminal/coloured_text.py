"""A text coloured by a value for each character, such as its surprise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from rich.cells import cell_len
from rich.text import Text

from charrnn.array_types import Column, Floats, Ids
from charrnn.terminal.bars import height
from charrnn.terminal.colours import Palette
from charrnn.terminal.heat_map import (
    MOST_BITS,
    ascii_symbol,
    digit_of,
    diverging_legend,
    sequential_legend,
)
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import prose
from charrnn.text.vocabulary import Vocabulary

MOST_EXCESS = 5.0
"""End of the scale of excess, in bits either way; its steps are one bit each."""

BUCKETS = (("1", ".", 0), ("2-3", ":", 3), ("4-10", "+", 5), ("over 10", "#", 7))
"""Buckets of ranks: the ranks, the sign and the step of the ramp (after GLTR)."""


@dataclass(frozen=True)
class Colouring:
    """How each character of a text is coloured by its value.

    label: the name of the values, before the lines of signs.
    style: the style of a value, in a palette.
    sign: the characters for a value, over a number of cells, where there are no colours.
    legend: the lines that explain it.
    """

    label: str
    style: Callable[[Palette, float], str]
    sign: Callable[[float, int, Screen], str]
    legend: Callable[[Screen], Iterator[Text]]


def diverging(label: str) -> Colouring:
    """Return the colouring of values from -1 to 1."""
    return Colouring(
        label,
        Palette.diverging,
        lambda value, width, _: ascii_symbol(value) * width,
        lambda screen: iter([diverging_legend(screen)]),
    )


def sequential(label: str) -> Colouring:
    """Return the colouring of values from 0 to 1."""
    return Colouring(
        label,
        Palette.sequential,
        lambda value, width, screen: height(value, ascii_only=screen.ascii_only) * width,
        lambda screen: iter([sequential_legend(screen)]),
    )


def _bucket(rank: float) -> int:
    return sum(rank > last for last in (1, 3, 10))


def _legend_of_bits(screen: Screen) -> Iterator[Text]:
    if screen.coloured:
        text = Text("surprise of each character, in bits: ", screen.palette.dim)
        yield text.append_text(sequential_legend(screen, "0", f"{MOST_BITS:g}+"))
    else:
        yield from prose(
            "bits: the surprise of the character above, in whole bits, 9 for 9 and more", screen
        )


def _legend_of_ranks(screen: Screen) -> Iterator[Text]:
    if screen.coloured:
        text = Text("rank among the guesses: ", screen.palette.dim)
        for ranks, _, step in BUCKETS:
            text.append(f" {ranks} ", screen.palette.ramp[step])
        yield text
    else:
        signs = ", ".join(f"{sign} {ranks}" for ranks, sign, _ in BUCKETS)
        yield from prose(f"rank of the character above among the guesses: {signs}", screen)


def _legend_of_excess(screen: Screen) -> Iterator[Text]:
    if screen.coloured:
        yield diverging_legend(screen, "better", "worse than expected, 1 bit a step")
    else:
        yield from prose(
            "excess: of the character above, bits less the bits expected: = to -3, - to -1, "
            ". between, + from 1, # from 3",
            screen,
        )


BITS = Colouring(
    "bits",
    lambda palette, bits: palette.sequential(bits / MOST_BITS),
    lambda bits, width, _: digit_of(bits).ljust(width),
    _legend_of_bits,
)
RANK = Colouring(
    "rank",
    lambda palette, rank: palette.ramp[BUCKETS[_bucket(rank)][2]],
    lambda rank, width, _: BUCKETS[_bucket(rank)][1].ljust(width),
    _legend_of_ranks,
)
EXCESS = Colouring(
    "excess",
    lambda palette, bits: palette.diverging(bits / MOST_EXCESS),
    lambda bits, width, _: ascii_symbol(bits / MOST_EXCESS).ljust(width),
    _legend_of_excess,
)


def coloured_text(
    vocabulary: Vocabulary,
    ids: Ids,
    shown: range,
    values: Column | Floats,
    screen: Screen,
    *,
    colouring: Colouring = BITS,
    lines: int | None = None,
) -> Iterator[Text]:
    """Yield the text in its own lines, each character coloured by its value, (T,).

    Without colours a line of signs follows each line. A character whose value is nan, because it
    was not predicted, is dim and has no sign.

    lines: largest number of lines of text; None for all.
    """
    symbols = Symbols(vocabulary, space=False, ascii_only=screen.ascii_only)
    label = colouring.label
    margin = max(cell_len(label), len(str(shown.stop))) + 1
    broken = lines_of(vocabulary, ids, shown, symbols, screen.width - margin)
    for here in islice(broken, lines):
        line = Text().append(f"{here.start:>{margin - 1}} ", screen.palette.dim)
        signs = Text(" " * (margin - 1 - cell_len(label)) + f"{label} ")
        for t in here:
            value, width = float(values[t]), symbols.width(ids[t])
            known = value == value  # noqa: PLR0124 - nan alone is unlike itself
            style = colouring.style(screen.palette, value) if known else screen.palette.dim
            line.append(symbols[ids[t]], style)
            signs.append(colouring.sign(value, width, screen) if known else " " * width)
        yield line
        if not screen.coloured:
            yield signs


def lines_of(
    vocabulary: Vocabulary, ids: Ids, shown: range, symbols: Symbols, width: int
) -> Iterator[range]:
    """Yield the places of each line of a text, broken at its line ends and at a width.

    An empty line is joined to the one before.
    """
    newline = vocabulary.encode("\n")[0] if "\n" in vocabulary else None
    start = shown.start
    while start < shown.stop:
        stop, used = start, 0
        while stop < shown.stop and used + symbols.width(ids[stop]) <= width:
            used += symbols.width(ids[stop])
            stop += 1
            if ids[stop - 1] == newline and (stop == shown.stop or ids[stop] != newline):
                break
        yield range(start, stop)
        start = stop
