"""Products of a few rows with the same matrix, many times over.

    out = a @ W        a (B, K), W (K, M), B from one to some dozens

BLAS copies W into an order of its own before each product, which is worth it for large ones only:
here it takes as long as the product itself. OpenBLAS leaves that out for products of fewer than a
million multiplications, where the processor has AVX-512. So W is laid out in blocks of that size,
once for all the steps of a window, and one call multiplies them all: three times faster for 8 rows
of 256, by two thirds for 32. The naive form is `a.dot(W, out)`.
"""

from functools import cache

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Floats
from charrnn.network.kernels.aligned import empty

COLUMNS = 64
"""Columns per block; best of 16 to 256 for all shapes (measured)."""

ROWS = (1024, 512, 256, 128, 64)
"""Rows per block; the first that fits is taken (measured)."""

SMALL = 1_000_000
"""Multiplications above which OpenBLAS copies (interface/gemm.c, small matrix optimization)."""

FEWEST_STEPS = 8
"""Fewest steps of a window for which W is laid out in blocks."""


@cache
def has_small_products() -> bool:
    """Return whether blocks are faster with the BLAS that NumPy was built with, on this processor.

    The answer depends on the machine alone, so that results do.
    """
    found = np.show_config(mode="dicts")
    blas = str(found["Build Dependencies"]["blas"]["name"])
    processor = set(found["SIMD Extensions"]["found"])
    # NumPy 2.4 renamed the one to the other.
    return "openblas" in blas and not processor.isdisjoint({"AVX512_SKX", "X86_V4"})


def block_rows(B: int, K: int, M: int) -> int:
    """Return how many rows the blocks of W have, or 0 where W is best multiplied as it is."""
    if B == 1 or M % COLUMNS or (B >= 64 and K > 512):
        return 0
    fitting = (rows for rows in ROWS if K % rows == 0 and B * rows * COLUMNS < SMALL)
    return next(fitting, 0)


class Product:
    """Products with matrices side by side, from B rows.

        out[p] = a @ W[p]       a (B, K), W (P, K, M), out (P, B, M)

    out: where every product is written; a view, if that is faster.
    """

    def __init__(self, shape: tuple[int, int, int], B: int, steps: int, dtype: DTypeLike) -> None:
        P, K, M = shape
        rows = 0
        if steps >= FEWEST_STEPS and dtype == np.float32 and has_small_products():
            rows = block_rows(B, K, M)
        self._rows = rows
        if rows:
            parts, panels = K // rows, M // COLUMNS
            self._blocks = empty((parts, P, panels, rows, COLUMNS), dtype)
            self._W = self._blocks.transpose(1, 0, 3, 2, 4)  # as W is, cut
            sums = empty((parts, P, B, M), dtype)
            self._into = sums.reshape(parts, P, B, panels, COLUMNS).swapaxes(2, 3)
            self.out: Floats
            self.out, *self._rest = sums
        else:
            self._plain = empty((K, P * M), dtype)
            self._W = self._plain.reshape(K, P, M).swapaxes(0, 1)
            self._into = empty((B, P * M), dtype)
            self.out = self._into.reshape(B, P, M).swapaxes(0, 1)

    def load(self, W: Floats, scale: Floats | None = None) -> None:
        """Take the matrices, (P, K, M), that are multiplied with from now on.

        scale: (P,), a factor for each.
        """
        P, K, M = W.shape
        by = np.ones(P, W.dtype) if scale is None else scale
        if self._rows:
            cut = W.reshape(P, K // self._rows, self._rows, M // COLUMNS, COLUMNS)
            np.multiply(cut, by[:, None, None, None, None], out=self._W)
        else:
            np.multiply(W, by[:, None, None], out=self._W)

    def view(self, a: Floats) -> Floats:
        """Return a, (B, K), as `__call__` wants it: made once for rows that come again."""
        if not self._rows:
            return a
        B, K = a.shape
        return a.reshape(B, K // self._rows, 1, 1, self._rows).transpose(1, 2, 3, 0, 4)

    def __call__(self, view: Floats) -> Floats:
        """Write the products to `out`, given view(a), and return it."""
        if not self._rows:
            view.dot(self._plain, self._into)  # for one row, faster than np.matmul
        else:
            np.matmul(view, self._blocks, out=self._into)
            for part in self._rest:
                np.add(self.out, part, out=self.out)
        return self.out
