"""Runs of characters that one text has verbatim from another.

The longest run that *ends* a text is a prefix of the text read backwards. So the other text is
indexed backwards, too: of its places in the order of what stands before them, read backwards, the
ones nearest to the text share the longest run with it (Manber & Myers 1993), and one binary search
finds them.

    text           ... t h e   c r o w n
    backwards      n w o r c   e h t ...      searched in the suffix array of the other, backwards

n characters of the other text; V characters of the vocabulary.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import NamedTuple, Self

import numpy as np

from charrnn.array_types import Ids
from charrnn.text.suffix_array import Order, is_suffix_array, suffix_array

MANY = 256
"""Places for each character of the vocabulary above which following characters are searched one by
one, not collected: the more common a run, the longer the latter takes."""


class Run(NamedTuple):
    """A run that stands in the other text: its first character there, and its length."""

    start: int
    length: int


class Index:
    """A text in which runs are found by a binary search.

    Parameters
    ----------
    ids : (n,), from 0 to V
        Where a character is not in the vocabulary its id is V, which is part of no run.
    V
        Size of the vocabulary.
    order : (n,), int32
        The suffix array of the text backwards; by default it is built.

    Raises
    ------
    TextError
        The text is too long.
    """

    def __init__(self, ids: Ids, V: int, order: Order | None = None) -> None:
        self.ids, self.V = ids, V
        backwards = np.ascontiguousarray(ids[::-1])
        order = suffix_array(backwards) if order is None else order
        # Of a file it is marked little-endian, which a memoryview does not read.
        self.order = order.astype(np.int32, copy=False).view(np.int32)
        # Bytes are compared faster than arrays, and the highest byte has to come first.
        dtype = np.min_scalar_type(max(V - 1, int(ids.max(initial=0)))).newbyteorder(">")
        self._backwards = backwards.astype(dtype, copy=False)
        self._width = dtype.itemsize
        self._data = self._backwards.tobytes()
        self._codes = [k.to_bytes(self._width, "big") for k in range(V)]
        # Indices of the first place that begins with each id, (V + 2,).
        self._begins = np.cumsum([0, *np.bincount(ids, minlength=V + 1).tolist()]).tolist()
        self._places = np.ascontiguousarray(self.order).data

    def __len__(self) -> int:
        """Return n."""
        return len(self.ids)

    @property
    def is_sorted(self) -> bool:
        """Whether the order is that of the text, which an order read from a file may not be."""
        return is_suffix_array(self.order, self._backwards)

    def longest(self, ids: Sequence[int]) -> Run:
        """Return the longest run that ends a text and stands here."""
        place, length = self.search(self.encode(ids))
        return Run(len(self) - place - length, length)

    def encode(self, ids: Sequence[int]) -> bytes:
        """Return a text backwards, as it is searched."""
        return b"".join(map(self._codes.__getitem__, reversed(ids)))

    def backwards(self, place: int, length: int) -> bytes:
        """Return characters of this text backwards."""
        return self._data[place * self._width : (place + length) * self._width]

    def search(self, text: bytes) -> tuple[int, int]:
        """Return where the longest part of a text begins that stands here, and its length.

        text: backwards; the part begins it.
        """
        first, last = self._bounds(text)
        if first == last:
            return 0, 0
        size = len(text)
        near = bisect_left(self._places, text, first, last, key=partial(self._start, size))
        neighbours = [self._places[n] for n in (near - 1, near) if first <= n < last]
        lengths = [self._common(text, self._start(size, place)) for place in neighbours]
        length = max(lengths)
        return neighbours[lengths.index(length)], length

    def between(self, text: bytes) -> tuple[int, int]:
        """Return the bounds of the places, in their order, where a text stands.

        text: backwards.
        """
        if not text:
            return 0, len(self)
        first, last = self._bounds(text)
        start = partial(self._start, len(text))
        first = bisect_left(self._places, text, first, last, key=start)
        return first, bisect_right(self._places, text, first, last, key=start)

    def following(self, text: bytes) -> Ids:
        """Return the characters that follow a text where it stands here, sorted.

        text: backwards.
        """
        first, last = self.between(text)
        if last - first > MANY * self.V:
            codes = enumerate(self._codes)
            return np.array([k for k, code in codes if self._stands(code + text)], np.intp)
        places = self.order[first:last]
        found = np.zeros(self.V + 1, np.bool_)
        found[self._backwards[places[places > 0] - 1]] = True
        return np.flatnonzero(found[: self.V])

    def occurrences(self, run: Run) -> tuple[int, int]:
        """Return how often a run of this text stands here, and where it does first."""
        place = len(self) - run.start - run.length
        first, last = self.between(self.backwards(place, run.length))
        return last - first, len(self) - int(self.order[first:last].max()) - run.length

    def follows(self, place: int, k: int) -> bool:
        """Return whether the character before a place, read backwards, is k."""
        return place > 0 and self.backwards(place - 1, 1) == self._codes[k]

    def _stands(self, text: bytes) -> bool:
        first, last = self.between(text)
        return first < last

    def _bounds(self, text: bytes) -> tuple[int, int]:
        """Return the bounds of the places whose first character is a text's."""
        if not text:
            return 0, 0
        k = int.from_bytes(text[: self._width], "big")
        return self._begins[k], self._begins[k + 1]

    def _start(self, size: int, place: int) -> bytes:
        """Return the first bytes at a place."""
        at = place * self._width
        return self._data[at : at + size]

    def _common(self, one: bytes, other: bytes) -> int:
        """Return how many characters two texts begin with alike."""
        low, high = 0, min(len(one), len(other)) // self._width
        while low < high:
            middle = (low + high + 1) // 2
            bound = middle * self._width
            low, high = (middle, high) if one[:bound] == other[:bound] else (low, middle - 1)
        return low


class Match:
    """The longest run that ends a text and stands in an index, while the text grows.

    What is accepted is searched when it is asked for. A run can grow by one with a character, so
    that there is nothing to search where `at_most` is enough; and where it does grow at the place
    that is known, no search is needed.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._place = self._length = 0
        self._new: list[int] = []

    def accept(self, ids: Sequence[int]) -> None:
        """Add characters."""
        self._new += ids

    @property
    def at_most(self) -> int:
        """An upper bound of the length of the run."""
        return self._length + len(self._new)

    @property
    def run(self) -> Run:
        """The run; of several places one of them."""
        self._look()
        return Run(len(self._index) - self._place - self._length, self._length)

    def following(self, n: int) -> Ids | None:
        """Return the characters that extend a verbatim run beyond n; None if none does.

        That is what follows the last n characters anywhere in the index; n is at least 1.
        """
        if self.at_most < n:
            return None
        self._look()
        if self._length < n:
            return None
        found = self._index.following(self._index.backwards(self._place, n))
        return found if len(found) else None

    def fork(self) -> Self:
        """Return one that continues from the same text."""
        forked = copy(self)
        forked._new = self._new.copy()
        return forked

    def _look(self) -> None:
        """Find the run that ends in the last character."""
        index, new, grown = self._index, self._new, 0
        while self._length and grown < len(new) and index.follows(self._place, new[grown]):
            self._place -= 1
            self._length += 1
            grown += 1
        if grown < len(new):
            known = index.backwards(self._place, self._length)
            self._place, self._length = index.search(index.encode(new[grown:]) + known)
        if new:
            self._new = []
