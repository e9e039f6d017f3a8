"""All the arrays of a window: what a network computes as it reads it.

The letters of the shapes are those of `charrnn.network.network`.
"""

from collections.abc import Sequence

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.cells import CELLS, Arrays, gates_first
from charrnn.network.functions import log_softmax
from charrnn.network.kernels.aligned import empty, zeros
from charrnn.network.kernels.blocked import FEWEST_STEPS, Product
from charrnn.network.kernels.fused_step import Above, Onward, Scores, Share
from charrnn.network.layers import Input, Layer, Output, Recur, Table
from charrnn.network.network import Network


class Trace:
    """All that a network computes as it reads a window: T steps of B sequences.

    A trace is made once and read into again and again. With `dropout`, the share of hidden
    values that are dropped on their way up, it also holds masks, which `draw_masks` renews. Without
    `scores` it ends at the hidden states, which is all that learning needs. `held` tells that the
    parameters, once loaded, serve many windows, so that it pays to lay them out for speed. With a
    `share`, of one character at a time, all but the states is there for some of the units only.
    """

    def __init__(
        self,
        network: Network,
        T: int,
        B: int,
        dropout: float = 0.0,
        *,
        scores: bool = True,
        held: bool = False,
        share: Share | None = None,
    ) -> None:
        config, dtype = network.config, network.params.flat.dtype
        H, L, cell = config.hidden_size, config.num_layers, CELLS[config.cell]
        G, self.share = len(cell.gates), share
        units = share.units if share else slice(0, H)
        width = share.width if share else H
        self.T, self.B, self.dropout = T, B, dropout
        self.x: Ids = np.zeros((T, B), np.intp)  # what was read last, not a copy
        self.e: Floats = zeros((T, B, config.embedding_size), dtype)
        self.zx: Floats = zeros((L, T, G, B, width), dtype)  # after forward, the gates' values
        self.kept: Floats = zeros((L, len(cell.kept), T, B, width), dtype)
        self.states: Floats = (
            share.states if share else zeros((L, len(cell.states), T + 1, B, H), dtype)
        )
        self.masks: Floats | None = zeros((L, T, B, H), dtype) if dropout else None
        if self.masks is not None:
            self.masks[...] = 1
        self.up: Floats | None = zeros((L, T, B, H), dtype) if dropout else None
        V = 0 if share and not share.scores else config.vocabulary_size
        self.z_y: Floats = zeros((T if scores else 0, B, V), dtype)
        self.normalised = True
        self.scale: Floats = np.array(cell.scale, dtype)
        steps = max(T, FEWEST_STEPS) if held else T
        self.scores = scores
        self.onward = [
            Onward(G, H, above, dtype, share)
            for above in [*[G * width] * (L - 1), V]
            if held and T * B == 1
        ]
        self.recur: Sequence[Recur] = self.onward or [
            Product((G, H, H), B, steps, dtype) for _ in range(L)
        ]
        layers = [self.own(weights) for weights in network.layers]
        self._b_n = [weights.b_n for weights in layers]
        self.steps = [
            [
                cell(
                    Arrays(
                        zx=self.zx[layer, t],
                        za=self.recur[layer].out,
                        before=self.states[layer, :, t, :, units],
                        after=self.states[layer, :, t + 1, :, units],
                        kept=self.kept[layer, :, t],
                        b_n=self._b_n[layer],
                    )
                )
                for t in range(T)
            ]
            for layer in range(L)
        ]
        self.inputs = [
            self._input(layer, weights, T, B, steps) for layer, weights in enumerate(layers)
        ]
        self.output = (
            Scores(network.W_ya[:, :V], network.b_y[:V], self.onward[-1])
            if self.onward
            else Output(network.W_ya, network.b_y)
        )
        # Each step of a layer, behind the view of a(t-1) that its product is taken of.
        self.walk = [
            [
                (self.recur[layer].view(a), step)
                for a, step in zip(self.a(layer)[:-1], self.steps[layer], strict=True)
            ]
            for layer in range(L)
        ]
        self._first, self._last = self.states[:, :, 0, :, units], self.states[:, :, -1, :, units]
        # The same arrays with time folded into the batch.
        self.flat_e, self.flat_z_y = fold(self.e), fold(self.z_y)
        self.flat_up = [fold(self.upward(layer)) for layer in range(L)]

    def _input(self, layer: int, weights: Layer, T: int, B: int, steps: int) -> Input:
        """Return what a layer multiplies its input with."""
        G, dtype = len(self.scale), self.zx.dtype
        n, H = len(weights.W_ax), self.zx.shape[-1]
        if layer and self.onward:
            return Above(weights, self.scale, self.onward[layer - 1])
        if not layer and not self.e.shape[-1]:
            return Table(weights, self.scale, out=self.zx[0])
        product = Product((G, n, H), B, steps, dtype) if T == 1 else None
        return Input(weights, self.scale, gates_first(empty((n, G * H), dtype), G), product)

    @property
    def state(self) -> Floats:
        """The state after the last step, (L, S, B, H), a view."""
        return self.states[:, :, -1]

    @property
    def first_state(self) -> Floats:
        """The state before the first step, (L, S, B, H), a view to be written to."""
        for onward in self.onward:
            onward.forget()
        return self.states[:, :, 0]

    def carry(self) -> None:
        """Begin the next window where this one ended."""
        self._first[...] = self._last
        for onward in self.onward:
            onward.carry()

    def reset(self) -> None:
        """Begin the next window from a(0) = 0."""
        self.first_state[...] = 0

    @property
    def log_y_hat(self) -> Floats:
        """The log-probabilities of the next character, (T, B, V); the scores become them."""
        if not self.normalised:
            log_softmax(self.z_y)
            self.normalised = True
        return self.z_y

    def feed(self, zx: Floats) -> None:
        """Take zx(t) = W_ax e(t) + b_a of the lowest layer, (T, B, G·H), as `ascend` expects it."""
        by = self.scale[:, None, None]
        gates = zx.reshape(self.T, self.B, len(by), -1).swapaxes(1, 2)
        np.multiply(gates, by, out=self.zx[0])

    def a(self, layer: int) -> Floats:
        """Return the hidden states of a layer, (T + 1, B, H); a(layer)[0] is from before."""
        a: Floats = self.states[layer, 0]
        return a

    def upward(self, layer: int) -> Floats:
        """Return what a layer hands up, (T, B, H): its hidden states, less what is dropped."""
        return self.a(layer)[1:] if self.up is None else self.up[layer]

    def own(self, weights: Layer) -> Layer:
        """Return what of a layer's parameters is needed here."""
        return self.share.own(weights, len(self.scale)) if self.share else weights

    def some(self, layer: int, start: int, stop: int) -> Arrays:
        """Return what steps of a layer, from start up to but not stop, have read and written."""
        return Arrays(
            zx=self.zx[layer, start:stop].swapaxes(0, 1),
            za=self.recur[layer].out,
            before=self.states[layer, :, start:stop],
            after=self.states[layer, :, start + 1 : stop + 1],
            kept=self.kept[layer, :, start:stop],
            b_n=self._b_n[layer],
        )

    def draw_masks(self, rng: np.random.Generator) -> None:
        """Choose anew which hidden values are dropped (Srivastava et al. 2014, inverted scale)."""
        if self.masks is not None:
            threshold = round(self.dropout * 2**16)
            keep = rng.integers(2**16, size=self.masks.shape, dtype=np.uint16) >= threshold
            np.multiply(keep, 2**16 / (2**16 - threshold), out=self.masks, casting="same_kind")

    def loss(self, y: Ids) -> float:
        """Return the mean of -log y_hat(t)[y(t)] over the window, in nats a character."""
        told = np.take_along_axis(self.log_y_hat, y[..., None].astype(np.intp), axis=-1)
        return -float(np.mean(told, dtype=np.float64))


def fold(sequence: Floats) -> Floats:
    """Return (T, B, n) as a view (T·B, n): time folded into the batch."""
    T, B, n = sequence.shape
    return sequence.reshape(T * B, n)
