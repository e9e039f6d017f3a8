"""From the network's prediction to one character."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats
from charrnn.errors import CharRNNError
from charrnn.sampling.config import SamplingConfig

GREEDY = 1e-6
"""Below this temperature the likeliest character is taken: dividing by it would overflow."""


def weights(scores: NDArray[np.float64], config: SamplingConfig) -> NDArray[np.float64]:
    """Return what to choose in proportion to, (V,), from the network's scores.

    Scores are log-probabilities but for a constant; the likeliest character has the weight 1.
    Temperature first, then top-k, top-p (Holtzman et al. 2020) and min-p (Nguyen et al. 2024),
    each on what the one before has left. Of equally likely characters the first come first.

    Raises
    ------
    CharRNNError
        A prediction is not a number, as from parameters so large that products overflow.
    """
    likeliest = scores.argmax()
    highest = scores[likeliest]
    if not math.isfinite(highest):
        raise CharRNNError(
            "what the network predicts is not a number, because its parameters are too large; "
            "train it again, with a smaller learning rate"
        )
    if config.temperature < GREEDY:
        greedy = np.zeros(len(scores))
        greedy[likeliest] = 1
        return greedy
    p: NDArray[np.float64] = scores - highest
    p /= config.temperature
    np.exp(p, out=p)
    if config.top_k or config.top_p < 1:
        order = np.argsort(-scores, kind="stable")
        if config.top_k:
            p[order[config.top_k :]] = 0
        if config.top_p < 1:
            cumulative = np.add.accumulate(p[order])
            last = cumulative.searchsorted(config.top_p * cumulative[-1])
            p[order[last + 1 :]] = 0
    if config.min_p:
        p[p < config.min_p] = 0
    return p


def distribution(scores: Floats, config: SamplingConfig) -> NDArray[np.float64]:
    """Return the probabilities to choose by, (V,): the weights, with a sum of 1."""
    p = weights(scores.astype(np.float64), config)
    p /= p.sum()
    return p


def choose(p: NDArray[np.float64], uniform: float) -> int:
    """Return an id drawn with probabilities in proportion to p, (V,).

    uniform: a random number from 0 up to but not 1.
    """
    cumulative = np.add.accumulate(p)
    return int(cumulative.searchsorted(uniform * cumulative[-1], "right"))


def random_streams(seed: int) -> Iterator[np.random.Generator]:
    """Yield for each sample its own random numbers, alike however many are asked for.

    Those of the first are of the seed itself, so that one sample needs no more than a seed.
    """
    sequence = stream = np.random.SeedSequence(seed)
    while True:
        yield np.random.Generator(np.random.PCG64(stream))
        [stream] = sequence.spawn(1)
