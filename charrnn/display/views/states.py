"""The view `state`: a heat map of each layer."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from charrnn.display.heat_map import Row, Way, heat_map, signed_legend, sized_legend
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import prose, rule
from charrnn.inspection.result import name
from charrnn.inspection.views.states import Map, States

_NAMES = {
    "a": "hidden state a", "c": "cell state c", "i": "input gate i", "f": "forget gate f",
    "o": "output gate o", "g": "candidate g", "r": "reset gate r", "u": "update gate u",
    "n": "candidate n",
}  # fmt: skip


def draw(result: States, screen: Screen, panels: int | None = None) -> Iterator[Text]:
    """Yield each layer's map, then what its colours or characters mean.

    panels: at most so many of each layer; None for all.
    """
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    shown = screen.shown(len(result.ids))
    for n, mapped in enumerate(result.maps):
        if n:
            yield Text()
        yield rule(f"layer {mapped.layer}: {_NAMES[result.kind]}", screen, right=_carried(mapped))
        yield from heat_map(
            result.ids, shown, list(_rows(mapped, result)), symbols, screen, panels=panels
        )  # fmt: skip
    yield Text()
    yield from legend(result, screen)


def legend(result: States, screen: Screen) -> Iterator[Text]:
    """Yield what the map shows."""
    signed = result.span != (0.0, 1.0)
    yield signed_legend(screen) if signed else sized_legend(screen)
    kind = result.kind
    scaled = "tanh(c)" if result.span is None else kind
    order = f"most {result.by} first" if result.by else "as asked"
    yield from prose(
        f"{scaled} after the character above was read, {order}; others: root mean square of the "
        f"other units; change: the same of {kind}(t) - {kind}(t-1); both 0 to 1",
        screen,
    )


def _carried(mapped: Map) -> str:
    units = len(mapped.units) + mapped.others
    if np.isnan(mapped.share):
        return f"{len(mapped.units)} of {units} units, none of which varies"
    return f"{len(mapped.units)} of {units} units, {mapped.share:.0%} of variance"


def _rows(mapped: Map, result: States) -> Iterator[Row]:
    bounded = result.span is not None
    values = mapped.values if bounded else np.tanh(mapped.values)
    way: Way = "sized" if result.span == (0.0, 1.0) else "signed"
    for unit, series in zip(mapped.units, values, strict=True):
        yield Row(name(unit), series, way)
    if mapped.others:
        others = mapped.others_rms if bounded else np.tanh(mapped.others_rms)
        yield Row("others", others, "height")
    change = mapped.change_rms if bounded else np.tanh(mapped.change_rms)
    yield Row("change", change, "height")
