"""How much of a validation text occurs word for word in the training text.

What a network has read it can repeat: a loss of such passages says little of a text that is new.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.text.batches import Text
from charrnn.text.repetition import repeated

SEARCHED = 20_000_000
"""Characters at the end of the training text that are searched, in about half a second."""

LEAKY = 0.1
"""Fraction of a validation text above which its loss flatters. Of prose less than 1 % occurs
earlier word for word; of licences, logs and tables some 10 % (measured)."""

_FEWEST = 200  # characters whose mean loss is worth a number


@dataclass(frozen=True)
class Leakage:
    """What of a validation text is repeated from the training text.

    share: of its characters, those in passages of `charrnn.text.repetition.SAME` and more that
        stand in the training text.
    rest: the loss of the others, in nats a character; None where they are few.
    searched: how many characters at the end of the training text were looked through; None where
        that was all of it.
    """

    share: float
    rest: float | None
    searched: int | None

    @property
    def leaky(self) -> bool:
        """Whether the loss flatters."""
        return self.share >= LEAKY


def leakage(train: Text, validation: Ids, nats: NDArray[np.float64]) -> Leakage:
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
