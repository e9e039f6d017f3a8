"""Predictions at the end of many short texts, read as a batch."""

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids
from charrnn.inspection.reading import bytes_per_character
from charrnn.network.forward import copy_weights, forward
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.network.trace import Trace

WINDOW = 32
"""Steps read at a time; with a carried state it affects only memory and speed."""

ROWS = 64
"""Texts in a batch; with more no step is faster (measured)."""

MEMORY = 2**28
"""Bytes of a batch at most."""


def side_by_side(network: Network) -> int:
    """Return the number of texts to read at a time: `ROWS`, or fewer with a large network."""
    return max(1, min(ROWS, MEMORY // (WINDOW * bytes_per_character(network))))


def predict(network: Network, x: Ids, state: Floats | None = None) -> Doubles:
    """Return the log-probabilities after the last of x, (B, V), in nats.

    Scores are computed for the last step alone, which with a large vocabulary are most of the work.

    x: (T, B), the texts; state: (L, S, 1 or B, H), the state before them, None for 0.
    """
    whole, rest = divmod(len(x) - 1, WINDOW)
    start = 0
    for T, times in ((rest, 1), (WINDOW, whole)):
        if not T * times:
            continue
        trace = Trace(network, T, x.shape[1], scores=False)
        copy_weights(network, trace)
        if state is not None:
            trace.first_state[:] = state
        for _ in range(times):
            forward(network, x[start : start + T], trace, reload=False)
            trace.carry()
            start += T
        state = trace.state
    stepper = Stepper(network, x.shape[1])
    if state is not None:
        stepper.move(state)
    stepper.read(x[-1])
    log_y_hat: Doubles = stepper.logits.astype(np.float64)
    log_softmax(log_y_hat)
    return log_y_hat
