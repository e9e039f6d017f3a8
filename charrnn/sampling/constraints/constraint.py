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
from charrnn.sampling.filters.filter import LogWeights

KEPT = 1 << 22
"""Numbers of rows that are kept, since most states come again: 32 MiB."""


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
        check_length(texts, length)
        self.left = NEVER - 1 if length == ENDLESS else min(length, NEVER - 1)
        self._texts, self._step = texts, int(length != ENDLESS)
        self._rows: dict[int | tuple[int, int], NDArray[np.float64]] = {}
        after = np.append(texts.shortest, NEVER)[texts.table]
        # What a text needs to be completed, if it takes a character of each class: (S, C).
        self._needed = np.where(after < NEVER, after + 1, NEVER)
        self._least = self._needed.min(axis=1)
        self._most = np.where(after < NEVER, after + 1, 0).max(axis=1)
        # And of each id, (S, V), unless that is large.
        is_large = len(texts) * len(texts.column) > KEPT
        self._needed_by_id = None if is_large else self._needed[:, texts.column]
        self.states = np.zeros(B, np.intp)
        self.finished = self._least[self.states] > self.left

    def __call__(self, log_p: LogWeights) -> None:
        """Set log-weights, (B, V), of characters that may not follow to -inf.

        The rest is shifted so that the largest of each row is 0. A row that is finished is left as
        it is.
        """
        if len(log_p) == 1:
            self._mask_one(log_p[0])
        else:
            self._mask_all(log_p)

    def _mask_one(self, log_p: NDArray[np.float64]) -> None:
        """Mask the log-weights, (V,), of the only text: a tenth of what a batch of one takes."""
        row = self._row(self.states.item())
        np.add(log_p, row, log_p)
        highest = log_p[log_p.argmax()]
        if highest == -math.inf:
            log_p[:] = row
        elif highest:
            np.subtract(log_p, highest, log_p)

    def _mask_all(self, log_p: LogWeights) -> None:
        blocked = self._needed_after(self.states) > self.left
        if self.finished.any():
            blocked[self.finished] = False
        np.copyto(log_p, -math.inf, where=blocked)
        highest = np.maximum.reduce(log_p, axis=1, keepdims=True)
        if np.count_nonzero(highest):
            if highest.min() == -math.inf:
                [empty] = np.nonzero(highest[:, 0] == -math.inf)
                log_p[empty] = np.where(blocked[empty], -math.inf, 0)
                highest[empty] = 0
            log_p -= highest

    def accept(self, ids: Ids) -> None:
        """Take note of the character that was drawn for each text, (B,).

        That of a text that is finished is no part of it.

        Raises
        ------
        ValueError
            A character that leads to no text that satisfies the constraint.
        """
        self.left -= self._step
        if len(ids) == 1:
            self._accept_one(ids.item())
            return
        after = self._texts.table[self.states, self._texts.column[ids]]
        states = np.where(self.finished, self.states, after)
        if states.min() < 0:
            raise _may_not_follow(ids[states.argmin()])
        self.states, self.finished = states, self._least[states] > self.left

    def _accept_one(self, k: int) -> None:
        if not self.finished.item():
            state = self._texts.table.item(self.states.item(), self._texts.column.item(k))
            if state < 0:
                raise _may_not_follow(k)
            self.states[0] = state
            self.finished[0] = self._least.item(state) > self.left

    def fork(self, rows: Sequence[int] | Ids | None = None) -> Self:
        """Return a constraint at the places of some of the texts, by default of all.

        rows: which of the B texts; one may be taken several times.
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        if rows is None:
            made.states, made.finished = self.states.copy(), self.finished.copy()
        else:
            made.states, made.finished = self.states[rows], self.finished[rows]
        return made

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """(B, V), which characters may follow; none in a row that is finished."""
        allowed: NDArray[np.bool_] = self._needed_after(self.states) <= self.left
        return allowed

    @property
    def satisfied(self) -> NDArray[np.bool_]:
        """Whether each text satisfies the constraint as it stands, (B,)."""
        satisfied: NDArray[np.bool_] = self._texts.accepting[self.states]
        return satisfied

    def _needed_after(self, states: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return what texts need to be completed, if they take each character, (B, V)."""
        if self._needed_by_id is not None:
            return self._needed_by_id.take(states, axis=0)
        return self._needed.take(states, axis=0).take(self._texts.column, axis=1)

    def _row(self, state: int) -> NDArray[np.float64]:
        """Return what to add to log-weights in a state: 0 or -inf, (V,)."""
        key = state if self._most.item(state) <= self.left else (state, self.left)
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) * len(self._texts.column) > KEPT:
                self._rows.clear()
            left = self.left if self._least[state] <= self.left else NEVER
            row = np.where(self._needed[state] <= left, 0, -math.inf).take(self._texts.column)
            self._rows[key] = row
        return row


def _may_not_follow(k: int) -> ValueError:
    return ValueError(f"the character of id {k} may not follow")


def check_length(texts: Automaton, length: int) -> None:
    """Refuse a length that is less than that of the shortest text of a set.

    Raises
    ------
    ConfigError
    """
    shortest = int(texts.shortest[0])
    if length != ENDLESS and length < shortest:
        raise ConfigError(
            f"{counted(length, 'character')} is not enough for what is asked: the shortest such "
            f"text has {shortest:,}",
            Way("give {length}", length=shortest),
            argument="length",
        )
