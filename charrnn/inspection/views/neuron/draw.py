"""The view `neuron`: the card of each unit, and the text coloured by it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

import numpy as np
from rich.text import Text

from charrnn.evaluation.statistics import Mean
from charrnn.inspection.methods.character_classes import CLASSES
from charrnn.inspection.methods.features.following import Following
from charrnn.inspection.result import name
from charrnn.inspection.views.neuron.card import Card, Cost
from charrnn.inspection.views.neuron.result import Neuron, UnitReport
from charrnn.inspection.views.neuron.wiring import Inflow
from charrnn.network.cells import is_sigmoid, words
from charrnn.plurals import agreeing, counted
from charrnn.terminal.bars import histogram
from charrnn.terminal.coloured_text import coloured_text, diverging, sequential
from charrnn.terminal.heat_map import diverging_legend, sequential_legend
from charrnn.terminal.passages import aligned
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import (
    Shown,
    Table,
    flow,
    number,
    prose,
    quoted,
    rule,
    share,
    with_error,
)

_FOLLOWED, _ECHOES = 6, 3  # features of either kind that are shown
_CHARACTERS = 8  # that move a unit, or are pushed, either way
_SOURCES = 4  # from either side that drive a unit
_BRIEF = 6  # lines of text for a unit drawn at random
_SIDE_BY_SIDE = 78  # cells across


def draw(result: Neuron, screen: Screen) -> Iterator[Text]:
    """Yield a card for each unit, those drawn at random in brief; then what colours mean."""
    for n, report in enumerate(result.units):
        if n:
            yield Text()
        yield from _card(report, result, screen)
    yield Text()
    yield from _legend(result, screen)


def _card(report: UnitReport, result: Neuron, screen: Screen) -> Iterator[Text]:
    card, brief = report.card, report.role == "random"
    title = f"unit {name(card.unit)}, {words(card.kind)} {card.kind}"
    yield from rule(title, screen, right=_role(report))
    yield from _statistics(card, screen)
    yield from coloured_text(
        result.vocabulary,
        result.ids,
        screen.shown(len(result.ids)),
        # The cell state has no bounds, its tanh has.
        np.tanh(card.values) if card.kind == "c" else card.values,
        screen,
        colouring=(sequential if is_sigmoid(card.kind) else diverging)(card.kind),
        lines=_BRIEF if brief else None,
    )
    yield from _follows(report, result, screen)
    if report.cost:
        yield from _cost(report.cost, result, screen)
    if not brief:
        yield from _contexts(card, result, screen)
        yield from _characters(card, result, screen)
        yield from _drivers(card, result, screen)


def _role(report: UnitReport) -> str:
    """Return why the unit is here."""
    if report.role != "chosen":
        return "drawn at random" if report.role == "random" else ""
    follows = report.follows and report.follows[0].verdict == "follows"
    return f"chosen: {'follows a feature most surely' if follows else 'varies most'}"


def _statistics(card: Card, screen: Screen) -> Iterator[Text]:
    low, high = card.span
    drawn = histogram(card.histogram.tolist(), ascii_only=screen.ascii_only)
    of = "tanh(c) " if card.kind == "c" else ""
    ends = "below .1" if is_sigmoid(card.kind) else "below -.9"
    facts = [
        f"mean {number(card.mean)}",
        f"sd {number(card.sd)}",
        f"{of}{ends} {card.low:.0%}, above .9 {card.high:.0%}",
        *_slowness(card),
    ]
    label = Text(f"{number(low, 1)} {drawn} {number(high, 1)}")
    label.stylize(screen.palette.second, len(number(low, 1)), len(number(low, 1)) + len(drawn) + 1)
    yield from flow([label, *map(Text, facts)], screen, label=Text())


def _slowness(card: Card) -> Iterator[str]:
    rhythm = card.rhythm
    if np.isfinite(rhythm.lasts):
        yield f"lasts {counted(round(rhythm.lasts), 'character')}"
    if not np.isnan(card.hold):
        yield (
            f"holds {counted(round(card.hold), 'character')}"
            if np.isfinite(card.hold)
            else "holds beyond this text"
        )
        yield f"reset at {share(card.reset)} of the steps"
    if rhythm.comes_back:
        yield (
            f"comes back after {rhythm.period:.0f} (r {share(rhythm.peak)}, "
            f"floor {share(rhythm.floor)})"
        )


def _follows(report: UnitReport, result: Neuron, screen: Screen) -> Iterator[Text]:
    """Yield the features that the unit follows, those it only echoes, and how many it does not."""
    by = {
        verdict: [one for one in report.follows if one.verdict == verdict]
        for verdict in ("follows", "echo", "too short", "below noise")
    }
    most = 2 if report.role == "random" else _FOLLOWED
    shown = by["follows"][:most] + by["echo"][: min(most, _ECHOES)]
    if shown:
        heading = ["follows", "", "score", "floor", "char", "floor ", "spans"]
        rows = [_feature(one, screen) for one in shown]
        if report.cost:
            heading += ["cost: on", "off"]
            for row, one in zip(rows, shown, strict=True):
                costs = (report.cost.on[one.feature.name], report.cost.off[one.feature.name])
                row += [_signed(mean, screen) for mean in costs]
        table = Table(heading, "<<" + ">" * (len(heading) - 2), rows)
        yield from table.narrowed(screen.width, ("cost: on", "off", "floor ", "spans")).draw(screen)
    rest = len(by["follows"]) + len(by["echo"]) - len(shown)
    parts = [
        f"{rest} more above their floors" if rest else "",
        f"{len(by['below noise'])} features below noise" if by["below noise"] else "",
        f"{len(by['too short'])} for which the text is too short" if by["too short"] else "",
        "" if report.follows else "no feature varies enough over so short a text to be tested",
    ]
    yield from prose("; ".join(filter(None, parts)), screen)


def _feature(one: Following, screen: Screen) -> list[Shown]:
    kind = "AUC" if one.feature.binary else "r"
    ahead = "*" if one.feature.ahead else ""
    return [
        quoted(f"{one.feature.name}{ahead}", 22, screen),
        "high" if one.sign > 0 else "low",
        f"{kind} {share(one.score):>4}",
        share(one.floor),
        "echo" if one.verdict == "echo" else _size(one.in_char),
        "" if one.verdict == "echo" else share(one.in_char_floor),
        share(one.span_f1),
    ]


def _size(value: float) -> str:
    return "-" if np.isnan(value) else share(max(0.0, value))


def _signed(mean: Mean, screen: Screen) -> str:
    """Return a difference of bits with its standard error."""
    if not mean.count:
        return "-"
    return with_error(_bits(mean.mean), mean.error, screen, 3)


def _bits(value: float) -> str:
    written = f"{value:+.3f}"
    return "0.000" if float(written) == 0 else written


def _cost(cost: Cost, result: Neuron, screen: Screen) -> Iterator[Text]:
    """Yield what it costs to do without the unit, beside what any other costs."""
    said = (
        f"held at its mean it costs {_signed(cost.whole, screen)} bits/char over "
        f"{counted(result.counted, 'prediction')} in {counted(result.segments, 'segment')}"
    )
    if by_random := result.by_random:
        said += (
            f"; {counted(len(by_random), 'unit')} drawn at random "
            f"{agreeing(len(by_random), 'costs', 'cost')} {_bits(float(np.mean(by_random)))} "
            f"({_bits(min(by_random))} to {_bits(max(by_random))})"
        )
    sure = [
        (name, mean) for name, mean in zip(CLASSES, cost.by_class, strict=True) if mean.exceeds(0)
    ]
    sure.sort(key=lambda pair: -pair[1].mean)
    if sure:
        said += "; most at " + ", ".join(
            f"{name} {_signed(mean, screen)}" for name, mean in sure[:3]
        )
    yield from prose(said, screen)


def _contexts(card: Card, result: Neuron, screen: Screen) -> Iterator[Text]:
    """Yield where it is highest and lowest, side by side where there is room."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    width = (screen.width - 2) // 2 if screen.width >= _SIDE_BY_SIDE else screen.width
    high, low = (
        list(_places(title, places, card, result, width, symbols, screen))
        for title, places in (("highest", card.top), ("lowest", card.bottom))
    )
    yield Text()
    if width == screen.width:
        yield from high
        yield from low
        return
    for left, right in zip_longest(high, low, fillvalue=Text()):
        line = Text().append_text(left)
        line.append(" " * (width + 2 - left.cell_len))
        yield line.append_text(right)


