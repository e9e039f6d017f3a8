"""The suffix array: the places of a text in the lexicographic order of what begins there.

It is built by prefix doubling (Manber & Myers 1993): places sorted by their first h characters are
sorted by the first 2h when each is known by its own rank and that of the place h further. The first
rank takes as many characters as fit in 62 bits, and later rounds sort only places that are still
alike (Larsson & Sadakane 2007), which in prose are few after two rounds.

n characters of the text; V different ids.
"""

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.errors import TextError
from charrnn.plurals import counted
from charrnn.system.memory import available_memory

LONGEST = 2**28
"""Characters that are sorted at most: their places take a gibibyte."""

NEEDED = 55
"""Bytes of memory for each character while a text is indexed (measured: 42 to 55, more for one that
repeats itself)."""

_BITS = 62  # of a key: a sign, and a bit to spare
_BLOCK = 1 << 20  # places checked at a time

Order = NDArray[np.int32]


def suffix_array(ids: Ids) -> Order:
    """Return the places of a text in the order of the suffixes that begin there, (n,).

    A suffix stands before those that it begins. Time grows as n log² n at worst, for a text that is
    one long repetition; memory is `NEEDED` bytes a character.

    ids: (n,), from 0.

    Raises
    ------
    TextError
        The text is longer than `LONGEST`, or than memory allows.
    """
    n = len(ids)
    most = int(min(LONGEST, available_memory() / NEEDED))
    if n > most:
        raise TextError(
            f"{counted(n, 'character')} are too many to index, and {most:,} are the most here; "
            "name a part of the text"
        )
    keys, h = _first_keys(ids)
    order = np.argsort(keys).astype(np.int32)
    begins = _changes(keys[order])
    del keys
    rank = np.empty(n + 1, np.int32)
    group = _groups(begins)
    rank[order], rank[n] = group, -1  # the empty suffix stands before all others
    alike = np.flatnonzero(_repeated(begins)).astype(np.int32)
    group = group[alike]
    while len(alike):
        places = order[alike]
        # What ends within less than h characters is alike to nothing: places + h are at most n.
        key = (group.astype(np.int64) << 32) + rank[places + h]
        sorting = np.argsort(key)
        places, key = places[sorting], key[sorting]
        del sorting
        order[alike] = places
        begins = _changes(key)
        del key
        group = alike[_groups(begins)]
        rank[places] = group
        left = _repeated(begins)
        alike, group = alike[left], group[left]
        h *= 2
    return order


def is_suffix_array(order: Order, ids: Ids) -> bool:
    """Return whether these are the places of a text in the order of its suffixes.

    In linear time (Burkhardt & Kärkkäinen 2003): each place is there once, and of two neighbours
    the first has the smaller character, or the same and what follows it stands before.
    """
    n = len(ids)
    if order.shape != (n,) or not n:
        return order.shape == (n,)
    if order.min() < 0 or order.max() >= n:
        return False
    rank = np.full(n + 1, -1, np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    if rank[:n].min() < 0:
        return False
    for start in range(0, n - 1, _BLOCK):
        places = order[start : start + _BLOCK + 1]
        first, following = ids[places], rank[places + 1]
        same = first[:-1] == first[1:]
        ordered = (first[:-1] < first[1:]) | (same & (following[:-1] < following[1:]))
        if not ordered.all():
            return False
    return True


def _first_keys(ids: Ids) -> tuple[NDArray[np.int64], int]:
    """Return a number for the first h characters at each place, (n,), in their order, and h.

    Beyond the end stands 0, below every character.
    """
    bits = max(1, (int(ids.max()) + 1 if len(ids) else 1).bit_length())
    h = max(1, min(_BITS // bits, len(ids)))
    keys = np.zeros(len(ids), np.int64)
    for ahead in range(h):
        keys <<= bits
        if ahead < len(ids):
            keys[: len(ids) - ahead] += ids[ahead:]
            keys[: len(ids) - ahead] += 1
    return keys, h


def _changes(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a key differs from the one before, (n,); the first does."""
    changes = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=changes[1:])
    return changes


def _groups(begins: NDArray[np.bool_]) -> Order:
    """Return for each place the index of the first of its group, (n,)."""
    first = np.flatnonzero(begins).astype(np.int32)
    sizes = np.diff(first, append=np.int32(len(begins)))
    return np.repeat(first, sizes)


def _repeated(begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which are in a group of several, (n,)."""
    alone = begins.copy()
    alone[:-1] &= begins[1:]
    return ~alone
