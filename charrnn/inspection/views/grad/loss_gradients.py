"""Gradients of the losses of single characters through time, as a batch.

A target t is a character that has a next one, with the loss

    L(t) = -ln y_hat(t)[x(t+1)]      nats,

and lag k is k characters before t. Each target is a row of a batch: the window of the text that
ends at t, read from the state of the reading there. The gradient of L(t) by the scores is
y_hat(t) - x(t+1) at the last step and 0 at the others; the backward pass of the network takes it
from there to each lag.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.array_types import Doubles, Floats, Places
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import LARGEST, Reading
from charrnn.network.backward import backward_from_logits
from charrnn.network.cells import CELLS
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.trace import Trace

TOGETHER = 32
"""Targets in a batch; with more it is hardly faster (measured)."""

Norms = Doubles
"""A norm for each layer, target and lag, (L, S, K + 1)."""


def descents(
    reading: Reading, targets: Places, lags: int, track: Track = untracked
) -> Iterator[tuple[slice, int, Gradient]]:
    """Backpropagate from each target over `lags` characters, some targets at a time.

    targets: (S,), each at least `lags` and followed by a character.

    Yields which of the targets, and the number of each layer, the highest first, when the slabs of
    the gradient hold its own: da[1 + K - k] and dc[1 + K - k] are by the state after the character
    k before each target, dzx[K - k] by what led to it. When all layers have been walked through,
    its `params` are the gradient of the sum of these losses, as far as they go back.
    """
    network, together = reading.network, _together(reading, lags)
    groups = [slice(start, start + together) for start in range(0, len(targets), together)]
    for rows in track(groups, "going back", len(groups)):
        trace = _read(reading, targets[rows], lags)
        grad = Gradient(network, trace, keep_dc=True)
        grad.dz_y[-1] = _error(trace.log_y_hat[-1], reading.ids[targets[rows] + 1])
        for layer in backward_from_logits(network, trace, grad):
            yield rows, layer, grad


def norms(
    reading: Reading, targets: Places, lags: int, track: Track = untracked
) -> dict[str, Norms]:
    """Return the norm of the gradient of each target's loss at each lag, by variable.

    a, c: by the hidden state and, of an LSTM, the cell state of a layer.
    z: by what enters the nonlinearities of a layer, W_ax e(t) + W_aa a(t-1) + b_a, all its gates.
    x: by the input, one-hot or embedded: of the lowest layer only, (1, S, K + 1).
    """
    network, S = reading.network, len(targets)
    found: dict[str, Norms] = {
        kind: np.empty((network.config.num_layers, S, lags + 1)) for kind in (*reading.states, "z")
    } | {"x": np.empty((1, S, lags + 1))}
    # W_ax = Q R with Q of orthonormal columns: |W_ax dz| is |R dz|, however many characters.
    R = np.linalg.qr(network.layers[0].W_ax).R
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported as such
        for rows, layer, grad in descents(reading, targets, lags, track):
            slabs = {"a": grad.da[1:], "c": grad.dc[1:], "z": grad.dzx}
            for kind in (*reading.states, "z"):
                found[kind][layer, rows] = _by_lag(slabs[kind])
            if layer == 0:
                found["x"][0, rows] = _by_lag(grad.dzx @ R.T)
    return found


def _read(reading: Reading, targets: Places, lags: int) -> Trace:
    """Return the trace of the windows that end at the targets, from the reading's states."""
    place = targets + np.arange(-lags, 1)[:, None]  # (K + 1, S)
    trace = Trace(reading.network, *place.shape)
    before = place[0] - 1
    for s, (kind, values) in enumerate(reading.states.items()):
        here = values[before]  # (S, L, H)
        first = np.where(before[:, None, None] < 0, reading.first[kind], here)
        trace.first_state[:, s] = first.swapaxes(0, 1)
    forward(reading.network, reading.ids[place], trace)
    return trace


def _error(log_y_hat: Floats, following: Places) -> Floats:
    """Return y_hat - y, (S, V), exact also where y_hat is nearly 1."""
    rows = np.arange(len(following))
    error: Floats = np.exp(log_y_hat)
    error[rows, following] = np.expm1(log_y_hat[rows, following])
    return error


def _by_lag(slab: Floats) -> Norms:
    """Return the norms of a slab, (T, S, n), as (S, K + 1), the last step first."""
    squares = np.square(slab, dtype=np.float64)  # the square of a float32 may underflow
    by_lag: Norms = np.sqrt(squares.sum(axis=-1))[::-1].T
    return by_lag


def _together(reading: Reading, lags: int) -> int:
    """Return the number of targets in a batch for an eighth of the memory of a reading."""
    config = reading.network.config
    cell = CELLS[config.cell]
    H, GH = config.hidden_size, len(cell.gates) * config.hidden_size
    numbers = config.num_layers * (GH + H * (len(cell.states) + len(cell.kept)))
    numbers += 3 * GH + 2 * H + 2 * config.vocabulary_size
    size = reading.network.params.flat.itemsize * numbers * (lags + 1)
    return max(1, min(TOGETHER, LARGEST // 8 // size))
