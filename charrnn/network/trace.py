"""All the arrays of a window: what a network computes as it reads it.

The letters of the shapes are those of `charrnn.network.network`.
"""

from collections.abc import Callable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.network.cells import CELLS, Arrays
from charrnn.network.functions import gates_first
from charrnn.network.kernels.aligned import empty, zeros
from charrnn.network.kernels.blocked import Product
from charrnn.network.layers import Input, Layer, Table
from charrnn.network.network import Network

AfterStep = Callable[[int, int, Floats, Floats], None]
"""Is called after a step of a layer with its number, the step's place in the window, the states
after it, (S, B, H), which it may change, and the values of its gates, (G, B, H)."""


class Trace:
    """All that a network computes as it reads a window: T steps of B sequences.

    A trace is made once and read into again and again. With `dropout`, the fraction of hidden
    values that are dropped on their way up, it also holds masks, which `draw_masks` renews. Without
    `scores` it ends at the hidden states, which is all that learning needs.

    after_step: is called after each step of each layer, see `AfterStep`; for reading only, since
        the way back does not know of it.
    pads: (T, B), the steps of which nothing is read, each before all that is: there the state stays
        0, and no gradient is of them.
    """

    def __init__(
        self,
        network: Network,
        T: int,
        B: int,
        dropout: float = 0.0,
        *,
        scores: bool = True,
    ) -> None:
        config, dtype = network.config, network.params.flat.dtype
        H, L, cell = config.hidden_size, config.num_layers, CELLS[config.cell]
        G, V = len(cell.gates), network.outputs
        self.T, self.B, self.dropout = T, B, dropout
        self.x: Ids = np.zeros((T, B), np.intp)  # what was read last, not a copy
        self.e: Floats = zeros((T, B, config.embedding_size), dtype)
        self.zx: Floats = zeros((L, T, G, B, H), dtype)  # after forward, the gates' values
        self.kept: Floats = zeros((L, len(cell.kept), T, B, H), dtype)
        self.states: Floats = zeros((L, len(cell.states), T + 1, B, H), dtype)
        self.masks: Floats | None = zeros((L, T, B, H), dtype) if dropout else None
        if self.masks is not None:
            self.masks[...] = 1
        self.up: Floats | None = zeros((L, T, B, H), dtype) if dropout else None
        self.log_y_hat: Floats = zeros((T if scores else 0, B, V), dtype)
        self.scale: Floats = np.array(cell.scale, dtype)
        self.scores = scores
        self.after_step: AfterStep | None = None
        self.pads: NDArray[np.bool_] | None = None
        self.idle: Floats = np.array(cell.idle, dtype).reshape(-1, 1)
        self.recur = [Product((G, H, H), B, T, dtype) for _ in range(L)]
        layers = network.layers
        self._b_n = [weights.b_n for weights in layers]
        self.steps = [
            [
                cell(
                    Arrays(
                        zx=self.zx[layer, t],
                        za=self.recur[layer].out,
                        before=self.states[layer, :, t],
                        after=self.states[layer, :, t + 1],
                        kept=self.kept[layer, :, t],
                        b_n=self._b_n[layer],
                    )
                )
                for t in range(T)
            ]
            for layer in range(L)
        ]
        self.inputs = [self._input(layer, weights) for layer, weights in enumerate(layers)]
        # Each step of a layer, behind the view of a(t-1) that its product is taken of.
        self.schedule = [
            [
                (self.recur[layer].view(a), step)
                for a, step in zip(self.a(layer)[:-1], self.steps[layer], strict=True)
            ]
            for layer in range(L)
        ]
        self._fold()

    def _fold(self) -> None:
        """Fold time into the batch: the same arrays for products of all steps at once."""
        self.flat_e, self.flat_log_y_hat = fold(self.e), fold(self.log_y_hat)
        self.flat_up = [fold(self.upward(layer)) for layer in range(len(self.states))]

    def first(self, T: int) -> Self:
        """Return the first T steps of this window: the same arrays, for a shorter one."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.T = T
        made.e, made.zx, made.kept = self.e[:T], self.zx[:, :T], self.kept[:, :, :T]
        made.states, made.log_y_hat = self.states[:, :, : T + 1], self.log_y_hat[:T]
        made.masks = None if self.masks is None else self.masks[:, :T]
        made.up = None if self.up is None else self.up[:, :T]
        made.steps = [steps[:T] for steps in self.steps]
        made.schedule = [steps[:T] for steps in self.schedule]
        made._fold()
        return made

    def _input(self, layer: int, weights: Layer) -> Input:
        """Return what a layer multiplies its input with."""
        G, dtype, n = len(self.scale), self.zx.dtype, len(weights.W_ax)
        H = self.zx.shape[-1]
        if not layer and not self.e.shape[-1]:
            return Table(weights, self.scale, out=self.zx[0])
        product = Product((G, n, H), self.B, 1, dtype) if self.T == 1 else None
        return Input(weights, self.scale, gates_first(empty((n, G * H), dtype), G), product)

    @property
    def state(self) -> Floats:
        """The state after the last step, (L, S, B, H), a view."""
        return self.states[:, :, -1]

    @property
    def first_state(self) -> Floats:
        """The state before the first step, (L, S, B, H), a view to be written to."""
        return self.states[:, :, 0]

    def carry(self) -> None:
        """Begin the next window where this one ended."""
        self.first_state[...] = self.state

    def reset(self) -> None:
        """Begin the next window from a(0) = 0."""
        self.first_state[...] = 0

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
        """Return a layer's output, (T, B, H): its hidden states, less what is dropped."""
        return self.a(layer)[1:] if self.up is None else self.up[layer]

    def block(self, layer: int, start: int, stop: int) -> Arrays:
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
        log_p = np.take_along_axis(self.log_y_hat, y[..., None].astype(np.intp), axis=-1)
        return -float(np.mean(log_p, dtype=np.float64))


def fold(sequence: Floats) -> Floats:
    """Return (T, B, n) as a view (T·B, n): time folded into the batch."""
    T, B, n = sequence.shape
    return sequence.reshape(T * B, n)
