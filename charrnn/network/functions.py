"""Array types, and the nonlinear functions, in place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ids = NDArray[np.integer[Any]]


def log_softmax(z: Floats) -> None:
    """Turn scores z, (..., V), into natural logarithms of probabilities, in place."""
    z -= np.maximum.reduce(z, axis=-1, keepdims=True)
    z -= np.log(np.add.reduce(np.exp(z), axis=-1, keepdims=True))
