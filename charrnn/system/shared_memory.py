"""Arrays shared by several processes, in unnamed memory that the system frees."""

import math
import mmap
import os
import tempfile
import weakref
from collections.abc import Mapping
from typing import Self

import numpy as np

from charrnn.array_types import Array, NamedArrays

Layout = Mapping[str, tuple[tuple[int, ...], str]]
"""Shape and dtype of each array by name."""

_ALIGNMENT = 64


class SharedArrays:
    """Named arrays in one unnamed file in memory.

    A process that gets the descriptor sees the same bytes; when the last one that has them
    exits, in whatever way, they are freed.
    """

    def __init__(self, layout: Layout, descriptor: int) -> None:
        self.descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)
        self._map = mmap.mmap(descriptor, _size(layout))
        self._arrays: NamedArrays = {}
        start = 0
        for name, (shape, dtype) in layout.items():
            self._arrays[name] = np.ndarray(shape, dtype, self._map, start)
            start += _padded(shape, dtype)

    @classmethod
    def create(cls, layout: Layout) -> Self:
        """Create the memory, zeroed."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("charrnn")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, _size(layout))
        return cls(layout, descriptor)

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def close(self) -> None:
        """Close the descriptor; the arrays stay for as long as they are used."""
        self._close()


def _padded(shape: tuple[int, ...], dtype: str) -> int:
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _size(layout: Layout) -> int:
    return max(1, sum(_padded(shape, dtype) for shape, dtype in layout.values()))
