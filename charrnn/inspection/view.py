"""A view: a folder with its result, its drawing, its explanation and its schema."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from charrnn.inspection.options import Options
from charrnn.option_fields import described

if TYPE_CHECKING:
    from rich.text import Text

    from charrnn.inspection.progress import Track
    from charrnn.inspection.result import Result
    from charrnn.terminal.pager import Page
    from charrnn.terminal.screen import Screen

LONG_SAMPLE = 2000
"""Characters of a sample for a view that averages over them."""

MAP_OPTIONS = ("layer", "units", "kind", "by", "rows")
"""Options of a view that draws units over the text."""


@dataclass(frozen=True)
class View:
    """A view of `inspect`, and its modules.

    `result` and `draw` are imported when they are used: help does not wait for NumPy.

    package: its folder, `charrnn.inspection.views.NAME`.
    result_class: the name of the class in its module `result`, with a class method `of`.
    says: the question it answers, for help.
    options: the options it uses, by the names of their fields.
    needs_predictions: whether it is about the predictions of a network, not its states alone.
    reads_text: whether `of` takes a Reading; it takes the Checkpoint if not.
    models: the least and largest number of models; where that may be more than one, `of` takes
        a tuple of Readings.
    slow: whether `of` also takes a Track.
    names_units: whether it names units as layer:unit, which has to be explained.
    spans: whether it draws single characters, those of --span.
    sample_length: characters of the sample it reads where no text is given.
    pages: whether its module `pages` has pages that keys turn on a terminal.
    next_commands: whether its module `draw_next_commands` suggests further commands.
    synonyms: words that people search for it by, separated by spaces.
    """

    package: str
    result_class: str
    says: str
    options: tuple[str, ...] = ()
    reads_text: bool = True
    needs_predictions: bool = True
    models: tuple[int, int] = (1, 1)
    slow: bool = False
    names_units: bool = False
    spans: bool = False
    sample_length: int = 300
    pages: bool = False
    next_commands: bool = False
    synonyms: str = ""

    @property
    def name(self) -> str:
        """The name of its folder, which `--view` takes."""
        return self.package.rpartition(".")[2]

    @property
    def compares(self) -> bool:
        """Whether it can compare several models."""
        return self.models[1] > 1

    def compute(self, subject: Any, options: Options, track: "Track | None" = None) -> "Result":
        """Return the result for a Checkpoint, a Reading or a tuple of Readings."""
        # Imported here: help needs this module, and does not wait for NumPy.
        import numpy as np  # noqa: PLC0415

        of = getattr(self._module("result"), self.result_class).of
        with np.errstate(all="ignore"):  # huge parameters overflow; the views report that
            result: Result = (
                of(subject, options, track) if self.slow and track else of(subject, options)
            )
        return result

    def draw(self, result: "Result", screen: "Screen") -> "Iterator[Text]":
        """Yield the lines of a drawn result."""
        drawn: Callable[[Result, Screen], Iterator[Text]] = self._module("draw").draw
        return drawn(result, screen)

    def lead_on(
        self, result: "Result", command: str, screen: "Screen", *, own_text: bool
    ) -> "Sequence[Text] | None":
        """Return commands that continue from this view, None for a view without.

        command: the given one, quoted for a shell.
        own_text: whether the text is a sample of the network.
        """
        if not self.next_commands:
            return None
        lines: Callable[..., Iterator[Text]] = self._module("draw_next_commands").next_commands
        return list(lines(result, command, screen, own_text=own_text))

    def first_page(self, result: "Result") -> "Page":
        """Return the first page, for a view that has pages."""
        page: Page = self._module("pages").first(result)
        return page

    def explain(self) -> str:
        """Return the explanation of the view's numbers."""
        # Imported here: help does not wait for what it brings along.
        from importlib import resources  # noqa: PLC0415

        written = (resources.files(self.package) / "explain.txt").read_text("utf-8")
        names = [described(Options)[name].name(name) for name in self.options]
        return written + _line_of_options(names) if names else written

    def draws_span(self, options: Options, models: int = 1) -> bool:
        """Return whether --span is used: not for one place, nor for over two models."""
        return self.spans and models <= 2 and not ("at" in self.options and options.at is not None)

    def unused(self, options: Options) -> list[str]:
        """Return the names of the given options that this view does not use."""
        default = Options()
        return [
            field.name
            for field in fields(options)
            if field.name not in (*self.options, "limit", "read")
            and getattr(options, field.name) != getattr(default, field.name)
        ]

    def _module(self, name: str) -> Any:
        return import_module(f"{self.package}.{name}")


def _line_of_options(names: Sequence[str]) -> str:
    """Return a paragraph that lists options."""
    # Imported here: help does not wait for it.
    from textwrap import fill  # noqa: PLC0415

    return fill(f"Options: {', '.join(names)}", 79, break_on_hyphens=False) + "\n"
