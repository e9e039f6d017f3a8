"""Progress of a run: a curve and a bar on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Self

from rich.text import Text
from tqdm import tqdm

from charrnn.cli.train.show_live import LiveCurve
from charrnn.terminal.console import notes
from charrnn.terminal.numbers import duration, nats, place, short
from charrnn.terminal.safe import harmless
from charrnn.terminal.screen import screen_of
from charrnn.training.trainer import Evaluation, Progress

BESIDE_THE_BAR = 15
"""Columns of the share in percent and of the shortest bar."""

LEAST_FOR_A_BAR = 60
"""Columns below which there are words instead of a bar."""

EVERY = 0.1
"""Seconds between two drawings of the bar."""


LINE_ENDS = "\r\n"


class TrainingProgress:
    """Progress on standard error, with lines between that do not mix with it.

    already: the share of the budget that was used up before, in a resumed run.
    history: step, training loss and validation loss of its evaluations until then.
    validated: whether there is a validation text; else an evaluation is of the training text.
    plot: draw the losses above the bar, where there is room for them.
    """

    BAR, WORDS = "{percentage:3.0f}% |{bar}| {desc}", "{percentage:3.0f}% {desc}"

    def __init__(
        self,
        already: float = 0.0,
        history: Sequence[tuple[int, float, float]] = (),
        *,
        validated: bool = True,
        plot: bool = True,
    ) -> None:
        # Every step asks the clock whether to draw, so no thread need watch over that.
        tqdm.monitor_interval = 0
        self._console, self._validated = notes(), validated
        columns, lines = _terminal_size()
        self._curve: LiveCurve | None = None
        if plot and LiveCurve.fits(self._console, columns, lines):
            self._curve = LiveCurve(self._console, history, validated=validated)
        self._bar = tqdm(
            total=1.0,
            initial=already,
            bar_format=self.BAR,
            position=self._curve.height if self._curve else 0,
            ncols=columns or None,
            nrows=lines or 20,  # tqdm takes -1 for the size of a terminal of 0 by 0
            disable=not columns,
        )
        evaluations = [Evaluation(*row, improved=False) for row in history]
        self._last = evaluations[-1] if evaluations else None
        self._best = min(evaluations, key=lambda found: found.val_loss, default=None)
        self._start: tuple[int, float, float] | None = None
        self._drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._curve:
            # What stays of the bar is drawn where the curve began, and not where it was.
            self._bar.clear()
            self._curve.close()
        self._bar.close()

    def show(self, progress: Progress) -> None:
        """Show the progress after a step."""
        if self._start is None:
            self._start = progress.characters, progress.seconds, progress.fraction
        if found := progress.evaluation:
            self._last = found
            if self._best is None or found.val_loss < self._best.val_loss:
                self._best = found
        if progress.note:
            self.line(progress.note)
        if self._bar.disable:
            if progress.evaluation:
                self.line(
                    f"step {progress.step:,}  {progress.fraction:.0%}  {self._said(progress)}"
                )
            return
        if self._curve:
            self._curve.add(progress)
        now = time.monotonic()
        if now >= self._drawn + EVERY or progress.fraction == 1 or progress.evaluation:
            self._drawn = now
            self._draw(progress)

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line above the bar, or several."""
        if sys.stderr is None:
            return
        with self._console.capture() as drawn:
            self._console.print(Text(harmless(text), style), soft_wrap=True)
        tqdm.write(drawn.get(), file=sys.stderr, end="")

    def sample(self, text: str, progress: Progress) -> None:
        """Print what the network writes, under a heading that says when."""
        loss = self._last.val_loss if self._last else progress.loss
        name = "val" if self._validated else "train"
        said = f"step {progress.step:,}, {duration(progress.seconds)}, {name} {nats(loss)}"
        dash = "──" if self._console.encoding.lower().startswith("utf") else "--"
        quiet = screen_of(self._console).palette.dim
        self.line(f"{dash} {said} {dash}\n{text.strip(LINE_ENDS)}\n", quiet)

    def _draw(self, progress: Progress) -> None:
        bar, columns = self._bar, _terminal_size()[0] or 80
        roomy = columns >= LEAST_FOR_A_BAR
        bar.ncols, bar.bar_format = columns, self.BAR if roomy else self.WORDS
        width = columns - (BESIDE_THE_BAR if roomy else len("100% "))
        bar.n = progress.fraction
        bar.set_description_str(self._said(progress, width), refresh=False)
        if self._curve:
            self._curve.draw()
        bar.refresh()
        # The terminal shows ^C where the cursor is; at the end of a line it would begin another.
        sys.stderr.write("\r")
        sys.stderr.flush()

    def _said(self, progress: Progress, width: int | None = None) -> str:
        """Return the most important parts that fit a width, in a fixed order."""
        train, val, best = f"train {nats(progress.loss)}", "", ""
        if self._last and self._validated:
            val = f"val {nats(self._last.val_loss)}"
        if self._best:
            best = f"(best {nats(self._best.val_loss)} at {place(self._best.step)})"
        speed, left = self._pace(progress)
        said = [train, val, best, speed, left]
        for less_important in (speed, best, left, val):
            if width is not None and len(_listed(said)) > width and less_important:
                said.remove(less_important)
        return _listed(said)

    def _pace(self, progress: Progress) -> tuple[str, str]:
        """Return the speed and the time left, as they were since the first step shown."""
        characters, seconds, fraction = self._start or (0, 0.0, 0.0)
        spent = max(progress.seconds - seconds, 1e-9)
        done = progress.fraction - fraction
        if not done > 0:
            return "", ""
        left = spent * (1 - progress.fraction) / done
        speed = (progress.characters - characters) / spent
        return f"{short(speed)} char/s", f"{duration(left)} left"


def _terminal_size() -> tuple[int, int]:
    """Return the columns and lines of the terminal, 0 for what is not known.

    A terminal of a container or a serial line may not know its size, and be of 0 by 0.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        return 0, 0
    try:
        columns, lines = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        columns, lines = 0, 0
    return _given("COLUMNS") or columns, _given("LINES") or lines


def _given(name: str) -> int:
    """Return the size in an environment variable, 0 without one."""
    value = os.environ.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0


def _listed(said: Sequence[str]) -> str:
    """Return pieces in a row: the best is next to the loss that it is the best of."""
    return "  ".join(filter(None, said)).replace("  (", " (")
