"""The nonlinear functions, in place."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from charrnn.array_types import Floats, Ids

LEAST_BUFFER = 16
"""Buffer size in elements, NumPy's minimum."""


@contextmanager
def unbuffered() -> Iterator[None]:
    """Let NumPy work on non-contiguous operands of one type in place.

    Otherwise it copies them into buffers of 8,192 elements, to have fewer and longer loops, which
    for arrays of a thousand elements doubles the time.
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
"""Largest score that needs no shift: e^60 times any number of characters is a float32, and so is
e^-60."""


def cross_entropy(z: Floats, y: Ids, count: float) -> float:
    """Return the sum of -log softmax(z)[y] over rows, over `count`; turn z into its gradient by z.

    z: (N, V), scores; afterwards (softmax(z) - y) / count, y one-hot.
    y: (N,), the ids that came.
    count: the number of rows that the mean is over, these and others.
    """
    here = np.arange(len(z)), y
    if not -MODERATE < z.min() <= z.max() < MODERATE:  # also false for NaN
        z -= np.maximum.reduce(z, axis=-1, keepdims=True)
    chosen = z[here]
    np.exp(z, out=z)
    total = z @ np.ones(z.shape[-1], z.dtype)  # eight times faster than a sum
    z *= (1 / (count * total))[:, None]
    z[here] -= 1 / count
    return float(np.subtract(np.log(total), chosen).sum(dtype=np.float64)) / count


def gates_first(z: Floats, gates: int) -> Floats:
    """Return z, (n, G·H), as a view (G, n, H): one block a gate."""
    return z.reshape(len(z), gates, -1).swapaxes(0, 1)
