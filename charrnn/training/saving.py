"""When a run is saved while it goes on, and what happens when that fails."""

import time
from pathlib import Path

from charrnn.errors import CheckpointError
from charrnn.training.run import Run
from charrnn.training.trainer import Progress

MOST_FAILURES = 3


class Saving:
    """Saves the model whenever it is better, and the training state now and then.

    A save that fails does not end the run: the last good file is still there. The third in a row
    does. `failed` tells whether the last one did.
    """

    def __init__(self, run: Run, path: Path, state_every: float = 30.0) -> None:
        self.run, self.path, self.state_every = run, path, state_every
        self.failed = False
        self._failures = 0
        self._last_state = time.monotonic()

    def after(self, progress: Progress) -> str | None:
        """Save what has become due after a step; return what to tell if that failed.

        Raises
        ------
        CheckpointError
            The third failure in a row.
        """
        if progress.evaluation is None:
            return None
        state_due = time.monotonic() - self._last_state >= self.state_every
        if not (progress.evaluation.improved or state_due):
            return None
        try:
            if progress.evaluation.improved:
                self.run.save(self.path)
            if state_due:
                self.state()
        except CheckpointError as error:
            self.failed = True
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                raise
            return f"not saved: {error}"
        self.failed, self._failures = False, 0
        return None

    def state(self) -> None:
        """Save the training state."""
        self.run.save_state(self.path)
        self._last_state = time.monotonic()
