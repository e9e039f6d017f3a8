"""Leakage: the fraction of a validation text that is repeated from the training text.

A network can repeat what it has read: the loss of such passages says little about new text.
"""

from dataclasses import dataclass

from charrnn.array_types import Doubles, Ids
from charrnn.text.batches import Text
from charrnn.text.repetition import repeated

SEARCHED = 20_000_000
"""Characters at the end of the training text that are searched, in about half a second."""

LEAKY = 0.1
"""Fraction of a validation text above which its loss is too optimistic. Of prose less than 1 % is
a repetition; of licences, logs and tables some 10 % (measured)."""

_FEWEST = 200  # characters that give a mean loss


@dataclass(frozen=True)
class Leakage:
    """The repetition of a training text in a validation text.

    share: fraction of its characters in passages of at least `charrnn.text.repetition.SAME` that
        also occur in the training text.
    rest: the loss of the others, in nats per character; None where they are few.
    searched: number of characters searched at the end of the training text; None where
        that was all of it.
    """

    share: float
    rest: float | None
    searched: int | None

    @property
    def leaky(self) -> bool:
        """Whether the loss is too optimistic."""
        return self.share >= LEAKY


def leakage(train: Text, validation: Ids, nats: Doubles) -> Leakage:
    """Compare a validation text, (N,), with the training text before it.

    nats: (N - 1,), the loss of each character of `validation` after the first.
    """
    found = repeated(validation, train, SEARCHED)
    rest = nats[~found[1:]]
    return Leakage(
        share=float(found.mean()),
        rest=float(rest.mean()) if len(rest) >= _FEWEST else None,
        searched=SEARCHED if len(train) > SEARCHED else None,
    )
