"""Array types, and the nonlinear functions, in place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ids = NDArray[np.integer[Any]]


def sigmoid(z: Floats) -> None:
    """Turn z into σ(z) = 1 / (1 + exp(-z)), in place.

    Written as 1/2 + tanh(z/2)/2, which cannot overflow.
    """
    z *= 0.5
    np.tanh(z, out=z)
    z *= 0.5
    z += 0.5


def log_softmax(z: Floats) -> None:
    """Turn scores z, (..., V), into natural logarithms of probabilities, in place."""
    z -= np.maximum.reduce(z, axis=-1, keepdims=True)
    z -= np.log(np.add.reduce(np.exp(z), axis=-1, keepdims=True))