def _places(  # noqa: PLR0917
    title: str,
    places: Sequence[int],
    card: Card,
    result: Neuron,
    width: int,
    symbols: Symbols,
    screen: Screen,
) -> Iterator[Text]:
    rows = [[str(t), f"{card.values[t]:+.2f}"] for t in places]
    table = Table(["t", title], ">>", rows)
    room = table.room(width)
    contexts = [aligned(result.ids, range(t, t + 1), room, symbols, screen) for t in places]
    yield from table.beside("after reading", contexts).draw(screen)


def _characters(card: Card, result: Neuron, screen: Screen) -> Iterator[Text]:
    """Yield what moves the unit, and what it pushes."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    sure = [one for one in card.moved_by if abs(one.mean) > 2 * one.error]
    moved = [(one.k, one.mean) for one in sure]
    pairs: list[tuple[str, list[tuple[int, float]]]] = [
        ("moved up by", [pair for pair in moved if pair[1] > 0]),
        ("moved down by", [pair for pair in moved[::-1] if pair[1] < 0]),
    ]
    if card.pushes is not None:
        pushed = card.pushes
        order = np.argsort(-pushed, kind="stable").tolist()
        pairs += [
            ("pushes up", [(k, pushed[k]) for k in order if pushed[k] > 0]),
            ("pushes down", [(k, pushed[k]) for k in order[::-1] if pushed[k] < 0]),
        ]
    yield Text()
    report = [k for _, found in pairs for k, _ in found[:_CHARACTERS]]
    width = max(map(symbols.width, report), default=0)
    for label, found in pairs:
        items = [
            Text(f"{symbols.padded(k, width)} {value:+.2f}") for k, value in found[:_CHARACTERS]
        ]
        quiet = Text().append(f"{label:<15}", screen.palette.dim)
        yield from flow(items or [Text("-")], screen, label=quiet)
    if card.pushes is None and card.kind in ("a", "c"):
        yield from prose(
            "the readout does not see this layer, so it pushes nothing directly", screen
        )


def _drivers(card: Card, result: Neuron, screen: Screen) -> Iterator[Text]:
    """Yield what comes into the unit's gates, from either side."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    layer = card.unit[0]
    below: Callable[[int], str] = (
        (lambda n: name((layer - 1, n))) if layer else (lambda n: symbols[n])
    )
    above = "all of layer " + str(layer - 1) if layer else "all characters"
    rows = [
        *_inflow("its own layer", card.wiring.own, lambda n: name((layer, n))),
        *_inflow(above, card.wiring.below, below),
    ]
    gates = [gate if gate != "a" else "z" for gate in card.wiring.gates]
    yield Text()
    yield from Table(["driven by", *gates], "<" + ">" * len(gates), rows).draw(screen)


def _inflow(title: str, inflow: Inflow, source: Callable[[int], str]) -> Iterator[list[Shown]]:
    """Yield the sd of all that comes in from one side, then the strongest of it."""
    yield [title, *(f"sd {number(sd)}" for sd in inflow.sd)]
    for n in inflow.strongest(_SOURCES):
        yield [f"  {source(n)}", *(f"{weight:+.2f}" for weight in inflow.weights[n])]


def _legend(result: Neuron, screen: Screen) -> Iterator[Text]:
    card = result.units[0].card
    signed = not is_sigmoid(card.kind)
    yield diverging_legend(screen) if signed else sequential_legend(screen)
    scaled = "tanh(c)" if card.kind == "c" else card.kind
    said = f"{scaled} after the character was read; its sign is chance"
    if result.tested:
        said += (
            "; features: high or low where they are, scored over "
            f"{counted(result.scored, 'character')}, {result.tested} tested; char: among places of "
            "one character; * looks ahead; cost: of holding the unit at its mean, in bits/char, "
            "where the feature is and is not"
        )
    yield from prose(said, screen)
    yield from prose(
        "moved: mean change as a character is read; pushes: nats of score for one sd; driven by: "
        "weights times the sd of what comes through them",
        screen,
    )
