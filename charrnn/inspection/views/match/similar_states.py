"""Where a text finds the network in the same state: by the whole state, or by a pattern of units.

By the whole state, two places are as alike as the cosine of their states, each unit less its mean
over the text and in units of its standard deviation, so that no unit counts for more than another.

By a pattern (Strobelt et al. 2018, LSTMVis), a part of the text is known by the units that are on
throughout it, which is here: beyond a threshold, to either side. Two parts of the same length are
as alike as they have units on in common; of as many, that one is more alike in which fewer units
are on besides.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.array_types import Codes, Column, Flags, Floats, Integers, Places

THRESHOLDS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""The largest is taken by which a pattern has at least `ENOUGH` units, or the least."""

ENOUGH = 8


def cosines(states: Floats, t: int) -> Column:
    """Return the cosine of each state with that at t, (T,), from (T, H); 0 where there is none.

    A unit that never moves is left out.
    """
    z = states - states.mean(axis=0, dtype=np.float64)
    sd = z.std(axis=0)
    np.divide(z, sd, out=z, where=sd > 0)
    lengths = np.linalg.norm(z, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Column = np.nan_to_num((z @ z[t]) / (lengths * lengths[t]))
    return np.clip(found, -1, 1)


@dataclass(frozen=True, eq=False)
class Pattern:
    """What a part of a text has in common with all parts of as many characters.

    threshold: beyond which a unit is on.
    on: (H,), of the part: +1 or -1, the side on which the unit is on throughout, or 0.
    shared: (n,), by where each part begins: how many units it has on as that one has.
    either: (n,), how many are on in either, those that are on to different sides counted twice.
    """

    threshold: float
    on: Codes
    shared: Integers
    either: Integers

    @classmethod
    def of(cls, states: Floats, part: range) -> Self:
        """Look for the pattern of a part in states, (T, H)."""
        for threshold in THRESHOLDS:
            on = _throughout(states > threshold, len(part)).astype(np.int8)
            on -= _throughout(states < -threshold, len(part))
            wanted = np.flatnonzero(on[part.start])
            if len(wanted) >= ENOUGH:
                break
        shared = (on[:, wanted] == on[part.start, wanted]).sum(axis=1)
        either = np.count_nonzero(on, axis=1) + len(wanted) - shared
        return cls(threshold, on[part.start], shared, either)

    def order(self) -> Places:
        """Return where the parts begin that have something in common, the most alike first."""
        order = np.lexsort((self.either, -self.shared))
        return order[self.shared[order] > 0]


def _throughout(flags: Flags, n: int) -> Flags:
    """Tell where each of (T, H) flags is up for n steps from there on, (T - n + 1, H)."""
    up, length = flags, 1
    while length < n:  # up for `length` steps from there on
        step = min(length, n - length)
        up = up[: len(up) - step] & up[step:]
        length += step
    return up
