"""Characters that follow a prompt, one at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.network.functions import Ids, log_softmax
from charrnn.network.model import Network
from charrnn.network.trace import Trace
from charrnn.sampling.choosing import choose, weights
from charrnn.sampling.config import SamplingConfig

WINDOW = 64
"""How many characters of a prompt are read at a time."""

DRAWN = 256
"""How many random numbers are drawn at a time: each character takes one, in order."""


class Choice(NamedTuple):
    """One generated character.

    id: the character's.
    scores: (V,), what the network predicted: log-probabilities but for a constant.
    weights: (V,), what it was drawn in proportion to.

    Of samples made side by side the last two are not kept: they are (0,).
    """

    id: int
    scores: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def log_y_hat(self) -> NDArray[np.float64]:
        """What the network predicted, as log-probabilities, (V,)."""
        z = self.scores.copy()
        log_softmax(z)
        return z

    @property
    def p(self) -> NDArray[np.float64]:
        """The probabilities that it was drawn by, (V,)."""
        p: NDArray[np.float64] = self.weights / self.weights.sum()
        return p


def generate(
    network: Network, prompt: Ids, config: SamplingConfig, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield the characters that follow the prompt, (N,) ids with N > 0, without end.

    Stop texts and the length are the affair of `charrnn.sampling.sample`.
    """
    trace = Trace(network, 1, 1, held=True)
    scores = trace.z_y[0, 0]
    for _, read in network.read(prompt, Trace(network, min(WINDOW, len(prompt)), 1)):
        trace.first_state[:] = read.state
        scores[:] = read.z_y[-1, 0]
    x = np.empty((1, 1), np.intp)
    network.load(trace)
    while True:
        for uniform in rng.random(DRAWN).tolist():
            z = scores.astype(np.float64)
            w = weights(z, config)
            x[0, 0] = k = choose(w, uniform)
            yield Choice(k, z, w)
            network.go_on(x, trace)
            trace.carry()
