"""How a long computation tells how far it is, without knowing who listens."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

Step = TypeVar("Step")


class Track(Protocol):
    """Hands on the steps of some work, one after the other, and may show how far it is."""

    def __call__(self, steps: Iterable[Step], doing: str, total: int) -> Iterable[Step]:
        """Return the steps.

        doing: what the work is, in a few words.
        total: how many steps there are.
        """
        ...


def untracked(steps: Iterable[Step], doing: str, total: int) -> Iterable[Step]:
    """Hand the steps on and show nothing."""
    return steps
