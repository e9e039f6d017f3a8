"""Characters in, log-probabilities of the next character out; and back.

    e(t)     = W_ex x(t), or x(t) itself, one-hot, where there is no embedding
    a(t)     = cell(W_ax e(t) + b_a, W_aa a(t-1))            a(0) = 0, layer upon layer
    y_hat(t) = softmax(W_ya a(t) + b_y)

Letters, here and everywhere: T steps in a window, B sequences in a batch, H hidden size, V size
of the vocabulary, G gates, S arrays of state, L layers, E embedding size. Arrays are time-major.
Weights are stored (inputs, outputs), the transpose of the equations, because sequences are rows.
The gradient of a thing is `d` + its name.

These are the only loops over time in the program. Training takes a trace's loss and gradient,
sampling its last prediction, inspection shows the whole.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.cells import CELLS, Arrays
from charrnn.network.config import NetworkConfig
from charrnn.network.functions import Floats, Ids, log_softmax
from charrnn.network.parameters import Parameters
from charrnn.network.products import Product


def shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter by its name: matrices first, then biases."""
    V, H, E, L = (
        config.vocabulary_size,
        config.hidden_size,
        config.embedding_size,
        config.num_layers,
    )
    cell = CELLS[config.cell]
    GH = len(cell.gates) * H
    matrices: dict[str, tuple[int, ...]] = {"W_ex": (V, E)} if E else {}
    biases: dict[str, tuple[int, ...]] = {}
    for layer in range(L):
        matrices[f"W_ax_{layer}"] = (H if layer else E or V, GH)
        matrices[f"W_aa_{layer}"] = (H, GH)
        biases[f"b_a_{layer}"] = (GH,)
        if not cell.sums:
            biases[f"b_n_{layer}"] = (H,)
    return matrices | {"W_ya": (H, V)} | biases | {"b_y": (V,)}


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
    """What a layer multiplies its input with: W_ax and b_a, each gate's times its scale."""

    def __init__(self, weights: Layer, scale: Floats) -> None:
        self.W_ax: Floats = np.empty_like(weights.W_ax)
        self.b_a: Floats = np.empty_like(weights.b_a)
        self.load(weights, scale)

    def load(self, weights: Layer, scale: Floats) -> None:
        """Take the weights as they are now."""
        np.multiply(weights.W_ax, scale, out=self.W_ax)
        np.multiply(weights.b_a, scale, out=self.b_a)

    def multiply(self, e: Floats, out: Floats) -> None:
        """Write W_ax e + b_a for rows of inputs."""
        np.matmul(e, self.W_ax, out=out)
        out += self.b_a


class Table(Input):
    """The same for one-hot inputs, of which each chooses a row."""

    def load(self, weights: Layer, scale: Floats) -> None:
        """Take the weights as they are now, with the bias in every row."""
        np.add(weights.W_ax, weights.b_a, out=self.W_ax)
        self.W_ax *= scale


