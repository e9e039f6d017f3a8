"""All products with one layer's state as one, for a single row.

    [za(t+1) | up(t)] = a(t) [W_aa | W_up]        W_up is W_ax of the layer above, or W_ya

A call of BLAS costs as much as the arithmetic of a small row, so one product is faster than two;
and OpenBLAS shares it between two cores where either alone would be too small.
"""

from collections.abc import Callable
from functools import partial

from numpy.typing import DTypeLike

from charrnn.array_types import Floats
from charrnn.network.functions import gates_first
from charrnn.network.kernels.aligned import empty, whole_lines, zeros
from charrnn.system import blas

SHARED = 460_800
"""Weights above which OpenBLAS shares a product of one row among threads (interface/gemv.c)."""

NEARLY = 0.75
"""Fraction of `SHARED` above which columns of zeros are added to reach it (measured: a GRU 2x256
reads a character in two thirds of the time)."""


class FusedProduct:
    """The product of one layer's state, (1, H), with everything that reads it.

    za: (G, 1, n), W_aa a(t), for the next step of the same layer.
    up: (P, 1, m), W_up a(t), for the P gates of the layer above, or the scores.
    """

    def __init__(
        self, shape: tuple[int, int, int], above: tuple[int, int], dtype: DTypeLike
    ) -> None:
        (G, H, n), (P, m) = shape, above
        own, end = G * n, G * n + P * m
        columns = end
        if blas.threads() > 1 and NEARLY * SHARED <= H * columns < SHARED:
            columns = -(-SHARED // H)
        self._W: Floats = zeros((H, whole_lines(columns, dtype)), dtype)
        self._products: Floats = empty((1, self._W.shape[1]), dtype)
        self._W_aa = gates_first(self._W[:, :own], G)
        self._W_up = gates_first(self._W[:, own:end], P)
        self.za: Floats = gates_first(self._products[:, :own], G)
        self.up: Floats = gates_first(self._products[:, own:end], P)

    def load(self, W_aa: Floats, W_up: Floats) -> None:
        """Copy the weights: W_aa, (G, H, n), and W_up, (P, H, m)."""
        self._W_aa[...], self._W_up[...] = W_aa, W_up

    def of(self, a: Floats) -> Callable[[], object]:
        """Return a function that multiplies what is in a, (1, H), when it is called."""
        return partial(a.dot, self._W, self._products)
