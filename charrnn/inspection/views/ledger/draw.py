"""The view `ledger`: what the memory still holds, and when it was written."""

from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from charrnn.array_types import Column
from charrnn.inspection.result import name
from charrnn.inspection.views.ledger.memory_writes import ages
from charrnn.inspection.views.ledger.result import Account, Ledger
from charrnn.plurals import counted
from charrnn.terminal.bars import bar_text
from charrnn.terminal.heat_map import Row, diverging_legend, heat_map
from charrnn.terminal.passages import before, fitting
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, number, prose, rule, share, signed

_LARGEST = 6  # writes that are named


def draw(result: Ledger, screen: Screen) -> Iterator[Text]:
    """Yield each layer's memory by age and by units, then the largest writes for a character."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    passage = before(result.ids, result.t, screen.width * 3 // 5, symbols, screen)
    yield from rule(f"after {passage}", screen, right=f"t={result.t}")
    yield Text()
    for account in result.accounts:
        yield from _ages(account, result, screen)
        yield Text()
        yield from _map(account, result, symbols, screen)
        yield Text()
    yield from _legend(result, symbols, screen)
    yield Text()
    yield from _for(result, symbols, screen)


def _ages(account: Account, result: Ledger, screen: Screen) -> Iterator[Text]:
    """Yield how old the memory of a layer is."""
    title = f"layer {account.layer}: age of its {result.kind}"
    yield from rule(title, screen, right="share of it, written so many characters ago")
    columns = account.by_age, account.by_age_over_text
    used = int(np.max(np.flatnonzero(np.maximum(*columns) >= 0.0005), initial=0)) + 1
    room = (screen.width - 28) // 2
    body: list[list[Shown]] = []
    for (least, most), *shares in list(zip(ages(used), *columns, strict=False)):
        row: list[Shown] = ["now" if not most else f"{least}" if most == 1 else f"{least}-{most}"]
        for value, style in zip(shares, (screen.palette.first, screen.palette.second), strict=True):
            row += [share(value), bar_text(value, room, style, screen)]
        body.append(row)
    yield from Table(["age", "here", "", "over the text", ""], "<<<<<", body).draw(screen)
    last = 1 + account.half_age
    usual, longest = round(float(np.median(last))), round(float(np.quantile(last, 0.9)))
    recent = "last character" if usual == 1 else f"last {counted(usual, 'character')}"
    yield from prose(
        f"half of what a unit holds here was written in the {recent}: that is the median of "
        f"{counted(len(last), 'unit')}; a tenth of them need the last {longest} or more",
        screen,
    )


def _map(account: Account, result: Ledger, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield what is left of the last writes of some units, as many as fit a line."""
    labels = [f"{name(unit)} {signed(float(account.memory[unit[1]]))}" for unit in account.units]
    series = list(account.shown().T)
    if account.layer == result.top:
        labels.append(f"for {symbols[result.chosen]}")
        series.append(result.nats)
    margin = max(map(cell_len, labels)) + 1
    shown = fitting(result.ids, result.t, screen.width - margin, symbols)
    rows = [
        Row(label, _over(values, result.t), "diverging")
        for label, values in zip(labels, series, strict=True)
    ]
    held = account.held.sum()
    within = np.abs(account.left[-len(shown) :]).sum() / held if held else 1.0
    yield from rule("what is left of each write", screen, right=f"{within:.0%} of all that is held")
    yield from heat_map(result.ids, shown, rows, symbols, screen, panels=1)


def _over(values: Column, t: int) -> Column:
    """Return the values of the last steps up to t as a series over the text up to t, (t + 1,)."""
    return np.concatenate([np.zeros(t + 1 - len(values)), np.clip(values, -1, 1)])


def _legend(result: Ledger, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    yield diverging_legend(screen)
    d = symbols[result.chosen]
    last = f"; for {d}: what that gives its score, in nats"
    yield from prose(
        f"unit and its {result.kind}, which is the sum over all writes; under each character what "
        "is left of what was written as it was read"
        + last
        * any(account.layer == result.top for account in result.accounts),
        screen,
    )


def _for(result: Ledger, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the writes that say most about a character."""
    d = symbols[result.chosen]
    what = "which came" if result.came else "the likeliest"
    yield from rule(f"the score of {d}, {what}, by writes", screen, right="nats over the mean")
    nats = result.nats
    order = np.argsort(-np.abs(nats), kind="stable")[:_LARGEST]
    largest = max(float(np.abs(nats).max()), 1e-9)
    body: list[list[Shown]] = []
    places = [result.t + 1 - len(nats) + n for n in order.tolist()]
    for n, t in zip(order.tolist(), places, strict=True):
        style = screen.palette.first if nats[n] > 0 else screen.palette.second
        drawn = bar_text(abs(nats[n]) / largest, 20, style, screen)
        body.append([str(result.t - t), signed(nats[n]), drawn])
    table = Table(["age", "nats", ""], ">><", body)
    room = table.room(screen.width)
    passages = [Text(before(result.ids, t, room, symbols, screen)) for t in places]
    yield from table.beside("written as the last was read", passages).draw(screen)
    others = len(nats) - len(order)
    left_out = signed(float(nats.sum() - nats[order].sum()))
    rest = f" (of those not shown, {others:,}: {left_out})" if others else ""
    yield from prose(
        f"score {number(result.score)} = {number(nats.sum())} of all writes"
        f"{rest}, {signed(result.bias)} of the bias",
        screen,
    )
