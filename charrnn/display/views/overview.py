"""The view `overview`: a screen of 80 by 24 with what stands out, and where to look closer."""

import textwrap
from collections.abc import Iterator
from math import isfinite

from rich.text import Text

from charrnn.display.screen import Screen
from charrnn.display.tables import flow, number, prose, rule, share
from charrnn.display.views.probabilities import surprise
from charrnn.inspection.findings import Finding
from charrnn.inspection.views.overview import Overview
from charrnn.inspection.views.probabilities import Means
from charrnn.plurals import counted

_LINES = 23  # of a terminal with 24, where the shell writes into the last
_LEADER = 5  # from so many cells on dots lead from a sentence to its view
_ABOVE = 4  # lines of the model and the text that was read

EXPLANATION = """\
A sentence stands where its rule is met: the first seven in this order. What
is clear is so by three standard errors (+-), from blocks of neighbours.

first letters  of words cost half a bit more than later ones, clearly
hard           a class costs 1.5 times what all else does, clearly, and has 3%
               more of the bits than of the characters
confidence     mean entropy (expected) and mean surprise (paid) differ by .05
               bits, clearly
follows        a unit, over the last 4,000 characters, as find has it: beyond
               chance, no echo, an AUC from .625 or r from .25 on. Without it:
               held at its mean. Of the six surest one is told that costs more
               where the feature is than elsewhere, by two errors, if one does
too few        the text has fewer shifts than it takes to measure chance
loses          of 100 characters after n others and after all: n costs clearly
               more, and 1%, as all less do; <1%: n that surely costs less
gradients      of 128 losses by what was read, up to 64 characters back: where
               the median is below half; M90 of grad, with its quartiles
integrators    memories open (above .9) at over 90% of the steps: told if there
               are some, or the longest tau is from 16 characters on or below 8
stuck          2% of a layer's units at one end of a gate; or a state that is
               still

The view context looks at more places, so its numbers may differ a little. That
a rule is not met proves nothing: a short text meets few.
"""


def draw(result: Overview, screen: Screen) -> Iterator[Text]:
    """Yield the means, as much of the text as there is room for, and the sentences."""
    found = result.probabilities
    facts = list(_facts(found.means, screen))
    told = list(_sentences(result.findings, screen))
    yield from facts
    yield rule("the text, and its surprise", screen, right="more: --view probs")
    room = _LINES - _ABOVE - len(facts) - 3 - len(told)
    lines = max(1, room if screen.coloured else room // 2)
    yield from surprise(found, screen.shown(len(found.ids)), screen, lines)
    yield rule("what stands out", screen, right="look closer with --view")
    yield from told


def _facts(means: Means | None, screen: Screen) -> Iterator[Text]:
    if means is None:
        yield from prose("one character: it is read, not predicted, so nothing is averaged", screen)
        return
    sure = isfinite(means.bits_error)
    error = f" {screen.pick('±', '+-')} {number(means.bits_error)}" if sure else ""
    many = counted(means.predictions, "prediction")
    facts = [
        f"perplexity {number(means.perplexity)}",
        f"top-1 {means.top1:.0%}",
        f"top-5 {means.top5:.0%}",
        f"calibration error {share(means.calibration_error)}",
        f"over {many}",
        f"{screen.pick('±', '+-')} standard error" if sure else "too few for a standard error",
    ]
    label = Text(f"{number(means.bits)}{error} bits/char", screen.palette.loud)
    yield from flow([label, *map(Text, facts)], screen, label=Text())


def _sentences(findings: tuple[Finding, ...], screen: Screen) -> Iterator[Text]:
    """Yield each sentence, numbered, with its view at the right end of its first line."""
    if not findings:
        yield from prose("nothing passes a threshold: --explain tells which there are", screen)
    for n, finding in enumerate(findings, 1):
        view = f"  {finding.view} {finding.options}".rstrip()
        said = screen.pick(finding.text, finding.text.replace("±", "+-"))
        indent = " " * len(view)  # kept free in the first line, and put behind it
        first, *more = textwrap.wrap(said, screen.width - 2, initial_indent=indent)
        line = Text().append(f"{n} ", screen.palette.quiet).append(first.strip())
        between = screen.width - len(view) - line.cell_len
        leader = f" {'.' * (between - 1)}" if between > _LEADER else " " * between
        line.append(leader, screen.palette.quiet)
        yield line.append(view, screen.palette.loud)
        for rest in more:
            yield Text(f"  {rest}")
