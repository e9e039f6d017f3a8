"""The views of `inspect`: what computes each, and what draws it.

A new view is a module in `charrnn.inspection.views` with its result, one in `charrnn.display.views`
with its `draw` and its `EXPLANATION`, and a line below. Both are imported when the view is asked
for, so that help does not wait for them.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.plurals import counted

if TYPE_CHECKING:
    from rich.text import Text

    from charrnn.display.screen import Screen
    from charrnn.display.walk import Page
    from charrnn.inspection.result import Result
    from charrnn.inspection.tracking import Track


@dataclass(frozen=True)
class View:
    """Where a view lives.

    result: the name of its class in charrnn.inspection.views, with a class method `of`.
    says: what it answers, for help.
    heeds: the options that concern it, by the names of their fields.
    reads_text: whether `of` takes a Reading; it takes the Checkpoint if not.
    models: how many it looks at, at least and at most; where that may be more than one, `of` takes
        a tuple of Readings.
    slow: whether `of` also takes a Track.
    names_units: whether units stand in it as layer:unit, which has to be explained.
    spans: whether it draws characters one by one, those of --span.
    writes: how many characters a model writes for it where no text is given.
    pages: the module of charrnn.display with the pages through which keys lead on a terminal, if
        the view has any.
    also: words, with a space between, by which people look for it.
    """

    module: str
    result: str
    says: str
    heeds: tuple[str, ...] = ()
    reads_text: bool = True
    models: tuple[int, int] = (1, 1)
    slow: bool = False
    names_units: bool = False
    spans: bool = True
    writes: int = 300
    pages: str = ""
    also: str = ""

    @property
    def compares(self) -> bool:
        """Whether it can look at several models."""
        return self.models[1] > 1

    def compute(self, subject: Any, options: Options, track: "Track | None" = None) -> "Result":
        """Return the result for a Checkpoint, a Reading or a tuple of Readings."""
        # Imported here: help needs this module, and does not wait for NumPy.
        import numpy as np  # noqa: PLC0415

        of = self._result().of
        with np.errstate(all="ignore"):  # where parameters are huge, and it is told in words
            result: Result = (
                of(subject, options, track) if self.slow and track else of(subject, options)
            )
        return result

    def draw(self, result: "Result", screen: "Screen") -> "Iterator[Text]":
        """Yield the lines of a result that `compute` returned."""
        drawn: Callable[[Result, Screen], Iterator[Text]] = self._display().draw
        return drawn(result, screen)

    def onward(
        self, result: "Result", command: str, screen: "Screen", *, own_text: bool
    ) -> "Sequence[Text] | None":
        """Return what stands below the view that opens, None for another view."""
        if result.view != OPENS:
            return None
        lead: Callable[..., Iterator[Text]] = import_module("charrnn.display.onward").onward
        return list(lead(result, command, screen, own_text=own_text))

    def first_page(self, result: "Result") -> "Page":
        """Return the page on which a walk begins, for a view that has pages."""
        page: Page = import_module(f"charrnn.display.{self.pages}").first(result)
        return page

    def explain(self) -> str:
        """Return how the numbers of the view are made."""
        explanation: str = self._display().EXPLANATION
        return explanation

    def schema(self) -> str:
        """Return the JSON Schema of what the view writes as JSON, as it is written itself."""
        written: str = import_module("charrnn.inspection.forms.schema").as_json(self._result().view)
        return written

    def draws_span(self, options: Options, models: int = 1) -> bool:
        """Tell whether --span says what is drawn: not for one place, nor for over two models."""
        return self.spans and models <= 2 and not ("at" in self.heeds and options.at is not None)

    def unheeded(self, options: Options) -> list[str]:
        """Return the names of options that were given and do not concern this view."""
        default = Options()
        return [
            field.name
            for field in fields(options)
            if field.name not in (*self.heeds, "limit", "read")
            and getattr(options, field.name) != getattr(default, field.name)
        ]

    def _result(self) -> Any:
        return getattr(import_module(f"charrnn.inspection.views.{self.module}"), self.result)

    def _display(self) -> Any:
        return import_module(f"charrnn.display.views.{self.module}")


OPENS = "overview"
"""The view that is shown where none is named."""

MANY = 2000
"""Characters that a model writes for a view that averages over them."""

MAPS = ("layer", "units", "kind", "by", "rows")

VIEWS = {
    "overview": View(
        "overview",
        "Overview",
        "what it does as it reads, and what stands out",
        ("seed",),
        slow=True,
        spans=False,
        also="findings insights report",
    ),
    "probs": View(
        "probabilities",
        "Probabilities",
        "what was expected, and how wrong it was",
        ("top", "temperature", "branch", "paint"),
        slow=True,
        also="probabilities predictions softmax surprise surprisal entropy perplexity",
    ),
    "errors": View(
        "errors",
        "Errors",
        "where the bits go",
        ("train",),
        spans=False,
        writes=MANY,
        also="loss bits mistakes",
    ),
    "state": View(
        "states",
        "States",
        "the hidden state over the text",
        ("at", *MAPS),
        names_units=True,
        also="hidden hidden-state activations h a heatmap cell-state",
    ),
    "gates": View(
        "gates",
        "Gates",
        "what is open, shut or stuck",
        ("layer",),
        writes=MANY,
        names_units=True,
        also="gate forget update reset",
    ),
    "neuron": View(
        "neuron",
        "Neuron",
        "what a unit is, follows and does",
        ("units", "kind", "layer", "random", "features", "seed", "quick"),
        slow=True,
        writes=MANY,
        names_units=True,
        also="unit cell",
    ),
    "find": View(
        "find",
        "Find",
        "units that mean something, and whether they are used",
        ("features", "layer", "kind", "rows", "seed", "quick"),
        slow=True,
        spans=False,
        writes=MANY,
        names_units=True,
        also="features search interpret probe",
    ),
    "why": View(
        "why",
        "Why",
        "which characters decided this one",
        ("at", "rival", "lags", "quick"),
        slow=True,
        spans=False,
        also="attribution saliency attention",
    ),
    "grad": View(
        "gradients",
        "Gradients",
        "how far back learning reaches",
        ("targets", "lags", "layer", "kind", "seed", "quick"),
        models=(1, 6),
        slow=True,
        spans=False,
        writes=MANY,
        also="gradients gradient-flow vanishing bptt",
    ),
    "context": View(
        "context",
        "Context",
        "how much context is used",
        ("targets", "lags", "layer", "seed", "quick"),
        slow=True,
        spans=False,
        writes=MANY,
        also="history horizon context-length",
    ),
    "votes": View(
        "votes",
        "Votes",
        "which units voted for a character",
        ("at", "rival", "top", "rows"),
        spans=False,
        names_units=True,
        also="logits contributions readout",
    ),
    "ledger": View(
        "ledger",
        "Ledger",
        "what the memory still holds, and when it was written",
        ("at", "units", "layer", "rows"),
        spans=False,
        names_units=True,
        also="memory",
    ),
    "match": View(
        "match",
        "Match",
        "where else it was in this state",
        ("at", "pattern", "layer", "kind", "rows", "top"),
        spans=False,
        writes=MANY,
        also="nearest neighbours similar",
    ),
    "ablate": View(
        "ablate",
        "Ablated",
        "what is lost without a unit",
        ("how", "kind", "units", "layer", "rows", "random", "seed", "quick"),
        slow=True,
        spans=False,
        writes=MANY,
        names_units=True,
        also="ablation lesion knockout",
    ),
    "steer": View(
        "steer",
        "Steered",
        "what it writes while units are held",
        ("settings", "kind", "length", "temperature", "seed"),
        slow=True,
        spans=False,
        names_units=True,
        also="clamp control hold",
    ),
    "step": View(
        "steps",
        "Step",
        "one step of time, all the arithmetic",
        ("at", "layer", "units", "rows", "top"),
        spans=False,
        pages="stepping",
        names_units=True,
        also="arithmetic walk forward",
    ),
    "diff": View(
        "differences",
        "Differences",
        "which model reads what better",
        ("layer", "kind", "rows", "top", "seed"),
        models=(2, 6),
        slow=True,
        writes=MANY,
        names_units=True,
        also="compare comparison versus",
    ),
    "weights": View(
        "weights",
        "Weights",
        "how large the weights are, and who is like whom",
        ("layer", "rows", "top"),
        reads_text=False,
        names_units=True,
        also="matrices parameters params histogram",
    ),
    "summary": View(
        "summary",
        "Summary",
        "what the checkpoint holds",
        reads_text=False,
        also="info model config architecture metadata",
    ),
    "dump": View(
        "dump",
        "Dump",
        "all arrays, to be taken elsewhere",
        ("layer",),
        spans=False,
        also="export arrays numpy",
    ),
}


def choose_view(name: str | None, models: int | None = 1) -> View:
    """Return the view of a name, or the one that opens.

    models: how many there are to look at; None where that does not matter.

    Raises
    ------
    ConfigError
        There is no such view, or it looks at fewer or more models.
    """
    if name is None:
        name = OPENS
    if name not in VIEWS:
        if meant := _meant(name):
            raise ConfigError(
                f"there is no {name!r}; did you mean {meant} ({VIEWS[meant].says})",
                argument="view",
            )
        raise ConfigError(f"{name!r} is none of {', '.join(VIEWS)}", argument="view")
    least, most = VIEWS[name].models
    if models is not None and models > most:
        several = ", ".join(other for other, view in VIEWS.items() if view.compares)
        raise ConfigError(
            f"the view {name} looks at {counted(most, 'model')}, not at {models}; "
            f"for several there are {several}"
        )
    if models is not None and models < least:
        raise ConfigError(f"the view {name} compares {least} models; name one more before the text")
    return VIEWS[name]


def _meant(name: str) -> str | None:
    """Return the view that a name means which is none: by another word for it, or a slip."""
    words = {word: view for view in VIEWS for word in (view, *VIEWS[view].also.split())}
    written = name.lower().replace("_", "-").replace(" ", "-")
    alike = difflib.get_close_matches(written, words, n=1, cutoff=0.7)
    return words[alike[0]] if alike else None
