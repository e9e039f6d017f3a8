"""One character at a time: a state is multiplied with all that reads it as soon as it is there.

    [za(t+1) up(t)] = [W_aa W_up] a(t)        W_up is W_ax of the layer above, or W_ya

The letters of the shapes are those of `charrnn.network.network`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Floats
from charrnn.network.cells import gates_first
from charrnn.network.kernels.aligned import empty, whole_lines, zeros
from charrnn.network.layers import Input, Layer, Output
from charrnn.system import blas

SHARED = 460_800
"""Weights from which on OpenBLAS shares a product of one row among threads (interface/gemv.c)."""

NEARLY = 0.75
"""Of `SHARED`, from which share on it pays to add columns of zeros until it does (measured: a GRU
2x256 reads a character in two thirds of the time)."""


class Share(NamedTuple):
    """Which units of each layer are this process's own, where others have the rest.

    states: (L, S, 2, 1, H), where all of them write the states of their units.
    meet: returns when the others, too, have written those of the layer that was stepped last.
    scores: whether the scores are worked out here.
    """

    units: slice
    states: Floats
    meet: Callable[[], None]
    scores: bool

    @property
    def width(self) -> int:
        """How many units there are."""
        return int(self.units.stop - self.units.start)

    def own(self, weights: Layer, gates: int) -> Layer:
        """Return what of a layer's parameters leads to these units, copied."""

        def of(W: Floats) -> Floats:
            return gates_first(W, gates)[..., self.units].swapaxes(0, 1).reshape(len(W), -1)

        W_ax, W_aa, b_a, b_n = weights
        return Layer(of(W_ax), of(W_aa), of(b_a[None])[0], b_n[self.units])


class Onward:
    """All the products with one layer's hidden state as one.

    It stands for the product with a(t-1). `Above` and `Scores` let it multiply, and then za of the
    step to come is there before that step begins. One product of a row is sooner begun than two,
    and BLAS lets two cores share it where either alone would be too small.
    """

    def __init__(
        self, G: int, H: int, above: int, dtype: DTypeLike, share: Share | None = None
    ) -> None:
        own = G * (share.width if share else H)  # columns of W_aa
        end = columns = own + above
        if blas.threads() > 1 and NEARLY * SHARED <= H * columns < SHARED:
            columns = -(-SHARED // H)
        self._W: Floats = zeros((H, whole_lines(columns, dtype)), dtype)
        self._products: Floats = empty((1, self._W.shape[1]), dtype)
        self.W_up, self.up = self._W[:, own:end], self._products[:, own:end]
        self._W_aa = gates_first(self._W[:, :own], G)
        self.out: Floats = self._products[:, :own].reshape(G, 1, -1)
        self._is_of_last = self._is_of_first = False
        self._meet = share.meet if share else None

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
        if self._meet:
            self._meet()
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
