"""The view `steer`: what the network writes while units are clamped, beside what it would have."""

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.steer.paired_samples import Written
from charrnn.inspection.views.steer.result import Steered
from charrnn.plurals import counted
from charrnn.terminal.heat_map import sequential_legend
from charrnn.terminal.passages import before
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Table, flow, number, prose, rule, share

_MOST = 1.0  # bits, the end of the scale
_CHANGES = 6  # characters that become more probable, and less


def draw(result: Steered, screen: Screen) -> Iterator[Text]:
    """Yield both texts, painted by how far the predictions are apart, and what was changed."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    passage = before(result.ids, len(result.ids) - 1, screen.width * 3 // 5, symbols, screen)
    yield from rule(f"after {passage}", screen, right=f"seed {result.seed}")
    clamped = [Text(f"{name(unit)} at {value:+g}") for unit, value in result.settings]
    kind = f"state {result.kind}, " if result.kind != "a" else ""
    which = "as given" if result.asked else "the unit with the largest effect"
    label = Text(f"clamped, {kind}{which}: ")
    yield from flow(clamped, screen, label=label)
    yield Text()
    for title, written in (("written freely", result.free), ("written with it", result.clamped)):
        mean = result.divergence(written)
        error = f" {screen.pick('±', '+-')} {number(mean.error, 3)}" if mean.error > 0 else ""
        yield from rule(title, screen, right=f"KL {number(mean.mean, 3)}{error} bits a character")
        yield from _text(written, result, screen)
        yield Text()
    yield from _legend(screen)
    yield Text()
    yield from prose(_summary(result, symbols), screen)
    yield Text()
    yield from _changes(result, symbols, screen)
    yield from prose(
        "KL: how far the free and the clamped network's predictions are apart; likelier, "
        "unlikelier: by how much the clamped one expects a character more or less, mean over both "
        "texts",
        screen,
    )


def _text(written: Written, result: Steered, screen: Screen) -> Iterator[Text]:
    """Yield a text line by line, painted; without colours with a digit under each character."""
    symbols = Symbols(result.vocabulary, space=False, ascii_only=screen.ascii_only)
    line, digits = Text(), Text()
    for k, bits in zip(written.ids, written.divergence, strict=True):
        width = symbols.width(k)
        if line.cell_len + width > screen.width:
            yield from _line(line, digits, screen)
            line, digits = Text(), Text()
        line.append(symbols[k], screen.palette.sequential(bits / _MOST))
        digits.append(str(min(9, int(10 * bits / _MOST))).ljust(width))
        if result.vocabulary[k] == "\n":
            yield from _line(line, digits, screen)
            line, digits = Text(), Text()
    if line:
        yield from _line(line, digits, screen)


def _line(line: Text, digits: Text, screen: Screen) -> Iterator[Text]:
    yield line
    if not screen.coloured:
        yield digits


def _legend(screen: Screen) -> Iterator[Text]:
    if screen.coloured:
        text = Text("KL before each character, in bits: ", screen.palette.dim)
        yield text.append_text(sequential_legend(screen, "0", f"{_MOST:g}+"))
    else:
        yield from prose(
            "digits: KL of the predictions before the character above, in tenths of a bit, 9 for "
            "nine and more",
            screen,
        )


def _summary(result: Steered, symbols: Symbols) -> str:
    n = result.first_difference
    free, clamped = result.free, result.clamped
    if n is None:
        differ = f"all {counted(len(free.ids), 'character')} are the same"
    else:
        one, other = symbols[free.ids[n]], symbols[clamped.ids[n]]
        differ = f"the texts differ from character {n} on: {one} freely, {other} with it"
    return (
        f"{differ}. The free text costs {number(free.free_bits.mean())} bits a character freely "
        f"and {number(free.held_bits.mean())} with what is clamped; the other one "
        f"{number(clamped.free_bits.mean())} and {number(clamped.held_bits.mean())}"
    )


def _changes(result: Steered, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the characters that become more and less probable."""
    change = result.change
    free = (result.free.free_p + result.clamped.free_p) / 2
    order = np.argsort(-change, kind="stable")
    up = [k for k in order[:_CHANGES] if change[k] > 0]
    down = [k for k in order[::-1][:_CHANGES] if change[k] < 0]
    if not up:
        yield from prose("no character becomes likelier", screen)
        return
    likelier, unlikelier = (
        [
            [symbols[k], f"{change[k]:+.3f}", share(free[k]), share(free[k] + change[k])]
            for k in side
        ]
        for side in (up, down)
    )
    pairs = zip_longest(likelier, unlikelier, fillvalue=[""] * 4)
    body = [[*one, " ", *other] for one, other in pairs]
    heading = ["likelier", "by", "freely", "with it", "", "unlikelier", "by", "freely", "with it"]
    table = Table(heading, "<>>><<>>>", body)
    yield from table.narrowed(screen.width, ("freely", "with it")).draw(screen)
