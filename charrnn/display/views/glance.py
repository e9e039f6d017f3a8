"""A text without a view: what was expected, what the state and the gates do, on a screen or two."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from charrnn.display.screen import Screen
from charrnn.display.tables import rule
from charrnn.display.views import gates, probabilities, states
from charrnn.inspection.result import Column
from charrnn.inspection.views.glance import Glance

_LINES = 8
_WORST = 5


def draw(result: Glance, screen: Screen) -> Iterator[Text]:
    """Yield the short form of each view, and how to see more of it."""
    found = result.probabilities
    yield from probabilities.means(found, screen)
    yield Text()
    yield rule("what it expected", screen, right="more: --view probs")
    yield from probabilities.surprise(found, screen.shown(len(found.ids)), screen, _LINES)
    yield Text()
    yield Text(*_heading(found.means is not None, screen))
    yield from probabilities.rows(found, _worst(found.bits), screen)
    yield Text()
    yield from states.draw(result.states, screen, panels=1)
    yield Text()
    yield rule("gates", screen, right="more: --view gates")
    yield from gates.summary(result.gates, screen)


def _heading(predicted: bool, screen: Screen) -> tuple[str, str]:
    heading = "the most surprising characters" if predicted else "what is expected after it"
    return heading, screen.palette.loud


def _worst(bits: Column) -> list[int]:
    """Return the positions of the largest surprises, or the only one there is."""
    order = np.argsort(-np.nan_to_num(bits, nan=-1.0), kind="stable")
    return [int(t) for t in order[:_WORST] if not np.isnan(bits[t])] or [0]
