"""Matches the units of two networks by their correlation on the same text.

Units of two networks have no common names. Two of them correspond if their values are correlated,
|r| near 1; the sign is random. The matching is greedy, each unit used once: the
largest |r| of all first, then the largest between the remaining ones, and so on.

States are autocorrelated, so some of many pairs correlate by chance. The floor is the chance
level: the largest |r| of any pair when one text is circularly shifted by many characters.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.array_types import Column, Floats, Integers
from charrnn.inspection.methods.features.shift_test import far_shifts
from charrnn.inspection.progress import Track, untracked

SHIFTS = 20
"""Shifts; chance exceeds the largest of n about once in n + 1 texts."""


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Pairs of corresponding units.

    pairs: (P, 2), indices of a unit of the one and one of the other, the closest first.
    r: (P,), their correlation over the text.
    floor: nan where the text is too short for a chance level; then there are no pairs.
    """

    pairs: Integers
    r: Column
    floor: float

    @classmethod
    def of(
        cls, one: Floats, other: Floats, rng: np.random.Generator, track: Track = untracked
    ) -> Self:
        """Pair the units of (T, U) and (T, W) values."""
        T = len(one)
        one, other = _standard(one), _standard(other)
        shifts = far_shifts(T)
        chosen = rng.choice(shifts, min(SHIFTS, len(shifts)), replace=False)
        floor = float("nan")
        for shift in track(chosen.tolist(), "comparing units", len(chosen)):
            reached = float(np.abs(one.T @ np.roll(other, shift, axis=0)).max()) / T
            floor = reached if np.isnan(floor) else max(floor, reached)
        pairs, r = _greedy((one.T @ other).astype(np.float64) / T, floor)
        return cls(pairs, r, floor)


def _standard(values: Floats) -> Floats:
    """Return standardised values; 0 for constants."""
    z = values - values.mean(axis=0, dtype=np.float64).astype(values.dtype)
    sd = z.std(axis=0)
    standard: Floats = np.divide(z, sd, out=np.zeros_like(z), where=sd > np.finfo(z.dtype).eps)
    return standard


def _greedy(r: Column, floor: float) -> tuple[Integers, Column]:
    """Return the pairs above the floor, by greedy matching."""
    places = np.flatnonzero(np.abs(r) > floor)  # none above nan
    places = places[np.argsort(-np.abs(r.ravel()[places]), kind="stable")]
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for place in places.tolist():
        i, j = divmod(place, r.shape[1])
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            pairs.append((i, j))
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found, r[found[:, 0], found[:, 1]]
