"""Spans of a text that a unit marks, and how many of them are those of a feature."""

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Column, Floats

CANDIDATES = 48
"""Thresholds that are tried, half of them where the feature is, half where it is not."""


def run_starts(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a run of marks starts, (..., T)."""
    starts = marks.copy()
    starts[..., 1:] &= ~marks[..., :-1]
    return starts


def run_lengths(marks: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each marked place how long its run is, (..., T); 0 where there is no mark."""
    T = marks.shape[-1]
    place = np.arange(T)
    start = np.maximum.accumulate(np.where(run_starts(marks), place, 0), axis=-1)
    end = np.where(marks, T, place)
    end = np.minimum.accumulate(end[..., ::-1], axis=-1)[..., ::-1]
    return np.where(marks, end - start, 0)


def span_f1(said: NDArray[np.bool_], true: NDArray[np.bool_], *, exact: bool = False) -> Column:
    """Return the F1 of the spans of each row, (K, T), against those of (T,), (K,).

    F1 = 2 hits / (spans said + spans true). A span hits a true one if what they share is more than
    half of what they cover together, so each has one partner at most, and a single character has
    to be met exactly. nan where there are none of either.

    exact: it hits only the very same span.
    """
    both = said & true
    shared = run_lengths(both)  # a run of both lies in one span of each
    covered = run_lengths(said) + run_lengths(true) - shared
    hits = run_starts(both) & (shared == covered if exact else 2 * shared > covered)
    count = run_starts(said).sum(axis=-1) + run_starts(true).sum()
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * hits.sum(axis=-1) / count, np.float64)


def best_threshold(values: Floats, marks: NDArray[np.bool_]) -> float:
    """Return the threshold above which a unit, (T,), hits most spans of (T,) marks.

    Of equals it is the one by which most characters are right.
    """
    spread = 1 / (1 + np.exp(-np.linspace(-7, 7, CANDIDATES // 2)))  # densest near both ends
    candidates = np.concatenate(
        [np.quantile(values[marks], spread), np.quantile(values[~marks], spread)]
    )
    said = values > candidates[:, None]
    right = (said == marks).mean(axis=1)
    return float(candidates[np.lexsort((right, span_f1(said, marks)))[-1]])
