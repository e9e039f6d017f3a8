"""The log of a run: a file of JSON lines, to plot or compare."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from charrnn.errors import TrainingError
from charrnn.system.atomic import write_atomically
from charrnn.system.pipes import is_pipe, open_pipe
from charrnn.training.trainer import Progress

EVERY = 10
"""Steps between two lines of progress; evaluations and notes are always written."""


OF_A_STEP = (
    "step", "characters", "epoch", "loss", "grad_norm", "learning_rate", "seconds", "note",
)  # fmt: skip
"""Fields of `Progress` in the line of a step."""

OF_AN_EVALUATION = ("train_loss", "val_loss", "improved")
"""Fields of `Evaluation` in the line of an evaluation."""


class RunLog:
    """Writes a line for every tenth step and every evaluation, unbuffered.

    resumed_at: the step that a resumed run continues from; lines after it are dropped, so that
        steps only increase. A run that begins at 0 starts the file afresh.

    Raises
    ------
    TrainingError, CheckpointError
        On opening, or the first time that a line cannot be written; from then `failure` says
        why, and nothing is written after what may be half a line.
    """

    def __init__(self, path: Path, resumed_at: int = 0) -> None:
        self.path = path
        self.failure: str | None = None
        with self._os_errors_as_training_error():
            # Unbuffered, so that closing cannot fail.
            if is_pipe(path):
                self._file = open_pipe(path)
                return
            if resumed_at and path.is_file():
                _drop_after(resumed_at, path)
            self._file = path.open("ab" if resumed_at else "wb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, event: str, **fields: Any) -> None:
        """Write one line; a number that is not finite becomes null."""
        if self.failure:
            return
        plain = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in fields.items()
        }
        left = (json.dumps({"event": event, **plain}, allow_nan=False) + "\n").encode("ascii")
        with self._os_errors_as_training_error():
            while left:
                left = left[self._file.write(left) :]

    def progress(self, progress: Progress) -> None:
        """Write the line of a step, if it is one of those that are written."""
        if progress.step % EVERY == 0 or progress.evaluation or progress.note:
            self.write("step", **{name: getattr(progress, name) for name in OF_A_STEP})
        if found := progress.evaluation:
            losses = {name: getattr(found, name) for name in OF_AN_EVALUATION}
            self.write("evaluation", step=progress.step, **losses, best=progress.best)

    @contextmanager
    def _os_errors_as_training_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = (error.strerror or str(error)).lower()
            raise TrainingError(
                f"{self.path}: cannot write the log there ({self.failure}); choose another file"
            ) from error


def is_log(path: Path) -> bool:
    """Return whether a file begins as a log does; one that is empty or missing does as well.

    Raises
    ------
    TrainingError
        If it cannot be read.
    """
    try:
        if not path.is_file():
            return True
        with path.open("rb") as file:
            first = file.readline(1 << 20)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TrainingError(f"{path}: cannot be read ({reason})") from error
    return not first or isinstance(_event(first), dict)


def _drop_after(step: int, path: Path) -> None:
    """Remove the lines of a log after a step, and incomplete ones, which a crash may leave."""
    found = path.read_bytes()
    lines = (line for line in found.split(b"\n") if _is_kept(line, step))
    kept = b"".join(line + b"\n" for line in lines)
    if kept != found:
        write_atomically(path, lambda stream: stream.write(kept))


def _is_kept(line: bytes, resumed_at: int) -> bool:
    event = _event(line)
    try:
        return event is not None and bool(event.get("step", 0) <= resumed_at)
    except TypeError:
        return False


def _event(line: bytes) -> dict[str, Any] | None:
    """Return the event of a line, or None where it is not a line of a log."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
