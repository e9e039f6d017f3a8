"""Sorts of predicted characters: by class, by letters already seen, and what each sort costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Column, Ids
from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.methods.character_classes import capitals, line_starts
from charrnn.inspection.views.errors.enclosures import closings
from charrnn.text.vocabulary import Vocabulary

MOST_SEEN = 10
"""Letters of a word already seen; more are counted together."""

DISTANCES = (1, 10, 20, 40, 80, 160)
"""Characters from an opening bracket or quote to its closing one: where each group begins."""

Flags = NDArray[np.bool_]

Sorts = Iterator[tuple[str, Flags]]
"""Names, each with which of the characters after the first it is for, (T - 1,)."""


@dataclass(frozen=True)
class Group:
    """Some of the predicted characters, and what they cost.

    table: what they are sorted by.
    bits: their mean surprise.
    share: of the surprise of the whole text.
    top1: how often the character that came was the likeliest.
    ngram, gain: the mean surprise of an n-gram, and that of the n-gram less the network's.
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
        """How many characters there are."""
        return self.bits.count


def grouped(
    table: str, sorts: Sorts, bits: Column, right: Flags, ngram: Column | None
) -> Iterator[Group]:
    """Yield a group for each sort that has characters.

    bits, ngram: (T - 1,), the surprise of each character after the first, in bits.
    right: (T - 1,), whether it was the likeliest.
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


def by_number(numbers: NDArray[np.integer[Any]], names: Sequence[str]) -> Sorts:
    """Sort by a number that each character has, (T - 1,): its place among the names."""
    return ((name, numbers == n) for n, name in enumerate(names))


def cutting_across(text: str, *, as_bytes: bool = False) -> Sorts:
    """Yield sorts that have characters of several classes: capitals, the first of a line."""
    yield "capital", capitals(text, as_bytes=as_bytes)[1:]
    yield "first in line", line_starts(text, as_bytes=as_bytes)[1:]


def by_letters(seen: NDArray[np.int64]) -> Sorts:
    """Sort letters by how many of their word stand before them."""
    names = [*map(str, range(MOST_SEEN)), f"{MOST_SEEN}+"]
    return by_number(np.minimum(seen, MOST_SEEN), names)


def by_distance(text: str, *, as_bytes: bool = False) -> Sorts:
    """Sort what closes a bracket or a quote by how many characters back that was opened."""
    if as_bytes:  # a part of a character is no bracket
        text = text.encode("ascii", "replace").decode()
    distance = np.zeros(len(text), np.int64)
    closed, opened = closings(text).T
    distance[closed] = closed - opened
    names = [f"{low} to {high - 1}" for low, high in pairwise(DISTANCES)]
    names.append(f"{DISTANCES[-1]} and more")
    return by_number(np.digitize(distance[1:], DISTANCES) - 1, names)


def by_character(vocabulary: Vocabulary, x: Ids) -> Sorts:
    """Sort by the character itself; x, (T - 1,)."""
    return ((vocabulary[k], x == k) for k in np.unique(x).tolist())
