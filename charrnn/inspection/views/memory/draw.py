"""The view `memory`: how long units hold, what resets them, and what holding is worth."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from charrnn.inspection.methods.effects import CLEAR
from charrnn.inspection.methods.survival import LAGS, STUCK
from charrnn.inspection.options import Unit
from charrnn.inspection.result import name
from charrnn.inspection.views.memory.result import Layer, Memories
from charrnn.network.cells import label as named
from charrnn.plurals import counted
from charrnn.terminal.bars import histogram
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, number, prose, rule, share


def draw(result: Memories, screen: Screen) -> Iterator[Text]:
    """Yield a table of the units that hold longest, layer by layer, and the legend."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    for layer in result.layers:
        by = f"by {named(layer.gate)}" if layer.gate else "while the input is clamped"
        yield from rule(f"memory of layer {layer.layer}", screen, right=by)
        units = [unit for unit in result.shown if unit[0] == layer.layer]
        heading = ["unit", "hold", "left after 1 to 128", "reset", "satur.", "worth", "reset by"]
        rows = [_row(unit, layer, result, symbols, screen) for unit in units]
        table = Table(heading, "<><>>><", rows)
        yield from table.narrowed(screen.width, ("reset by", "satur.", "reset")).draw(screen)
        yield from prose(_summary(layer), screen)
        yield Text()
    yield from _legend(result, screen)


def _row(
    unit: Unit, layer: Layer, result: Memories, symbols: Symbols, screen: Screen
) -> list[Shown]:
    _, j = unit
    hold, worth = layer.hold[j], result.worth[unit]
    left = np.nan_to_num(np.maximum(layer.curves[:, j], 0))
    drawn = histogram((left * 1000).astype(int).tolist(), ascii_only=screen.ascii_only)
    stuck = result.is_stuck(unit)
    sure = worth.error * CLEAR < abs(worth.mean)
    reset_by = "  ".join(
        f"{symbols[int(result.characters[c])]} {share(often)}"
        for c, often, _ in result.resetting(unit)
    )
    return [
        Text(name(unit), screen.palette.dim if stuck else screen.palette.bold),
        "long" if np.isinf(hold) else f"{hold:g}",
        Text(drawn, screen.palette.second),
        "-" if np.isnan(layer.reset[j]) else share(float(layer.reset[j])),
        Text(share(float(layer.saturated[j])), screen.palette.bold if stuck else ""),
        Text(_worth(worth.mean, worth.error, screen), "" if sure else screen.palette.dim),
        reset_by or "-",
    ]


def _worth(mean: float, error: float, screen: Screen) -> str:
    if np.isnan(mean):
        return "-"
    said = f"{number(mean, 4)}"
    return said if np.isnan(error) else f"{said}{screen.pick('±', '+-')}{number(error, 4)}"


def _summary(layer: Layer) -> str:
    finite = layer.hold[np.isfinite(layer.hold)]
    beyond = int(np.isinf(layer.hold).sum())
    stuck = int((layer.saturated > STUCK).sum())
    usual = f"{np.median(finite):g}" if len(finite) else "-"
    said = f"median hold {usual} of {counted(len(layer.hold), 'unit')}"
    if beyond:
        said += f"; {beyond} hold longer than this text shows"
    if stuck:
        said += f"; {stuck} saturated at nearly every step, which store next to nothing"
    return said


def _legend(result: Memories, screen: Screen) -> Iterator[Text]:
    gated = any(layer.gate for layer in result.layers)
    held = (
        "hold: characters after which 1/e is left of what was stored, the median over the text; "
        "reset: share of steps that drop nine tenths or more, and the characters at which, with "
        "the share of their occurrences"
        if gated
        else "hold: characters after which a unit's correlation with its past is below 1/e, "
        "while one character is read again and again"
    )
    yield from prose(
        f"{held}; left: after so many characters, {', '.join(map(str, LAGS))}; satur.: share of "
        f"steps at the ends of the range; worth: bits a character that clamping {result.kind} to "
        f"its mean costs, over {counted(result.segments, 'segment')} of the text, dim where it is "
        "within three standard errors of none",
        screen,
    )
