"""Filters: what turns predictions into the weights that characters are drawn by.

A filter changes log-weights, (B, V), in place: it scales them, lowers those of characters that
repeat, or sets those of characters that must not be drawn to -inf. Filters are applied in order,
each to what the one before has left; `chain` builds the order that options ask for. A filter of
one's own is a class of three methods:

    class NoVowels(Stateless):
        def __call__(self, log_p):
            log_p[:, self.vowels] = -math.inf
"""

import math
from collections.abc import Iterable
from functools import cache
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids

LogWeights = NDArray[np.float64]
"""(B, V), natural logarithms of weights; the largest of each row is 0."""


class Filter(Protocol):
    """Changes the log-weights of B texts, and may depend on what was drawn before."""

    def __call__(self, log_p: LogWeights) -> None:
        """Change log-weights, (B, V), in place; at least one of each row stays finite."""

    def accept(self, ids: Ids) -> None:
        """Take note of the character that was drawn for each text, (B,)."""

    def fork(self, rows: Ids) -> Self:
        """Return a filter that continues the texts of these rows, each from its place."""


class Stateless:
    """Base of a filter that does not depend on what was drawn."""

    def accept(self, ids: Ids) -> None:
        """Do nothing."""

    def fork(self, rows: Ids) -> Self:
        """Return itself."""
        return self


def rows_of(log_p: LogWeights) -> Iterable[NDArray[np.float64]]:
    """Return the rows, (V,) each: of one text faster than a loop over an array has them."""
    return (log_p[0],) if len(log_p) == 1 else log_p


def rescale(log_p: LogWeights) -> None:
    """Set the largest of each row to 0, after a change that may have lowered it."""
    if len(log_p) == 1:  # a reduction along an axis takes three times as long
        log_p -= np.array(log_p.item(log_p.argmax()))  # converting the number takes longer
    else:
        log_p -= np.maximum.reduce(log_p, axis=1, keepdims=True)


def log_sum(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the sum of each row's weights, (B, 1), or of the only row's, ()."""
    if len(weights) == 1:
        return np.array(math.log(total(weights[0])))
    sums: NDArray[np.float64] = np.log(np.add.reduce(weights, axis=1, keepdims=True))
    return sums


def total(weights: NDArray[np.float64]) -> float:
    """Return the sum of weights, (V,); a product takes a third of what a reduction does."""
    return float(weights.dot(_ones(len(weights))))


@cache
def _ones(V: int) -> NDArray[np.float64]:
    return np.ones(V)
