"""New arrays aligned to 64 bytes, so that a vector register is loaded from one cache line.

NumPy begins an array at any multiple of 16 bytes. From there every load of 64 bytes (AVX-512) falls
into two cache lines, and products of a few rows take a quarter to a third longer.
"""

import math

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.array_types import Floats

ALIGNMENT = 64
"""Bytes of a cache line and of the widest vector register."""


def zeros(shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    """Return an array of zeros; as with `np.zeros`, memory is allocated when it is written to."""
    return _within(np.zeros(_bytes(shape, dtype), np.uint8), shape, dtype)


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    """Return an array of whatever was in its memory."""
    return _within(np.empty(_bytes(shape, dtype), np.uint8), shape, dtype)


def whole_lines(columns: int, dtype: DTypeLike) -> int:
    """Return the number of columns, rounded up so that each row begins at a cache line."""
    in_line = ALIGNMENT // np.dtype(dtype).itemsize
    return -(-columns // in_line) * in_line


def _bytes(shape: tuple[int, ...], dtype: DTypeLike) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize + ALIGNMENT


def _within(taken: NDArray[np.uint8], shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    start = -taken.ctypes.data % ALIGNMENT
    return taken[start : start + len(taken) - ALIGNMENT].view(dtype).reshape(shape)
