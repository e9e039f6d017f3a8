"""Filters that leave the likely characters alone, and the temperature."""

import math
import sys

import numpy as np

from charrnn.array_types import Doubles, Ids, Places
from charrnn.sampling.draw import Ordered
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


class Truncation(Stateless):
    """Base of a filter that leaves some characters as they are, and none of the others."""

    def __call__(self, log_p: LogWeights) -> None:
        for row in rows_of(log_p):
            ids, _, n = self.ordered(row)
            row[ids[n:]] = -math.inf

    def draw(self, row: Doubles, uniform: float) -> tuple[int, Ordered]:
        """Return an id drawn by the log-weights of one text, (V,), and what it is drawn from.

        So weights need not be put back in the order of ids, which takes as long as ordering them.
        """
        ids, cumulative, n = ordered = self.ordered(row)
        reached = uniform * cumulative.item(n - 1)
        return ids.item(cumulative.searchsorted(reached, "right")), ordered

    def ordered(self, row: Doubles) -> Ordered:
        """Return what it leaves of log-weights, (V,)."""
        raise NotImplementedError


class TopK(Truncation):
    """Leave the k likeliest characters, of equals the first."""

    def __init__(self, k: int) -> None:
        self._k = k

    def ordered(self, row: Doubles) -> Ordered:
        """Return the k likeliest."""
        ids = (-row).argsort(kind="stable")
        return ids, np.add.accumulate(np.exp(row[ids[: self._k]])), self._k


class TopP(Truncation):
    """Leave the fewest likeliest characters whose probabilities sum to p (Holtzman et al. 2020)."""

    def __init__(self, p: float) -> None:
        self._p = p

    def ordered(self, row: Doubles) -> Ordered:
        """Return the likeliest that reach p."""
        ids = (-row).argsort(kind="stable")
        return _reaching(self._p, ids, np.exp(row[ids]))


class TypicalP(Truncation):
    """Leave the characters whose surprise is nearest the expected one (Meister et al. 2022).

    They are the fewest whose probabilities sum to p.
    """

    def __init__(self, p: float) -> None:
        self._p = p

    def __call__(self, log_p: LogWeights) -> None:
        super().__call__(log_p)
        rescale(log_p)

    def ordered(self, row: Doubles) -> Ordered:
        """Return the nearest that reach p."""
        weights, finite = np.exp(row), row
        if row.item(row.argmin()) == -math.inf:
            # A character of no weight adds nothing: 0 log 0 = 0.
            finite = np.maximum(row, -sys.float_info.max)
        distance = row - np.array(weights.dot(finite) / total(weights))
        ids = np.abs(distance, out=distance).argsort(kind="stable")
        return _reaching(self._p, ids, weights[ids])


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


def _reaching(p: float, ids: Places, weights: Doubles) -> Ordered:
    """Return the first ids whose weights, in the same order, sum to a share p of all."""
    cumulative = np.add.accumulate(weights)
    return ids, cumulative, int(cumulative.searchsorted(p * cumulative.item(-1))) + 1
