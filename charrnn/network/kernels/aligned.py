"""New arrays that begin where a vector register is loaded whole: at a multiple of 64 bytes.

NumPy begins an array at any multiple of 16 bytes. From there every load of 64 bytes (AVX-512) falls
into two lines of the cache, and products of a few rows take a quarter to a third longer.
"""

import math

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.array_types import Floats

ALIGNMENT = 64
"""Bytes: a line of the cache, and the widest vector register there is."""


def zeros(shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    """Return an array of zeros; as with `np.zeros`, memory is taken when it is written to."""
    return _within(np.zeros(_bytes(shape, dtype), np.uint8), shape, dtype)


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    """Return an array of whatever was in its memory."""
    return _within(np.empty(_bytes(shape, dtype), np.uint8), shape, dtype)


def whole_lines(columns: int, dtype: DTypeLike) -> int:
    """Return how many columns a matrix has to have for each of its rows to begin at a line."""
    in_line = ALIGNMENT // np.dtype(dtype).itemsize
    return -(-columns // in_line) * in_line


def _bytes(shape: tuple[int, ...], dtype: DTypeLike) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize + ALIGNMENT


def _within(taken: NDArray[np.uint8], shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    start = -taken.ctypes.data % ALIGNMENT
    array: Floats = taken[start : start + len(taken) - ALIGNMENT].view(dtype).reshape(shape)
    return array
