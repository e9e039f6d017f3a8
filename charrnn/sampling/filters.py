"""Filters: what turns predictions into the weights that characters are drawn by.

A filter changes log-weights, (B, V), in place: it scales them, or sets those of characters that
must not be drawn to -inf. Filters are applied in order, each to what the one before has left. A new
one is a class below and a line in `filters_of`.
"""

import math
from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids
from charrnn.errors import CharRNNError
from charrnn.sampling.config import SamplingConfig

GREEDY = 1e-6
"""Temperature below which the likeliest character is taken: dividing by it would overflow."""

LogWeights = Doubles
"""(B, V), natural logarithms of weights; the largest of each row is 0."""


class Filter(Protocol):
    """Changes the log-weights of B texts, and may depend on what was drawn before."""

    def __call__(self, log_p: LogWeights) -> None:
        """Change log-weights, (B, V), in place; at least one of each row stays finite."""

    def accept(self, ids: Ids) -> None:
        """Take note of the character that was drawn for each text, (B,)."""

    def fork(self) -> Self:
        """Return a filter that continues from the same place."""


class Stateless:
    """A filter that does not depend on what was drawn."""

    def accept(self, ids: Ids) -> None:
        """Do nothing."""

    def fork(self) -> Self:
        """Return itself."""
        return self


class Temperature(Stateless):
    """Divide by τ: below 1 the likely characters become likelier, above 1 less likely."""

    def __init__(self, temperature: float) -> None:
        self._temperature = temperature

    def __call__(self, log_p: LogWeights) -> None:
        log_p /= self._temperature


class Greedy(Stateless):
    """Leave the likeliest character alone, of equals the first."""

    def __call__(self, log_p: LogWeights) -> None:
        rows, likeliest = np.arange(len(log_p)), log_p.argmax(axis=1)
        log_p[...] = -math.inf
        log_p[rows, likeliest] = 0


class TopK(Stateless):
    """Leave the k likeliest characters, of equals the first."""

    def __init__(self, k: int) -> None:
        self._k = k

    def __call__(self, log_p: LogWeights) -> None:
        order = np.argsort(-log_p, axis=1, kind="stable")
        np.put_along_axis(log_p, order[:, self._k :], -math.inf, axis=1)


class TopP(Stateless):
    """Leave the fewest likeliest characters whose probabilities sum to p (Holtzman et al. 2020)."""

    def __init__(self, p: float) -> None:
        self._p = p

    def __call__(self, log_p: LogWeights) -> None:
        order = np.argsort(-log_p, axis=1, kind="stable")
        cumulative = np.add.accumulate(np.exp(np.take_along_axis(log_p, order, axis=1)), axis=1)
        below = np.count_nonzero(cumulative < self._p * cumulative[:, -1:], axis=1)
        for row, last in enumerate(below.tolist()):
            log_p[row, order[row, last + 1 :]] = -math.inf


class MinP(Stateless):
    """Leave characters of at least p times the likeliest's probability (Nguyen et al. 2024)."""

    def __init__(self, p: float) -> None:
        self._p = p

    def __call__(self, log_p: LogWeights) -> None:
        log_p[np.exp(log_p) < self._p] = -math.inf


class Filters:
    """Filters one after the other."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = filters

    def weights(self, scores: Doubles) -> Doubles:
        """Return what to draw in proportion to, of one text, (V,); the largest is 1.

        scores: (V,), log-probabilities but for a constant.

        Raises
        ------
        CharRNNError
            A prediction is not a number, as from parameters so large that products overflow.
        """
        highest = scores[scores.argmax()]
        if not math.isfinite(highest):
            raise _not_a_number()
        log_p: Doubles = scores - highest
        rows = log_p[None]
        for change in self._filters:
            change(rows)
        return np.exp(log_p, out=log_p)

    def row_weights(self, scores: Floats) -> Doubles:
        """Return for each of B texts what `weights` returns for one, (B, V).

        Raises
        ------
        CharRNNError
            A prediction is not a number.
        """
        log_p = scores.astype(np.float64)
        highest = np.maximum.reduce(log_p, axis=1, keepdims=True)
        if not np.isfinite(highest).all():
            raise _not_a_number()
        log_p -= highest
        for change in self._filters:
            change(log_p)
        return np.exp(log_p, out=log_p)

    def accept(self, ids: Ids) -> None:
        """Let every filter take note of what was drawn, (B,)."""
        for one in self._filters:
            one.accept(ids)

    def fork(self) -> Self:
        """Return filters that continue from the same place."""
        return type(self)([one.fork() for one in self._filters])


def filters_of(config: SamplingConfig) -> Filters:
    """Return the filters that options choose: temperature, then top-k, top-p and min-p.

    Top-k is applied before the temperature, which changes no order but may round two to equals.
    """
    if config.temperature < GREEDY:
        return Filters([Greedy()])
    chosen: list[Filter] = []
    if config.top_k:
        chosen.append(TopK(config.top_k))
    if config.temperature != 1:
        chosen.append(Temperature(config.temperature))
    if config.top_p < 1:
        chosen.append(TopP(config.top_p))
    if config.min_p:
        chosen.append(MinP(config.min_p))
    return Filters(chosen)


def _not_a_number() -> CharRNNError:
    return CharRNNError(
        "what the network predicts is not a number, because its parameters are too large; "
        "train it again, with a smaller learning rate"
    )
