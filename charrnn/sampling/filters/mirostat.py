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
        self._limit = np.full((texts, 1), 2 * self._target)
        self._surprise: NDArray[np.float64] = np.zeros((texts, 1))

    def __call__(self, log_p: LogWeights) -> None:
        """Set what is too surprising to -inf; the last filter, as μ is of what is drawn from."""
        weights = np.exp(log_p)
        surprising = log_p < np.minimum(log_sum(weights) - self._limit, 0)
        log_p[surprising] = -math.inf
        weights[surprising] = 0
        self._surprise = log_sum(weights) - log_p

    def accept(self, ids: Ids) -> None:
        """Adjust μ by the surprise of what was drawn."""
        for b, k in enumerate(ids.tolist()):
            self._limit[b] -= self._rate * (self._surprise[b, k] - self._target)

    @property
    def carried(self) -> list[float]:
        """μ of each text, in nats."""
        limits: list[float] = self._limit[:, 0].tolist()
        return limits

    @carried.setter
    def carried(self, limits: list[float]) -> None:
        self._limit[:, 0] = limits

    def fork(self, rows: Ids) -> Self:
        """Return a filter with the limits of these rows."""
        forked = copy(self)
        forked._limit, forked._surprise = self._limit[rows], self._surprise[rows]
        return forked
