"""Finds the passages of one text that occur verbatim in another.

A passage is `SAME` characters in a row, known by a number of 64 bits: two that differ have the
same number in one of 2e19 pairs, so none is compared character by character.
"""

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Flags, Ids, Integers
from charrnn.text.batches import Text

SAME = 32
"""Characters in a passage, the shortest repetition that counts."""

_BLOCK = 1 << 16  # characters; their hashes fit a core's cache
_BITS = 22  # of the Bloom-like table that rules out most passages, 4 MiB
_ODD = np.uint64(0x9E3779B97F4A7C15)


def repeated(ids: Ids, others: Text, most: int | None = None) -> Flags:
    """Return which characters of a text are in a passage that another text also has.

    The other text is read once, a block at a time, at some 25 ns a character; memory grows
    with `ids` alone.

    Parameters
    ----------
    ids : ndarray of shape (T,)
        Integers of any type.
    others : Text, of N ids
        Of the same vocabulary; it may lie in a file.
    most
        Number of its last characters to search; by default all.

    Returns
    -------
    ndarray of shape (T,)
        True for all `SAME` characters of each passage that the other text has too.
    """
    if min(len(ids), len(others)) < SAME:
        return np.zeros(len(ids), np.bool_)
    passages = _passages(ids)
    sought = np.unique(passages)
    seen = np.zeros(sought.size, np.bool_)
    possible = np.zeros(1 << _BITS, np.bool_)
    possible[_slots(sought)] = True
    first = 0 if most is None else max(0, len(others) - most)
    for start in range(first, len(others) - SAME + 1, _BLOCK):
        block = _passages(others[start : start + _BLOCK + SAME - 1])
        likely = block[possible[_slots(block)]]
        rank = np.minimum(np.searchsorted(sought, likely), sought.size - 1)
        seen[rank[sought[rank] == likely]] = True
    return _covered(seen[np.searchsorted(sought, passages)])


def _covered(found: Flags) -> Flags:
    """Return which characters, (T,), are in a passage, given the passages found."""
    begun = np.cumsum(np.concatenate([found, np.zeros(SAME - 1, np.bool_)]).astype(np.int64))
    ended = np.concatenate([np.zeros(SAME, np.int64), begun[:-SAME]])
    return begun > ended


def _passages(ids: Ids) -> NDArray[np.uint64]:
    """Return a hash of each passage, (T - SAME + 1,)."""
    numbers = ids.astype(np.uint64) + np.uint64(1)
    length = 1
    while length < SAME:  # a passage twice as long at a time; what is beyond 64 bits is dropped
        numbers = (numbers[:-length] * _ODD + numbers[length:]) * _ODD
        numbers ^= numbers >> np.uint64(29)
        length *= 2
    return numbers


def _slots(passages: NDArray[np.uint64]) -> Integers:
    return (passages >> np.uint64(64 - _BITS)).astype(np.int64)
