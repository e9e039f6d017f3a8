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

import numpy as np
from numpy.typing import DTypeLike

from charrnn.blas import Threads
from charrnn.network.cells import CELLS, gates_first
from charrnn.network.config import NetworkConfig
from charrnn.network.functions import Floats, Ids, unbuffered
from charrnn.network.layers import Table, layers_of
from charrnn.network.parameters import Parameters
from charrnn.network.readout import Readout, learn, learn_sampled
from charrnn.network.trace import Gradient, Trace, fold


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
        self._take(Parameters(shapes(config), dtype, flat))
        if rng is not None:
            self._initialise(rng)

    def _take(self, params: Parameters) -> None:
        self.params = params
        self.layers = layers_of(params, self.config)
        self.W_ya, self.b_y = params["W_ya"], params["b_y"]

    def lie_in(self, flat: Floats) -> None:
        """Keep the parameters in `flat`, (P,), from now on; a trace made before does not see it."""
        flat[:] = self.params.flat
        self._take(Parameters(self.params.shapes, flat=flat))

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
        for layer, into, recur in zip(self.layers, trace.inputs, trace.recur, strict=True):
            weights = trace.own(layer)
            into.load(weights, trace.scale)
            recur.load(gates_first(weights.W_aa, len(trace.scale)), trace.scale)
        trace.output.load()

    def go_on(self, x: Ids, trace: Trace) -> None:
        """Do as `forward` does, with the parameters that were loaded last."""
        trace.x = x
        self._input(0, trace)
        self.ascend(trace)

    def ascend(self, trace: Trace) -> None:
        """Do the rest of `go_on`, when the trace has been fed with zx(t) of the lowest layer."""
        for layer, recur in enumerate(trace.recur):
            if layer:
                self._input(layer, trace)
            for a_before, step in trace.walk[layer]:
                recur(a_before)  # za(t) = W_aa a(t-1)
                step.forward()
            if trace.up is not None and trace.masks is not None:
                np.multiply(trace.a(layer)[1:], trace.masks[layer], out=trace.up[layer])
        if trace.scores:
            trace.output.multiply(trace.flat_up[-1], out=trace.flat_z_y)
            trace.normalised = False

    def _input(self, layer: int, trace: Trace) -> None:
        """Write zx(t) = W_ax e(t) + b_a for the whole window."""
        into = trace.inputs[layer]
        if layer:
            into.multiply(trace.flat_up[layer - 1], out=trace.zx[layer])
        elif isinstance(into, Table):
            into.choose(trace.x)
        else:
            self.params["W_ex"].take(trace.x, axis=0, out=trace.e, mode="clip")
            into.multiply(trace.flat_e, out=trace.zx[0])

    def backward(
        self,
        y: Ids,
        trace: Trace,
        grad: Gradient,
        candidates: Ids | None = None,
        share: float = 1.0,
    ) -> float:
        """Return the mean of -log y_hat(t)[y(t)] over a window, in nats, and write its gradient.

        That is the gradient by all parameters and by the first state, into grad.

        candidates: distinct ids by which the loss is estimated, see `learn_sampled`; None for the
            exact loss.
        share: what both are taken times: the share of these sequences in a batch.
        """
        up, d_up, y = trace.flat_up[-1], fold(grad.da[1:]), y.ravel()
        params = Readout(self.W_ya, self.b_y)
        gradient = Readout(grad.params["W_ya"], grad.params["b_y"])
        if candidates is None:
            loss = learn(params, up, y, gradient, d_up, share)
        else:
            loss = learn_sampled(params, up, y, gradient, d_up, candidates, share)
        for _ in self._descend(trace, grad):
            pass
        return loss

    def descend(self, trace: Trace, grad: Gradient) -> Iterator[int]:
        """Write all gradients from grad.dz_y, the one by the scores, (T, B, V).

        Yields the number of each layer, the highest first, when the slabs of grad hold its own.
        """
        dz_y = fold(grad.dz_y)
        np.matmul(trace.flat_up[-1].T, dz_y, out=grad.params["W_ya"])
        dz_y.sum(axis=0, out=grad.params["b_y"])
        np.matmul(dz_y, self.W_ya.T, out=fold(grad.da[1:]))
        yield from self._descend(trace, grad)

    def _descend(self, trace: Trace, grad: Gradient) -> Iterator[int]:
        """Do the rest of `descend`, from the gradient by what the highest layer hands up.

        That one is found in grad.da[1:].
        """
        cell = CELLS[self.config.cell]
        da, dc, dzx, dza = grad.da, grad.dc, grad.dzx, grad.dza
        for layer in range(self.config.num_layers - 1, -1, -1):
            weights, d = self.layers[layer], grad.layers[layer]
            da[0] = 0
            if trace.masks is not None:
                da[1:] *= trace.masks[layer]
            dc[-1] = 0
            grad.recur.load(weights.W_aa.T[None])
            with unbuffered():
                for start, stop in reversed(grad.blocks):
                    slopes = grad.slopes[: stop - start].swapaxes(0, 1)
                    cell.differentiate(trace.some(layer, start, stop), slopes)
                    for t in range(stop - 1, start - 1, -1):
                        gradients, view = grad.walk[t]
                        trace.steps[layer][t].backward(*gradients)
                        da_before = gradients[2]
                        np.add(da_before, grad.recur(view)[0], out=da_before)
            grad.state[layer, 0] = da[0]
            grad.state[layer, 1:] = dc[0]

            # Every step adds to the same weights: time folded into the batch, one product adds.
            np.matmul(fold(trace.a(layer)[:-1]).T, fold(dza), out=d.W_aa)
            if layer or self.config.embedding_size:
                fold(dzx).sum(axis=0, out=d.b_a)
            if not cell.sums:
                fold(dza)[:, -len(d.b_n) :].sum(axis=0, out=d.b_n)
            yield layer
            if layer:
                np.matmul(trace.flat_up[layer - 1].T, fold(dzx), out=d.W_ax)
                np.matmul(fold(dzx), weights.W_ax.T, out=fold(da[1:]))
        self._input_backward(fold(dzx), trace, grad)

    def _input_backward(self, dz: Floats, trace: Trace, grad: Gradient) -> None:
        """Write the gradients by the weights that read characters, from those by zx, (T·B, G·H)."""
        x, W_ax, dW_ax = trace.x.ravel(), self.layers[0].W_ax, grad.layers[0].W_ax
        if self.config.embedding_size:
            np.matmul(trace.flat_e.T, dz, out=dW_ax)
            add_rows(x, dz @ W_ax.T, out=grad.params["W_ex"])
        else:
            add_rows(x, dz, out=dW_ax)
            dW_ax.sum(axis=0, out=grad.layers[0].b_a)  # each step reads one character

    def read(self, ids: Ids, trace: Trace) -> Iterator[tuple[int, Trace]]:
        """Read one text, (N,), in windows of the trace's T, carrying the state; B must be 1.

        Yields the number of characters read in each window, of which the last may be short,
        and the trace; begins from the state in trace.first_state.
        """
        T, threads = trace.T, Threads()
        for start in range(0, len(ids) - T + 1, T):
            with threads.piece(T):
                self.forward(ids[start : start + T, None], trace)
            yield T, trace
            trace.carry()
        if rest := len(ids) % T:
            short = Trace(self, rest, 1)
            short.first_state[:] = trace.first_state
            with threads.piece(rest):
                self.forward(ids[-rest:, None], short)
            yield rest, short
            trace.first_state[:] = short.state


def add_rows(ids: Ids, rows: Floats, out: Floats) -> None:
    """Write to out[k] the sum of the rows whose id is k: the product with one-hot vectors."""
    out[:] = 0
    order = np.argsort(ids, kind="stable")
    starts = [0, *(np.flatnonzero(np.diff(ids[order])) + 1).tolist(), len(order)]
    for start, end in pairwise(starts):
        same = order[start:end]
        np.add.reduce(rows.take(same, axis=0), axis=0, out=out[ids[same[0]]])


INPUT_SCALE = 2.0
"""Of the first weights that read characters (measured: from 1/2 to 2 the loss after 0.8 million
characters of plays fell from 1.87 to 1.71 nats; from 1/16 it was above 2)."""
