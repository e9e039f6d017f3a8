"""Max-statistic permutation test by circular shifts: chance levels of scores.

States and features are autocorrelated, so shuffling one of them would underestimate chance.
A circular shift by s characters, (f_s)(t) = f(t - s), keeps the autocorrelation of each and
breaks only their relation. For each s the largest score of any unit is kept; of F features at
once, chance stays below the floor of each with probability 1 - LEVEL / F, and so of all with at
least 1 - LEVEL.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Column, Floats, Ids, Places
from charrnn.inspection.methods.features.scores import centred, centred_ranks, pairs, places_of

LEVEL = 0.05

NEAREST = 0.05
"""Fraction of the text below which a shift, either way, is not independent."""


def smooth_length(n: int) -> int:
    """Return the largest 2^i 3^j 5^k up to n, a length for a fast Fourier transform."""
    for length in range(n, 1, -1):
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
    return min(n, 1)


def far_shifts(n: int) -> Places:
    """Return the shifts of a text of n characters that are far enough to be independent."""
    nearest = max(1, int(np.ceil(NEAREST * n)))
    return np.arange(nearest, n - nearest + 1)


def transformed(values: Floats) -> NDArray[np.complexfloating]:
    """Return the Fourier transform of each row, for `shifted_scores`."""
    return np.fft.rfft(values, axis=1)


def shifted_scores(values: NDArray[np.complexfloating], feature: Floats) -> Floats:
    """Return Σ_t u(t) f(t - s) of each unit for each far shift s, (U, N).

    values: the `transformed` units, of (U, T). feature: (T,).
    """
    n = len(feature)
    turned = np.conj(np.fft.rfft(feature)).astype(values.dtype)
    sums: Floats = np.fft.irfft(values * turned, n, axis=1)
    far = far_shifts(n)
    return sums[:, far[0] : far[-1] + 1] if len(far) else sums[:, :0]


@dataclass(frozen=True, eq=False)
class Chance:
    """The null distribution of a feature's score, from its shifts.

    scores: (N,), for each far shift.
    tests: number of features tested at once.
    """

    scores: Column
    tests: int

    @property
    def enough(self) -> bool:
        """Whether there are shifts enough to know what chance rarely does."""
        return len(self.scores) + 1 >= self.tests / LEVEL

    @property
    def floor(self) -> float:
        """The critical value: the quantile 1 - LEVEL / tests of scores; the largest, if too few."""
        N = len(self.scores)
        if not N:
            return float("nan")
        above = int(
            LEVEL / self.tests * (N + 1)
        )  # scores that may be as large, with the tested one
        return float(np.sort(self.scores)[N - max(1, above)])


def within_chance(values: Floats, feature: Floats, groups: Ids, *, binary: bool) -> Column:
    """Return the score of one unit, (T,), for each far shift of a feature within groups, (N,).

    The places of each group are shifted among themselves, those of all groups by the same
    fraction of their number: so each group keeps its number of places with the feature, and the
    autocorrelation. AUC if the feature is binary, else r; without the sign.
    """
    T, one, f = len(feature), values[None].astype(np.float64), feature[None]
    [u] = centred_ranks(one, groups) if binary else centred(one, groups)
    if not binary:
        [feature] = centred(f, groups)
    shares = far_shifts(T) / max(1, T)
    sums = np.zeros(len(shares))
    for places in places_of(groups):
        n = len(places)
        around = np.fft.irfft(np.fft.rfft(u[places]) * np.conj(np.fft.rfft(feature[places])), n)
        sums += around[np.round(shares * n).astype(np.intp) % n]
    return 0.5 + np.abs(sums) / pairs(f, groups)[0] if binary else np.abs(sums)