class Trace:
    """All that a network computes as it reads a window: T steps of B sequences.

    A trace is made once and read into again and again. With `dropout`, the share of hidden
    values that are dropped on their way up, it also holds masks, which `draw_masks` renews.
    """

    def __init__(self, network: "Network", T: int, B: int, dropout: float = 0.0) -> None:
        config, dtype = network.config, network.params.flat.dtype
        H, L, cell = config.hidden_size, config.num_layers, CELLS[config.cell]
        GH = len(cell.gates) * H
        self.T, self.B, self.dropout = T, B, dropout
        self.x: Ids = np.zeros((T, B), np.intp)  # what was read last, not a copy
        self.e: Floats = np.zeros((T, B, config.embedding_size), dtype)
        self.zx: Floats = np.zeros((L, T, B, GH), dtype)  # after forward, the values of the gates
        self.kept: Floats = np.zeros((L, T, len(cell.kept), B, H), dtype)
        self.states: Floats = np.zeros((L, len(cell.states), T + 1, B, H), dtype)
        self.masks: Floats | None = np.ones((L, T, B, H), dtype) if dropout else None
        self.up: Floats | None = np.zeros((L, T, B, H), dtype) if dropout else None
        self.z_y: Floats = np.zeros((T, B, config.vocabulary_size), dtype)  # scores
        self.normalised = True
        za: Floats = np.zeros((B, GH), dtype)
        self.steps = [
            [
                cell(
                    Arrays(
                        zx=self.zx[layer, t],
                        za=za,
                        before=self.states[layer, :, t],
                        after=self.states[layer, :, t + 1],
                        kept=self.kept[layer, t],
                        b_n=network.layers[layer].b_n,
                    )
                )
                for t in range(T)
            ]
            for layer in range(L)
        ]
        self.scale: Floats = np.repeat(np.array(cell.scale, dtype), H)
        lowest = Input if config.embedding_size else Table
        kinds = [lowest, *[Input] * (L - 1)]
        self.inputs = [
            kind(weights, self.scale) for kind, weights in zip(kinds, network.layers, strict=True)
        ]
        self.recur = [Product(H, GH, za, T, dtype) for _ in range(L)]
        # Each step of a layer, behind the view of a(t-1) that its product is taken of.
        self.walk = [
            list(zip(map(recur.view, self.a(layer)[:-1]), self.steps[layer], strict=True))
            for layer, recur in enumerate(self.recur)
        ]
        self._first, self._last = self.states[:, :, 0], self.states[:, :, -1]
        # The same arrays with time folded into the batch.
        self.flat_e, self.flat_z_y = fold(self.e), fold(self.z_y)
        self.flat_zx = [fold(zx) for zx in self.zx]
        self.flat_up = [fold(self.upward(layer)) for layer in range(L)]

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
        self._first[...] = self._last

    def reset(self) -> None:
        """Begin the next window from a(0) = 0."""
        self.states[:, :, 0] = 0

    @property
    def log_y_hat(self) -> Floats:
        """The log-probabilities of the next character, (T, B, V); the scores become them."""
        if not self.normalised:
            log_softmax(self.z_y)
            self.normalised = True
        return self.z_y

    def a(self, layer: int) -> Floats:
        """Return the hidden states of a layer, (T + 1, B, H); a(layer)[0] is from before."""
        a: Floats = self.states[layer, 0]
        return a

    def upward(self, layer: int) -> Floats:
        """Return what a layer hands up, (T, B, H): its hidden states, less what is dropped."""
        return self.a(layer)[1:] if self.up is None else self.up[layer]

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


class Gradient:
    """The gradient of a loss by every parameter, and the slabs that computing it needs.

    params: the gradients by the parameters, under the same names.
    state: (L, S, B, H), the gradient by the state before the first step.
    """

    def __init__(self, network: "Network", trace: Trace, flat: Floats | None = None) -> None:
        T, B, H = trace.T, trace.B, network.config.hidden_size
        cell, dtype = CELLS[network.config.cell], network.params.flat.dtype
        GH = len(cell.gates) * H
        self.params = Parameters(network.params.shapes, dtype, flat)
        self.layers = layers_of(self.params, network.config)
        self.state: Floats = np.zeros_like(trace.first_state)
        self.dz_y: Floats = np.zeros((T, B, network.config.vocabulary_size), dtype)
        self.dzx: Floats = np.zeros((T, B, GH), dtype)
        self.dza: Floats = self.dzx if cell.sums else np.zeros((T, B, GH), dtype)
        self.da: Floats = np.zeros((T + 1, B, H), dtype)
        self.recur = Product(GH, H, np.zeros((B, H), dtype), T, dtype)
        self.dza_views = [self.recur.view(dza) for dza in self.dza]


