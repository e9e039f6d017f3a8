"""Characters that follow a prompt, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.network.functions import Ids
from charrnn.network.model import Network, Trace
from charrnn.sampling.choosing import choose, distribution
from charrnn.sampling.config import SamplingConfig

WINDOW = 256
"""How many characters of a prompt are read at a time."""


@dataclass(frozen=True)
class Choice:
    """One generated character: its id, and the probabilities, (V,), that it was drawn by."""

    id: int
    probabilities: NDArray[np.float64]


def generate(
    network: Network, prompt: Ids, config: SamplingConfig, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield the characters that follow the prompt, (N,) ids with N > 0, without end.

    Stop texts and the length are the affair of whoever listens: see `charrnn.sampling.sample`.
    """
    trace = Trace(network, 1, 1)
    for _, read in network.read(prompt, Trace(network, min(WINDOW, len(prompt)), 1)):
        trace.first_state[:] = read.state
        log_y_hat = read.log_y_hat[-1, 0]
    x = np.empty((1, 1), np.intp)
    while True:
        p = distribution(log_y_hat, config)
        x[0, 0] = k = choose(p, rng)
        yield Choice(k, p)
        network.forward(x, trace)
        trace.carry()
        log_y_hat = trace.log_y_hat[0, 0]
