"""From the network's prediction to one character."""

import numpy as np
from numpy.typing import NDArray

from charrnn.network.functions import Floats
from charrnn.sampling.config import SamplingConfig

GREEDY = 1e-6
"""Below this temperature the likeliest character is taken: dividing by it would overflow."""


def distribution(log_y_hat: Floats, config: SamplingConfig) -> NDArray[np.float64]:
    """Return the probabilities to choose by, (V,), from the network's log-probabilities.

    Temperature first, then top-k, top-p (Holtzman et al. 2020) and min-p (Nguyen et al. 2024),
    each on what the one before has left. Of equally likely characters the first come first.
    """
    if config.temperature < GREEDY:
        greedy = np.zeros(len(log_y_hat))
        greedy[log_y_hat.argmax()] = 1.0
        return greedy
    z = log_y_hat.astype(np.float64)
    z -= z.max()
    z /= config.temperature
    p: NDArray[np.float64] = np.exp(z, out=z)
    p /= p.sum()
    if 0 < config.top_k < len(p):
        p[np.argsort(-p, kind="stable")[config.top_k :]] = 0
        p /= p.sum()
    if config.top_p < 1:
        order = np.argsort(-p, kind="stable")
        before = np.cumsum(p[order]) - p[order]
        p[order[before >= config.top_p]] = 0
        p /= p.sum()
    if config.min_p > 0:
        p[p < config.min_p * p.max()] = 0
        p /= p.sum()
    return p


def choose(p: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Return an id drawn with probabilities p, (V,), by one uniform number."""
    cumulative = np.cumsum(p)
    k = int(cumulative.searchsorted(rng.random() * cumulative[-1], side="right"))
    return k if k < len(p) else int(np.flatnonzero(p)[-1])
