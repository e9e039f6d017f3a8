"""The losses of a run while it runs: a few lines above the bar, redrawn now and then."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text
from tqdm import tqdm

from charrnn.terminal.curve import curve
from charrnn.terminal.screen import screen_of
from charrnn.training.trainer import Progress

HEIGHT = 5
"""Lines of the plot; two more are for the axis."""

LEAST_COLUMNS, LEAST_LINES = 40, 18
"""Smallest terminal on which the curve is drawn."""

EVERY = 1.0
"""Seconds between two drawings."""

POINTS = 200
"""Training losses kept of a run."""

BEGINNING = 0.03
"""Share of the steps so far that is left out: the first losses would flatten the others."""

_UNKNOWN = float("nan")


class LiveCurve:
    """A curve in lines of its own, each of which tqdm keeps below what is printed.

    history: step, training loss and validation loss of the evaluations of a run that is resumed.
    """

    height = HEIGHT + 2

    def __init__(
        self, console: Console, history: Sequence[tuple[int, float, float]], *, validated: bool
    ) -> None:
        self._console, self._validated = console, validated
        self._points = [(step, train, val) for step, train, val in history]
        self._next = 0.0
        self._drawn = 0.0
        self._lines = [
            tqdm(bar_format="{desc}", position=row, leave=False) for row in range(self.height)
        ]

    @classmethod
    def fits(cls, console: Console, columns: int, lines: int) -> bool:
        """Return whether a terminal is large enough, and can move the cursor up."""
        return columns >= LEAST_COLUMNS and lines >= LEAST_LINES and not console.is_dumb_terminal

    def add(self, progress: Progress) -> None:
        """Record the losses after a step."""
        if found := progress.evaluation:
            self._points.append((progress.step, progress.loss, found.val_loss))
        elif progress.fraction >= self._next:
            self._points.append((progress.step, progress.loss, _UNKNOWN))
        else:
            return
        self._next = progress.fraction + 1 / POINTS

    def draw(self) -> None:
        """Draw the losses, if that is due."""
        now = time.monotonic()
        if now < self._drawn + EVERY or len(self._points) < 2:
            return
        self._drawn = now
        for line, drawn in zip(self._lines, self._curve(), strict=False):
            with self._console.capture() as captured:
                self._console.print(drawn, end="", no_wrap=True, overflow="crop")
            line.ncols = self._console.width
            line.set_description_str(captured.get())

    def close(self) -> None:
        """Remove the lines."""
        for line in reversed(self._lines):
            line.close()

    def _curve(self) -> list[Text]:
        first = BEGINNING * self._points[-1][0]
        steps, train, val = zip(*(p for p in self._points if p[0] >= first), strict=True)
        series = {"train": train, "val": val} if self._validated else {"train": train}
        screen = screen_of(self._console, narrowest=LEAST_COLUMNS)
        return curve(steps, series, screen, height=HEIGHT)
