"""Mirostat: a limit of surprise that is adjusted so that the text keeps to a target."""

import math
from copy import copy
from typing import Self

import numpy as np

from charrnn.array_types import Doubles, Ids
from charrnn.sampling.draw import draw_cumulative
from charrnn.sampling.filters.filter import LogWeights, log_sum, total


class Mirostat:
    """Leave characters of at most μ bits of surprise, and adjust μ (Basu et al. 2021, algorithm 2).

    After each character μ falls by η times what its surprise, among those left, was above the
    target τ. μ begins at 2τ. The likeliest character always stays.

    target: τ, in bits a character.
    rate: η.
    texts: B.
    """

    def __init__(self, target: float, rate: float, texts: int) -> None:
        self._target, self._rate = target * math.log(2), rate  # nats from here on
        self._limit = [2 * self._target] * texts
        self._weights: Doubles = np.ones((texts, 1))
        self._totals = [1.0] * texts

    def __call__(self, log_p: LogWeights) -> None:
        """Set what is too surprising to -inf; the last filter, as μ is of what is drawn from."""
        weights = np.exp(log_p)
        limits = log_sum(weights) - np.array(self._limit)[:, None]
        surprising = log_p < np.minimum(limits, 0)
        log_p[surprising] = -math.inf
        weights[surprising] = 0
        self._weights, self._totals = weights, np.add.accumulate(weights, axis=1)[:, -1].tolist()

    def draw(self, row: Doubles, uniform: float) -> tuple[int, Doubles]:
        """Return an id drawn by the log-weights of the only text, (V,), and what it is drawn from.

        Takes half of the time of the call.
        """
        weights = np.exp(row)
        limit = min(math.log(total(weights)) - self._limit[0], 0)
        weights[row < np.array(limit)] = 0
        cumulative = np.add.accumulate(weights)
        self._weights, self._totals = weights[None], [cumulative.item(-1)]
        return draw_cumulative(cumulative, uniform), weights

    def accept(self, ids: Ids) -> None:
        """Adjust μ by the surprise of what was drawn; what was not left changes nothing."""
        for b, k in enumerate(ids.tolist()):
            if weight := self._weights.item(b, k):
                surprise = math.log(self._totals[b] / weight)
                self._limit[b] -= self._rate * (surprise - self._target)

    @property
    def carried(self) -> list[float]:
        """μ of each text, in nats."""
        return self._limit.copy()

    @carried.setter
    def carried(self, limits: list[float]) -> None:
        self._limit = limits.copy()

    def fork(self, rows: Ids) -> Self:
        """Return a filter with the limits of these rows."""
        forked, order = copy(self), rows.tolist()
        forked._limit = [self._limit[row] for row in order]
        forked._totals = [self._totals[row] for row in order]
        forked._weights = self._weights[rows]
        return forked
