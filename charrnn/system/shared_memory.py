"""Arrays that several processes see, in memory that has no name and so cannot be left behind."""

import math
import mmap
import os
import tempfile
import weakref
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Layout = Mapping[str, tuple[tuple[int, ...], str]]
"""The shape and type of each array by its name."""

_ALIGNMENT = 64


class SharedArrays:
    """Arrays by name in one file that was never, or is no longer, in any folder.

    A process that is handed the descriptor sees the same bytes; when the last one that has them
    ends, however it ends, they are gone.
    """

    def __init__(self, layout: Layout, descriptor: int) -> None:
        self.descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)
        self._map = mmap.mmap(descriptor, _size(layout))
        self._arrays: dict[str, NDArray[Any]] = {}
        start = 0
        for name, (shape, dtype) in layout.items():
            self._arrays[name] = np.ndarray(shape, dtype, self._map, start)
            start += _padded(shape, dtype)

    @classmethod
    def create(cls, layout: Layout) -> Self:
        """Make the memory, full of zeros."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("charrnn")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, _size(layout))
        return cls(layout, descriptor)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def close(self) -> None:
        """Close the descriptor; the arrays stay for as long as they are used."""
        self._close()


def _padded(shape: tuple[int, ...], dtype: str) -> int:
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _size(layout: Layout) -> int:
    return max(1, sum(_padded(shape, dtype) for shape, dtype in layout.values()))
