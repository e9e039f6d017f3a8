"""An automaton over characters as one over the bytes of their UTF-8.

A character of more than one byte leads through states between: one for each way in which what is
left of it can continue, shared by all that continue alike.
"""

import numpy as np
from numpy.typing import NDArray

from charrnn.sampling.constraints.alphabet import SURROGATES
from charrnn.sampling.constraints.automaton import (
    MOST_STATES,
    Automaton,
    Table,
    TooManyStates,
    alike,
    automaton,
)
from charrnn.text.vocabulary import BYTE_VALUES

LEADS = (0x80, 0xC2, 0xE0, 0xF0, 0xF5)
"""Where the first bytes of characters of one to four bytes begin, and where the last ones end."""

TAIL, TAILS = 0x80, 0x40
"""The least value of a byte that is not a character's first, and how many there are."""


def in_bytes(characters: Automaton) -> Automaton:
    """Return the automaton of the UTF-8 of a set of texts.

    characters: with a column for each code point but the surrogates.

    Raises
    ------
    TooManyStates
    """
    S, nothing = characters.table.shape
    table = np.hstack((characters.table, np.full((S, 1), -1, np.int32)))
    surrogates = np.full(len(SURROGATES), nothing, np.intp)
    blocks = _Blocks(np.insert(characters.column, SURROGATES.start, surrogates), nothing)
    bytes_after = _States(S)
    for state in range(S):
        blocks.write(table[state], bytes_after.rows[state], bytes_after)
    between = np.zeros(len(bytes_after.rows) - S, np.bool_)
    accepting = np.append(characters.accepting, between)
    return automaton(np.array(bytes_after.rows), np.arange(BYTE_VALUES), accepting)


class _States:
    """The states of characters, and those between their bytes.

    rows: what follows in each after every byte, (256,).
    """

    def __init__(self, S: int) -> None:
        self.rows = [np.full(BYTE_VALUES, -1, np.int32) for _ in range(S)]
        self._number: dict[bytes, int] = {np.full(TAILS, -1, np.int32).tobytes(): -1}

    def of(self, rows: Table) -> Table:
        """Return the states, (n,), in which bytes lead on as rows, (n, 64), say."""
        return np.array([self._of(row) for row in rows], np.int32)

    def _of(self, row: Table) -> int:
        key = row.tobytes()
        if key not in self._number:
            self._number[key] = len(self.rows)
            whole = np.full(BYTE_VALUES, -1, np.int32)
            whole[TAIL : TAIL + TAILS] = row
            self.rows.append(whole)
            if len(self.rows) > MOST_STATES:
                raise TooManyStates
        return self._number[key]


class _Blocks:
    """The classes of all code points, as blocks of 64, blocks of 64 of these, and of 64 of those.

    Each kind of block is kept once, for most of Unicode is alike. An encoding that is longer than
    it need be is of the class `nothing`, and so is what is beyond Unicode.
    """

    def __init__(self, kinds: NDArray[np.intp], nothing: int) -> None:
        self._ascii = kinds[: LEADS[0]]
        blocks = np.vstack((kinds.reshape(-1, TAILS), np.full((1, TAILS), nothing)))
        self._ones, of_one = _kept_once(blocks)
        blocks = np.vstack((of_one[:-1].reshape(-1, TAILS), np.full((1, TAILS), of_one[-1])))
        blocks[0, : TAILS // 2] = of_one[-1]
        self._twos, of_two = _kept_once(blocks)
        self._threes = np.full((LEADS[4] - LEADS[3], TAILS), of_two[-1])
        self._threes.flat[16 : len(of_two) - 1] = of_two[16:-1]
        self._of_one, self._of_two = of_one[2 : TAILS // 2], of_two[:16]

    def write(self, after: Table, row: Table, states: _States) -> None:
        """Write what follows after each first byte of a character, (256,).

        after: what follows after each class of characters.
        """
        ones = states.of(after[self._ones])
        twos = states.of(ones[self._twos])
        row[: LEADS[0]] = after[self._ascii]
        row[LEADS[1] : LEADS[2]] = ones[self._of_one]
        row[LEADS[2] : LEADS[3]] = twos[self._of_two]
        row[LEADS[3] : LEADS[4]] = states.of(twos[self._threes])


def _kept_once(blocks: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    kind, first = alike(blocks)
    return blocks[first], kind
