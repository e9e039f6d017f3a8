"""The loss of a network on a text, per character."""

from typing import NamedTuple

import numpy as np

from charrnn.array_types import Doubles, Ids
from charrnn.network.forward import forward, read_windows
from charrnn.network.network import Network
from charrnn.network.trace import Trace

WINDOW = 256
"""Steps read at a time; with a carried state it affects only memory and speed."""


def score(network: Network, ids: Ids, trace: Trace | None = None) -> Doubles:
    """Return -log y_hat of each character after the first, (N - 1,), in nats.

    The text is read once from its beginning, the state carried from window to window. With a
    `trace` it continues from the trace's state, and leaves the last state there.
    """
    trace = trace or Trace(network, min(WINDOW, max(1, len(ids) - 1)), 1)
    nats = np.empty(max(0, len(ids) - 1))
    start = 0
    for T, read in read_windows(network, ids[:-1], trace):
        y = ids[start + 1 : start + 1 + T].astype(np.intp)
        nats[start : start + T] = -read.log_y_hat[np.arange(T), 0, y]
        start += T
    return nats


def quick_steps(vocabulary_size: int) -> int:
    """Return the steps that `ValidationLoss` reads at a time, fewer for a large vocabulary."""
    return max(4, min(64, 2**20 // (ValidationLoss.PIECES * vocabulary_size)))


class Score(NamedTuple):
    """The loss of a text, in nats per character.

    median: of the losses of windows of some 64 characters; a few windows that a
        network fails at do not change it.
    """

    mean: float
    median: float


class ValidationLoss:
    """The mean validation loss during training, at a fraction of the time of `score`.

    The text is cut into pieces that are read side by side. Each piece is preceded by the `WARMUP`
    characters before it, read but not counted, so that its state is carried too: the figure
    differs from that of `score` by what those characters leave out, some 1e-3 nats or less. Of
    a text of more than `most` characters only the beginning of each piece is read.
    """

    PIECES, WARMUP = 32, 192

    def __init__(self, ids: Ids, vocabulary_size: int, most: int = 50_000) -> None:
        pieces = max(1, min(self.PIECES, (len(ids) - 1) // (4 * self.WARMUP)))
        warmup = self.WARMUP if pieces > 1 else 0
        apart = -(-(len(ids) - 1) // pieces)
        length = min(apart, max(1, most // pieces))
        self.T = min(quick_steps(vocabulary_size), length)
        steps = -(-(warmup + length) // self.T) * self.T
        # place[t, b]: where in the text stream b is at its step t; outside its piece, not counted.
        first = np.arange(pieces) * apart
        place = np.arange(steps)[:, None] - warmup + first
        self.counted = (place >= first) & (place < np.minimum(first + length, len(ids) - 1))
        place = np.clip(place, 0, max(0, len(ids) - 2))
        self.x, self.y = ids[place], ids[place + 1]

    def __call__(self, network: Network) -> Score:
        """Return the loss of a network on the text."""
        # Allocated per call, so that no memory is kept between evaluations.
        trace, B = Trace(network, self.T, self.x.shape[1]), self.x.shape[1]
        counted = self.counted.reshape(-1, self.T, B).sum(axis=1)
        sums = np.zeros(counted.shape)
        for k, start in enumerate(range(0, len(self.x), self.T)):
            window = slice(start, start + self.T)
            forward(network, self.x[window], trace)
            y = self.y[window, :, None].astype(np.intp)
            log_p = np.take_along_axis(trace.log_y_hat, y, axis=-1)[..., 0]
            sums[k] = -(log_p * self.counted[window]).sum(axis=0, dtype=np.float64)
            trace.carry()
        stretches = sums[counted > 0] / counted[counted > 0]
        return Score(float(sums.sum() / counted.sum()), float(np.median(stretches)))