class Network:
    """A stack of recurrent layers between characters and the distribution of the next one.

    Without `rng` the parameters are zero, for a caller who fills them. With it, recurrent
    weights have orthonormal rows (Saxe et al. 2014), the forget gate of an LSTM begins open, its
    bias 1 (Jozefowicz et al. 2015), and the others are uniform in ±s/sqrt(n), n the inputs that
    are not 0: one of a one-hot vector, all of any other. s is 1, but `INPUT_SCALE` where characters
    are read: from weights as small as usual a stateful network first learns to listen to itself.
    """

    def __init__(
        self,
        config: NetworkConfig,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
        flat: Floats | None = None,
    ) -> None:
        self.config = config
        self.params = Parameters(shapes(config), dtype, flat)
        self.layers = layers_of(self.params, config)
        if rng is not None:
            self._initialise(rng)

    def _initialise(self, rng: np.random.Generator) -> None:
        H, gates = self.config.hidden_size, CELLS[self.config.cell].gates
        for name, W in self.params.items():
            if name.startswith("W_aa"):
                Q, R = np.linalg.qr(rng.standard_normal(W.T.shape))
                W[:] = (Q * np.sign(np.diag(R))).T
            elif name == "W_ex":
                W[:] = rng.standard_normal(W.shape)
            elif name == "W_ax_0":
                s = INPUT_SCALE / math.sqrt(self.config.embedding_size or 1)
                W[:] = rng.uniform(-s, s, W.shape)
            elif name.startswith("W"):
                W[:] = rng.uniform(-(H**-0.5), H**-0.5, W.shape)
            elif name.startswith("b_a") and "f" in gates:
                f = gates.index("f")
                W[f * H : (f + 1) * H] = 1

    def forward(self, x: Ids, trace: Trace) -> None:
        """Read x, (T, B), from the state in trace.first_state on; write all that comes of it."""
        self.load(trace)
        self.go_on(x, trace)

    def load(self, trace: Trace) -> None:
        """Lay the parameters out as a trace reads them: needed whenever they have changed."""
        for weights, into, recur in zip(self.layers, trace.inputs, trace.recur, strict=True):
            into.load(weights, trace.scale)
            recur.load(weights.W_aa, trace.scale)

    def go_on(self, x: Ids, trace: Trace) -> None:
        """Do as `forward` does, with the parameters that were loaded last."""
        trace.x = x
        for layer, recur in enumerate(trace.recur):
            self._input(layer, trace)
            for a_before, step in trace.walk[layer]:
                recur(a_before)  # za(t) = W_aa a(t-1)
                step.forward()
            if trace.up is not None and trace.masks is not None:
                np.multiply(trace.a(layer)[1:], trace.masks[layer], out=trace.up[layer])
        z_y = np.matmul(trace.flat_up[-1], self.params["W_ya"], out=trace.flat_z_y)
        np.add(z_y, self.params["b_y"], out=z_y)
        trace.normalised = False

    def _input(self, layer: int, trace: Trace) -> None:
        """Write zx(t) = W_ax e(t) + b_a for the whole window."""
        into = trace.inputs[layer]
        if layer:
            into.multiply(trace.flat_up[layer - 1], out=trace.flat_zx[layer])
        elif self.config.embedding_size:
            # "clip" spares a copy of the output; Vocabulary.encode has checked the ids.
            self.params["W_ex"].take(trace.x, axis=0, out=trace.e, mode="clip")
            into.multiply(trace.flat_e, out=trace.flat_zx[0])
        else:
            into.W_ax.take(trace.x, axis=0, out=trace.zx[0], mode="clip")  # x(t) is one-hot

    def backward(self, y: Ids, trace: Trace, grad: Gradient) -> None:
        """Write the gradient of trace.loss(y) by all parameters and the first state into grad."""
        g, T, B = grad.params, trace.T, trace.B
        cell, top = CELLS[self.config.cell], self.config.num_layers - 1

        # dz_y = (y_hat - y) / (T·B), y one-hot
        np.exp(trace.log_y_hat, out=grad.dz_y)
        dz_y = fold(grad.dz_y)
        dz_y[np.arange(T * B), y.ravel()] -= 1
        dz_y /= T * B
        np.matmul(trace.flat_up[top].T, dz_y, out=g["W_ya"])
        dz_y.sum(axis=0, out=g["b_y"])

        dz, W = dz_y, self.params["W_ya"]  # what the layer above passes down, and by which weights
        da, dzx, dza = grad.da, grad.dzx, grad.dza
        for layer in range(top, -1, -1):
            weights, d = self.layers[layer], grad.layers[layer]
            da[0] = 0
            np.matmul(dz, W.T, out=fold(da[1:]))
            if trace.masks is not None:
                da[1:] *= trace.masks[layer]
            dc = np.zeros_like(da[0])
            grad.recur.load(weights.W_aa.T)
            for t in range(T - 1, -1, -1):
                trace.steps[layer][t].backward(da[t + 1], dc, da[t], dzx[t], dza[t])
                da[t] += grad.recur(grad.dza_views[t])
            grad.state[layer, 0] = da[0]
            grad.state[layer, 1:] = dc

            # Every step adds to the same weights: time folded into the batch, one product adds.
            np.matmul(fold(trace.a(layer)[:-1]).T, fold(dza), out=d.W_aa)
            fold(dzx).sum(axis=0, out=d.b_a)
            if not cell.sums:
                fold(dza)[:, -len(d.b_n) :].sum(axis=0, out=d.b_n)
            dz, W = fold(dzx), weights.W_ax
            if layer:
                np.matmul(trace.flat_up[layer - 1].T, dz, out=d.W_ax)
        self._input_backward(dz, trace, grad)

    def _input_backward(self, dz: Floats, trace: Trace, grad: Gradient) -> None:
        """Write the gradients by the weights that read characters, from those by zx, (T·B, G·H)."""
        x, W_ax, dW_ax = trace.x.ravel(), self.layers[0].W_ax, grad.layers[0].W_ax
        if self.config.embedding_size:
            np.matmul(trace.flat_e.T, dz, out=dW_ax)
            add_rows(x, dz @ W_ax.T, out=grad.params["W_ex"])
        else:
            add_rows(x, dz, out=dW_ax)

    def read(self, ids: Ids, trace: Trace) -> Iterator[tuple[int, Trace]]:
        """Read one text, (N,), in windows of the trace's T, carrying the state; B must be 1.

        Yields the number of characters read in each window, of which the last may be short,
        and the trace; begins from the state in trace.first_state.
        """
        T = trace.T
        for start in range(0, len(ids) - T + 1, T):
            self.forward(ids[start : start + T, None], trace)
            yield T, trace
            trace.carry()
        if rest := len(ids) % T:
            short = Trace(self, rest, 1)
            short.first_state[:] = trace.first_state
            self.forward(ids[-rest:, None], short)
            yield rest, short
            trace.first_state[:] = short.state


def fold(sequence: Floats) -> Floats:
    """Return (T, B, n) as a view (T·B, n): time folded into the batch."""
    T, B, n = sequence.shape
    return sequence.reshape(T * B, n)


def add_rows(ids: Ids, rows: Floats, out: Floats) -> None:
    """Write to out[k] the sum of the rows whose id is k: the product with one-hot vectors."""
    out[:] = 0
    order = np.argsort(ids, kind="stable")
    starts = [0, *(np.flatnonzero(np.diff(ids[order])) + 1).tolist(), len(order)]
    for start, end in pairwise(starts):
        same = order[start:end]
        np.add.reduce(rows.take(same, axis=0), axis=0, out=out[ids[same[0]]])


INPUT_SCALE = 2.0
"""Of the first weights that read characters (measured: from 1/16 to 2 the loss after a million
characters of plays fell from 2.30 to 1.71 nats)."""
