"""The view `gates`: how often each gate is open or shut, what is stuck, how long memory is."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from charrnn.display.bars import bar, histogram
from charrnn.display.heat_map import Row, heat_map, signed_legend, sized_legend
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import Shown, fit, rule, share, table
from charrnn.inspection.gates import Gate, Gates, Memory
from charrnn.inspection.result import name

_NAMES = {
    "i": "input i", "f": "forget f", "o": "output o", "g": "candidate g", "r": "reset r",
    "u": "update u", "n": "candidate n", "a": "state a",
}  # fmt: skip

_SPANS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, np.inf)  # characters
_CHARACTERS = 74  # from this width on there is room for what opens and shuts a gate


def draw(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield the table of gates, the memory, what is stuck, and the means over the text."""
    yield from summary(result, screen)
    for memory in result.memories:
        yield Text()
        yield from _memory(result, memory, screen)
    yield Text()
    yield from _stuck(result, screen)
    yield Text()
    yield rule("mean of each gate over its units", screen)
    rows = [
        Row(f"{gate.layer} {gate.name}", gate.over_text, "sized" if gate.span[0] == 0 else "signed")
        for gate in result.gates
    ]
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    yield from heat_map(result.ids, screen.shown(len(result.ids)), rows, symbols, screen)
    yield Text()
    if any(gate.span[0] == 0 for gate in result.gates):
        gates = Text("gates, after the character above was read: ", screen.palette.quiet)
        yield fit(gates.append_text(sized_legend(screen)), screen.width)
    others = Text("others: ", screen.palette.quiet)
    yield fit(others.append_text(signed_legend(screen)), screen.width)


def summary(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield a row for each gate of each layer, and what its columns mean."""
    if result.cell == "rnn":
        yield fit(
            Text("a simple recurrent network has no gates; what can saturate is its state"),
            screen.width,
        )
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    heading = ["gate", "low", "mid", "high", "mean", "distribution", "stuck", "high on", "low on"]
    body = [_row(gate, symbols, screen) for gate in result.gates]
    kept = len(heading) if screen.width >= _CHARACTERS else len(heading) - 2
    yield from table(heading[:kept], [row[:kept] for row in body], "<>>>><><<"[:kept], screen)
    meaning = "low, high: share of steps below .1, above .9"
    if result.cell == "rnn":
        meaning = "low, high: share of steps below -.9, above .9"
    elif screen.width >= _CHARACTERS:
        meaning += "; of candidate and state below -.9, above .9"
    yield fit(Text(meaning, screen.palette.quiet), screen.width)


def _row(gate: Gate, symbols: Symbols, screen: Screen) -> list[Shown]:
    low, high = float(gate.low.mean()), float(gate.high.mean())
    mean = float(gate.mean.mean())
    return [
        f"{gate.layer} {_NAMES[gate.name]}",
        share(low),
        share(max(0.0, 1 - low - high)),
        share(high),
        f"{mean:.2f}",
        Text(histogram(gate.histogram.tolist(), ascii_only=screen.ascii_only).ljust(12)),
        str(int(gate.stuck.sum())),
        _some(gate.opens_on, symbols, screen),
        _some(gate.shuts_on, symbols, screen),
    ]


def _some(ids: Sequence[int], symbols: Symbols, screen: Screen) -> str:
    """Return as many of these characters as fit in the column."""
    room, shown = 5 + max(0, screen.width - _CHARACTERS) // 2, ""
    for k in ids:
        longer = f"{shown} {symbols[k]}".lstrip()
        if cell_len(longer) > room:
            break
        shown = longer
    return shown or "-"


def _memory(result: Gates, memory: Memory, screen: Screen) -> Iterator[Text]:
    """Yield how many units remember how long."""
    yield rule(f"memory of layer {memory.layer}", screen, right=f"by {_NAMES[memory.gate]}")
    counts = [
        int(np.sum((low <= memory.tau) & (memory.tau < high if np.isfinite(high) else True)))
        for low, high in pairwise(_SPANS)
    ]
    labels = [
        f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
        for low, high in pairwise(_SPANS)
    ]
    width = min(40, screen.width - 40)
    for label, count in zip(labels, counts, strict=True):
        line = Text(f"{label:>11} characters ", screen.palette.quiet)
        drawn = bar(count / max(counts), width, ascii_only=screen.ascii_only)
        line.append(drawn, screen.palette.second)
        yield line.append(f" {count}" if count else " -")
    median = np.median(memory.tau)
    yield fit(
        Text(
            f"tau: after so many characters 1/e is left; median {median:.3g}; "
            f"integrators {int(memory.integrators.sum())}, forgetful {int(memory.forgetful.sum())}"
        ),
        screen.width,
    )


def _stuck(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield which units are stuck and which never move."""
    said = False
    for gate in result.gates:
        if gate.stuck.any():
            said = True
            units = np.flatnonzero(gate.stuck).tolist()
            yield _list(f"stuck, {_NAMES[gate.name]}: ", gate.layer, units, screen)
        if gate.name == "a" and (still := result.still(gate.layer)):
            said = True
            yield _list("never move: ", gate.layer, still, screen)
    if not said:
        yield Text("no unit is stuck, none stands still")


def _list(label: str, layer: int, units: list[int], screen: Screen) -> Text:
    named = " ".join(name((layer, j)) for j in units)
    return fit(Text(f"{label}{len(units)}, {named}"), screen.width)
