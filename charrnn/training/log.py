"""A run as a file of JSON lines, for whoever wants to draw or compare it."""

import json
import math
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from charrnn.errors import TrainingError
from charrnn.training.trainer import Progress

EVERY = 10
"""Steps between two lines about steps; evaluations and notes are always written."""


class RunLog:
    """Writes a line for every tenth step and every evaluation, and hands it to the disk at once.

    resumed_at: the step that a resumed run goes on from; lines after it are dropped, so that steps
    only ever increase. A run that begins at 0 starts the file afresh.
    """

    def __init__(self, path: Path, resumed_at: int = 0) -> None:
        kept: list[str] = []
        try:
            if resumed_at and path.exists():
                kept = [
                    line
                    for line in path.read_text("utf-8", "replace").splitlines()
                    if _is_kept(line, resumed_at)
                ]
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{path}: cannot write the log there ({error.strerror})") from error
        for line in kept:
            self._file.write(line + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, event: str, **fields: Any) -> None:
        """Write one line; a number that is not finite becomes null."""
        plain = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in fields.items()
        }
        self._file.write(json.dumps({"event": event, **plain}, allow_nan=False) + "\n")
        self._file.flush()

    def progress(self, progress: Progress) -> None:
        """Write what a step has to tell, if it is one of those that are written."""
        if progress.step % EVERY == 0 or progress.evaluation or progress.note:
            self.write(
                "step",
                step=progress.step,
                characters=progress.characters,
                epoch=progress.epoch,
                loss=progress.loss,
                grad_norm=progress.grad_norm,
                learning_rate=progress.learning_rate,
                seconds=progress.seconds,
                note=progress.note,
            )
        if progress.evaluation:
            self.write(
                "evaluation",
                step=progress.step,
                train_loss=progress.evaluation.train_loss,
                val_loss=progress.evaluation.val_loss,
                improved=progress.evaluation.improved,
                best=progress.best,
            )


def _is_kept(line: str, resumed_at: int) -> bool:
    """Tell whether a line is whole, as the last before a crash may not be, and of those steps."""
    try:
        return bool(json.loads(line).get("step", 0) <= resumed_at)
    except (ValueError, AttributeError, TypeError):
        return False
