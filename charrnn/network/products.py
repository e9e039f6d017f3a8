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
    if B == 1 or M % COLUMNS or (B >= 64 and K > 512):
        return 0
    fitting = (rows for rows in ROWS if K % rows == 0 and B * rows * COLUMNS < SMALL)
    return next(fitting, 0)


class Product:
    """Products with matrices side by side, or added up, from B rows.

        out[p] = sum over s of a[s] @ W[s, p]       a (S, B, K), W (S, P, K, M), out (P, B, M)

    out: where every product is written; a view, if that is faster.
    """

    def __init__(
        self, shape: tuple[int, int, int, int], B: int, steps: int, dtype: DTypeLike
    ) -> None:
        S, P, K, M = shape
        rows = 0
        if steps >= FEWEST_STEPS and dtype == np.float32 and has_small_products():
            rows = block_rows(B, K, M)
        self._rows, self._one = rows, S == 1
        if rows:
            parts, panels = K // rows, M // COLUMNS
            blocks: Floats = np.empty((S, parts, P, panels, rows, COLUMNS), dtype)
            self._W = blocks.transpose(0, 2, 1, 4, 3, 5)  # as W is, cut
            self.out: Floats = np.empty((P, B, M), dtype)
            self._sums: Floats = self.out[None]
            if S * parts > 1:
                self._sums = np.empty((S * parts, P, B, M), dtype)
            into = self._sums.reshape(S, parts, P, B, panels, COLUMNS).swapaxes(3, 4)
            self._alone = tuple(axis for axis in (0, 1) if blocks.shape[axis] == 1)
            self._blocks, self._into = blocks.squeeze(self._alone), into.squeeze(self._alone)
        elif self._one:
            self._W = np.empty((K, P * M), dtype)
            self._into = np.empty((B, P * M), dtype)
            self.out = self._into.reshape(B, P, M).swapaxes(0, 1)
        else:
            self._W = np.empty((S, P, K, M), dtype)
            self._sums = np.empty((S, P, B, M), dtype)
            self.out = np.empty((P, B, M), dtype)

    def load(self, W: Floats, scale: Floats | None = None) -> None:
        """Take the matrices, (S, P, K, M), that are multiplied with from now on.

        scale: (P,), what each is taken times.
        """
        S, P, K, M = W.shape
        by = np.ones(P, W.dtype) if scale is None else scale
        if self._rows:
            cut = W.reshape(S, P, K // self._rows, self._rows, M // COLUMNS, COLUMNS)
            np.multiply(cut, by[:, None, None, None, None], out=self._W)
        elif self._one:
            into = self._W.reshape(K, P, M).swapaxes(0, 1)
            np.multiply(W[0], by[:, None, None], out=into)
        else:
            np.multiply(W, by[:, None, None], out=self._W)

    def view(self, a: Floats) -> Floats:
        """Return a, (S, B, K), as `__call__` wants it: made once for rows that come again."""
        if not self._rows:
            return a[0] if self._one else a[:, None]
        S, B, K = a.shape
        cut = a.reshape(S, B, K // self._rows, 1, 1, self._rows)
        return cut.transpose(0, 2, 3, 4, 1, 5).squeeze(self._alone)

    def __call__(self, view: Floats) -> Floats:
        """Write the products to `out`, given view(a), and return it."""
        if not self._rows and self._one:
            view.dot(self._W, self._into)  # of one row, sooner begun than np.matmul
        elif not self._rows:
            np.matmul(view, self._W, out=self._sums)
            np.add.reduce(self._sums, axis=0, out=self.out)
        else:
            np.matmul(view, self._blocks, out=self._into)
            if len(self._sums) > 1:
                np.add.reduce(self._sums, axis=0, out=self.out)
        return self.out
