"""The view `probs`: what was expected at each character, beside what came."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.display.bars import bar
from charrnn.display.painted import legend, painted
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import Shown, Table, flow, number, prose, share
from charrnn.inspection.views.probabilities import Probabilities

_BAR = 8
_LONGEST_BAR = 8  # beside each of the likeliest characters
_PROBABILITY = 6  # a space and at most five cells
_EXPECTED = 30  # room to be left for the likeliest characters
_LEAST_EXPECTED = 17


def draw(result: Probabilities, screen: Screen) -> Iterator[Text]:
    """Yield the means, the text painted by surprise, and a row for each character."""
    shown = screen.shown(len(result.ids))
    yield from means(result, screen)
    yield Text()
    yield from surprise(result, shown, screen)
    yield Text()
    yield from rows(result, shown, screen)
    yield Text()
    yield from prose(
        "row t: after character t was read; p, rank, bits are of the next; ent: the bits expected",
        screen,
    )


def means(result: Probabilities, screen: Screen) -> Iterator[Text]:
    """Yield what can be said of all predictions together."""
    found = result.means
    if found is None:
        yield from prose("one character: it is read, not predicted, so nothing is averaged", screen)
        return
    sure = np.isfinite(found.bits_error)
    error = f" {screen.pick('±', '+-')} {found.bits_error:.2f}" if sure else ""
    facts = [
        f"perplexity {number(found.perplexity)}",
        f"top-1 {found.top1:.0%}",
        f"top-5 {found.top5:.0%}",
        f"entropy {number(found.entropy)}",
        f"excess {number(found.excess)}",
        f"calibration error {found.calibration_error:.3f}",
    ]
    label = Text().append(f"{number(found.bits)}{error} bits/char", screen.palette.loud)
    yield from flow([label, *map(Text, facts)], screen, label=Text())
    many = "1 prediction" if found.predictions == 1 else f"{found.predictions:,} predictions"
    basis = f"standard error from {found.blocks} blocks" if sure else "too few for a standard error"
    yield Text(f"over {many}; {basis}", screen.palette.quiet)


def surprise(
    result: Probabilities, shown: range, screen: Screen, lines: int | None = None
) -> Iterator[Text]:
    """Yield the text, or some lines of it, painted by the surprise of each of its characters."""
    of_character = np.concatenate([[np.nan], result.bits[:-1]])
    yield from painted(result.vocabulary, result.ids, shown, of_character, screen, lines=lines)
    yield from legend(screen)


def rows(result: Probabilities, which: Sequence[int], screen: Screen) -> Iterator[Text]:
    """Yield a table with a row for each of the characters at these positions.

    What a narrow screen has no room for is left out: first excess and margin, then the bar.
    """
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    heading = ["t", "read", "next", "p", "", "rank", "bits", "ent", "excess", "margin"]
    body = [_row(result, t, symbols, screen) for t in which]
    table = Table(heading, "><<<<>>>>>", body)
    table = table.narrowed(screen.width - _EXPECTED, ("", "margin", "excess"))
    room = screen.width - table.width - 2
    if room >= _LEAST_EXPECTED:
        table = table.beside("expected", list(_expected(result, which, room, symbols, screen)))
    yield from table.draw(screen)


def _row(result: Probabilities, t: int, symbols: Symbols, screen: Screen) -> list[Shown]:
    last = t + 1 == len(result.ids)
    drawn = bar(float(result.p[t]), _BAR, ascii_only=screen.ascii_only)
    return [
        str(t),
        symbols[result.ids[t]],
        "-" if last else symbols[result.ids[t + 1]],
        share(result.p[t]),
        Text(drawn.ljust(_BAR), screen.palette.first),
        str(result.rank[t] or "-"),
        number(result.bits[t]),
        number(result.entropy[t]),
        number(result.excess[t]),
        number(result.margin[t]),
    ]


def _expected(
    result: Probabilities, which: Sequence[int], room: int, symbols: Symbols, screen: Screen
) -> Iterator[Text]:
    """Yield the likeliest characters, as many as there is room for, with bars if there is more."""
    k_top = result.top_ids.shape[1]
    widest = max((symbols.width(k) for t in which for k in result.top_ids[t]), default=1)
    size = widest + _PROBABILITY
    longest = min(_LONGEST_BAR, room // k_top - size - 3)
    each = size + 2 + (longest + 1 if longest > 1 else 0)
    fitting = min(k_top, 1 + (room - size) // each)
    for t in which:
        line = Text()
        following = result.ids[t + 1] if t + 1 < len(result.ids) else None
        for n in range(fitting):
            k, p = result.top_ids[t, n], float(result.top_p[t, n])
            line.append(" " * (n * each - line.cell_len))
            line.append(
                f"{symbols.padded(k, widest)} {share(p)}",
                screen.palette.loud if k == following else "",
            )
            if longest > 1:
                line.append(" " * (n * each + size + 1 - line.cell_len))
                drawn = bar(p, longest, ascii_only=screen.ascii_only)
                line.append(drawn, screen.palette.second)
        yield line
