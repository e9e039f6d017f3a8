"""Products of a few rows with the same matrix, many times over.

    out = a @ W        a (B, K), W (K, M), B from one to some dozens

BLAS copies W into an order of its own before each product, which pays for large ones only: here it
takes as long as the product itself. OpenBLAS leaves that out for products of fewer than a million
multiplications, where the processor has AVX-512. So W is laid out in blocks of that size, once for
all the steps of a window, and one call multiplies them all: two to three times faster for 8 rows,
by half for 32. The naive form is `a.dot(W, out)`.
"""

from functools import cache

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.functions import Floats

COLUMNS = 64
"""Of a block: the best of 16 to 256, for all shapes (measured)."""

ROWS = (256, 128, 64)
"""Of a block, the first that fits (measured)."""

SMALL = 1_000_000
"""Multiplications from which on OpenBLAS copies (interface/gemm.c, small matrix optimization)."""

FEWEST_STEPS = 8
"""Of a window, for laying out W to pay."""


@cache
def has_small_products() -> bool:
    """Tell whether NumPy was built with a BLAS, and runs on a processor, for which blocks pay.

    It is the same whenever it is asked on one machine, so that results are.
    """
    found = np.show_config(mode="dicts")
    blas = str(found["Build Dependencies"]["blas"]["name"])
    processor = set(found["SIMD Extensions"]["found"])
    # NumPy 2.4 renamed the one to the other.
    return "openblas" in blas and not processor.isdisjoint({"AVX512_SKX", "X86_V4"})


def block_rows(B: int, K: int, M: int) -> int:
    """Return how many rows the blocks of W have, or 0 where it is best multiplied as it is."""
    if M % COLUMNS or (B >= 64 and K > 512):
        return 0
    fitting = (rows for rows in ROWS if K % rows == 0 and B * rows * COLUMNS < SMALL)
    return next(fitting, 0)


class Product:
    """The product with one matrix after the other, of shape (K, M), from B rows.

    out: (B, M), where every product is written.
    """

    def __init__(self, K: int, M: int, out: Floats, steps: int, dtype: DTypeLike) -> None:
        B = len(out)
        self.out, self._rows = out, 0
        if steps >= FEWEST_STEPS and dtype == np.float32 and has_small_products():
            self._rows = block_rows(B, K, M)
        if self._rows:
            parts, panels = K // self._rows, M // COLUMNS
            self._blocks: Floats = np.empty((parts, panels, self._rows, COLUMNS), dtype)
            self._sums: Floats = np.empty((parts, B, M), dtype) if parts > 1 else out[None]
            self._into = self._sums.reshape(parts, B, panels, COLUMNS).swapaxes(1, 2)

    def load(self, W: Floats, scale: Floats | None = None) -> None:
        """Take the matrix, (K, M), that is multiplied with from now on, its columns scaled."""
        if self._rows:
            K, M = W.shape
            cut = W.reshape(K // self._rows, self._rows, M // COLUMNS, COLUMNS).swapaxes(1, 2)
            if scale is None:
                self._blocks[:] = cut
            else:
                np.multiply(cut, scale.reshape(-1, 1, COLUMNS), out=self._blocks)
        else:
            # In rows, also if W is transposed: it is multiplied with faster.
            self._W = W.copy() if scale is None else W * scale

    def view(self, a: Floats) -> Floats:
        """Return a, (B, K), as `__call__` wants it: made once, where the same rows come again."""
        if not self._rows:
            return a
        return a.reshape(len(a), -1, 1, self._rows).transpose(1, 2, 0, 3)

    def __call__(self, view: Floats) -> Floats:
        """Write a @ W to `out`, given view(a), and return it."""
        if not self._rows:
            return view.dot(self._W, self.out)  # of one row, sooner begun than np.matmul
        np.matmul(view, self._blocks, out=self._into)
        if len(self._sums) > 1:
            np.add.reduce(self._sums, axis=0, out=self.out)
        return self.out
