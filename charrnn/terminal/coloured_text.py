"""A text painted by a number for each character, such as its surprise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from rich.cells import cell_len
from rich.text import Text

from charrnn.array_types import Column, Floats, Ids
from charrnn.terminal.colours import Palette
from charrnn.terminal.heat_map import (
    MOST_BITS,
    Row,
    ascii_symbol,
    digit_of,
    draw_cell,
    sequential_legend,
)
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import prose
from charrnn.text.vocabulary import Vocabulary

MOST_EXCESS = 5.0
"""Of the scale of excess, in bits either way, so that its steps are one bit each."""

BUCKETS = (("1", ".", 0), ("2-3", ":", 3), ("4-10", "+", 5), ("over 10", "#", 7))
"""Of ranks: which, the character and the step of the ramp (after GLTR, for few characters)."""


@dataclass(frozen=True)
class Brush:
    """How characters are painted by a number of theirs.

    label: what stands before the characters that say the same where there are no colours.
    style: the style of a number, in a palette.
    sign: the character for it.
    legend: a line, or lines, that tell what it means.
    """

    label: str
    style: Callable[[Palette, float], str]
    sign: Callable[[float], str]
    legend: Callable[[Screen], Iterator[Text]]


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
        palette = screen.palette
        text = Text("better ", palette.dim)
        for style in (*reversed(palette.negative), palette.zero, *palette.positive):
            text.append("  ", style)
        yield text.append(" worse than expected, 1 bit a step", palette.dim)
    else:
        yield from prose(
            "excess: of the character above, bits less the bits expected: = to -3, - to -1, "
            ". between, + from 1, # from 3",
            screen,
        )


BITS = Brush(
    "bits",
    lambda palette, bits: palette.sequential(bits / MOST_BITS),
    digit_of,
    _legend_of_bits,
)
RANK = Brush(
    "rank",
    lambda palette, rank: palette.ramp[BUCKETS[_bucket(rank)][2]],
    lambda rank: BUCKETS[_bucket(rank)][1],
    _legend_of_ranks,
)
EXCESS = Brush(
    "excess",
    lambda palette, bits: palette.diverging(bits / MOST_EXCESS),
    lambda bits: ascii_symbol(bits / MOST_EXCESS),
    _legend_of_excess,
)


def painted(
    vocabulary: Vocabulary,
    ids: Ids,
    shown: range,
    values: Column | Floats,
    screen: Screen,
    *,
    brush: Brush = BITS,
    lines: int | None = None,
) -> Iterator[Text]:
    """Yield the text as lines of its own, painted by a value, (T,), of each character.

    Without colours a line of signs stands under each, a space for a character that was not
    predicted, whose value is nan.

    lines: at most so many of the text; None for all.
    """
    symbols = Symbols(vocabulary, space=False, ascii_only=screen.ascii_only)
    margin = max(cell_len(brush.label), len(str(shown.stop))) + 1
    broken = lines_of(vocabulary, ids, shown, symbols, screen.width - margin)
    for here in islice(broken, lines):
        line = Text().append(f"{here.start:>{margin - 1}} ", screen.palette.dim)
        signs = Text(" " * (margin - 1 - cell_len(brush.label)) + f"{brush.label} ")
        for t in here:
            value = float(values[t])
            known = value == value  # noqa: PLR0124 - nan alone is unlike itself
            style = brush.style(screen.palette, value) if known else screen.palette.dim
            line.append(symbols[ids[t]], style)
            signs.append((brush.sign(value) if known else "").ljust(symbols.width(ids[t])))
        yield line
        if not screen.coloured:
            yield signs


def coloured(
    vocabulary: Vocabulary,
    ids: Ids,
    shown: range,
    row: Row,
    screen: Screen,
    *,
    lines: int | None = None,
) -> Iterator[Text]:
    """Yield the text as `painted` does, by a row of a heat map."""
    style = Palette.diverging if row.scale == "diverging" else Palette.sequential

    def sign(value: float) -> str:
        cell = Text()
        draw_cell(cell, value, row.scale, screen)
        return cell.plain

    brush = Brush(row.label, style, sign, lambda _: iter(()))
    yield from painted(vocabulary, ids, shown, row.values, screen, brush=brush, lines=lines)


def lines_of(
    vocabulary: Vocabulary, ids: Ids, shown: range, symbols: Symbols, width: int
) -> Iterator[range]:
    """Yield the characters of each line of a text: broken where it is broken itself, and to fit.

    An empty line stays at the end of the one before.
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
