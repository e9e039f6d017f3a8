"""The views of `inspect`: what computes each, and what draws it.

A new view is a module in `charrnn.inspection` with its result, one here with its `draw`, and a line
below. Both are imported when the view is asked for, so that help does not wait for them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from charrnn.errors import ConfigError

if TYPE_CHECKING:
    from rich.text import Text

    from charrnn.display.screen import Screen
    from charrnn.inspection.options import Options
    from charrnn.inspection.result import Result


@dataclass(frozen=True)
class View:
    """Where a view lives.

    result: the name of its class in charrnn.inspection, whose `of` takes a Reading, or the
        Checkpoint if the view reads no text, and Options.
    says: what it answers, for help.
    """

    module: str
    result: str
    says: str
    reads_text: bool = True

    def compute(self, subject: Any, options: "Options") -> "Result":
        """Return the result for a Reading or a Checkpoint."""
        found = getattr(import_module(f"charrnn.inspection.{self.module}"), self.result)
        result: Result = found.of(subject, options)
        return result

    def draw(self, result: "Result", screen: "Screen") -> "Iterator[Text]":
        """Yield the lines of a result that `compute` returned."""
        drawn: Callable[[Result, Screen], Iterator[Text]] = import_module(
            f"charrnn.display.{self.module}"
        ).draw
        return drawn(result, screen)


VIEWS = {
    "summary": View("summary", "Summary", "what the checkpoint holds", reads_text=False),
    "glance": View("glance", "Glance", "a first look at a text"),
    "probs": View("probabilities", "Probabilities", "what was expected, and how wrong it was"),
    "state": View("states", "States", "the hidden state over the text"),
    "gates": View("gates", "Gates", "what is open, shut or stuck"),
}


def choose_view(name: str | None, has_text: bool) -> View:
    """Return the view of a name, or the one for a text or for none.

    Raises
    ------
    ConfigError
        There is no such view, or it needs a text and there is none.
    """
    if name is None:
        name = "glance" if has_text else "summary"
    if name not in VIEWS:
        raise ConfigError(f"view: {name!a} is none of {', '.join(VIEWS)}")
    if VIEWS[name].reads_text and not has_text:
        raise ConfigError(
            f"the view {name} reads a text; give one after the model, or with --file FILE"
        )
    return VIEWS[name]
