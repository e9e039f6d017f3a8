"""One character at a time: a state is multiplied with all that reads it as soon as it is there.

    [za(t+1) up(t)] = [W_aa W_up] a(t)        W_up is W_ax of the layer above, or W_ya

The letters of the shapes are those of `charrnn.network.model`.
"""

import numpy as np
from numpy.typing import DTypeLike

from charrnn.cores import blas_threads
from charrnn.network.arrays import empty, whole_lines, zeros
from charrnn.network.cells import gates_first
from charrnn.network.functions import Floats
from charrnn.network.layers import Input, Layer, Output

SHARED = 460_800
"""Weights from which on OpenBLAS shares a product of one row among threads (interface/gemv.c)."""

NEARLY = 0.75
"""Of `SHARED`, from which share on it pays to add columns of zeros until it does (measured: a GRU
2x256 reads a character in two thirds of the time)."""


class Onward:
    """All the products with one layer's hidden state as one.

    It stands for the product with a(t-1). `Above` and `Scores` let it multiply, and then za of the
    step to come is there before that step begins. One product of a row is sooner begun than two,
    and BLAS lets two cores share it where either alone would be too small.
    """

    def __init__(self, G: int, H: int, above: int, dtype: DTypeLike) -> None:
        end = columns = G * H + above
        if blas_threads() > 1 and NEARLY * SHARED <= H * columns < SHARED:
            columns = -(-SHARED // H)
        self._W: Floats = zeros((H, whole_lines(columns, dtype)), dtype)
        self._products: Floats = empty((1, self._W.shape[1]), dtype)
        self.W_up, self.up = self._W[:, G * H : end], self._products[:, G * H : end]
        self._W_aa = gates_first(self._W[:, : G * H], G)
        self.out: Floats = self._products[:, : G * H].reshape(G, 1, H)
        self._is_of_last = self._is_of_first = False

    def load(self, W: Floats, scale: Floats) -> None:
        """Take the recurrent weights, (G, H, H), each gate's times its scale."""
        np.multiply(W, scale[:, None, None], out=self._W_aa)
        self.forget()

    def view(self, a: Floats) -> Floats:
        """Return a, (1, H), as `__call__` wants it."""
        return a

    def __call__(self, view: Floats) -> Floats:
        """Return za(t), (G, 1, H), of the state before the step: what is there, or worked out."""
        if not self._is_of_first:
            view.dot(self._W, self._products)
        self._is_of_first = self._is_of_last = False  # a step may write over what it is given
        return self.out

    def hand_up(self, a: Floats) -> Floats:
        """Return up(t), (1, above), of the state after the step, (1, H)."""
        a.dot(self._W, self._products)
        self._is_of_last = True
        return self.up

    def carry(self) -> None:
        """Know that the state after the last step is now the one before the next."""
        self._is_of_first, self._is_of_last = self._is_of_last, False

    def forget(self) -> None:
        """Know that the state before the next step may have been changed."""
        self._is_of_first = False


class Above(Input):
    """The input of a layer that an `Onward` of the layer below works out."""

    def __init__(self, weights: Layer, scale: Floats, below: Onward) -> None:
        self._below, G = below, len(scale)
        super().__init__(weights, scale, gates_first(below.W_up, G))
        self._up = below.up.reshape(G, 1, -1)

    def multiply(self, e: Floats, out: Floats) -> None:
        """Write W_ax e + b_a, (1, G, 1, H), for one row of inputs."""
        self._below.hand_up(e)
        np.add(self._up, self.b_a, out=out[0])


class Scores(Output):
    """The scores that an `Onward` of the highest layer works out."""

    def __init__(self, W_ya: Floats, b_y: Floats, below: Onward) -> None:
        super().__init__(W_ya, b_y)
        self._below = below

    def load(self) -> None:
        """Take the weights as they are now."""
        self._below.W_up[...] = self.W_ya

    def multiply(self, a: Floats, out: Floats) -> None:
        """Write W_ya a + b_y, (1, V), for one row."""
        np.add(self._below.hand_up(a), self.b_y, out=out)
