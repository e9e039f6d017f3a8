"""A constraint on texts as a filter: only what can still come to satisfy it is left."""

import math
from collections.abc import Iterable
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
        self._texts, self._is_endless = texts, length == ENDLESS
        self._column: list[int] = texts.column.tolist()
        self._rows: dict[int | tuple[int, int], NDArray[np.float64]] = {}
        after = np.append(texts.shortest, NEVER)[texts.table]
        # What a text needs to be completed, if it takes a character of each class: (S, C).
        self._needed = np.where(after < NEVER, after + 1, NEVER)
        self._least: list[int] = self._needed.min(axis=1).tolist()
        self._most: list[int] = np.where(after < NEVER, after + 1, 0).max(axis=1).tolist()
        self.states = [0] * B
        self.finished = self._ends(self.states)

    def __call__(self, log_p: LogWeights) -> None:
        """Set log-weights, (B, V), of characters that may not follow to -inf.

        The rest is shifted so that the largest of each row is 0. A row that is finished is left as
        it is.
        """
        if len(self.states) == 1:
            # One text is as quick as it can be: a step of a small network takes some 20 us.
            self._mask(log_p[0], self._row(self.states[0]))
            return
        rows = np.array([self._row(state) for state in self.states])
        log_p += rows
        for b in np.flatnonzero(np.maximum.reduce(log_p, axis=1)).tolist():
            self._mask(log_p[b], rows[b])

    @staticmethod
    def _mask(log_p: NDArray[np.float64], row: NDArray[np.float64]) -> None:
        """Add a row to log-weights, (V,), and let the largest be 0."""
        np.add(log_p, row, log_p)
        highest = log_p[log_p.argmax()]
        if highest == -math.inf:
            log_p[:] = row
        elif highest:
            np.subtract(log_p, highest, log_p)

    def accept(self, ids: Ids) -> None:
        """Take note of the character that was drawn for each text, (B,).

        That of a text that is finished is no part of it.

        Raises
        ------
        ValueError
            A character that leads to no text that satisfies the constraint.
        """
        for b, k in enumerate(ids.tolist()):
            if not self.finished[b]:
                after = self._texts.table.item(self.states[b], self._column[k])
                if after < 0:
                    raise ValueError(f"the character of id {k} may not follow")
                self.states[b] = after
        if not self._is_endless:
            self.left -= 1
        self.finished = self._ends(self.states)

    def fork(self, rows: Iterable[int] | None = None) -> Self:
        """Return a constraint at the places of some of the texts, by default of all.

        rows: which of the B texts; one may be taken several times.
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.states = self.states[:] if rows is None else [self.states[b] for b in rows]
        made.finished = made._ends(made.states)
        return made

    def allowed(self, b: int = 0) -> NDArray[np.bool_]:
        """Return which characters may follow in one of the texts, (V,); none if it is finished."""
        needed = self._needed[self.states[b]].take(self._texts.column)
        allowed: NDArray[np.bool_] = needed <= self.left
        return allowed

    @property
    def satisfied(self) -> list[bool]:
        """Whether each text satisfies the constraint as it stands, (B,)."""
        return [bool(self._texts.accepting[state]) for state in self.states]

    def _ends(self, states: list[int]) -> list[bool]:
        """Return for each text whether no character may follow, (B,)."""
        return [self._least[state] > self.left for state in states]

    def _row(self, state: int) -> NDArray[np.float64]:
        """Return what to add to log-weights in a state: 0 or -inf, (V,)."""
        key = state if self._most[state] <= self.left else (state, self.left)
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) * len(self._column) > KEPT:
                self._rows.clear()
            left = self.left if self._least[state] <= self.left else NEVER
            row = np.where(self._needed[state] <= left, 0, -math.inf).take(self._texts.column)
            self._rows[key] = row
        return row


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
