"""Types of arrays that many modules name."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""Numbers of the network's precision, or of any other."""

Ids: TypeAlias = NDArray[np.integer[Any]]
"""Characters by their number in the vocabulary."""

Column: TypeAlias = NDArray[np.float64]
"""A number for each character, (T,), or for each unit, (H,)."""
