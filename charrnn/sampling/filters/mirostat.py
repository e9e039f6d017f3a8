"""Mirostat: a limit of surprise that is adjusted so that the text keeps to a target."""

import math
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.sampling.filters.filter import LogWeights, log_sum


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
        self._weights: NDArray[np.float64] = np.ones((texts, 1))
        self._log_sum = [0.0] * texts

    def __call__(self, log_p: LogWeights) -> None:
        """Set what is too surprising to -inf; the last filter, as μ is of what is drawn from."""
        weights = np.exp(log_p)
        sums = log_sum(weights)
        if isinstance(sums, float):
            surprising = log_p < min(sums - self._limit[0], 0)
        else:
            surprising = log_p < np.minimum(sums - np.array(self._limit)[:, None], 0)
        np.putmask(log_p, surprising, -math.inf)
        np.putmask(weights, surprising, 0)
        sums = log_sum(weights)
        self._log_sum = [sums] if isinstance(sums, float) else sums[:, 0].tolist()
        self._weights = weights

    def accept(self, ids: Ids) -> None:
        """Adjust μ by the surprise of what was drawn; what was not left changes nothing."""
        for b, k in enumerate(ids.tolist()):
            if weight := self._weights.item(b, k):
                surprise = self._log_sum[b] - math.log(weight)
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
        forked._log_sum = [self._log_sum[row] for row in order]
        forked._weights = self._weights[rows]
        return forked
