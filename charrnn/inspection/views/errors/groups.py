"""Groups of predicted characters, by class, letters already seen and so on, with their costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from charrnn.array_types import Column, Flags, Ids, Integers
from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.methods.character_classes import capitals, line_starts
from charrnn.inspection.views.errors.enclosures import closings
from charrnn.text.vocabulary import Vocabulary

MOST_SEEN = 10
"""Letters of a word already seen; more form one group."""

DISTANCES = (1, 10, 20, 40, 80, 160)
"""Lower ends of the groups of distances from opening to closing bracket, in characters."""

Sorts = Iterator[tuple[str, Flags]]
"""Names, each with the flags of its characters, (T - 1,), the first left out."""


@dataclass(frozen=True)
class Group:
    """A group of predicted characters, and its cost.

    table: the criterion.
    bits: their mean surprise.
    share: fraction of the surprise of the whole text.
    top1: fraction of the characters that were the likeliest.
    ngram, gain: the mean surprise of an n-gram, and the same minus the network's.
    """

    table: str
    name: str
    bits: Mean
    share: float
    top1: float
    ngram: Mean | None
    gain: Mean | None

    @property
    def count(self) -> int:
        """The number of characters."""
        return self.bits.count


def grouped(
    table: str, sorts: Sorts, bits: Column, right: Flags, ngram: Column | None
) -> Iterator[Group]:
    """Yield a group for each name that has characters.

    bits, ngram: (T - 1,), the surprise of each character after the first, in bits.
    right: (T - 1,), whether the character was the likeliest.
    """
    total = float(bits.sum())
    for name, where in sorts:
        if where.any():
            yield Group(
                table,
                name,
                mean_where(bits, where),
                share=float(bits[where].sum()) / total if total else float("nan"),
                top1=float(right[where].mean()),
                ngram=None if ngram is None else mean_where(ngram, where),
                gain=None if ngram is None else mean_where(ngram - bits, where),
            )


def by_number(numbers: Ids, names: Sequence[str]) -> Sorts:
    """Group by the number of each character, (T - 1,), an index of the names."""
    return ((name, numbers == n) for n, name in enumerate(names))


def cutting_across(text: str, *, as_bytes: bool = False) -> Sorts:
    """Yield groups across classes: capitals, the first of a line."""
    yield "capital", capitals(text, as_bytes=as_bytes)[1:]
    yield "first in line", line_starts(text, as_bytes=as_bytes)[1:]


def by_letters(seen: Integers) -> Sorts:
    """Group letters by the number of letters before them in their word."""
    names = [*map(str, range(MOST_SEEN)), f"{MOST_SEEN}+"]
    return by_number(np.minimum(seen, MOST_SEEN), names)


def by_distance(text: str, *, as_bytes: bool = False) -> Sorts:
    """Group closing brackets and quotes by the distance to the opening one."""
    if as_bytes:  # a byte of a character is not a bracket
        text = text.encode("ascii", "replace").decode()
    distance = np.zeros(len(text), np.int64)
    closed, opened = closings(text).T
    distance[closed] = closed - opened
    names = [f"{low} to {high - 1}" for low, high in pairwise(DISTANCES)]
    names.append(f"{DISTANCES[-1]} and more")
    return by_number(np.digitize(distance[1:], DISTANCES) - 1, names)


def by_character(vocabulary: Vocabulary, x: Ids) -> Sorts:
    """Group by the character itself; x, (T - 1,)."""
    return ((vocabulary[k], x == k) for k in np.unique(x).tolist())
