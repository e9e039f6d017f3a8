"""The view `gates`: how often gates are open or shut, stuck units, length of memory."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.gates.result import LEAST_COUNT, Gate, Gates, Memory
from charrnn.network.cells import label as named
from charrnn.plurals import counted
from charrnn.terminal.bars import bar_text, histogram
from charrnn.terminal.heat_map import Row, heat_map, sequential_legend
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, prose, quoted, rule, section, share

_SPANS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, np.inf)  # characters
_LONGEST = 8  # units of the longest memory


def draw(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield the table of gates, when they open, the memory, stuck units, and the text."""
    yield from summary(result, screen)
    yield from _by_character(result, screen)
    for memory in result.memories:
        yield Text()
        yield from _memory(memory, screen)
    yield Text()
    yield from _stuck(result, screen)
    yield from section("over the text", screen)
    rows = [Row(f"{gate.layer} {gate.name}", gate.over_text, "sequential") for gate in result.gates]
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    yield from heat_map(result.ids, screen.shown(len(result.ids)), rows, symbols, screen)
    yield Text()
    yield sequential_legend(screen)
    gates = "mean of a gate over the units of its layer, and " if result.has_gates else ""
    yield from prose(
        f"{gates}root mean square of {_signed(result)}, after the character above was read", screen
    )


def summary(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield a row for each gate of each layer, and the legend."""
    if not result.has_gates:
        yield from prose(
            "a simple recurrent network has no gates; what can saturate is its state", screen
        )
    heading = ["layer, gate", "low", "mid", "high", "mean", "slope", "values", "shut", "open",
               "stuck"]  # fmt: skip
    table = Table(heading, "<>>>>><>>>", [_row(gate, screen) for gate in result.gates])
    yield from table.narrowed(screen.width, ("stuck", "slope", "mid")).draw(screen)
    limits = f"of {_signed(result)} below -.9, above .9"
    if result.has_gates:
        limits = f"below .1, above .9; {limits}"
    yield from prose(
        f"low, high: the share of steps {limits}; shut, open: how many units are so at over 90% of "
        f"the steps, stuck: at over 99%; slope: mean of {_slopes(result, screen)}, what lets a "
        "gradient through; values: how many lie in each tenth of the range",
        screen,
    )


def _signed(result: Gates) -> str:
    return "candidate and state" if result.has_gates else "the state"


def _slopes(result: Gates, screen: Screen) -> str:
    sigma = screen.pick("σ", "sigm")
    return f"{sigma}' (at most .25) or tanh' (at most 1)" if result.has_gates else "tanh'"


def _row(gate: Gate, screen: Screen) -> list[Shown]:
    low, high = float(gate.low.mean()), float(gate.high.mean())
    return [
        f"{gate.layer} {named(gate.name)}",
        share(low),
        share(max(0.0, 1 - low - high)),
        share(high),
        f"{float(gate.mean.mean()):.2f}",
        share(float(gate.slope.mean())),
        Text(histogram(gate.histogram.tolist(), ascii_only=screen.ascii_only)),
        str(gate.shut),
        str(gate.open),
        str(int(gate.stuck.sum())),
    ]


def _by_character(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield the characters after which each gate is highest and lowest."""
    often = np.flatnonzero(result.counts >= LEAST_COUNT)
    if len(often) < 2:
        return
    yield from section("by character", screen, right=f"those read {LEAST_COUNT} times or more")
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    label = max(len(named(gate.name)) + len(str(gate.layer)) for gate in result.gates) + 1
    room = (screen.width - label - 2) // 2
    quiet = screen.palette.dim
    yield Text(f"{'':{label}}  {'high after':<{room}}low after", quiet)
    for gate in result.gates:
        away = gate.by_character - gate.over_text.mean()
        order = often[np.argsort(-away[often], kind="stable")].tolist()
        half = len(order) // 2
        line = Text(f"{f'{gate.layer} {named(gate.name)}':<{label}}  ")
        for n, side in enumerate((order[:half], order[: half - 1 : -1][:half])):
            line.append(" " * (label + 2 + n * room - line.cell_len))
            for c in side:
                change = f"{away[c]:+.2f}".replace("0.", ".", 1)
                item = f"{symbols[result.characters[c]]} {change}"
                if line.cell_len + cell_len(item) > label + 2 + (n + 1) * room - 2:
                    break
                line.append(f"{item}  ")
        yield line
    yield from prose("mean after the character was read, less the mean over the text", screen)


def _memory(memory: Memory, screen: Screen) -> Iterator[Text]:
    """Yield a histogram of the memory of units."""
    yield from rule(f"memory of layer {memory.layer}", screen, right=f"by {named(memory.gate)}")
    counts = [
        int(np.sum((low <= memory.hold) & ((memory.hold < high) | np.isinf(high))))
        for low, high in pairwise(_SPANS)
    ]
    width = min(40, screen.width - 30)
    for (low, high), count in zip(pairwise(_SPANS), counts, strict=True):
        label = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
        line = Text()
        line.append(f"{label:>11} ", screen.palette.dim)
        line.append_text(bar_text(count / max(counts), width, screen.palette.second, screen))
        line.append(f" {count}" if count else "-")
        yield line
    items = [
        Text(f"{name((memory.layer, j))} {_hold(memory.hold[j])} (reset {share(memory.reset[j])})")
        for j in memory.order[:_LONGEST]
        if not memory.is_stuck[j]
    ]
    yield from flow(items, screen, label=Text().append("longest  ", screen.palette.dim))
    integrators, forgetful = int(memory.integrators.sum()), int(memory.forgetful.sum())
    yield from prose(
        "units by hold, the characters after which 1/e is left of what was stored, the median "
        f"over the text: of the units {_hold(float(np.median(memory.hold)))}; reset: share of "
        f"steps that drop nine tenths of it; {counted(integrators, 'integrator')} (open at over "
        f"90% of the steps), {forgetful} forgetful (shut)"
        + (
            f"; {int(memory.is_stuck.sum())} saturated, at an end of the range at nearly every "
            "step, which store next to nothing"
            if memory.is_stuck.any()
            else ""
        ),
        screen,
    )


def _hold(characters: float) -> str:
    return f"{characters:g}" if np.isfinite(characters) else "beyond this text"


def _stuck(result: Gates, screen: Screen) -> Iterator[Text]:
    """Yield the stuck units and the constant ones."""
    said = False
    for gate in result.gates:
        if gate.stuck.any():
            said = True
            units = np.flatnonzero(gate.stuck).tolist()
            yield _list(f"stuck, {named(gate.name)}: ", gate.layer, units, screen)
        if gate.name == "a" and (still := result.still(gate.layer)):
            said = True
            yield _list("never move: ", gate.layer, still, screen)
    if not said:
        yield Text("no unit is stuck, none stands still")


def _list(label: str, layer: int, units: list[int], screen: Screen) -> Text:
    named = " ".join(name((layer, j)) for j in units)
    return quoted(f"{label}{len(units)}, {named}", screen.width, screen)
