"""Array types used by many modules."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""Floating-point numbers of any precision."""

Doubles: TypeAlias = NDArray[np.float64]
"""Floating-point numbers of double precision."""

Column: TypeAlias = Doubles
"""A float64 for each character, (T,), or for each unit, (H,)."""

Ids: TypeAlias = NDArray[np.integer[Any]]
"""Ids: indices of characters in the vocabulary."""

Places: TypeAlias = NDArray[np.intp]
"""Indices of an array, such as places of a text or units."""

Integers: TypeAlias = NDArray[np.int64]
"""Whole numbers of 64 bits, such as counts."""

Codes: TypeAlias = NDArray[np.int8]
"""Small whole numbers, such as indices of classes."""

Flags: TypeAlias = NDArray[np.bool_]
"""Truth values."""

Array: TypeAlias = NDArray[Any]
"""An array of any type."""

NamedArrays: TypeAlias = dict[str, Array]
"""Arrays by name, as they are written to a file."""
