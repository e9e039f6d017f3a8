"""The view `why`: which characters decided a prediction, and which change would turn it round."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from charrnn.array_types import Column
from charrnn.inspection.views.why.result import COMPARED, METHODS, Why
from charrnn.plurals import counted
from charrnn.terminal.heat_map import Row, diverging_legend, heat_map, margin_of, sequential_legend
from charrnn.terminal.passages import before, fitting
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, number, prose, rule, section, share, signed

_NAMES = {name: name.replace("_", " ") for name in METHODS}
_SHOWN, _CHANGES = 8, 5  # places, and changes, that are listed
_SEEN = 0.2  # of the largest value: less is not seen on the map


def draw(result: Why, screen: Screen) -> Iterator[Text]:
    """Yield the question, the past painted by each method, and the changes."""
    question = result.question
    symbols = Symbols(question.reading.vocabulary, ascii_only=screen.ascii_only)
    ids, t = question.reading.ids, question.t
    passage = before(ids, t, screen.width * 3 // 5, symbols, screen)
    yield from rule(f"after {passage}", screen, right=f"t={t}")
    yield from _asked(result, symbols, screen)
    yield from section("what speaks for it, and against", screen, right=_count(question.lags))
    yield from _map(result, symbols, screen)
    yield from section("places that matter most", screen, right="in nats")
    yield from _places(result, symbols, screen)
    yield from prose(
        "swap: what the log-odds lose, in the mean, if another likely character stood there; "
        "integrated, times input: the same by gradients; norm: how steep they are there",
        screen,
    )
    yield from prose(_agreement(result), screen)
    yield from prose(_integral(result, screen), screen)
    yield from prose(_rest(result), screen)
    yield Text()
    yield from _changes(result, symbols, screen)


def _count(lags: int) -> str:
    return "the character before" if lags == 1 else f"the last {counted(lags, 'character')}"


def _asked(result: Why, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the two characters that are weighed against each other."""
    question = result.question
    log_y_hat = question.reading.log_y_hat[question.t]
    rows: list[list[Shown]] = [
        [label, symbols[k], share(float(np.exp(log_y_hat[k])))]
        for label, k in (
            ("came" if result.came else "likeliest", question.target),
            ("rival", question.rival),
        )
    ]
    yield from Table(["", "next", "p"], "<<<", rows).draw(screen)
    F = result.local.log_odds
    d, g = symbols[question.target], symbols[question.rival]
    first, second = (d, g) if F >= 0 else (g, d)
    times = np.exp(min(abs(F), 700))
    yield from prose(
        f"p: y_hat, how likely it was to come next; log-odds {_signed(F)} nats: {first} is held "
        f"{_times(times)} times as likely as {second}",
        screen,
    )


def _times(times: float) -> str:
    return f"{times:.2f}" if times < 10 else f"{times:,.0f}" if times < 1e6 else f"{times:.0e}"


def _signed(value: float) -> str:
    return signed(value) if value else number(value)


