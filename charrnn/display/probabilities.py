"""The view `probs`: what was expected at each character, beside what came."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from charrnn.display.bars import bar
from charrnn.display.painted import legend, painted
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import Shown, fit, number, share, table, table_width
from charrnn.inspection.probabilities import Probabilities

_BAR = 8
_LONGEST_CANDIDATE = 8
_WIDE, _MIDDLE = 110, 72


def draw(result: Probabilities, screen: Screen) -> Iterator[Text]:
    """Yield the means, the text painted by surprise, and a row for each character."""
    shown = screen.shown(len(result.ids))
    yield from means(result, screen)
    yield Text()
    yield from surprise(result, shown, screen)
    yield Text()
    yield from rows(result, shown, screen)
    yield Text()
    yield fit(Text(
        "row t: after character t was read; p, rank and bits are of the next; "
        "ent: the bits expected", screen.palette.quiet
    ), screen.width)  # fmt: skip


def means(result: Probabilities, screen: Screen) -> Iterator[Text]:
    """Yield what can be said of all predictions together."""
    found = result.means
    if found is None:
        yield Text("one character: it is read and not predicted, so there is nothing to average")
        return
    sure = np.isfinite(found.bits_error)
    error = f" {screen.pick('±', '+-')} {found.bits_error:.2f}" if sure else ""
    line = Text()
    line.append(f"{found.bits:.2f}{error} bits/char", screen.palette.loud)
    line.append(
        f"   perplexity {found.perplexity:.2f}   top-1 {found.top1:.0%}   top-5 {found.top5:.0%}"
    )
    yield line
    yield Text(
        f"entropy {found.entropy:.2f}   excess {found.excess:+.2f}   "
        f"calibration error {found.calibration_error:.3f}"
    )
    many = "1 prediction" if found.predictions == 1 else f"{found.predictions:,} predictions"
    basis = f"standard error from {found.blocks} blocks" if sure else "too few for a standard error"
    yield Text(f"over {many}; {basis}", screen.palette.quiet)


def surprise(result: Probabilities, shown: range, screen: Screen) -> Iterator[Text]:
    """Yield the text painted by the surprise of each of its characters."""
    of_character = np.concatenate([[np.nan], result.bits[:-1]])
    yield from painted(result.vocabulary, result.ids, shown, of_character, screen)
    yield fit(legend(screen), screen.width)


def rows(result: Probabilities, which: Sequence[int], screen: Screen) -> Iterator[Text]:
    """Yield a table with a row for each of the characters at these positions.

    What a narrow screen has no room for is left out: first excess and margin, then the bar.
    """
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    heading = ["t", "read", "next", "p", "", "rank", "bits", "ent", "excess", "margin"]
    align = "><<<<>>>>>"
    left_out = {4, 8, 9} if screen.width < _MIDDLE else {8, 9} if screen.width < _WIDE else set()
    kept = [n for n in range(len(heading)) if n not in left_out]
    heading, align = [heading[n] for n in kept], "".join(align[n] for n in kept)
    body = [[row[n] for n in kept] for row in (_row(result, t, symbols, screen) for t in which)]
    room = screen.width - table_width(heading, body) - 2
    for row, t in zip(body, which, strict=True):
        row.append(_expected(result, t, room, symbols, screen))
    yield from table([*heading, "expected"], body, align + "<", screen)


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


def _expected(result: Probabilities, t: int, room: int, symbols: Symbols, screen: Screen) -> Text:
    """Return the likeliest characters, as many as there is room for, with bars if there is more."""
    top = list(zip(result.top_ids[t].tolist(), result.top_p[t].tolist(), strict=True))
    following = result.ids[t + 1] if t + 1 < len(result.ids) else None
    size = max(symbols.width(k) for k, _ in top) + 5  # a space and a probability of four cells
    longest = min(_LONGEST_CANDIDATE, room // len(top) - size - 2)
    line = Text()
    for k, p in top:
        drawn = bar(p, longest, ascii_only=screen.ascii_only) if longest > 1 else ""
        shown = f"{symbols[k]} {share(p)}"
        width = size + (longest if longest > 1 else 0) + 2
        if cell_len(line.plain) + width - 2 > room:
            break
        line.append(shown.ljust(0), screen.palette.loud if k == following else "")
        line.append(" " + drawn, screen.palette.second)
        line.append(" " * (width - cell_len(shown) - 1 - len(drawn)))
    line.rstrip()
    return line
