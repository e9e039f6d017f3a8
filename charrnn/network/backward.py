"""Learning: the gradient of a loss by backpropagation through time, over one window."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.cells import CELLS
from charrnn.network.functions import unbuffered
from charrnn.network.gradient import Gradient
from charrnn.network.head import Readout, learn, learn_sampled
from charrnn.network.network import Network
from charrnn.network.trace import Trace, fold


def backward(  # noqa: PLR0917
    network: Network,
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
    share: the weight of these sequences: their fraction of the batch.
    """
    up, d_up, y = trace.flat_up[-1], fold(grad.da[1:]), y.ravel()
    params = Readout(network.W_ya, network.b_y)
    gradient = Readout(grad.params["W_ya"], grad.params["b_y"])
    if candidates is None:
        loss = learn(params, up, y, gradient, d_up, share)
    else:
        loss = learn_sampled(params, up, y, gradient, d_up, candidates, share)
    for _ in layers_backward(network, trace, grad):
        pass
    return loss


def backward_from_logits(network: Network, trace: Trace, grad: Gradient) -> Iterator[int]:
    """Write all gradients from grad.dz_y, the one by the scores, (T, B, V).

    Yields the number of each layer, the highest first, when the slabs of grad hold its own.
    """
    dz_y = fold(grad.dz_y)
    np.matmul(trace.flat_up[-1].T, dz_y, out=grad.params["W_ya"])
    dz_y.sum(axis=0, out=grad.params["b_y"])
    np.matmul(dz_y, network.W_ya.T, out=fold(grad.da[1:]))
    yield from layers_backward(network, trace, grad)


def layers_backward(
    network: Network, trace: Trace, grad: Gradient, last: Floats | None = None
) -> Iterator[int]:
    """Write the gradients of all layers, from that by the output of the highest layer.

    That one is found in grad.da[1:]. Yields as `backward_from_logits` does.

    last: (L, S, B, H), the gradient by the last state, of what reads that; by default of nothing.
    """
    cell = CELLS[network.config.cell]
    da, dc, dzx, dza = grad.da, grad.dc, grad.dzx, grad.dza
    for layer in range(network.config.num_layers - 1, -1, -1):
        weights, d = network.layers[layer], grad.layers[layer]
        da[0] = 0
        if trace.masks is not None:
            da[1:] *= trace.masks[layer]
        dc[-1] = 0
        if last is not None:
            da[-1] += last[layer, 0]
            if last.shape[1] > 1:
                dc[-1] = last[layer, 1]
        grad.recur.load(weights.W_aa.T[None])
        with unbuffered():
            for start, stop in reversed(grad.blocks):
                slopes = grad.slopes[: stop - start].swapaxes(0, 1)
                cell.differentiate(trace.block(layer, start, stop), slopes)
                for t in range(stop - 1, start - 1, -1):
                    gradients, view = grad.schedule[t]
                    trace.steps[layer][t].backward(*gradients)
                    da_before = gradients[2]
                    np.add(da_before, grad.recur(view)[0], out=da_before)
        if trace.pads is not None:
            fold(dzx)[trace.pads.ravel()] = 0
            fold(dza)[trace.pads.ravel()] = 0
        grad.state[layer, 0] = da[0]
        grad.state[layer, 1:] = dc[0]

        # Every step adds to the same weights: time folded into the batch, one product adds.
        np.matmul(fold(trace.a(layer)[:-1]).T, fold(dza), out=d.W_aa)
        if layer or network.config.embedding_size:
            fold(dzx).sum(axis=0, out=d.b_a)
        if cell.reset:
            fold(dza)[:, -len(d.b_n) :].sum(axis=0, out=d.b_n)
        yield layer
        if layer:
            np.matmul(trace.flat_up[layer - 1].T, fold(dzx), out=d.W_ax)
            np.matmul(fold(dzx), weights.W_ax.T, out=fold(da[1:]))
    _input_backward(network, fold(dzx), trace, grad)


def _input_backward(network: Network, dz: Floats, trace: Trace, grad: Gradient) -> None:
    """Write the gradients by the weights that read characters, from those by zx, (T·B, G·H)."""
    x, W_ax, dW_ax = trace.x.ravel(), network.layers[0].W_ax, grad.layers[0].W_ax
    if network.config.embedding_size:
        np.matmul(trace.flat_e.T, dz, out=dW_ax)
        add_rows(x, dz @ W_ax.T, out=grad.params["W_ex"])
    else:
        add_rows(x, dz, out=dW_ax)
        dW_ax.sum(axis=0, out=grad.layers[0].b_a)  # each step reads one character


def add_rows(ids: Ids, rows: Floats, out: Floats) -> None:
    """Write to out[k] the sum of the rows whose id is k: the product with one-hot vectors."""
    out[:] = 0
    order = np.argsort(ids, kind="stable")
    starts = [0, *(np.flatnonzero(np.diff(ids[order])) + 1).tolist(), len(order)]
    for start, end in pairwise(starts):
        same = order[start:end]
        np.add.reduce(rows.take(same, axis=0), axis=0, out=out[ids[same[0]]])
