"""Characters that follow a prompt, one at a time."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.network.functions import Floats, Ids, log_softmax
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
    read_prompt(network, prompt, trace.first_state, trace.z_y[0, 0])
    network.load(trace)
    yield from go_on_from(network, trace, config, rng)


def read_prompt(network: Network, prompt: Ids, state: Floats, scores: Floats) -> None:
    """Read a prompt, (N,) ids; write the state after it, (L, S, 1, H), and the scores, (V,)."""
    for _, read in network.read(prompt, Trace(network, min(WINDOW, len(prompt)), 1)):
        state[:] = read.state
        scores[:] = read.z_y[-1, 0]


def go_on_from(
    network: Network,
    trace: Trace,
    config: SamplingConfig,
    rng: np.random.Generator,
    tell: Callable[[int], None] | None = None,
) -> Iterator[Choice]:
    """Yield characters without end, from the first state and the scores of a loaded trace.

    tell: is told each character before it is read.
    """
    scores, x = trace.z_y[0, 0], np.empty((1, 1), np.intp)
    while True:
        for uniform in rng.random(DRAWN).tolist():
            z = scores.astype(np.float64)
            w = weights(z, config)
            x[0, 0] = k = choose(w, uniform)
            yield Choice(k, z, w)
            if tell:
                tell(k)
            network.go_on(x, trace)
            trace.carry()
