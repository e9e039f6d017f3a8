"""The view `probs`: what was expected at each character, beside what came."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.inspection.views.probs.result import Probabilities
from charrnn.plurals import counted
from charrnn.terminal.bars import bar, bar_text
from charrnn.terminal.coloured_text import BITS, EXCESS, RANK, coloured_text
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, number, prose, share, with_error

_BAR = 8
_LONGEST_BAR = 8  # beside each of the likeliest characters
_PROBABILITY = 6  # a space and at most five cells
_EXPECTED = 30  # room to be left for the likeliest characters
_LEAST_EXPECTED = 17
_BRANCH = 4  # cells before what a guess leads to
_COLOURINGS = {"bits": BITS, "rank": RANK, "excess": EXCESS}


def draw(result: Probabilities, screen: Screen) -> Iterator[Text]:
    """Yield the means, the text painted, and a row for each character."""
    shown = screen.shown(len(result.ids))
    yield from means(result, screen)
    yield Text()
    yield from surprise(result, shown, screen)
    yield Text()
    yield from prose(
        "row t: after character t was read; p: y_hat, how likely the next was to come, with its "
        "rank and bits; ent: the bits expected, excess: bits - ent; margin: bits between the two "
        "likeliest; expected: the likeliest first, bold where it came",
        screen,
    )
    if result.branch:
        yield from prose(
            "under each row: its guesses, and how the network would go on from each, always with "
            "the likeliest character",
            screen,
        )
    yield Text()
    yield from rows(result, shown, screen)


def means(result: Probabilities, screen: Screen) -> Iterator[Text]:
    """Yield what can be said of all predictions together."""
    found = result.means
    if found is None:
        yield from prose("one character: it is read, not predicted, so nothing is averaged", screen)
        return
    facts = [
        f"perplexity {number(found.perplexity)}",
        f"top-1 {found.top1:.0%}",
        f"top-5 {found.top5:.0%}",
        f"entropy {number(found.entropy)}",
        f"excess {number(found.excess)}",
        f"calibration error {found.calibration_error:.3f}",
    ]
    if result.temperature != 1:
        tau = f"{result.temperature:g}"
        yield from prose(f"at temperature {tau}: y_hat is softmax(scores / {tau})", screen)
    bits = with_error(number(found.bits), found.bits_error, screen)
    label = Text().append(f"{bits} bits/char", screen.palette.bold)
    yield from flow([label, *map(Text, facts)], screen, label=Text())
    many = counted(found.predictions, "prediction")
    sure = np.isfinite(found.bits_error)
    basis = f"standard error from {found.blocks} blocks" if sure else "too few for a standard error"
    yield from prose(f"over {many}; {basis}", screen)


def surprise(result: Probabilities, shown: range, screen: Screen) -> Iterator[Text]:
    """Yield the text, painted by surprise or what else was asked for."""
    colouring, values = _COLOURINGS[result.paint], result.painted_by
    yield from coloured_text(
        result.vocabulary, result.ids, shown, values, screen, colouring=colouring
    )
    yield from colouring.legend(screen)


def rows(result: Probabilities, which: Sequence[int], screen: Screen) -> Iterator[Text]:
    """Yield a table with a row for each of the characters at these positions.

    What a narrow screen has no room for is left out: first excess and margin, then the bar.
    """
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    heading = ["t", "read", "next", "p", "", "rank", "bits", "ent", "excess", "margin"]
    body = [_row(result, t, symbols, screen) for t in which]
    table = Table(heading, "><<<<>>>>>", body)
    table = table.narrowed(screen.width - _EXPECTED, ("", "margin", "excess"))
    table = table.narrowed(screen.width, ("ent",))
    room = screen.width - table.width - 2
    if room >= _LEAST_EXPECTED:
        table = table.beside("expected", list(_expected(result, which, room, symbols, screen)))
    if not result.branch or table.width > screen.width:
        yield from table.draw(screen)
        return
    lines = table.draw(screen)
    yield next(lines)
    for line, branches in zip(lines, _branches(result, which, symbols, screen), strict=True):
        yield line
        yield from branches


def _branches(
    result: Probabilities, which: Sequence[int], symbols: Symbols, screen: Screen
) -> Iterator[Iterable[Text]]:
    """Yield for each row what each of the likeliest leads to, as lines."""
    label = Text(" " * _BRANCH).append(screen.pick("↳ ", "> "), screen.palette.dim)
    for t, branches in zip(which, result.branches(np.array(which, np.intp)), strict=True):
        following = result.ids[t + 1] if t + 1 < len(result.ids) else None
        items = []
        for k, branch in zip(result.top_ids[t], branches, strict=True):
            item = Text(symbols[k], screen.palette.bold if k == following else "")
            items.append(item.append("".join(symbols[n] for n in branch), screen.palette.dim))
        yield flow(items, screen, gap=2, label=label.copy())


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
                screen.palette.bold if k == following else "",
            )
            if longest > 1:
                line.append(" " * (n * each + size + 1 - line.cell_len))
                line.append_text(bar_text(p, longest, screen.palette.second, screen))
        yield line
