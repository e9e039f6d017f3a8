"""What would have been predicted if another character had stood in one place: read again, exactly.

What is asked is why character d is predicted after character t rather than its rival g:

    F = z_y(t)[d] - z_y(t)[g] = ln y_hat(t)[d] - ln y_hat(t)[g]

The past is a window, characters t-K+1 to t, read from the state before them as it was. What could
as well have stood in a place τ are the likeliest other characters v, by what the network expected
there, y_hat(τ-1); their shares w sum to 1. Read again with each of them in turn,

    swap(τ) = Σ_v w(v) (F - F with v in the place of x(τ))

is what d owes, in nats, to that it was x(τ).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from charrnn.array_types import Column, Floats, Ids
from charrnn.inspection.methods.last_step import predict, side_by_side
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.functions import log_softmax


@dataclass(frozen=True, eq=False)
class Question:
    """Why `target` rather than `rival` after character t of a reading, by the last `lags` read.

    wanted: largest number of other characters that are considered in each place.
    """

    reading: Reading
    t: int
    target: int
    rival: int
    lags: int
    wanted: int

    @property
    def start(self) -> int:
        """The first character of the window."""
        return self.t + 1 - self.lags

    @property
    def ids(self) -> Ids:
        """The characters of the window, (K,)."""
        return self.reading.ids[self.start : self.t + 1]

    @cached_property
    def others(self) -> Ids:
        """The likeliest other characters in each place, (K, n)."""
        n = min(self.wanted, len(self.reading.vocabulary) - 1)
        return np.argsort(-self._expected, axis=1, kind="stable")[:, :n]

    @cached_property
    def shares(self) -> Floats:
        """How likely each of those was, (K, n), as shares of all n."""
        shares = np.take_along_axis(self._expected, self.others, axis=1)
        log_softmax(shares)
        return np.exp(shares)

    @cached_property
    def _expected(self) -> Floats:
        """The logarithm of how likely others were in each place, (K, V); -inf for what was read.

        Of a text's first character, before which nothing is predicted, how often others occur.
        """
        reading, ids = self.reading, self.ids
        expected = reading.log_y_hat[max(0, self.start - 1) : self.t].astype(np.float64)
        if self.start == 0:
            expected = np.vstack([np.log(reading.vocabulary.counts + 1.0), expected])
        expected[np.arange(len(ids)), ids] = -np.inf
        return expected

    def last(self, lags: int) -> Self:
        """Return the same question, of fewer characters."""
        return replace(self, lags=lags)

    def state(self, place: int = 0) -> Floats:
        """Return the state in which a place of the window was met, (L, S, 1, H)."""
        return self.reading.state_before(self.start + place)[:, :, None]

    def log_odds(self, log_y_hat: Floats) -> Column:
        """Return F of predictions or scores, (B, V), in nats."""
        return log_y_hat[:, self.target].astype(np.float64) - log_y_hat[:, self.rival]


@dataclass(frozen=True, eq=False)
class Replaced:
    """The predictions after t, had `ids` stood in the window; (K, n) each, n ids for each place.

    target, rival: ln y_hat(t) of the two that are weighed against each other.
    likeliest: the likeliest character, and p its probability.
    """

    ids: Ids
    target: Floats
    rival: Floats
    likeliest: Ids
    p: Floats

    @property
    def log_odds(self) -> Floats:
        """F, in nats."""
        return self.target - self.rival


def read_again(question: Question, ids: Ids, track: Track = untracked) -> Replaced:
    """Read the window again with each of ids, (K, n), in its place, all else as it was.

    Places next to each other go together, from the state before the first of them on.
    """
    network, (K, n) = question.reading.network, ids.shape
    places = max(1, side_by_side(network) // n)
    starts = range(0, K, places)
    found, likeliest = np.empty((K, n, 3)), np.empty((K, n), np.intp)
    for start in track(starts, "replacing characters", len(starts)):
        here = ids[start : start + places]
        m = len(here)
        x = np.repeat(question.ids[start:], m * n).reshape(K - start, m, n)
        x[np.arange(m), np.arange(m)] = here
        y = predict(network, x.reshape(K - start, m * n), question.state(start))
        columns = y[:, question.target], y[:, question.rival], y.max(axis=1)
        found[start : start + m] = np.stack(columns, axis=1).reshape(m, n, 3)
        likeliest[start : start + m] = y.argmax(axis=1).reshape(m, n)
    return Replaced(ids, found[..., 0], found[..., 1], likeliest, np.exp(found[..., 2]))
