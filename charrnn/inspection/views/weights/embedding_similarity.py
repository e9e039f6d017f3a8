"""Which characters a network treats alike: by the weights that read them, or predict them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.array_types import Column, Floats, Ids, Integers, Places

MOST = 1000
"""Largest number of characters that are compared, the most frequent of a larger vocabulary."""


@dataclass(frozen=True, eq=False)
class Kinship:
    """How alike the weights of characters are: cosines of vectors, each less the mean of all.

    The mean is taken off because what all characters have in common tells none from another.

    weights: the name of the weights.
    ids: (M,), the characters that are compared, the most frequent first.
    cosine: (M, M); that of a character with itself is nan, as is that of a vector of 0.
    floor: the largest cosine of two characters in a fresh network, where none means anything.
    """

    weights: str
    ids: Ids
    cosine: Column
    floor: float

    @classmethod
    def of(cls, weights: str, vectors: Floats, fresh: Floats, counts: Integers) -> Self:
        """Compare vectors, (V, n), of characters that occurred so often, (V,)."""
        ids = np.argsort(-counts, kind="stable")[:MOST]
        chance = cosines(fresh[ids])
        floor = float(np.nanmax(chance)) if np.isfinite(chance).any() else float("nan")
        return cls(weights, ids, cosines(vectors[ids]), floor)

    def nearest(self, n: int) -> Places:
        """Return the places, among `ids`, of the n nearest of each character, (M, n)."""
        order = np.argsort(-np.nan_to_num(self.cosine, nan=-2.0), axis=1, kind="stable")
        return order[:, : min(n, len(self.ids) - 1)]

    def above(self, n: int) -> list[list[tuple[int, float]]]:
        """Return for each character the ids and cosines of those that are nearer than the floor.

        At most n of each.
        """
        found = []
        for row, near in zip(self.cosine, self.nearest(n), strict=True):
            values = zip(self.ids[near].tolist(), row[near].tolist(), strict=True)
            found.append([(k, cosine) for k, cosine in values if cosine > self.floor])
        return found


def cosines(vectors: Floats) -> Column:
    """Return the cosine of each two of (M, n) vectors, the mean of all taken off, (M, M)."""
    centred = vectors.astype(np.float64)
    centred -= centred.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred /= lengths
    found: Column = centred @ centred.T
    np.fill_diagonal(found, np.nan)
    return found
