"""How many nats a network needs for each character of a text."""

import numpy as np
from numpy.typing import NDArray

from charrnn.network.functions import Ids
from charrnn.network.model import Network
from charrnn.network.trace import Trace

WINDOW = 256
"""Steps read at a time; the state is carried, so it changes nothing but memory and speed."""


def score(network: Network, ids: Ids, trace: Trace | None = None) -> NDArray[np.float64]:
    """Return -log y_hat of each character after the first, (N - 1,), in nats.

    The text is read once from its beginning, the state carried from window to window; and from a
    trace, if one is given, on from the state that it is left with.
    """
    trace = trace or Trace(network, min(WINDOW, max(1, len(ids) - 1)), 1)
    nats = np.empty(max(0, len(ids) - 1))
    start = 0
    for T, read in network.read(ids[:-1], trace):
        y = ids[start + 1 : start + 1 + T].astype(np.intp)
        nats[start : start + T] = -read.log_y_hat[np.arange(T), 0, y]
        start += T
    return nats


def quick_steps(vocabulary_size: int) -> int:
    """Return how many steps `QuickScore` reads at a time: fewer of a large vocabulary's scores."""
    return max(4, min(64, 2**20 // (QuickScore.PIECES * vocabulary_size)))


class QuickScore:
    """The mean loss of one text for a network that is being trained, at a fraction of the time.

    The text is cut into pieces that are read side by side. Each piece is preceded by the `WARMUP`
    characters before it, read but not counted, so that its state is carried too: the figure
    differs from that of `score` by what those characters leave out, some 1e-3 nats or less. Of
    a text of more than `most` characters only the beginning of each piece is read.
    """

    PIECES, WARMUP = 32, 192

    def __init__(self, network: Network, ids: Ids, most: int = 50_000) -> None:
        self.network = network
        pieces = max(1, min(self.PIECES, (len(ids) - 1) // (4 * self.WARMUP)))
        warmup = self.WARMUP if pieces > 1 else 0
        apart = -(-(len(ids) - 1) // pieces)
        length = min(apart, most // pieces)
        self.T = min(quick_steps(network.config.vocabulary_size), length)
        steps = -(-(warmup + length) // self.T) * self.T
        # place[t, b]: where in the text stream b is at its step t; outside its piece, not counted.
        first = np.arange(pieces) * apart
        place = np.arange(steps)[:, None] - warmup + first
        self.counted = (place >= first) & (place < np.minimum(first + length, len(ids) - 1))
        place = np.clip(place, 0, max(0, len(ids) - 2))
        self.x, self.y = ids[place], ids[place + 1]

    def __call__(self) -> float:
        """Return the mean of -log y_hat over the text, in nats a character."""
        # Made anew each time: between evaluations, and after the last, it would be held in vain.
        trace, total = Trace(self.network, self.T, self.x.shape[1]), 0.0
        for start in range(0, len(self.x), self.T):
            window = slice(start, start + self.T)
            self.network.forward(self.x[window], trace)
            y = self.y[window, :, None].astype(np.intp)
            told = np.take_along_axis(trace.log_y_hat, y, axis=-1)[..., 0]
            total -= float(told[self.counted[window]].sum(dtype=np.float64))
            trace.carry()
        return total / int(self.counted.sum())
