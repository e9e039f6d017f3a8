"""The view `diff`: which model predicts what better."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.evaluation.statistics import Mean, perplexity
from charrnn.inspection.methods.alike_places import ALIKE, Place
from charrnn.inspection.result import name
from charrnn.inspection.views.diff.draw_changed import changed, legend
from charrnn.inspection.views.diff.result import SATURATED, Differences, Sort
from charrnn.plurals import agreeing, counted
from charrnn.terminal.passages import aligned
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, number, prose, rule, section, share, signed

_LONGEST_BAR = 24
_LEAST_BAR = 6


def draw(result: Differences, screen: Screen) -> Iterator[Text]:
    """Yield the models; for two also where they differ, and which units correspond."""
    if not result.bits.shape[1]:
        yield from prose("one character: it is read, not predicted, so it costs nothing", screen)
        return
    yield from _models(result, screen)
    if len(result.models) > 2:
        yield from _classes_of_many(result, screen)
        return
    shown = screen.shown(len(result.ids))
    yield from section("where they differ", screen, right="bits a character")
    change = np.concatenate([[np.nan], result.change[0]])
    yield from changed(result.vocabulary, result.ids, shown, change, screen)
    yield from legend(screen)
    yield Text()
    yield from _classes_of_two(result, screen)
    yield from _places("where 2 is better", result.largest(-1), result, screen)
    yield from _places("where 2 is worse", result.largest(1), result, screen)
    yield Text()
    yield from _units(result, screen)


def _models(result: Differences, screen: Screen) -> Iterator[Text]:
    """Yield a row for each model."""
    heading = ["model", "bits/char", "", "change", "", "perplexity", "top-1", "saturated"]
    body: list[list[Shown]] = [
        [
            Text(model.label, screen.palette.bold),
            number(model.whole.bits.mean, 3),
            _error(model.whole.bits, screen),
            _change(model.whole),
            _error(model.whole.change, screen),
            number(perplexity(model.whole.bits.mean)),
            f"{model.top1:.0%}",
            share(model.saturated),
        ]
        for model in result.models
    ]
    table = Table(heading, "<><><>>>", body)
    yield from table.narrowed(screen.width, ("perplexity", "saturated")).draw(screen)
    n = result.bits.shape[1]
    many = counted(n, "prediction")
    yield from prose(
        f"over {many}, numbered as named above; change: bits/char less those of 1, below 0 is "
        f"better; saturated: the share of all a(t) beyond {SATURATED:g} either way",
        screen,
    )


def _classes_of_two(result: Differences, screen: Screen) -> Iterator[Text]:
    """Yield a row for each class: the bits of either model, and the total saved."""
    one, two = result.models
    heading = ["class", "count", one.label, two.label, "change", "", "bits saved"]
    saved = [_saved(sort) for sort in two.sorts]
    body: list[list[Shown]] = [
        [
            own.name, f"{own.bits.count:,}", number(own.bits.mean), number(sort.bits.mean),
            _change(sort), _error(sort.change, screen), number(bits, 1),
        ]
        for own, sort, bits in zip(
            (*one.sorts, one.whole), (*two.sorts, two.whole), (*saved, _saved(two.whole)),
            strict=True,
        )
    ]  # fmt: skip
    table = Table(heading, "<>>>><>", body)
    largest = max(map(abs, saved), default=0.0) or 1.0
    palette = screen.palette
    bars = [(abs(bits) / largest, palette.second if bits > 0 else palette.first) for bits in saved]
    table = table.with_bars([*bars, (0.0, "")], _LONGEST_BAR, screen, _LEAST_BAR)
    yield from table.draw(screen)


def _classes_of_many(result: Differences, screen: Screen) -> Iterator[Text]:
    """Yield a row for each class with the bits of each model."""
    yield from section("class of character", screen, right="bits a character")
    body: list[list[Shown]] = [
        [sorts[0].name, f"{sorts[0].bits.count:,}", *(number(sort.bits.mean) for sort in sorts)]
        for sorts in zip(*((*model.sorts, model.whole) for model in result.models), strict=True)
    ]
    heading = ["class", "count", *(model.label for model in result.models)]
    table = Table(heading, "<" + ">" * (len(heading) - 1), body)
    yield from table.narrowed(screen.width, ("count",)).draw(screen)


def _places(
    title: str, places: Sequence[Place], result: Differences, screen: Screen
) -> Iterator[Text]:
    """Yield a row for each place, with its context."""
    if not places:
        return
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    one, two = result.models
    body: list[list[Shown]] = [
        [
            str(t),
            *(number(float(bits)) for bits in result.bits[:, t]),
            signed(result.change[0, t]),
            str(times),
        ]
        for t, times in places
    ]
    table = Table(["t", one.label, two.label, "change", "times"], ">>>>>", body)
    room = table.room(screen.width)
    texts = [aligned(result.ids, range(t + 1, t + 2), room, symbols, screen) for t, _ in places]
    yield from section(title, screen, right=f"times: the same behind the same {ALIKE}")
    yield from table.beside("what came after character t", texts).draw(screen)


def _units(result: Differences, screen: Screen) -> Iterator[Text]:
    """Yield the pairs of corresponding units."""
    one, other = result.names
    yield from rule(
        f"units that go together, by {result.kind}", screen, right="unit of 1 ~ unit of 2"
    )
    assert result.units is not None
    pairs, floor = result.pairs, result.units.floor
    if not pairs:
        reason = "the text is too short to tell" if np.isnan(floor) else "all is below noise"
        yield from prose(f"none: {reason} (floor of |r| {share(floor)})", screen)
        return
    written = [
        f"{name(a)} ~ {name(b)} {'-' if r < 0 else '+'}{share(abs(r))}"
        for a, b, r in pairs[: result.shown]
    ]
    widest = max(map(len, written))
    yield from flow((Text(f"{pair:<{widest}}") for pair in written), screen, label=Text())
    alike = ""
    if one == other:
        same = sum(a == b for a, b, _ in pairs)
        alike = f"; {same} of them with the one of the same name"
    yield from prose(
        f"{len(pairs)} of {counted(min(len(one), len(other)), 'unit')} "
        f"{agreeing(len(pairs), 'has', 'have')} a partner above the floor "
        f"of chance, |r| {share(floor)}{alike}",
        screen,
    )


def _saved(sort: Sort) -> float:
    return -sort.change.mean * sort.change.count if sort.change else 0.0


def _change(sort: Sort) -> str:
    return signed(sort.change.mean, 3) if sort.change else ""


def _error(mean: Mean | None, screen: Screen) -> str:
    if mean is None or np.isnan(mean.error):
        return ""
    return f"{screen.pick('±', '+-')} {number(mean.error, 3)}"
