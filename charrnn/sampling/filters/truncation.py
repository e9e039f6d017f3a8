"""Filters that leave the likely characters alone, and the temperature."""

import math
import sys

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.sampling.filters.filter import LogWeights, Stateless, rescale, rows_of, total

GREEDY = 1e-6
"""Temperature below which the likeliest character is taken: dividing by it would overflow."""


class Temperature(Stateless):
    """Divide by τ: below 1 the likely characters become likelier, above 1 less likely."""

    def __init__(self, temperature: float) -> None:
        self._is_greedy = temperature < GREEDY
        self._temperature = np.array(temperature, float)  # converting it takes as long as dividing

    def __call__(self, log_p: LogWeights) -> None:
        if self._is_greedy:
            leave_likeliest(log_p)
        else:
            log_p /= self._temperature


class TemperatureRamp:
    """Divide by a temperature that changes linearly from the first character to the last.

    first, last: the temperatures of both.
    length: characters of a text; the temperature stays at the last after them.
    """

    def __init__(self, first: float, last: float, length: int, made: int = 0) -> None:
        self._first, self._last, self._length, self._made = first, last, length, made

    def __call__(self, log_p: LogWeights) -> None:
        passed = min(1, self._made / max(1, self._length - 1))
        Temperature(self._first + (self._last - self._first) * passed)(log_p)

    def accept(self, ids: Ids) -> None:
        """Count a character."""
        self._made += 1

    def fork(self, rows: Ids) -> "TemperatureRamp":
        """Return a ramp at the same character."""
        return TemperatureRamp(self._first, self._last, self._length, self._made)


class TopK(Stateless):
    """Leave the k likeliest characters, of equals the first."""

    def __init__(self, k: int) -> None:
        self._k = k

    def __call__(self, log_p: LogWeights) -> None:
        for row in rows_of(log_p):
            _leave_largest(row, _sorted(row), self._k)


class TopP(Stateless):
    """Leave the fewest likeliest characters whose probabilities sum to p (Holtzman et al. 2020)."""

    def __init__(self, p: float) -> None:
        self._p = p

    def __call__(self, log_p: LogWeights) -> None:
        for row in rows_of(log_p):
            ordered = _sorted(row)
            n = _reaching(self._p, np.exp(ordered)[::-1])
            _leave_largest(row, ordered, n)


class TypicalP(Stateless):
    """Leave the characters whose surprise is nearest the expected one (Meister et al. 2022).

    They are the fewest whose probabilities sum to p.
    """

    def __init__(self, p: float) -> None:
        self._p = p

    def __call__(self, log_p: LogWeights) -> None:
        for row in rows_of(log_p):
            weights, finite = np.exp(row), row
            if row.item(row.argmin()) == -math.inf:
                # A character of no weight adds nothing: 0 log 0 = 0.
                finite = np.maximum(row, -sys.float_info.max)
            distance = row - float(weights.dot(finite)) / total(weights)
            np.abs(distance, out=distance)
            order = distance.argsort(kind="stable")
            row[order[_reaching(self._p, weights[order]) :]] = -math.inf
        rescale(log_p)


class MinP(Stateless):
    """Leave characters of at least p times the likeliest's probability (Nguyen et al. 2024)."""

    def __init__(self, p: float) -> None:
        self._log_p = np.array(math.log(p))

    def __call__(self, log_p: LogWeights) -> None:
        np.putmask(log_p, log_p < self._log_p, -math.inf)


def leave_likeliest(log_p: LogWeights) -> None:
    """Leave the likeliest character of each row alone, of equals the first."""
    rows, likeliest = np.arange(len(log_p)), log_p.argmax(axis=1)
    log_p[...] = -math.inf
    log_p[rows, likeliest] = 0


def _sorted(row: NDArray[np.float64]) -> NDArray[np.float64]:
    ordered = row.copy()
    ordered.sort()
    return ordered


def _reaching(p: float, weights: NDArray[np.float64]) -> int:
    """Return how many of the first weights sum to a share p of all."""
    cumulative = np.add.accumulate(weights)
    return int(cumulative.searchsorted(p * cumulative.item(-1))) + 1


def _leave_largest(row: NDArray[np.float64], ordered: NDArray[np.float64], n: int) -> None:
    """Leave the n largest of a row, of equals the first.

    ordered: the same, from the least on: to order numbers takes half of what an order of ids does.
    """
    first = len(row) - n
    least = ordered.item(first)
    if first and ordered.item(first - 1) == least:
        row[(-row).argsort(kind="stable")[n:]] = -math.inf
    else:
        np.putmask(row, row < least, -math.inf)
