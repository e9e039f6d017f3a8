"""Where a unit is highest and lowest, and how it moves as each character is read."""

from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Floats, Ids
from charrnn.evaluation.statistics import mean_where
from charrnn.inspection.methods.spaced_places import apart

APART = 40
"""Characters between two extremes that are shown, so that they are not of one place."""

LEAST_COUNT = 5
"""A character that is read less often is not said to move a unit."""


@dataclass(frozen=True)
class Response:
    """How a unit changes, on average, as one character is read (Ming et al. 2017).

    mean: of s(t) - s(t-1) over the `count` places t where x(t) is the character k.
    error: its standard error, from blocks; nan where there are too few.
    """

    k: int
    count: int
    mean: float
    error: float


def highest(values: Floats | Column, most: int) -> list[int]:
    """Return the places of the largest values, the largest first, `APART` at least."""
    return apart(np.argsort(-values, kind="stable"), most, APART)


def change(values: Floats | Column, *, is_state: bool) -> Column:
    """Return s(t) - s(t-1), (T,); before the first character a state is 0, a gate is nothing.

    So the first change of a gate is nan.
    """
    exact = values.astype(np.float64)
    return np.diff(exact, prepend=0.0 if is_state else np.nan)


def responses(changes: Column, ids: Ids) -> list[Response]:
    """Return the response to each character that occurs often enough, the largest rise first."""
    known = np.isfinite(changes)
    found = []
    characters, counts = np.unique(ids[known], return_counts=True)
    for k, count in zip(characters.tolist(), counts.tolist(), strict=True):
        if count >= LEAST_COUNT:
            mean = mean_where(np.where(known, changes, 0), (ids == k) & known)
            found.append(Response(k, count, mean.mean, mean.error))
    return sorted(found, key=lambda response: -response.mean)
