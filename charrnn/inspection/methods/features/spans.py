"""Spans of a text that a unit marks, and their F1 against those of a feature."""

import numpy as np

from charrnn.array_types import Column, Flags, Floats, Places

CANDIDATES = 48
"""Thresholds tried, half of them from values with the feature, half from those without."""


def run_starts(marks: Flags) -> Flags:
    """Return where a run of marks starts, (..., T)."""
    starts = marks.copy()
    starts[..., 1:] &= ~marks[..., :-1]
    return starts


def run_lengths(marks: Flags) -> Places:
    """Return the length of the run of each marked place, (..., T); 0 without a mark."""
    T = marks.shape[-1]
    place = np.arange(T)
    start = np.maximum.accumulate(np.where(run_starts(marks), place, 0), axis=-1)
    end = np.where(marks, T, place)
    end = np.minimum.accumulate(end[..., ::-1], axis=-1)[..., ::-1]
    return np.where(marks, end - start, 0)


def span_f1(said: Flags, true: Flags, *, exact: bool = False) -> Column:
    """Return the F1 of the spans of each row, (K, T), against those of (T,), (K,).

    F1 = 2 hits / (spans found + spans true). A span hits a true one if their intersection is more
    than half of their union, so each has one partner at most, and a single character has
    to match exactly. nan where there are none of either.

    exact: only identical spans count as hits.
    """
    both = said & true
    shared = run_lengths(both)  # a run of both is in one span of each
    covered = run_lengths(said) + run_lengths(true) - shared
    hits = run_starts(both) & (shared == covered if exact else 2 * shared > covered)
    count = run_starts(said).sum(axis=-1) + run_starts(true).sum()
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * hits.sum(axis=-1) / count, np.float64)


def best_threshold(values: Floats, marks: Flags) -> float:
    """Return the threshold above which a unit, (T,), hits most spans of (T,) marks.

    Of equals it is the one with the most correct characters.
    """
    spread = 1 / (1 + np.exp(-np.linspace(-7, 7, CANDIDATES // 2)))  # densest near both ends
    candidates = np.concatenate(
        [np.quantile(values[marks], spread), np.quantile(values[~marks], spread)]
    )
    said = values > candidates[:, None]
    right = (said == marks).mean(axis=1)
    return float(candidates[np.lexsort((right, span_f1(said, marks)))[-1]])
