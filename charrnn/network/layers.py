"""What a layer multiplies with: its parameters, and how they are laid out to be multiplied.

The letters of the shapes are those of `charrnn.network.model`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import empty
from charrnn.network.cells import CELLS, gates_first
from charrnn.network.config import NetworkConfig
from charrnn.network.functions import Floats, Ids
from charrnn.network.parameters import Parameters
from charrnn.network.products import Product


class Layer(NamedTuple):
    """The parameters of one layer, or the gradients by them: views."""

    W_ax: Floats  # (V, E or H, G·H)
    W_aa: Floats  # (H, G·H)
    b_a: Floats  # (G·H,)
    b_n: Floats  # (H,) of a GRU, (0,) of the others


def layers_of(params: Parameters, config: NetworkConfig) -> list[Layer]:
    """Return the parameters layer by layer, the lowest first."""
    none = params.flat[:0]
    return [
        Layer(
            params[f"W_ax_{layer}"],
            params[f"W_aa_{layer}"],
            params[f"b_a_{layer}"],
            none if CELLS[config.cell].sums else params[f"b_n_{layer}"],
        )
        for layer in range(config.num_layers)
    ]


class Input:
    """What a layer multiplies its input with: W_ax and b_a, each gate's times its scale.

    W_ax: (G, n, H), where they are laid out.
    product: how, for windows of one step; the many rows of longer ones are multiplied at once.
    """

    def __init__(
        self, weights: Layer, scale: Floats, W_ax: Floats, product: Product | None = None
    ) -> None:
        self.product = product
        self.W_ax = W_ax
        self.b_a: Floats = empty((len(W_ax), 1, W_ax.shape[2]), scale.dtype)
        self.load(weights, scale)

    def load(self, weights: Layer, scale: Floats) -> None:
        """Take the weights as they are now."""
        by = scale[:, None, None]
        np.multiply(gates_first(weights.W_ax, len(scale)), by, out=self.W_ax)
        np.multiply(gates_first(weights.b_a[None], len(scale)), by, out=self.b_a)
        if self.product:
            self.product.load(self.W_ax)

    def multiply(self, e: Floats, out: Floats) -> None:
        """Write W_ax e + b_a, (G, rows, H), for rows of inputs."""
        if self.product:
            np.add(self.product(self.product.view(e)), self.b_a, out=out)
        else:
            np.matmul(e, self.W_ax, out=out)
            np.add(out, self.b_a, out=out)


class Table(Input):
    """The same for one-hot inputs, of which each chooses a row.

    For a single character at a time the gates of a row lie side by side, one piece to be copied.
    """

    def __init__(self, weights: Layer, scale: Floats, out: Floats) -> None:
        G, T, B, H = out.shape
        V = len(weights.W_ax)
        if T * B == 1:
            side_by_side: Floats = empty((V, G, H), scale.dtype)
            W_ax = side_by_side.swapaxes(0, 1)
            self._rows, self._out = side_by_side.reshape(1, V, G * H), out.reshape(1, 1, 1, G * H)
        else:
            W_ax = empty((G, V, H), scale.dtype)
            self._rows, self._out = W_ax, out
        super().__init__(weights, scale, W_ax)

    def load(self, weights: Layer, scale: Floats) -> None:
        """Take the weights as they are now, with the bias in every row."""
        super().load(weights, scale)
        self.W_ax += self.b_a

    def choose(self, x: Ids) -> None:
        """Write W_ax x + b_a, (G, T, B, H), for one-hot x, given as ids (T, B)."""
        # "clip" spares a copy of the output; Vocabulary.encode has checked the ids.
        self._rows.take(x, axis=1, out=self._out, mode="clip")


SHARED = 1 << 19
"""Weights from which on BLAS shares a product of one row among threads (OpenBLAS does so somewhere
between 2^18 and 2^19, measured)."""


class Joint:
    """The two products of a layer as one, for a single character at a time.

        zx + za = [W_ax W_aa] [e a(t-1)] + b_a

    It stands for the product with a(t-1), of cells that read nothing but the sum; `JointInput`
    leaves e with it. BLAS lets two cores share it where either product alone would be too small.
    """

    def __init__(self, n: int, G: int, H: int, dtype: DTypeLike) -> None:
        self._W: Floats = empty((n + H, G * H), dtype)
        self._inputs: Floats = empty((1, n + H), dtype)
        self._sum: Floats = empty((1, G * H), dtype)
        self.out: Floats = self._sum.reshape(G, 1, H)
        gates = gates_first(self._W, G)
        self.W_ax, self._W_aa = gates[:, :n], gates[:, n:]
        self.e, self._a = self._inputs[:, :n], self._inputs[:, n:]

    def load(self, W_aa: Floats, scale: Floats) -> None:
        """Take the recurrent weights, (G, H, H), each gate's times its scale."""
        np.multiply(W_aa, scale[:, None, None], out=self._W_aa)

    def view(self, a: Floats) -> Floats:
        """Return a, (1, H), as `__call__` wants it."""
        return a

    def __call__(self, a: Floats) -> Floats:
        """Write both products to `out`, (G, 1, H), and return it."""
        self._a[...] = a
        self._inputs.dot(self._W, self._sum)
        return self.out


class JointInput(Input):
    """Leaves its input with a `Joint`, and writes b_a alone."""

    def __init__(self, weights: Layer, scale: Floats, joint: Joint) -> None:
        self._joint = joint
        super().__init__(weights, scale, joint.W_ax)

    def multiply(self, e: Floats, out: Floats) -> None:
        """Write b_a, (G, 1, H); W_ax e is added with the product of a(t-1)."""
        self._joint.e[...] = e
        out[...] = self.b_a
