"""The view `overview`: a screen with the text, its most telling units, and what stands out."""

import textwrap
from collections.abc import Iterator, Sequence
from math import isfinite

from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.overview.result import Overview
from charrnn.inspection.views.overview.rules import Finding
from charrnn.inspection.views.overview.telling_units import Telling
from charrnn.inspection.views.probs.result import Means
from charrnn.plurals import counted
from charrnn.terminal.heat_map import MOST_BITS, Row, diverging_legend, heat_map
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import flow, folded, number, prose, rule, share, with_error

_LEADER = 5  # cells above which dots lead from a sentence to its view
_FEW, _USUAL = 2, 10  # units that a panel has, where there is little room and where there is more
_ABOVE = 2  # lines of a panel that are not of units: the text, and its surprise


def draw(result: Overview, screen: Screen) -> Iterator[Text]:
    """Yield the means, as much of the text and its units as there is room for, and sentences."""
    sentences = list(_sentences(result.findings, screen))
    heading = "what stands out"
    if any(finding.stamp for finding in result.findings):
        heading += " [and holds in other passages]"
    heads = [*rule(heading, screen, right="look closer with --view")] if sentences else []
    names = list(_names(result, screen))
    right = _right(result) if screen.width > _NOTED else ""
    title = list(rule("what it does as it reads", screen, right=right))
    room = screen.left - len(title) - len(names) - len(heads) - len(sentences)
    facts = list(_facts(result.probabilities.means, screen, all_of_them=bool(sentences)))
    if room - len(facts) < _ABOVE + _FEW:
        facts = list(_facts(result.probabilities.means, screen, all_of_them=False))
    yield from facts
    yield from title
    yield from _panels(result, screen, room - len(facts))
    yield from names
    yield from heads
    yield from sentences


def first_named(result: Overview) -> str:
    """Return the options that ask for the unit that stands first."""
    one, config = result.units[0], result.probabilities.reading.network.config
    written = name(one.unit) if config.num_layers > 1 else str(one.unit[1])
    return f"--unit {written}" + (f" --kind {one.kind}" if one.kind != "a" else "")


def _panels(result: Overview, screen: Screen, room: int) -> Iterator[Text]:
    """Yield the text with its surprise and its units, in about `room` lines.

    There are as many units as there is room for, in one panel, and then more of the text.
    """
    found = result.probabilities
    symbols = Symbols(found.vocabulary, ascii_only=screen.ascii_only)
    shown = screen.shown(len(found.ids))
    positions = room >= 1 + _ABOVE + _FEW + 2
    usual = min(_USUAL, len(result.units))
    panels = max(1, (room + 1) // (1 + 1 + _ABOVE + usual))
    units = max(1, (room + 1) // panels - 1 - positions - _ABOVE)
    rows = [Row("bits", found.reading.surprise, "bits")]
    rows += [_row(one, screen) for one in result.units[:units]]
    lines = heat_map(found.ids, shown, rows, symbols, screen, panels=panels)
    yield from (line for n, line in enumerate(lines) if n or positions)


def _row(one: Telling, screen: Screen) -> Row:
    it = one.following
    note = "" if it is None else f"{it.feature.name}{'' if one.sure else '?'}"
    return Row(_label(one), one.values, "diverging", note if screen.width > _NOTED else "")


_NOTED = 50
"""On a screen as narrow as this, all columns are the text's."""


def _label(one: Telling) -> str:
    return name(one.unit) + (f".{one.kind}" if one.kind != "a" else "")


def _right(result: Overview) -> str:
    reading = result.probabilities.reading
    units = reading.states["a"][0].size
    return f"the most telling of {counted(units, 'unit')}"


def _names(result: Overview, screen: Screen) -> Iterator[Text]:
    """Yield what colours or characters mean, and how units are named."""
    yield from folded(diverging_legend(screen), screen.width)
    one = result.units[0]
    state = {"a": "hidden state a", "c": "cell state c"}[one.kind]
    scale = "" if one.kind == "a" else " (its tanh)"
    said = f"{_label(one)}: layer {one.unit[0]}, unit {one.unit[1]}, {state}{scale}"
    said += f"; bits: surprise{f', to {MOST_BITS:g}' if screen.coloured else ', 9 for more'}"
    if one.following is not None and screen.width > _NOTED:
        unsure = "" if one.sure else ", ? not surely"
        said += f"; right: what it goes with{unsure}"
    yield from prose(said, screen)


def _facts(means: Means | None, screen: Screen, *, all_of_them: bool) -> Iterator[Text]:
    if means is None:
        yield from prose("one character: it is read, not predicted, so nothing is averaged", screen)
        return
    sure = isfinite(means.bits_error)
    facts = [
        f"perplexity {number(means.perplexity)}",
        f"top-1 {means.top1:.0%}",
        f"top-5 {means.top5:.0%}",
        f"calibration error {share(means.calibration_error)}",
        f"over {counted(means.predictions, 'prediction')}",
        f"{screen.pick('±', '+-')} standard error" if sure else "too few for a standard error",
    ]
    bits = with_error(number(means.bits), means.bits_error, screen)
    label = Text(f"{bits} bits/char", screen.palette.bold)
    shown = facts if all_of_them else facts[:3]
    yield from flow([label, *map(Text, shown)], screen, label=Text())


def _sentences(findings: Sequence[Finding], screen: Screen) -> Iterator[Text]:
    """Yield each sentence, numbered, with its view at the right end of its first line."""
    for n, finding in enumerate(findings, 1):
        view = f"  {finding.view} {finding.options}".rstrip()
        said = screen.pick(finding.text, finding.text.replace("±", "+-")) + finding.stamp
        if len(view) > screen.width // 2:
            yield from folded(Text(f"{n} {said}"), screen.width)
            yield from folded(Text(view, screen.palette.bold), screen.width)
            continue
        indent = " " * len(view)  # kept free in the first line, and put behind it
        first, *more = textwrap.wrap(said, screen.width - 2, initial_indent=indent)
        line = Text().append(f"{n} ", screen.palette.dim).append(first.strip())
        between = screen.width - len(view) - line.cell_len
        leader = f" {'.' * (between - 1)}" if between > _LEADER else " " * between
        line.append(leader, screen.palette.dim)
        yield line.append(view, screen.palette.bold)
        for rest in more:
            yield Text(f"  {rest}")
