"""Means over some of the characters of a text, each with a standard error that knows of neighbours.

Neighbours in a text are not independent: a hard word is hard for several characters in a row. So a
standard error comes from blocks of consecutive characters, never from single ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.inspection.result import Column
from charrnn.inspection.views.probabilities import LEAST_BLOCKS, block_standard_error


@dataclass(frozen=True)
class Mean:
    """A mean of `count` values and its standard error; nan where there are too few for one."""

    count: int
    mean: float
    error: float


def mean_where(values: Column, where: NDArray[np.bool_] | None = None) -> Mean:
    """Return the mean of some of the values, (n,), which follow each other in a text.

    With m 1 where a value counts and 0 elsewhere, the mean is Σ m v / Σ m, whose error is to first
    order that of the mean of m (v - mean), over the mean of m (the ratio estimator, Cochran 1977);
    that one comes from the means of blocks (`block_standard_error`).

    where: (n,), which of them count; None for all.
    """
    counted = np.ones(len(values), np.bool_) if where is None else where
    count = int(np.count_nonzero(counted))
    if not count:
        return Mean(0, float("nan"), float("nan"))
    mean = float(np.mean(values[counted]))
    residuals = np.where(counted, values - mean, 0.0)
    error, _ = block_standard_error(residuals)
    blocks = np.unique(np.flatnonzero(counted) // int(len(values) ** 0.5))
    if len(blocks) < LEAST_BLOCKS:
        error = float("nan")
    return Mean(count, mean, error * len(values) / count)
