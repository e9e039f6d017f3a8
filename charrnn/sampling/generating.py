"""Characters that follow a prompt, one at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.network.functions import Floats, Ids
from charrnn.network.model import Network, Trace
from charrnn.sampling.choosing import choose, distribution
from charrnn.sampling.config import SamplingConfig

WINDOW = 64
"""How many characters of a prompt are read at a time."""


class Choice(NamedTuple):
    """One generated character.

    id: the character's.
    log_y_hat: (V,), what the network predicted, as log-probabilities.
    p: (V,), the probabilities that it was drawn by.
    """

    id: int
    log_y_hat: Floats
    p: NDArray[np.float64]


def generate(
    network: Network, prompt: Ids, config: SamplingConfig, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield the characters that follow the prompt, (N,) ids with N > 0, without end.

    Stop texts and the length are the affair of `charrnn.sampling.sample`.
    """
    trace = Trace(network, 1, 1)
    log_y_hat = trace.log_y_hat[0, 0]
    for _, read in network.read(prompt, Trace(network, min(WINDOW, len(prompt)), 1)):
        trace.first_state[:] = read.state
        log_y_hat[:] = read.log_y_hat[-1, 0]
    x = np.empty((1, 1), np.intp)
    while True:
        p = distribution(log_y_hat, config)
        x[0, 0] = k = choose(p, rng)
        yield Choice(k, log_y_hat.copy(), p)
        network.forward(x, trace)
        trace.carry()
