"""How long a series stays as it is, and whether it comes back: its autocorrelation.

r(k) = Σ_t (u(t) - m)(u(t+k) - m) / Σ_t (u(t) - m)²        m the mean over the text
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from charrnn.array_types import Column, Floats

MOST_LAGS = 400

LEVEL = 0.05
"""How often chance alone would make a peak, of a series that does not come back."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """The autocorrelation of a series, and what it says.

    r: (K + 1,), at lags 0 to K, a quarter of the text at most; zeros if the series does not vary.
    lasts: the first lag at which r is below 1/e; nan where it never is.
    period: the lag of the largest peak behind the first dip; nan where there is none.
    peak: r there.
    floor: what that must exceed. Behind the dip, r of a series that does not come back has the
        standard error sqrt((1 + 2 Σ r²) / T), the sum over the lags up to the dip (Bartlett 1946);
        as many lags are looked at, the floor is the quantile 1 - LEVEL / (2 n) of n of them.
    """

    r: Column
    lasts: float
    period: float
    peak: float
    floor: float

    @property
    def comes_back(self) -> bool:
        """Whether there is a peak above the floor."""
        return self.peak > self.floor


def rhythm(values: Floats | Column) -> Rhythm:
    """Measure the rhythm of a series, (T,)."""
    r = autocorrelation(values)
    nothing = float("nan")
    below = np.flatnonzero(r < 1 / np.e)
    lasts = float(below[0]) if len(below) and r[0] else nothing
    slope = np.diff(r)
    dips = np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0)) + 1
    if not len(dips):
        return Rhythm(r, lasts, nothing, nothing, nothing)
    dip = int(dips[0])
    peaks = np.flatnonzero((slope[dip:-1] > 0) & (slope[dip + 1 :] <= 0)) + dip + 1
    error = np.sqrt((1 + 2 * np.sum(r[1 : dip + 1] ** 2)) / len(values))
    floor = error * NormalDist().inv_cdf(1 - LEVEL / (2 * (len(r) - dip)))
    if not len(peaks):
        return Rhythm(r, lasts, nothing, nothing, float(floor))
    period = int(peaks[np.argmax(r[peaks])])
    return Rhythm(r, lasts, float(period), float(r[period]), float(floor))


def autocorrelation(values: Floats | Column) -> Column:
    """Return r at the lags 0 to K, (K + 1,), by a Fourier transform of the series, (T,)."""
    u = values.astype(np.float64) - values.mean(dtype=np.float64)
    T, scale = len(u), np.abs(values).max(initial=0)
    K = min(MOST_LAGS, T // 4)
    total = float(u @ u)
    if total <= (1e-9 * scale) ** 2 * T:  # rounding is all that is left of a constant
        return np.zeros(K + 1)
    size = 1 << (T + K).bit_length()
    spectrum = np.fft.rfft(u, size)
    return np.fft.irfft(np.abs(spectrum) ** 2, size)[: K + 1] / total
