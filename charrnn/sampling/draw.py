"""From weights to a character."""

from collections.abc import Iterator

import numpy as np

from charrnn.array_types import Doubles, Places

Ordered = tuple[Places, Doubles, int]
"""Ids in an order of their own, (V,), of which the first n are left; the sums of the first weights,
(at least n,); and n."""


def draw(weights: Doubles, uniform: float) -> int:
    """Return an id drawn with probabilities in proportion to weights, (V,).

    uniform: a random number from 0 up to but not 1.
    """
    return draw_cumulative(np.add.accumulate(weights), uniform)


def draw_cumulative(cumulative: Doubles, uniform: float) -> int:
    """Return an id as `draw` does, by the cumulative sums of the weights, (V,)."""
    return int(cumulative.searchsorted(uniform * cumulative.item(-1), "right"))


def in_order_of_ids(ordered: Ordered) -> Doubles:
    """Return the weight of every id, (V,)."""
    ids, cumulative, n = ordered
    weights = np.zeros(len(ids))
    weights[ids[:n]] = np.diff(cumulative[:n], prepend=0)
    return weights


def draw_rows(weights: Doubles, uniform: Doubles) -> Places:
    """Return an id for each row, (B,), as `draw` does for one.

    weights: (B, V).
    uniform: (B,), from 0 up to but not 1.
    """
    cumulative = np.add.accumulate(weights, axis=1)
    below = cumulative <= (uniform * cumulative[:, -1])[:, None]
    ids: Places = np.add.reduce(below, axis=1, dtype=np.intp)
    return ids


def random_streams(seed: int) -> Iterator[np.random.Generator]:
    """Yield the random numbers of each sample, the same however many samples are made.

    Those of the first are of the seed itself, so that one sample needs no more than a seed.
    """
    sequence = stream = np.random.SeedSequence(seed)
    while True:
        yield np.random.Generator(np.random.PCG64(stream))
        [stream] = sequence.spawn(1)
