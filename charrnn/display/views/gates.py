"""The view `gates`: how often each gate is open or shut, what is stuck, how long memory is."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from charrnn.display.bars import bar, histogram
from charrnn.display.heat_map import Row, heat_map, sized_legend
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import Shown, Table, prose, quoted, rule, share
from charrnn.inspection.result import name
from charrnn.inspection.views.gates import Gate, Gates, Memory

_NAMES = {
    "i": "input i", "f": "forget f", "o": "output o", "g": "candidate g", "r": "reset r",
    "u": "update u", "n": "candidate n", "a": "state a",
}  # fmt: skip

_SPANS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, np.inf)  # characters
_ROOM = 7  # cells for the characters after which a gate is high, or low


def draw(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield the table of gates, the memory, what is stuck, and each gate over the text."""
    yield from summary(result, screen)
    for memory in result.memories:
        yield Text()
        yield from _memory(memory, screen)
    yield Text()
    yield from _stuck(result, screen)
    yield Text()
    yield rule("over the text", screen)
    rows = [Row(f"{gate.layer} {gate.name}", gate.over_text, "sized") for gate in result.gates]
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    yield from heat_map(result.ids, screen.shown(len(result.ids)), rows, symbols, screen)
    yield Text()
    yield sized_legend(screen)
    gates = "" if result.cell == "rnn" else "mean of a gate over the units of its layer, and "
    yield from prose(
        f"{gates}root mean square of {_signed(result)}, after the character above was read", screen
    )


def summary(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield a row for each gate of each layer, and what its columns mean."""
    if result.cell == "rnn":
        yield from prose(
            "a simple recurrent network has no gates; what can saturate is its state", screen
        )
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    heading = ["gate", "low", "mid", "high", "mean", "distribution", "stuck", "high on", "low on"]
    body = [_row(gate, symbols, screen) for gate in result.gates]
    table = Table(heading, "<>>>><><<", body)
    yield from table.narrowed(screen.width, ("high on", "low on")).draw(screen)
    limits = f"of {_signed(result)} below -.9, above .9"
    if result.cell != "rnn":
        limits = f"below .1, above .9; {limits}"
    yield from prose(f"low, high: the share of steps {limits}", screen)


def _signed(result: Gates) -> str:
    return "the state" if result.cell == "rnn" else "candidate and state"


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
        _some(gate.high_on, symbols),
        _some(gate.low_on, symbols),
    ]


def _some(ids: Sequence[int], symbols: Symbols) -> str:
    """Return as many of these characters as fit in their column."""
    shown = " ".join(symbols[k] for k in ids)
    while cell_len(shown) > _ROOM:
        ids = ids[:-1]
        shown = " ".join(symbols[k] for k in ids)
    return shown or "-"


def _memory(memory: Memory, screen: Screen) -> Iterator[Text]:
    """Yield how many units remember how long."""
    yield rule(f"memory of layer {memory.layer}", screen, right=f"by {_NAMES[memory.gate]}")
    counts = [
        int(np.sum((low <= memory.tau) & ((memory.tau < high) | np.isinf(high))))
        for low, high in pairwise(_SPANS)
    ]
    width = min(40, screen.width - 30)
    for (low, high), count in zip(pairwise(_SPANS), counts, strict=True):
        label = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
        line = Text()
        line.append(f"{label:>11} ", screen.palette.quiet)
        drawn = bar(count / max(counts), width, ascii_only=screen.ascii_only)
        line.append(drawn, screen.palette.second)
        line.append(f" {count}" if count else "-")
        yield line
    integrators, forgetful = int(memory.integrators.sum()), int(memory.forgetful.sum())
    yield from prose(
        f"units by tau, the characters after which 1/e is left of what was stored: median "
        f"{np.median(memory.tau):.2g}; {integrators} integrators (high at over 90% of the steps), "
        f"{forgetful} forgetful (low)",
        screen,
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
    return quoted(f"{label}{len(units)}, {named}", screen.width, screen)
