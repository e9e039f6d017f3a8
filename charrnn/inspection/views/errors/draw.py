"""The view `errors`: which characters cost most, also compared with n-grams."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.inspection.methods.alike_places import ALIKE, Place
from charrnn.inspection.views.errors.groups import Group
from charrnn.inspection.views.errors.result import Comparison, Errors
from charrnn.inspection.views.errors.training_text import MOST
from charrnn.plurals import agreeing, counted
from charrnn.terminal.passages import aligned
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import (
    Shown,
    Table,
    flow,
    folded,
    number,
    prose,
    quoted,
    rule,
    section,
    share,
    with_error,
)
from charrnn.text.repetition import SAME

_LEAST_BAR, _LONGEST_BAR = 8, 40
_NAMED = 8  # characters with the largest gain or loss


def draw(result: Errors, screen: Screen) -> Iterator[Text]:
    """Yield the tables, then the worst places; with a training text also n-grams."""
    if not len(result.bits):
        yield from prose("one character: it is read, not predicted, so it costs nothing", screen)
        return
    yield from _means(result, screen)
    classes: list[Group | None] = [*result.table("class")]
    if also := result.table("also"):
        classes += [None, *also]
    yield from _table("class of character", classes, result, screen)
    yield from prose(
        "share, and the bar: of all bits of the text; capitals and the first in line are counted "
        "above as well",
        screen,
    )
    yield from _table("letters of the word already seen", result.table("letters seen"),
                      result, screen)  # fmt: skip
    yield from _table("closing brackets and quotes, by characters since they opened",
                      result.table("closing"), result, screen)  # fmt: skip
    if result.comparison:
        yield from _ngrams(result.comparison, result, screen)
    yield from _list("worst characters", result.worst(), result, screen)
    yield from _list("surest mistakes", result.confident(), result, screen)
    yield from prose(
        "t: it came after character t; guess, p: the likeliest character and its share; times: how "
        f"often the same came behind the same {ALIKE}, of which the worst is named",
        screen,
    )
    if result.comparison:
        against = f"{result.comparison.best + 1}-gram"
        yield from _list(f"won most against the {against}", result.wins(), result, screen)
        yield from _list(f"lost most against the {against}", result.losses(), result, screen)
    else:
        yield Text()
        yield from prose("--train FILE compares with n-grams of the training text", screen)


def _means(result: Errors, screen: Screen) -> Iterator[Text]:
    [whole] = result.table("all")
    facts = [f"top-1 {whole.top1:.0%}", counted(whole.count, "prediction")]
    bits = with_error(number(whole.bits.mean), whole.bits.error, screen)
    label = Text(f"{bits} bits/char")
    label.stylize(screen.palette.bold)
    yield from flow([label, *map(Text, facts)], screen, label=Text())


def _table(
    title: str, groups: Sequence[Group | None], result: Errors, screen: Screen
) -> Iterator[Text]:
    """Yield a row for each group, an empty one for None; nothing without groups."""
    if not groups:
        return
    error = screen.pick("±", "+-")
    heading = ["", "count", "bits", error, "top-1", "share"]
    compared = result.comparison
    if compared:
        heading += [f"{compared.best + 1}-gram", "gain", f"{error} "]
    rows = [_row(group) if group else [""] * len(heading) for group in groups]
    if not compared:
        rows = [row[:6] for row in rows]
    table = Table(heading, "<" + ">" * (len(heading) - 1), rows)
    most = max(group.share for group in groups if group) or 1
    bars = [(group.share / most if group else 0.0, screen.palette.second) for group in groups]
    table = table.with_bars(bars, _LONGEST_BAR, screen, _LEAST_BAR)
    yield from section(title, screen)
    yield from table.draw(screen)


def _row(group: Group) -> list[Shown]:
    gain, ngram = group.gain, group.ngram
    compared = (
        [number(ngram.mean), f"{gain.mean:+.2f}", number(gain.error)] if ngram and gain else []
    )
    return [
        group.name,
        f"{group.count:,}",
        number(group.bits.mean),
        number(group.bits.error),
        share(group.top1),
        f"{group.share:.1%}" if np.isfinite(group.share) else "-",
        *compared,
    ]


def _ngrams(compared: Comparison, result: Errors, screen: Screen) -> Iterator[Text]:
    """Yield the bits of each order of n-gram, and the types of errors."""
    yield Text()
    training, error = compared.training, screen.pick("±", "+-")
    yield from rule(
        f"n-grams of the training text, {counted(len(training.ids), 'character')}", screen
    )
    yield from folded(quoted(training.name, screen.width * 4, screen), screen.width)
    heading = ["order", "bits", error, "gain", f"{error} "]
    rows = [
        [str(order), number(mean.mean), number(mean.error), f"{gain.mean:+.2f}", number(gain.error)]
        for order, (mean, gain) in enumerate(result.orders(), 1)
    ]
    yield from Table(heading, ">>>>>", rows).draw(screen)
    for said in _remarks(compared):
        yield from prose(said, screen)
    yield from _characters(result, screen)
    if types := result.table("type"):
        yield from _table("what would have helped with errors", types, result, screen)
        errors = sum(group.count for group in types)
        held = sum(group.share for group in types)
        yield from prose(
            f"errors: the {counted(errors, 'character')} that the network gave at most 1/2, with "
            f"{held:.0%} of all bits; each is put down to the first type that fits",
            screen,
        )


def _remarks(compared: Comparison) -> Iterator[str]:
    training = compared.training
    yield (
        "gain: what the network saves against the n-gram; one of less than two standard errors "
        f"may be chance. In the tables it is against the {compared.best + 1}-gram, the best here"
    )
    if training.left_out:
        start, stop = training.left_out
        yield (
            f"the text read is characters {start:,} to {stop - 1:,} of that file, so these are not "
            "counted; if the network learnt from them, it has an advantage"
        )
    if training.shared >= 0.01:
        yield (
            f"{training.shared:.0%} of the text read stands, in passages of {SAME} characters and "
            "more, in what is counted: neither network nor n-gram is tested on these fairly"
        )
    if training.unknown:
        skipped = f"{counted(training.unknown, 'character')} of the file"
        yield f"{skipped} {agreeing(training.unknown, 'is', 'are')} skipped, unknown to the network"
    if training.is_cut:
        yield f"only the last {MOST:,} characters are counted"


def _characters(result: Errors, screen: Screen) -> Iterator[Text]:
    """Yield the characters of the largest total gain and loss."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    measured = [
        (group, group.gain)
        for group in result.table("character")
        if group.gain and abs(group.gain.mean) > 2 * group.gain.error
    ]
    measured.sort(key=lambda pair: pair[1].mean * pair[0].count, reverse=True)
    won = [pair for pair in measured if pair[1].mean > 0][:_NAMED]
    lost = [pair for pair in measured[::-1] if pair[1].mean < 0][:_NAMED]
    width = max((symbols.width(_id(result, group)) for group, _ in won + lost), default=0)
    for label, pairs in (("won on ", won), ("lost on ", lost)):
        if pairs:
            items = [
                Text(f"{symbols.padded(_id(result, group), width)} {gain.mean:+.2f} x{group.count}")
                for group, gain in pairs
            ]
            yield from flow(items, screen, label=Text().append(f"{label:<9}", screen.palette.dim))


def _id(result: Errors, group: Group) -> int:
    return int(result.vocabulary.encode(group.name)[0])


def _list(title: str, places: Sequence[Place], result: Errors, screen: Screen) -> Iterator[Text]:
    """Yield a row for each place, with its context."""
    if not places:
        return
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    heading = ["t", "came", "bits", "guess", "p", "times"]
    if result.gain is not None:
        heading.insert(3, "gain")
    rows: list[list[Shown]] = []
    for t, times in places:
        row: list[Shown] = [
            str(t),
            symbols[result.ids[t + 1]],
            number(result.bits[t], 1),
            symbols[int(result.guess[t])],
            share(result.guess_p[t]),
            str(times),
        ]
        if result.gain is not None:
            row.insert(3, f"{result.gain[t]:+.1f}")
        rows.append(row)
    table = Table(heading, "><" + ">" * (len(heading) - 5) + "<>>", rows)
    room = table.room(screen.width)
    contexts = [aligned(result.ids, range(t + 1, t + 2), room, symbols, screen) for t, _ in places]
    yield from section(title, screen)
    yield from table.beside("in the text", contexts).draw(screen)
