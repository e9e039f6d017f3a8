"""The nonlinear functions, in place."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from charrnn.array_types import Floats, Ids

LEAST_BUFFER = 16
"""Numbers: as few as NumPy allows."""


@contextmanager
def unbuffered() -> Iterator[None]:
    """Let NumPy work on operands where they lie, if they are not in one piece but of one type.

    It copies them into buffers of 8,192 numbers otherwise, to have fewer and longer loops, which
    for pieces of a thousand numbers takes as long again as the work itself.
    """
    before = np.setbufsize(LEAST_BUFFER)
    try:
        yield
    finally:
        np.setbufsize(before)


def log_softmax(z: Floats) -> None:
    """Turn scores z, (..., V), into natural logarithms of probabilities, in place."""
    z -= np.maximum.reduce(z, axis=-1, keepdims=True)
    z -= np.log(np.add.reduce(np.exp(z), axis=-1, keepdims=True))


MODERATE = 60.0
"""Scores up to this size need no shift: e^60 times any number of characters is a float32, and so is
e^-60."""


def cross_entropy(z: Floats, y: Ids, count: float) -> float:
    """Return the sum of -log softmax(z)[y] over rows, over `count`; turn z into its gradient by z.

    z: (N, V), scores; afterwards (softmax(z) - y) / count, y one-hot.
    y: (N,), the ids that came.
    count: of how many rows, these and others, the mean is taken.
    """
    here = np.arange(len(z)), y
    if not -MODERATE < z.min() <= z.max() < MODERATE:  # nor where one is not a number
        z -= np.maximum.reduce(z, axis=-1, keepdims=True)
    told = z[here]
    np.exp(z, out=z)
    total = z @ np.ones(z.shape[-1], z.dtype)  # a product takes an eighth of the time of a sum
    z *= (1 / (count * total))[:, None]
    z[here] -= 1 / count
    return float(np.subtract(np.log(total), told).sum(dtype=np.float64)) / count


def gates_first(z: Floats, gates: int) -> Floats:
    """Return z, (n, G·H), as a view (G, n, H): one block a gate."""
    return z.reshape(len(z), gates, -1).swapaxes(0, 1)
