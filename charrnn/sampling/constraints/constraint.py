"""A constraint on texts as a filter: only what can still come to satisfy it is left."""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.errors import ConfigError, Way
from charrnn.plurals import counted
from charrnn.sampling.config import ENDLESS
from charrnn.sampling.constraints.automaton import NEVER, Automaton
from charrnn.sampling.filters import LogWeights

LARGEST = 1 << 24
"""Numbers of a table with a column for each id; a larger one is looked up by classes of ids."""


class Constraint:
    """Leaves the characters after which a text can still be completed within its length.

    A text ends where `finished` says so: it satisfies the constraint, and no character may follow.
    At its length it satisfies the constraint, too. Applied before filters that leave few
    characters, for what they leave need not be allowed; where nothing allowed is left, all that is
    allowed becomes equally likely.

    Parameters
    ----------
    texts
        The texts that satisfy it.
    length
        The most characters of a text; `ENDLESS` for no end, where what is asked may come at any
        time.
    B
        Texts made side by side.

    Raises
    ------
    ConfigError
        No text of that length satisfies it.
    """

    def __init__(self, texts: Automaton, length: int, B: int = 1) -> None:
        shortest = int(texts.shortest[0])
        self.left = NEVER - 1 if length == ENDLESS else min(length, NEVER - 1)
        if shortest > self.left:
            raise _too_short(shortest, length)
        self._texts, self._is_endless = texts, length == ENDLESS
        after = np.append(texts.shortest, NEVER)[texts.table]
        # What a text needs to be completed, if it takes a character: (S, C), then (S, V).
        self._needed = np.where(after < NEVER, after + 1, NEVER).astype(np.int32)
        self._cheapest = self._needed.min(axis=1)
        self._column: NDArray[np.intp] | None = texts.column
        if len(texts) * len(texts.column) <= LARGEST:
            self._needed, self._column = self._needed[:, texts.column], None
        self.states = np.zeros(B, np.intp)
        self.finished = self._is_finished()

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """(B, V), the characters that may follow; none in a row that is finished."""
        needed = self._needed.take(self.states, axis=0)
        if self._column is not None:
            needed = needed.take(self._column, axis=1)
        return needed <= self.left

    def __call__(self, log_p: LogWeights) -> None:
        """Set log-weights, (B, V), of characters that may not follow to -inf.

        The rest is shifted so that the largest of each row is 0. A row that is finished is left as
        it is.
        """
        allowed = self.allowed
        if self.finished.any():
            allowed |= self.finished[:, None]
        np.copyto(log_p, -math.inf, where=~allowed)
        highest = np.maximum.reduce(log_p, axis=1, keepdims=True)
        if np.count_nonzero(highest):
            if (highest == -math.inf).any():
                np.copyto(log_p, 0, where=allowed & (highest == -math.inf))
                highest[highest == -math.inf] = 0
            log_p -= highest

    def accept(self, ids: Ids) -> None:
        """Take note of the character that was drawn for each text, (B,).

        That of a text that is finished is no part of it.

        Raises
        ------
        ValueError
            A character that does not continue a text to one that satisfies the constraint.
        """
        after = self._texts.table[self.states, self._texts.column[ids]]
        if ((after < 0) & ~self.finished).any():
            raise ValueError("a character was drawn that may not follow")
        self.states = np.where(self.finished, self.states, after)
        if not self._is_endless:
            self.left -= 1
        self.finished = self._is_finished()

    def fork(self, rows: Sequence[int] | Ids | None = None) -> Self:
        """Return a constraint at the places of some of the texts, by default of all.

        rows: which of the B texts; one may be taken several times.
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        if rows is not None:
            made.states, made.finished = self.states[rows], self.finished[rows]
        return made

    def _is_finished(self) -> NDArray[np.bool_]:
        """Return for each text whether no character may follow, (B,)."""
        finished: NDArray[np.bool_] = self._cheapest[self.states] > self.left
        return finished


def _too_short(shortest: int, length: int) -> ConfigError:
    return ConfigError(
        f"{counted(length, 'character')} is not enough for what is asked: the shortest such text "
        f"has {shortest:,}",
        Way("give {length}", length=shortest),
        argument="length",
    )
