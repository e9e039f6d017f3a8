"""The view `match`: where else the network was in the same state, and what came there."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.match.result import Found, Match
from charrnn.plurals import counted
from charrnn.terminal.bars import bar_text
from charrnn.terminal.passages import aligned
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, number, prose, rule, section, share

_BAR = 10
_MOST = 10  # characters that came
_UNITS = 24  # units of a pattern that are named


def draw(result: Match, screen: Screen) -> Iterator[Text]:
    """Yield what was looked for, the places found, and what came after them."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    what = "states" if result.pattern is None else "patterns"
    right = f"layer {result.layer}, {result.kind}"
    yield from rule(f"{what} like that at {_place(result)}", screen, right=right)
    if result.pattern is not None:
        yield from _units(result, screen)
    if not result.found:
        yield from prose("there is no other place to compare it with", screen)
        return
    yield from _places(result, symbols, screen)
    places = counted(len(result.found), "place")
    yield from section("what came there", screen, right=f"after {places}")
    yield from _following(result, symbols, screen)


def _place(result: Match) -> str:
    return f"t={result.t}" if len(result.part) == 1 else f"{result.part.start}:{result.part.stop}"


def _units(result: Match, screen: Screen) -> Iterator[Text]:
    """Yield the units that are on throughout the pattern."""
    assert result.pattern
    on = np.flatnonzero(result.pattern.on)
    label = Text(
        f"{counted(len(on), 'unit')} (layer:unit) beyond {result.pattern.threshold:g}: ",
        screen.palette.dim,
    )
    signs = {1: "+", -1: "-"}
    units = [
        Text(f"{name((result.layer, j))}{signs[int(result.pattern.on[j])]}")
        for j in on[:_UNITS].tolist()
    ]
    if len(on) > _UNITS:
        units.append(Text(f"and {len(on) - _UNITS} more"))
    yield from flow(units, screen, gap=1, label=label)


def _places(result: Match, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the place itself, then those found, all aligned."""
    itself = Found(result.part, 1.0, None, None, result.t + 1)
    by_state = result.pattern is None
    body: list[list[Shown]] = []
    for found in (itself, *result.found):
        if found is itself:
            alike = ["itself"] if by_state else ["itself", ""]
        elif found.cos is not None:
            alike = [share(found.cos) if found.cos > 0 else number(found.cos)]
        else:
            alike = [str(found.shared), str(found.either)]
        body.append([*alike, str(found.t), "" if found is itself else str(found.same)])
    heading = [*(["cos"] if by_state else ["shared", "either"]), "t", "same"]
    table = Table(heading, ">" * len(heading), body)
    room = table.room(screen.width)
    contexts = [
        aligned(result.ids, found.part, room, symbols, screen) for found in (itself, *result.found)
    ]
    yield from table.beside("the place in brackets", contexts).draw(screen)
    yield from prose(
        "same: how many characters up to the last in brackets are the same as in the first row",
        screen,
    )
    if result.cosines is not None:
        usual, high = np.quantile(result.cosines, [0.5, 0.99])
        yield from prose(
            f"all {counted(len(result.ids), 'place')}: half have a cosine above {usual:.2f}, one "
            f"in 100 above {high:.2f}",
            screen,
        )


def _following(result: Match, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the characters that came, beside how probable they were held."""
    n = len(result.found)
    shown = result.following[:_MOST]
    body: list[list[Shown]] = [
        [
            symbols[each.id],
            f"{each.count}/{n}",
            bar_text(each.count / n, _BAR, screen.palette.first, screen),
            share(each.here),
            bar_text(each.here, _BAR, screen.palette.second, screen),
            share(each.there),
        ]
        for each in shown
    ]
    yield from Table(["next", "came", "", "p here", "", "p there"], "<><<<<", body).draw(screen)
    if others := len(result.following) - len(shown):
        yield from prose(f"and {counted(others, 'character')} more", screen)
    yield from prose(
        "came: how often, after the places found; p here: how probable it was held at the place "
        "itself; p there: the mean at those found",
        screen,
    )
