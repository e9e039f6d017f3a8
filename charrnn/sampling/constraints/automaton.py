"""Finite automata over the ids of a vocabulary, as tables.

A regular expression becomes an automaton by the follow sets of its characters' places (Glushkov
1961) and the sets of places that a text can lead to (Rabin and Scott 1959). States from which no
accepting one is within reach are cut off and equivalent ones merged, by refining a partition
(Moore 1956).

S states, of which 0 is the first; V ids; C classes of ids, those of a class being alike to every
state.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids

MOST_STATES = 10_000
"""States that an automaton may have while it is made; beyond, making it takes many seconds."""

NEVER = int(np.iinfo(np.int32).max)
"""Characters to an accepting state where there is none."""

Table = NDArray[np.int32]


class TooManyStates(Exception):  # noqa: N818 - it is the number that is named
    """An automaton would have more than `MOST_STATES`."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """A set of texts: those that lead from state 0 to an accepting state.

    table: (S, C), the state after a character of each class; -1 where no text of the set goes on
    so.
    column: (V,), the class of each id.
    accepting: (S,), whether a text that ends there is in the set.
    shortest: (S,), the least number of characters to an accepting state; `NEVER` if there is none,
    which is so of state 0 of the empty set only.
    """

    table: Table
    column: NDArray[np.intp]
    accepting: NDArray[np.bool_]
    shortest: NDArray[np.int32]

    @property
    def next(self) -> Table:
        """(S, V), the state after each id; -1 where none follows."""
        return self.table[:, self.column]

    @property
    def is_empty(self) -> bool:
        """Whether no text is in the set."""
        return int(self.shortest[0]) == NEVER

    def __len__(self) -> int:
        """Return S."""
        return len(self.table)

    def matches(self, ids: Ids | Sequence[int]) -> bool:
        """Return whether a text, (N,) ids, is in the set."""
        state = 0
        for k in np.asarray(ids, np.intp).tolist():
            state = int(self.table[state, self.column[k]])
            if state < 0:
                return False
        return bool(self.accepting[state])


def automaton(table: Table, column: NDArray[np.intp], accepting: NDArray[np.bool_]) -> Automaton:
    """Return the smallest automaton of the set of texts of any, whose first state is 0.

    table, column, accepting: as in `Automaton`, but for states that lead nowhere or are equivalent.
    """
    shortest = _shortest(table, accepting)
    if shortest[0] == NEVER:
        table, shortest = np.full((1, 1), -1, np.int32), shortest[:1]
        return Automaton(table, np.zeros(len(column), np.intp), accepting[:1], shortest)
    alive = np.append(shortest < NEVER, False)
    table = np.where(alive[table], table, np.int32(-1))
    table, column = _merged_columns(table, column)
    kind = _equivalent(table, shortest)
    order = _from_the_first(table, kind)
    number = np.full(kind.max() + 2, -1, np.int32)
    number[kind[order]] = np.arange(len(order))
    table = number[np.append(kind, -1)[table[order]]]
    table, column = _merged_columns(table, column)
    return Automaton(table, column, accepting[order], shortest[order])


def both(one: Automaton, other: Automaton) -> Automaton:
    """Return the automaton of the texts that are in both sets.

    Raises
    ------
    TooManyStates
    """
    return _product(one, other, other.table, other.accepting)


def but(one: Automaton, other: Automaton) -> Automaton:
    """Return the automaton of the texts of one set that are not in the other.

    Raises
    ------
    TooManyStates
    """
    S = len(other)
    nowhere = np.full((1, other.table.shape[1]), S)
    complete = np.vstack((np.where(other.table < 0, S, other.table), nowhere))
    return _product(one, other, complete, ~np.append(other.accepting, False))


def _product(
    one: Automaton, other: Automaton, table: NDArray[np.integer], accepting: NDArray[np.bool_]
) -> Automaton:
    """Return the automaton of two that read a text side by side, the other one with this table."""
    classes, column = np.unique(one.column * table.shape[1] + other.column, return_inverse=True)
    first, second = np.divmod(classes, table.shape[1])
    S = len(table)

    def step(name: int) -> list[int]:
        a, b = one.table[name // S, first].astype(np.int64), table[name % S, second]
        return np.where((a < 0) | (b < 0), -1, a * S + b).tolist()  # type: ignore[no-any-return]

    reached, names = deterministic(0, step)
    of_one, of_other = np.divmod(np.array(names), S)
    return automaton(reached, column, one.accepting[of_one] & accepting[of_other])


def deterministic(start: int, step: Callable[[int], list[int]]) -> tuple[Table, list[int]]:
    """Return the table, (S, C), of what can be reached, and by which names its states went.

    step: from the name of a state to those after each class of characters; a negative one is none.

    Raises
    ------
    TooManyStates
    """
    number, names, rows = {start: 0}, [start], []
    for name in names:
        row = []
        for after in step(name):
            if after >= 0 and after not in number:
                number[after] = len(names)
                names.append(after)
            row.append(number[after] if after >= 0 else -1)
        rows.append(row)
        if len(names) > MOST_STATES:
            raise TooManyStates
    return np.array(rows, np.int32), names


def _shortest(table: Table, accepting: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the least number of characters from each state to an accepting one, breadth first."""
    S = len(table)
    edges = np.unique((table + 1).astype(np.int64) * S + np.arange(S)[:, None])
    to, source = np.divmod(edges[edges >= S], S)
    begins = np.searchsorted(to - 1, np.arange(S + 1)).tolist()
    sources = source.tolist()
    shortest = np.where(accepting, 0, NEVER).tolist()
    waiting = deque(np.flatnonzero(accepting).tolist())
    while waiting:
        state = waiting.popleft()
        for before in sources[begins[state] : begins[state + 1]]:
            if shortest[before] == NEVER:
                shortest[before] = shortest[state] + 1
                waiting.append(before)
    return np.array(shortest, np.int32)


def _merged_columns(table: Table, column: NDArray[np.intp]) -> tuple[Table, NDArray[np.intp]]:
    """Return a table whose columns differ, and the classes of the ids for it."""
    kind, first = alike(np.ascontiguousarray(table.T))
    return np.ascontiguousarray(table[:, first]), kind[column]


def _equivalent(table: Table, shortest: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return a number for each state, (S,), equal where the same texts lead to acceptance.

    Those with the same distance to acceptance are taken for equivalent until a character parts
    them.
    """
    own = np.arange(len(table))
    kind, first = alike(shortest[:, None])
    while True:
        finer, first_of_finer = alike(np.append(kind, -1)[np.column_stack((own, table))])
        if len(first_of_finer) == len(first):
            return kind
        kind, first = finer, first_of_finer


def alike(rows: NDArray[np.integer]) -> tuple[NDArray[np.intp], list[int]]:
    """Return a number for each row, equal for equal rows, and where each number is first."""
    numbers: dict[bytes, int] = {}
    kind = [numbers.setdefault(row.tobytes(), len(numbers)) for row in rows]
    first = dict(zip(reversed(kind), range(len(kind) - 1, -1, -1), strict=True))
    return np.array(kind, np.intp), [first[number] for number in range(len(numbers))]


def _from_the_first(table: Table, kind: NDArray[np.intp]) -> list[int]:
    """Return one state of each kind that state 0 leads to, breadth first."""
    kinds = kind.tolist()
    order, seen = [0], {kinds[0]}
    for state in order:
        for after in table[state].tolist():
            if after >= 0 and kinds[after] not in seen:
                seen.add(kinds[after])
                order.append(after)
    return order
