"""Autosave: when a run is saved, and what happens when a save fails."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from charrnn.errors import CheckpointError
from charrnn.training.run import Run
from charrnn.training.trainer import Progress

MOST_FAILURES = 3

LARGEST_SHARE = 0.05
"""Largest fraction of run time spent on saving training states."""


class Saving:
    """Saves the model when it has improved, and the training state periodically.

    A failed save does not end the run: the last good file is still there, and what is missing
    is saved with the next. The third failure in a row ends it.

    state_every: seconds between two training states; more where saving takes long.
    failures: number of failed saves, in a row or not.
    took: seconds that saving the last training state took.
    """

    def __init__(self, run: Run, path: Path, state_every: float = 30.0) -> None:
        self.run, self.path, self.state_every = run, path, state_every
        self.failures = 0
        self._in_a_row = 0
        self._better = False
        self._last_state = time.monotonic()
        self.took = 0.0

    @property
    def failed(self) -> bool:
        """Whether the last save failed."""
        return self._in_a_row > 0

    def after(self, progress: Progress) -> str | None:
        """Save what is due after a step; return a message if that failed.

        Raises
        ------
        CheckpointError
            At the third failure in a row.
        """
        improved = progress.evaluation is not None and progress.evaluation.improved
        since = time.monotonic() - self._last_state
        state_due = since >= max(self.state_every, self.took / LARGEST_SHARE)
        if not (improved or state_due):
            return None
        self._better |= improved
        try:
            if self._better:
                self.run.save(self.path)
                self._better = False
            if state_due:
                self.state()
        except CheckpointError as error:
            self.failures += 1
            self._in_a_row += 1
            self._last_state = time.monotonic()
            if self._in_a_row == MOST_FAILURES:
                raise CheckpointError(
                    f"{error}; the third failure in a row, so the run ends here"
                ) from error
            return f"not saved: {error}"
        self._in_a_row = 0
        return None

    def state(self) -> None:
        """Save the training state."""
        start = time.monotonic()
        self.run.save_state(self.path)
        self._last_state = time.monotonic()
        self.took = self._last_state - start

    def stopped(self) -> None:
        """Save the training state and the model, each even if the other fails.

        Raises
        ------
        CheckpointError
            If one of them is not saved.
        """
        try:
            self.state()
        finally:
            self.run.save(self.path)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Return a context that saves the training state on any exception between two steps.

        In the middle of a step there is no state to resume from but the one saved before.
        """
        try:
            yield
        except BaseException:
            if self.run.trainer.between_steps and not self.failed:
                with suppress(CheckpointError):
                    self.state()
            raise
