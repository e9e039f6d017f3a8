"""Means over characters of a text, with standard errors that allow for neighbours; calibration.

Neighbours in a text are not independent: a hard word is hard for several characters in a row. So a
standard error comes from blocks of consecutive characters, never from single ones.
"""

from dataclasses import dataclass
from math import inf
from statistics import NormalDist

import numpy as np

from charrnn.array_types import Column, Flags, Integers

BINS = 10
"""Bins of confidence in a calibration."""

LEAST_BLOCKS = 4
"""Fewest blocks that give a standard error."""

_OVERFLOWS = 1024.0  # bits; two to their power is no float


@dataclass(frozen=True)
class Mean:
    """A mean of `count` values and its standard error, nan where there are too few."""

    count: int
    mean: float
    error: float


NO_MEAN = Mean(0, float("nan"), float("nan"))
"""The mean of no values."""


def mean_where(values: Column, where: Flags | None = None) -> Mean:
    """Return the mean of selected values of a sequence, (n,), with its standard error.

    With m 1 where a value counts and 0 elsewhere, the mean is Σ m v / Σ m, whose error is to first
    order that of the mean of m (v - mean), over the mean of m (the ratio estimator, Cochran 1977);
    that one comes from the means of blocks (`block_standard_error`).

    where: (n,), the selection; None for all.
    """
    counted = np.ones(len(values), np.bool_) if where is None else where
    count = int(np.count_nonzero(counted))
    if not count:
        return NO_MEAN
    mean = float(np.mean(values[counted]))
    residuals = np.where(counted, values - mean, 0.0)
    error, _ = block_standard_error(residuals)
    blocks = np.unique(np.flatnonzero(counted) // int(len(values) ** 0.5))
    if len(blocks) < LEAST_BLOCKS:
        error = float("nan")
    return Mean(count, mean, error * len(values) / count)


def t_quantile(p: float, degrees: int) -> float:
    """Return the quantile p of Student's t distribution.

    By the expansion about the normal quantile z (Abramowitz & Stegun 1964, 26.7.5), within 1 % of
    the exact value for 3 degrees of freedom and more, and p from 0.01 to 0.99.
    """
    z = NormalDist().inv_cdf(p)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(sum(term / float(degrees) ** n for n, term in enumerate(terms)))


def perplexity(bits: float) -> float:
    """Return 2^bits, or infinity where that exceeds a float."""
    return 2.0**bits if bits < _OVERFLOWS else inf


def block_standard_error(values: Column) -> tuple[float, int]:
    """Return the standard error of the mean of a correlated sequence, by batch means.

    The n values are cut into a = ⌊n/b⌋ blocks of b = ⌊√n⌋; the remainder is not used. The
    error is the standard deviation of the blocks' means over √a (batch means, Flegal & Jones 2010).

    Returns
    -------
    error, blocks
        nan where there are fewer than `LEAST_BLOCKS`.
    """
    n = len(values)
    length = int(n**0.5)
    blocks = n // length if length else 0
    if blocks < LEAST_BLOCKS:
        return float("nan"), blocks
    means = values[: blocks * length].reshape(blocks, length).mean(axis=1)
    return float(means.std(ddof=1) / blocks**0.5), blocks


@dataclass(frozen=True)
class Calibration:
    """A reliability diagram: accuracy of the top guess by its confidence; (BINS,) each.

    A prediction belongs to bin k where k/BINS <= max y_hat < (k+1)/BINS, and to the last at 1.
    """

    count: Integers
    confidence: Column
    accuracy: Column

    @property
    def error(self) -> float:
        """The expected calibration error, Σ n_k/n |accuracy_k - confidence_k| (Guo et al. 2017)."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(self.count @ np.nan_to_num(gaps) / self.count.sum())


def calibrate(confidence: Column, right: Flags) -> Calibration:
    """Return the accuracy of predictions by their confidence.

    confidence: (n,), the probability of the most likely character.
    right: (n,), whether it was the next one.
    """
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):  # a bin without predictions has no mean
        return Calibration(
            count,
            np.bincount(bins, confidence, BINS) / count,
            np.bincount(bins, right, BINS) / count,
        )
