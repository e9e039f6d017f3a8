"""The view `votes`: which units voted for a character, and which for its rival."""

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.votes.result import Votes, effective
from charrnn.plurals import agreeing, counted
from charrnn.terminal.bars import bar_text
from charrnn.terminal.passages import before
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, number, prose, rule, share

_BAR = 10
_OTHERS = 3  # characters that a unit's vote raises besides
_ROOM = 8  # cells for them


def draw(result: Votes, screen: Screen) -> Iterator[Text]:
    """Yield the likeliest characters, then the units on both sides and their sums."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    passage = before(result.ids, result.t, screen.width * 3 // 5, symbols, screen)
    yield from rule(f"after {passage}", screen, right=f"t={result.t}")
    yield from _characters(result, symbols, screen)
    yield Text()
    d, g = symbols[result.chosen], symbols[result.rival]
    yield from rule(f"for {d} over {g}", screen, right=f"votes of layer {result.layer}, in nats")
    yield from _sides(result, symbols, screen)
    yield Text()
    yield from prose(_summary(result, d, g, screen), screen)


def _characters(result: Votes, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the scores of the likeliest characters, and of the two that are weighed."""
    marks = {result.rival: "the rival"}
    marks[result.chosen] = "came" if result.came else "the likeliest"
    scores = result.scores
    order = sorted({*result.top, *marks}, key=lambda k: -scores[k])
    largest = max(float(np.abs(scores[order]).max()), 1e-9)
    body: list[list[Shown]] = [
        [
            symbols[k],
            share(float(np.exp(result.log_y_hat[k]))),
            number(scores[k]),
            bar_text(scores[k] / largest, 2 * _BAR, screen.palette.second, screen),
            number(scores[k] - result.bias[k]),
            number(result.bias[k]),
            marks.get(k, ""),
        ]
        for k in order
    ]
    heading = ["next", "p", "score", "over the mean", "votes", "bias", ""]
    table = Table(heading, "<<><>><", body)
    yield from table.narrowed(screen.width, ("over the mean",)).draw(screen)
    yield from prose(
        "p: y_hat, how likely it was to come next; score: the sum of votes and bias, over that of "
        "the mean character",
        screen,
    )


def _sides(result: Votes, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the units that vote for one character, beside those that vote for the other."""
    contest = result.contest
    pro = [j for j in result.order if contest[j] > 0]
    con = [j for j in result.order if contest[j] < 0]
    largest = max(float(np.abs(contest).max()), 1e-9)

    def side(units: list[int], style: str) -> list[list[Shown]]:
        """Return a row for each of the units that are shown, and one for the others."""
        rows: list[list[Shown]] = [
            [
                name((result.layer, j)),
                number(abs(contest[j])),
                bar_text(abs(contest[j]) / largest, _BAR, style, screen),
                _others(result, j, symbols),
            ]
            for j in units[: result.shown]
        ]
        if others := units[result.shown :]:
            rest = float(np.abs(contest[others]).sum())
            rows.append([f"{len(others)} more", number(rest), "", ""])
        return rows

    left, right = side(pro, screen.palette.first), side(con, screen.palette.second)
    body = [
        [*one, " ", *other] for one, other in zip_longest(left, right, fillvalue=("", "", "", ""))
    ]
    headings = [f"for {symbols[k]}" for k in (result.chosen, result.rival)]
    [one, other] = [[heading, "vote", "", "also for"] for heading in headings]
    table = Table([*one, "", *other], "<><<<<><<", body)
    yield from table.narrowed(screen.width, ("also for",)).draw(screen)


def _others(result: Votes, j: int, symbols: Symbols) -> str:
    """Return the other characters whose probability a unit's vote raises most, to first order."""
    y_hat, votes = np.exp(result.log_y_hat), result.votes[j]
    raised = y_hat * (votes - y_hat @ votes)
    raised[[result.chosen, result.rival]] = 0
    shown, room = "", _ROOM
    for k in np.argsort(-raised, kind="stable")[:_OTHERS]:
        room -= symbols.width(k) + 1
        if room < -1 or raised[k] <= 0:
            break
        shown += f" {symbols[k]}"
    return shown[1:]


def _summary(result: Votes, d: str, g: str, screen: Screen) -> str:
    contest = result.contest
    pro, con = contest[contest > 0], contest[contest < 0]
    voters = float(effective(contest[None])[0])
    usual = float(np.median(result.voters_over_text))
    sign = "-" if result.margin_bias < 0 else "+"
    return (
        f"margin {number(result.margin)} = {number(pro.sum())} of {counted(len(pro), 'unit')} "
        f"- {number(-con.sum())} of {len(con)} {sign} bias "
        f"{number(abs(result.margin_bias))}; the network itself says so too, to "
        f"{result.gap:.0e}. {counted(result.half, 'unit')} {agreeing(result.half, 'holds', 'hold')}"
        f" half of all votes; as much as {number(voters, 0)} equal votes of {len(contest)} "
        f"(median over {counted(len(result.ids), 'character')}: {number(usual, 0)})"
    )
