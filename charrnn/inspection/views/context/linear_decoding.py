"""A linear probe of the state for past characters, by lag.

From the state s(t), all that is carried to the next step, a ridge classifier predicts x(t-k):

    guess(t) = argmax_v p(v) + w_v · s(t)

w minimises Σ_t (p(v) + w_v · s(t) - [x(t-k) = v])² + λ T |w_v|² over the first half of the text, s
standardised, p the frequency of each character. λ is chosen by the accuracy of a fit to three
quarters of that half on its last quarter. The reported accuracy is that on the second half
of the text.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Flags, Floats, Ids
from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.progress import Track, untracked

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""λ, for states of variance 1."""

CLASSES = 128
"""Classes of the probe: the commonest characters; others are never predicted."""

DIRECTIONS = 1024
"""Random directions to which larger states are projected."""

FEWEST = 256
"""Fewest characters of a text to fit a probe."""


@dataclass(frozen=True)
class Recall:
    """The accuracy of the probe for x(t-k) on the second half of the text.

    accuracy: from the state.
    by_last: from x(t) alone, as the most frequent character at that lag in the first half.
    commonest: of the commonest character of the first half, the chance level.
    """

    lag: int
    accuracy: Mean
    by_last: float
    commonest: float


class _Ridge:
    """A ridge classifier of C classes on standardised states, (T, U), for any penalty."""

    def __init__(self, Z: Floats) -> None:
        self._Z = Z
        self._s, self._Q = np.linalg.eigh((Z.T @ Z).astype(np.float64))

    def fit(self, y: Flags) -> tuple[Floats, Floats]:
        """Return p, (C,), and Q^T Z^T (y - p), from which `weights` follows."""
        marks = y.astype(self._Z.dtype)
        p = marks.mean(axis=0)
        return p, self._Q.T @ (self._Z.T @ (marks - p)).astype(np.float64)

    def weights(self, fitted: Floats, penalty: float) -> Floats:
        """Return w = (Z^T Z + λ T I)^-1 Z^T (y - p), (U, C)."""
        shrunk = fitted / (np.maximum(self._s, 0) + penalty * len(self._Z))[:, None]
        w: Floats = (self._Q @ shrunk).astype(self._Z.dtype)
        return w


def recalls(
    states: Floats, ids: Ids, lags: list[int], rng: np.random.Generator, track: Track = untracked
) -> list[Recall]:
    """Fit and test a classifier for each lag, in ascending order.

    states: (T, U), of at least `FEWEST` characters; ids: (T,).
    """
    T, U = states.shape
    half, first = T // 2, max(lags)
    middle = first + (half - first) * 3 // 4
    mean, sd = states[first:half].mean(axis=0), states[first:half].std(axis=0)
    Z: Floats = ((states - mean) / np.where(sd > 0, sd, 1)).astype(np.float32)
    if U > DIRECTIONS:
        Z = Z @ rng.standard_normal((U, DIRECTIONS), np.float32) / np.float32(np.sqrt(U))
    classes = np.argsort(-np.bincount(ids[:half]), kind="stable")[:CLASSES]
    early, whole = _Ridge(Z[first:middle]), _Ridge(Z[first:half])
    found = []
    for lag in track(lags, "asking the state", len(lags)):
        past = ids[first - lag : T - lag]  # of character t at index t - first
        y: Flags = past[:, None] == classes
        learnt, tried, asked = np.split(y, [middle - first, half - first])
        p, fitted = early.fit(learnt)
        scores = [
            _hits(p + Z[middle:half] @ early.weights(fitted, penalty), tried).mean()
            for penalty in PENALTIES
        ]
        p, fitted = whole.fit(y[: half - first])
        w = whole.weights(fitted, PENALTIES[int(np.argmax(scores))])
        found.append(
            Recall(
                lag,
                mean_where(_hits(p + Z[half:] @ w, asked)),
                _by_last(ids, lag, first, half),
                float(asked[:, np.argmax(p)].mean()),
            )
        )
    return found


def _hits(guesses: Floats, y: Flags) -> Column:
    """Return 1 where the class of the largest score, of (n, C), is the right one, else 0."""
    hits: Column = y[np.arange(len(y)), guesses.argmax(axis=1)].astype(np.float64)
    return hits


def _by_last(ids: Ids, lag: int, first: int, half: int) -> float:
    """Return the accuracy of predicting x(t-k) by its commonest value given x(t)."""
    V = int(ids.max()) + 1
    past = ids[first - lag : half - lag]
    guess = np.full(V, np.bincount(past).argmax())  # for a new x(t)
    pairs, counts = np.unique(ids[first:half].astype(np.int64) * V + past, return_counts=True)
    pairs = pairs[np.argsort(counts, kind="stable")]
    guess[pairs // V] = pairs % V  # of those with the same x(t), the last remains
    return float(np.mean(guess[ids[half:]] == ids[half - lag : len(ids) - lag]))
