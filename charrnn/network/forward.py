"""Reading: the loop over a window.

e(t)     = W_ex x(t), or x(t) itself, one-hot, where there is no embedding
a(t)     = cell(W_ax e(t) + b_a, W_aa a(t-1))            a(0) = 0, layer upon layer
y_hat(t) = softmax(W_ya a(t) + b_y)
"""

from collections.abc import Iterator

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.functions import gates_first, log_softmax
from charrnn.network.layers import Table
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.system.blas import Threads


def forward(network: Network, x: Ids, trace: Trace, *, reload: bool = True) -> None:
    """Read x, (T, B), from the state in trace.first_state; write everything computed to the trace.

    reload: False reads with the weights that the trace copied last.
    """
    if reload:
        copy_weights(network, trace)
    trace.x = x
    _input(network, 0, trace)
    run_layers(network, trace)


def copy_weights(network: Network, trace: Trace) -> None:
    """Copy the weights into the trace's layout; needed after every update."""
    for weights, into, recur in zip(network.layers, trace.inputs, trace.recur, strict=True):
        into.load(weights, trace.scale)
        recur.load(gates_first(weights.W_aa, len(trace.scale)), trace.scale)


def run_layers(network: Network, trace: Trace) -> None:
    """Compute all layers and the scores, from zx(t) of the lowest layer, see `Trace.feed`."""
    for layer, recur in enumerate(trace.recur):
        if layer:
            _input(network, layer, trace)
        if trace.pads is not None:
            trace.zx[layer].swapaxes(1, 2)[trace.pads] = trace.idle
        if trace.after_step is None:
            for a_before, step in trace.schedule[layer]:
                recur(a_before)  # za(t) = W_aa a(t-1)
                step.forward()
        else:
            for t, (a_before, step) in enumerate(trace.schedule[layer]):
                recur(a_before)
                step.forward()
                trace.after_step(layer, t, trace.states[layer, :, t + 1], trace.zx[layer, t])
        if trace.up is not None and trace.masks is not None:
            np.multiply(trace.a(layer)[1:], trace.masks[layer], out=trace.up[layer])
    if trace.scores:
        trace.flat_up[-1].dot(network.W_ya, trace.flat_log_y_hat)
        np.add(trace.flat_log_y_hat, network.b_y, out=trace.flat_log_y_hat)
        log_softmax(trace.flat_log_y_hat)


def read_windows(network: Network, ids: Ids, trace: Trace) -> Iterator[tuple[int, Trace]]:
    """Read one text, (N,), in windows of the trace's T, carrying the state; B must be 1.

    Yields the number of characters read in each window, of which the last may be short,
    and the trace; begins from the state in trace.first_state.
    """
    T, threads = trace.T, Threads()
    for start in range(0, len(ids) - T + 1, T):
        with threads.piece(T):
            forward(network, ids[start : start + T, None], trace)
        yield T, trace
        trace.carry()
    if rest := len(ids) % T:
        short = Trace(network, rest, 1, scores=trace.scores)
        short.first_state[:] = trace.first_state
        with threads.piece(rest):
            forward(network, ids[-rest:, None], short)
        yield rest, short
        trace.first_state[:] = short.state


def _input(network: Network, layer: int, trace: Trace) -> None:
    """Write zx(t) = W_ax e(t) + b_a for the whole window."""
    into = trace.inputs[layer]
    if layer:
        into.multiply(trace.flat_up[layer - 1], out=trace.zx[layer])
    elif isinstance(into, Table):
        into.choose(trace.x)
    else:
        network.params["W_ex"].take(trace.x, axis=0, out=trace.e, mode="clip")
        into.multiply(trace.flat_e, out=trace.zx[0])
