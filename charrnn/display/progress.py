"""A run of training while it runs: a bar on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

from charrnn.display.quantities import bits, duration, short
from charrnn.display.safe import harmless
from charrnn.training.trainer import Progress


class TrainingProgress:
    """Shows progress on standard error, and lines between, without the two running together."""

    FORMAT = "{percentage:3.0f}% |{bar}| {postfix}"

    def __init__(self, already: float = 0.0) -> None:
        # disable=None: silent where standard error is no terminal.
        self._bar = tqdm(total=1.0, initial=already, bar_format=self.FORMAT, disable=None)
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
            self._bar.set_postfix_str(self._state(progress), refresh=False)
            self._bar.update(progress.fraction - self._bar.n)
        elif progress.evaluation:
            self.line(f"step {progress.step}  {self._state(progress)}")

    def line(self, text: str = "", *, end: str = "\n") -> None:
        """Print a line above the bar."""
        tqdm.write(harmless(text), file=sys.stderr, end=end)

    def _state(self, progress: Progress) -> str:
        characters, seconds, fraction = self._start or (0, 0.0, 0.0)
        spent = max(progress.seconds - seconds, 1e-9)
        done = progress.fraction - fraction
        left = duration(spent * (1 - progress.fraction) / done) if done > 0.002 else "?"
        best = f", best {progress.best:.3f}" if progress.best < float("inf") else ""
        rate = (progress.characters - characters) / spent
        return (
            f"loss {progress.loss:.3f} ({bits(progress.loss):.2f} bits){best}, "
            f"{short(rate)} char/s, {left} left"
        )
