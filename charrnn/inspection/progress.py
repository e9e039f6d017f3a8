"""Progress of a long computation, independent of its display."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

Step = TypeVar("Step")


class Track(Protocol):
    """Wraps the steps of some work, and may show the progress."""

    def __call__(self, steps: Iterable[Step], doing: str, total: int) -> Iterable[Step]:
        """Return the steps.

        doing: a short description of the work.
        total: number of steps.
        """
        ...


def untracked(steps: Iterable[Step], doing: str, total: int) -> Iterable[Step]:
    """Return the steps, without a display."""
    return steps
