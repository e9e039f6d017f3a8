"""Scores of units for features: AUC and correlation, each also within the characters read.

Every score is a sum over the text of the feature times a function of the unit, so that all
units and all features are scored by one product, and all shifts of a feature by one Fourier
transform (see `charrnn.inspection.methods.features.shift_test`).
"""

import numpy as np

from charrnn.array_types import Column, Floats, Ids, Places

_PIECE = 2**20  # values ranked at a time, about


def places_of(groups: Ids) -> list[Places]:
    """Return the places of each group of (T,), in order."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def centred_ranks(values: Floats, groups: Ids | None = None) -> Floats:
    """Return the rank of each value in its row, (U, T), less the mean rank; ties share theirs.

    groups: (T,); each value is ranked within its group.
    """
    ranks = np.empty_like(values)
    step = max(1, _PIECE // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        rows = slice(start, start + step)
        if groups is None:
            ranks[rows] = _ranked(values[rows])
            continue
        for places in places_of(groups):
            ranks[rows, places] = _ranked(values[rows, places])
    return ranks


def _ranked(values: Floats) -> Floats:
    n = values.shape[1]
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    place = np.arange(n)
    other = ordered[:, 1:] != ordered[:, :-1]  # different from the one before
    first, last = np.zeros(values.shape, np.intp), np.full(values.shape, n - 1)
    first[:, 1:] = np.where(other, place[1:], 0)
    last[:, :-1] = np.where(other, place[:-1], n - 1)
    first = np.maximum.accumulate(first, axis=1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty_like(values)
    np.put_along_axis(ranks, order, ((first + last - (n - 1)) / 2).astype(values.dtype), axis=1)
    return ranks


def pairs(marks: Floats, groups: Ids | None = None) -> Column:
    """Return the number of pairs of a marked and an unmarked place, (F,), for (F, T) marks.

    groups: both places of a pair are in one group.
    """
    if groups is None:
        on = marks.sum(axis=1)
        return np.asarray(on * (marks.shape[1] - on), np.float64)
    which = np.unique(groups, return_inverse=True)[1]
    size = np.bincount(which).astype(np.float64)
    on = np.array([np.bincount(which, row) for row in marks]).reshape(len(marks), len(size))
    return np.asarray((on * (size - on)).sum(axis=1))


def auc(values: Floats, marks: Floats, groups: Ids | None = None) -> Floats:
    """Return the area under the ROC curve of each unit for each feature, (F, U).

    It is the fraction of pairs of a marked and an unmarked place in which the unit is larger at the
    marked one, ties counting a half (Mann & Whitney 1947). With the R of marked places from ranks,

        AUC = (R - n1 (n1 + 1) / 2) / (n1 n0) = 1/2 + Σ_t f(t) (rank(t) - mean rank) / (n1 n0)

    Within groups c it is Σ_c n1_c n0_c AUC_c / Σ_c n1_c n0_c: only pairs of one group count.

    values: (U, T). marks: (F, T), 0 and 1. groups: (T,). nan where there are no pairs.
    """
    return auc_of_ranks(centred_ranks(values, groups), marks, pairs(marks, groups))


def auc_of_ranks(ranks: Floats, marks: Floats, count: Column) -> Floats:
    """Return the same, from centred ranks, (U, T), and the number of pairs, (F,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        areas: Floats = 0.5 + (marks.astype(ranks.dtype) @ ranks.T) / count[:, None]
    return areas


def centred(values: Floats, groups: Ids | None = None) -> Floats:
    """Return each row less its mean, or less the mean of each group, divided by its norm.

    A row, (T,), that does not vary, or not within groups, becomes zeros.
    """
    exact = values.astype(np.float64)
    less = exact - exact.mean(axis=1, keepdims=True)
    if groups is not None:
        for places in places_of(groups):
            less[:, places] -= less[:, places].mean(axis=1, keepdims=True)
    norm = np.sqrt(np.einsum("ut,ut->u", less, less))
    # A constant minus its mean is rounding error.
    scale = np.abs(exact).max(axis=1, initial=0) * np.sqrt(values.shape[1])
    still = norm <= 1e-9 * scale
    less[still] = 0
    return np.asarray(less / np.where(still, 1, norm)[:, None], values.dtype)


def correlation(values: Floats, numbers: Floats, groups: Ids | None = None) -> Floats:
    """Return Pearson's r of each unit with each feature, (F, U).

    Within groups it is that of the residuals of both after subtracting each group's mean.

    values: (U, T). numbers: (F, T). groups: (T,). nan where one of the two does not vary.
    """
    return correlation_of_centred(
        centred(values, groups), centred(numbers.astype(np.float64), groups)
    )


def correlation_of_centred(values: Floats, numbers: Floats) -> Floats:
    """Return the same for values that `centred` returned."""
    r: Floats = numbers.astype(values.dtype) @ values.T
    r[~numbers.any(axis=1)] = np.nan
    r[:, ~values.any(axis=1)] = np.nan
    return r


def rank_correlation(values: Floats, numbers: Floats) -> Floats:
    """Return Spearman's rank correlation of each unit with each feature, (F, U)."""
    return correlation(centred_ranks(values), centred_ranks(numbers))