def _map(result: Why, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield what can be seen of the window, a row for each method, and what the scales are."""
    question = result.question
    signed = {name: result.values(name) for name in METHODS if name != "norm"}
    largest = max(map(_largest, signed.values())) or 1.0
    steepest = _largest(result.local.norm) or 1.0
    rows = [
        Row(_NAMES[name], _placed(result, values / largest), "diverging")
        for name, values in signed.items()
    ]
    rows.append(Row("norm", _placed(result, result.local.norm / steepest), "sequential"))
    margin = margin_of(rows)
    line = fitting(question.reading.ids, question.t, screen.width - margin, symbols)
    furthest = min(
        np.flatnonzero(np.abs(row.values) >= _SEEN).min(initial=question.t) for row in rows[:-1]
    )
    shown = range(max(question.start, min(line.start, int(furthest))), question.t + 1)
    yield from heat_map(question.reading.ids, shown, rows, symbols, screen)
    yield Text()
    yield diverging_legend(screen)
    yield sequential_legend(screen)
    d, g = symbols[question.target], symbols[question.rival]
    yield from prose(
        f"1 is {number(largest)} nats; above 0 for {d}, below for {g}. norm: 1 is "
        f"{number(steepest)} nats",
        screen,
    )


def _largest(values: Column) -> float:
    return float(np.max(np.abs(values), where=np.isfinite(values), initial=0))


def _placed(result: Why, values: Column) -> Column:
    """Return values of the window where they belong in the text, (T,)."""
    question = result.question
    placed = np.zeros(len(question.reading))
    placed[question.start : question.t + 1] = np.nan_to_num(values)
    return placed


def _places(result: Why, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield a row for each place of a large swap."""
    question = result.question
    rows: list[list[Shown]] = [
        [
            str(question.lags - 1 - n),
            str(question.start + n),
            symbols[question.ids[n]],
            *(_signed(result.values(name)[n]) for name in METHODS[:-1]),
            number(result.local.norm[n]),
        ]
        for n in result.order[:_SHOWN]
    ]
    heading = ["lag", "t", "read", *(_NAMES[name] for name in METHODS)]
    yield from Table(heading, ">><>>>>", rows).draw(screen)


def _agreement(result: Why) -> str:
    said = [
        f"{_NAMES[name]} {number(rho)}"
        for name in METHODS[1:]
        if np.isfinite(rho := result.agreement("swap", name))
    ]
    if not said:
        return "agreement with swap: too few places to tell"
    compared = min(COMPARED, result.question.lags)
    return (
        f"agreement with swap, rank correlation over the {counted(compared, 'place')} where it "
        "is largest: "
        f"{', '.join(said)} (of sizes only)" if said[-1].startswith("norm") else
        f"agreement with swap, rank correlation over {counted(compared, 'place')}: "
        f"{', '.join(said)}"
    )  # fmt: skip


def _integral(result: Why, screen: Screen) -> str:
    found, lags = result.integral, result.question.lags
    whole = f"over all {lags}" if lags > 1 else "over one character"
    over = whole if found.lags == lags else f"over {_count(found.lags)}"
    longer = "" if found.lags == lags else "; of more, the sum was further off"
    said = (
        f"integrated gradients {over}, {found.points} points on their path: sum "
        f"{_signed(float(found.values.sum()))}, should be {_signed(found.difference)} nats, "
        f"gap {number(100 * found.relative_gap, 1)}%{longer}"
    )
    return said if found.converged else f"{said}: not converged, so do not rely on them"


def _rest(result: Why) -> str:
    question = result.question
    others = result.order[_SHOWN:]
    said = []
    if others:
        largest = abs(float(result.swap[others[0]]))
        said.append(f"no other place has a swap beyond {number(largest)}")
    if question.start:
        said.append(
            f"all that was read before {_count(question.lags)} counts for "
            f"{_signed(result.before)} (against a fresh state)"
        )
    return "; ".join(said)


def _changes(result: Why, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield the changes that do most to turn the prediction round."""
    question = result.question
    turning = sum(map(result.turns, result.changes))
    title = "one change that turns it round" if turning else "no one change turns it round"
    where = "those that do most"
    if turning:
        where = f"found at {turning} of {counted(question.lags, 'place')}"
    yield from rule(title, screen, right=where)
    d, g = symbols[question.target], symbols[question.rival]
    heading = ["lag", "t", "read", "instead", "log-odds", "estimate", f"p({d})", f"p({g})",
               "then", "p"]  # fmt: skip
    rows: list[list[Shown]] = [
        [
            str(change.lag),
            str(question.t - change.lag),
            symbols[question.reading.ids[question.t - change.lag]],
            symbols[change.to],
            _signed(change.log_odds),
            _signed(change.estimate),
            share(change.p_target),
            share(change.p_rival),
            symbols[change.likeliest],
            share(change.p),
        ]
        for change in result.changes[:_CHANGES]
    ]
    table = Table(heading, ">><<>><<<<", rows)
    yield from table.narrowed(screen.width, ("estimate",)).draw(screen)
    n = question.others.shape[1]
    tried = f"{n} likeliest others" if n > 1 else "likeliest other"
    yield from prose(
        f"tried at each place: the {tried} there, and one that the gradient points to; log-odds, "
        "then, p: exact, by reading again; estimate: by the gradient",
        screen,
    )
