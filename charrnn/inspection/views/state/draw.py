"""The view `state`: a heat map of each layer over the text, or all of its units at one step."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.state.draw_strip import barcodes
from charrnn.inspection.views.state.result import Map, States
from charrnn.network.cells import words
from charrnn.plurals import counted
from charrnn.terminal.heat_map import Row, Scale, diverging_legend, heat_map, sequential_legend
from charrnn.terminal.screen import Screen
from charrnn.terminal.strip import strip
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import flow, prose, rule, section


def draw(result: States, screen: Screen) -> Iterator[Text]:
    """Yield what colours or characters mean and each layer's map, or the step that is looked at."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    if result.at is not None:
        yield from _step(result, result.at, symbols, screen)
        return
    shown = screen.shown(len(result.ids))
    yield from legend(result, screen)
    for mapped in result.maps:
        yield from section(
            f"layer {mapped.layer}: {words(result.kind)} {result.kind}",
            screen,
            right=_carried(mapped),
        )
        yield from heat_map(result.ids, shown, list(_rows(mapped, result)), symbols, screen)


def _step(result: States, t: int, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield where in the text the step is, and all units of each layer after it."""
    kind, arrow = result.kind, screen.pick("→", "->")
    yield from strip(result.ids, t, [], symbols, screen)
    for moment in result.moments:
        yield Text()
        about = f"all {counted(len(moment.values), 'unit')}"
        yield from rule(
            f"layer {moment.layer}: {words(kind)} {kind} after character {t}", screen, right=about
        )
        before, values = moment.before, moment.values
        if result.span is None:
            before, values = np.tanh(before), np.tanh(values)
        change = Row("change", values - before, "diverging")
        yield from barcodes([Row(kind, values, _way(result)), change], screen)
        widest = max(len(name(unit)) for unit in moment.named)
        items = []
        for unit in moment.named:
            was, now = moment.before[unit[1]], moment.values[unit[1]]
            items.append(Text(f"{name(unit):>{widest}} {was:+.2f} {arrow} {now:+.2f}"))
        said = "moved most" if result.by else "as asked"
        label = Text().append(f"{said}  ", screen.palette.dim)
        yield from flow(items, screen, gap=2, label=label)
    yield Text()
    if _way(result) == "sequential":
        yield sequential_legend(screen)
    yield diverging_legend(screen)
    scaled = "tanh(c)" if result.span is None else kind
    yield from prose(
        f"{scaled} of each unit after the character in brackets was read; change: less what it "
        "was one step before",
        screen,
    )


def legend(result: States, screen: Screen) -> Iterator[Text]:
    """Yield what the map shows."""
    yield diverging_legend(screen) if _way(result) == "diverging" else sequential_legend(screen)
    kind = result.kind
    scaled = "tanh(c)" if result.span is None else kind
    order = f"most {result.by} first" if result.by else "as asked"
    yield from prose(
        f"{scaled} after the character above was read, {order}; others: root mean square of the "
        f"other units; change: the same of {kind}(t) - {kind}(t-1); both 0 to 1",
        screen,
    )


def _way(result: States) -> Scale:
    return "sequential" if result.span == (0.0, 1.0) else "diverging"


def _carried(mapped: Map) -> str:
    units = len(mapped.units) + mapped.others
    if np.isnan(mapped.share):
        return f"{len(mapped.units)} of {counted(units, 'unit')}, none of which varies"
    return f"{len(mapped.units)} of {counted(units, 'unit')}, {mapped.share:.0%} of variance"


def _rows(mapped: Map, result: States) -> Iterator[Row]:
    rows = [
        Row(name(unit), series, _way(result))
        for unit, series in zip(mapped.units, mapped.values, strict=True)
    ]
    if mapped.others:
        rows.append(Row("others", mapped.others_rms, "bar"))
    rows.append(Row("change", mapped.change_rms, "bar"))
    for row in rows:
        yield row if result.span else replace(row, values=np.tanh(row.values))
