"""What a run prints, whichever kind it is of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from charrnn.cli.signals import Stop
from charrnn.training.trainer import Ending

Again = Callable[[Path | None, dict[str, Any]], str]
"""The command with other options, given by their names: to resume a model, or to start afresh."""

Log = Callable[..., None]
"""Writes fields of the last entry of a log."""


class Display(Protocol):
    """Prints a run: its plan, what its network writes, and how it ended."""

    def plan(self, path: Path, spared: Path | None = None, saving: float = 0.0) -> None:
        """Print what the run will take.

        path: where the model is saved; spared: what lies where it would have been, and stays.
        saving: the seconds that saving the run takes.
        """

    def index(self, path: Path, stop: Stop) -> None:
        """Index what is learnt, beside the model at `path`, unless a signal ends that."""

    def sample(self, length: int) -> str:
        """Return what the network writes now, about so many characters."""

    def measuring(self) -> str:
        """Return what is measured at the end, in words, where that takes long; else nothing."""

    def stopped(self, path: Path) -> None:
        """Print that the run was stopped and saved, and how to resume it."""

    def ended(self, path: Path, ending: Ending, again: Again, log: Log) -> None:
        """Log and print the result of the run, and what to type next."""
