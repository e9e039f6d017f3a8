"""A run of training while it runs: a bar on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

from charrnn.display.quantities import bits, duration, short
from charrnn.display.safe import harmless
from charrnn.training.trainer import Progress

BESIDE_THE_BAR = 14
"""Cells for the share in percent, and for a bar that can still be read."""


class TrainingProgress:
    """Shows progress on standard error, and lines between, without the two running together.

    already: the share of the budget that was used up before, in a resumed run.
    """

    FORMAT = "{percentage:3.0f}% |{bar}| {desc}"

    def __init__(self, already: float = 0.0) -> None:
        # Every step asks the clock whether to draw, so no thread need watch over that.
        tqdm.monitor_interval = 0
        self._bar = tqdm(
            total=1.0,
            initial=already,
            bar_format=self.FORMAT,
            dynamic_ncols=True,
            miniters=0,
            disable=sys.stderr is None or not sys.stderr.isatty(),
        )
        self._start: tuple[int, float, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def show(self, progress: Progress) -> None:
        """Show where the run is."""
        if self._start is None:
            self._start = progress.characters, progress.seconds, progress.fraction
        if progress.note:
            self.line(progress.note)
        if not self._bar.disable:
            width = (self._bar.ncols or 80) - BESIDE_THE_BAR
            self._bar.set_description_str(self._state(progress, width), refresh=False)
            self._bar.update(progress.fraction - self._bar.n)
        elif progress.evaluation:
            self.line(f"step {progress.step}  {self._state(progress)}")

    def line(self, text: str = "") -> None:
        """Print a line above the bar, or several."""
        tqdm.write(harmless(text), file=sys.stderr)

    def _state(self, progress: Progress, width: int | None = None) -> str:
        """Return what can be said in a width, by its importance, in an order that does not vary."""
        best = f"best {progress.best:.3f}" if progress.best < float("inf") else ""
        speed, left = self._pace(progress)
        said = [
            f"loss {progress.loss:.3f} ({bits(progress.loss):.2f} bits)", best, speed, left,
        ]  # fmt: skip
        for less_important in (speed, best, left):
            if width is not None and len(_listed(said)) > width:
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


def _listed(said: list[str]) -> str:
    return ", ".join(filter(None, said))
