"""Array types used by many modules."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""Floating-point numbers of any precision."""

Ids: TypeAlias = NDArray[np.integer[Any]]
"""Ids: indices of characters in the vocabulary."""

Column: TypeAlias = NDArray[np.float64]
"""A float64 for each character, (T,), or for each unit, (H,)."""
