"""The parameters of a layer, and how W_ax is laid out to be multiplied.

The letters of the shapes are those of `charrnn.network.network`.
"""

from typing import NamedTuple

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.functions import gates_first
from charrnn.network.kernels.aligned import empty
from charrnn.network.kernels.blocked import Product
from charrnn.network.parameters import Parameters


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
            params[f"b_n_{layer}"] if CELLS[config.cell].reset else none,
        )
        for layer in range(config.num_layers)
    ]


STRETCH = 512
"""Rows per matrix product; enough for BLAS to reach full speed."""


class Input:
    """Multiplies the input of a layer: W_ax e + b_a, each gate's times its scale.

    W_ax: (G, n, H), a view of where the gates of a row lie side by side.
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
        """Write W_ax e + b_a, (T, G, B, H), for inputs (T·B, n)."""
        if self.product:
            np.add(self.product(self.product.view(e)), self.b_a, out=out[0])
            return
        T, G, B, H = out.shape
        W_ax = self.W_ax.swapaxes(0, 1).reshape(-1, G * H)
        n = max(1, STRETCH // B)
        for start in range(0, T, n):
            here = out[start : start + n]
            rows = e[start * B : (start + len(here)) * B] @ W_ax
            np.add(rows.reshape(-1, B, G, H).swapaxes(1, 2), self.b_a, out=here)


class Table(Input):
    """For one-hot inputs: looks up rows of W_ax instead of multiplying.

    For one sequence the gates of a row are contiguous, and one copy takes them all.
    """

    def __init__(self, weights: Layer, scale: Floats, out: Floats) -> None:
        (T, G, B, H), V = out.shape, len(weights.W_ax)
        if B == 1:
            self._rows: Floats = empty((V, G * H), scale.dtype)
            W_ax = gates_first(self._rows, G)
            self._out = out.reshape(T, 1, G * H)
        else:
            self._rows = empty((G * V, H), scale.dtype)
            W_ax = self._rows.reshape(G, V, H)
            self._out = out
        self._first = V * np.arange(G)[:, None]
        super().__init__(weights, scale, W_ax)

    def load(self, weights: Layer, scale: Floats) -> None:
        """Take the weights as they are now, with the bias in every row."""
        super().load(weights, scale)
        self.W_ax += self.b_a

    def choose(self, x: Ids) -> None:
        """Write W_ax x + b_a, (T, G, B, H), for one-hot x, given as ids (T, B)."""
        chosen = x if x.shape[1] == 1 else x[:, None] + self._first
        # "clip" spares a copy of the output; Vocabulary.encode has checked the ids.
        self._rows.take(chosen, axis=0, out=self._out[: len(x)], mode="clip")

    def choose_one(self, x: Ids) -> None:
        """Do as `choose` for a window of one step, given as ids (B,)."""
        chosen = x if len(x) == 1 else x + self._first
        self._rows.take(chosen, axis=0, out=self._out[0], mode="clip")
