"""The view `find`: the features that units follow, and the echoes."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.evaluation.statistics import Mean
from charrnn.inspection.methods.features.following import Following
from charrnn.inspection.result import name
from charrnn.inspection.views.find.result import Find, Found
from charrnn.plurals import agreeing, counted
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import Shown, Table, flow, folded, prose, quoted, rule, share

_NAME = 15  # cells for a feature
_DASH = "-"


def draw(result: Find, screen: Screen) -> Iterator[Text]:
    """Yield the main finding, then the features, the surest first."""
    if not result.found:
        yield from prose(
            f"no feature varies enough over {counted(len(result.ids), 'character')} to be tested; "
            "give a longer text",
            screen,
        )
        return
    yield from _headline(result, screen)
    if follows := result.judged("follows"):
        yield Text()
        yield from _table(follows[: result.shown], screen)
        yield from _legend(result, follows[: result.shown], screen)
        if more := len(follows[result.shown :]):
            yield from prose(
                f"{more} more that a unit follows; --rows {len(follows)} shows them", screen
            )
    if echoes := result.judged("echo"):
        yield Text()
        yield from _echoes(echoes, screen)
    yield Text()
    yield from _others(result, screen)


def _headline(result: Find, screen: Screen) -> Iterator[Text]:
    """Yield the size of the search, and the clearest finding."""
    kinds = " and ".join(result.kinds)
    units = len(result.units) // len(result.kinds)
    follows = len(result.judged("follows"))
    yield from prose(
        f"{counted(units, 'unit')} ({kinds}) and {counted(len(result.found), 'feature')} over "
        f"{counted(len(result.ids), 'character')}, scored on the last {result.half:,}: "
        f"{follows or 'no'} {agreeing(follows, 'feature')} with a unit that follows and does not "
        "just echo",
        screen,
    )
    if not result.enough:
        yield from prose(
            f"{result.shifts} shifts of so short a text cannot tell {len(result.found)} features "
            "from chance; give a longer one",
            screen,
        )
    if not (best := _clearest(result.found)):
        return
    it = best.following
    measure = "AUC" if it.feature.binary else "r"
    line = Text().append(f"{name(it.unit)}.{it.kind}", screen.palette.bold).append(" follows ")
    line.append_text(quoted(it.feature.name, screen.width, screen))
    line.append(f": {measure} {share(it.score)}, by chance {share(it.floor)}")
    yield from folded(line, screen.width)
    if best.is_used:
        yield from prose(
            f"and is used: held at its mean, it costs {_described(best.on, screen)} bits a "
            f"character there and {_described(best.off, screen)} elsewhere; "
            f"--view neuron --unit {name(it.unit)} --kind {it.kind} shows it",
            screen,
        )


def _clearest(found: Sequence[Found]) -> Found | None:
    """Return the surest finding whose unit is used there, else the surest."""
    follows = [one for one in found if one.following.verdict == "follows"]
    used = [one for one in follows if one.is_used]
    return next(iter([*used, *follows]), None)


def _table(found: Sequence[Found], screen: Screen) -> Iterator[Text]:
    heading = ["feature", "unit", "score", "char", "floor", "cost: on", "off",
               "probe", "spans", "random"]  # fmt: skip
    rows: list[list[Shown]] = []
    for one in found:
        it = one.following
        on = Text(_cost(one.on, screen), screen.palette.first if one.is_used else "")
        rows.append([
            _feature(it, screen, _NAME),
            _unit(it),
            _score(it, it.score),
            _score(it, it.in_char),
            _score(it, it.floor),
            on,
            _signed(one.off.mean),
            _score(it, one.probe),
            share(it.span_f1),
            _signed(one.by_random.mean),
        ])  # fmt: skip
    table = Table(heading, "<<>>>>>>>>", rows)
    yield from table.narrowed(screen.width, ("off", "probe", "spans", "random")).draw(screen)


def _legend(result: Find, found: Sequence[Found], screen: Screen) -> Iterator[Text]:
    signs = "; -: the unit is lower there" if any(one.following.sign < 0 for one in found) else ""
    ahead = any(one.following.feature.ahead for one in found)
    yield from prose(
        "score: AUC, or r of a number; char: the same among places where the same character was "
        "read; floor: what chance makes of the best unit; probe: of all units together; spans: F1 "
        f"of stretches{signs}{'; >: it knows what comes next' if ahead else ''}",
        screen,
    )
    if result.counted:
        yield from prose(
            f"cost, in bits a character over {counted(result.counted, 'prediction')} in "
            f"{counted(result.segments, 'segment')} of the text, of clamping the unit to its mean: "
            f"on, where the feature is, {screen.pick('±', '+-')} standard error between segments; "
            "off, where it is not; of a number, above its median and up to it; random: of "
            f"{counted(len(result.controls), 'unit')} drawn at random, on"
            f"{'; coloured where clearly above that' if screen.coloured else ''}",
            screen,
        )


def _echoes(found: Sequence[Found], screen: Screen) -> Iterator[Text]:
    """Yield the echoes of the character read, each with its unit and score."""
    yield from rule(
        "echoes of the character read", screen, right="AUC or r, and the floor of chance"
    )
    items = []
    for one in found:
        it = one.following
        item = _feature(it, screen, _NAME)
        item.append(f" {_unit(it)} {_score(it, it.score)}")
        item.append(f" ({_score(it, it.floor)})", screen.palette.dim)
        items.append(item)
    yield from flow(items, screen, label=Text())


def _others(result: Find, screen: Screen) -> Iterator[Text]:
    """Yield the features below noise, and those that could not be tested."""
    unsure = {
        verdict: [_feature(one.following, screen, 30) for one in result.judged(verdict)]
        for verdict in ("below noise", "too short")
    }
    rare = [quoted(name_of, 30, screen) for name_of in result.rare]
    for said, names in (
        ("below noise", unsure["below noise"]),
        ("too short a text", unsure["too short"]),
        ("too rare to test", rare),
    ):
        if names:
            yield from flow(names, screen, label=Text(f"{said:16}  ", screen.palette.dim))


def _feature(it: Following, screen: Screen, width: int) -> Text:
    mark = "> " if it.feature.ahead else ""
    return Text(mark).append_text(quoted(it.feature.name, width - len(mark), screen))


def _unit(it: Following) -> str:
    return f"{'-' if it.sign < 0 else ''}{name(it.unit)}.{it.kind}"


def _score(it: Following, value: float) -> str:
    """Format an AUC as `.979`, a correlation as `r.635`, and nan as `-`."""
    if not np.isfinite(value):
        return _DASH
    shown = share(abs(value))
    return f"{'' if it.feature.binary else 'r'}{'-' if value < 0 else ''}{shown}"


def _signed(value: float) -> str:
    """Format a number of bits as `+.203`, and nan as `-`."""
    if not np.isfinite(value):
        return _DASH
    if abs(value) < 0.0005:
        return ".000"
    return f"{value:+.3f}".replace("0.", ".", 1) if abs(value) < 0.9995 else f"{value:+.2f}"


def _described(mean: Mean, screen: Screen) -> str:
    """Format a mean with its standard error, for a sentence."""
    sign = screen.pick("±", "+-")
    return _cost(mean, screen).replace(sign, f" {sign} ")


def _cost(mean: Mean, screen: Screen) -> str:
    """Format a mean with its standard error, for a column."""
    if not np.isfinite(mean.mean) or not np.isfinite(mean.error):
        return _signed(mean.mean)
    error = f"{mean.error:.3f}".replace("0.", ".", 1)
    return f"{_signed(mean.mean)}{screen.pick('±', '+-')}{error}"
