"""Several samples side by side: a row each, so that one product serves them all."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.network.forward import forward, read_windows
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import GREEDY, weights
from charrnn.sampling.generate import DRAWN, WINDOW, Choice
from charrnn.system.cores import bounds, cores

MOST = 64
"""How many are made side by side: with more, a core is no busier."""

LEAST = 1_000_000
"""Multiplications that a part of a group has in a step: with fewer, most of a step is Python."""

_NONE: NDArray[np.float64] = np.empty(0)


def generate_together(
    network: Network,
    prompts: Ids,
    config: SamplingConfig,
    streams: Sequence[np.random.Generator],
) -> Iterator[NDArray[np.intp]]:
    """Yield, step by step, the characters that follow each prompt, (B,) ids, without end.

    prompts: (B, N) ids with N > 0, alike but for the last.
    streams: the random numbers of each, of which each character takes one, as in `generate`.
    """
    B = len(prompts)
    trace = Trace(network, 1, B, held=True)
    if len(alike := prompts[0, :-1]):
        for _, read in read_windows(network, alike, Trace(network, min(WINDOW, len(alike)), 1)):
            trace.first_state[:] = read.state
    forward(network, prompts[:, -1][None], trace)
    trace.carry()
    uniform, drawn = np.empty((DRAWN, B)), DRAWN
    while True:
        if drawn == DRAWN:
            for b, stream in enumerate(streams):
                uniform[:, b] = stream.random(DRAWN)
            drawn = 0
        ids = choose_rows(row_weights(trace.z_y[0].astype(np.float64), config), uniform[drawn])
        drawn += 1
        yield ids
        forward(network, ids[None], trace, reload=False)
        trace.carry()


def row_weights(scores: NDArray[np.float64], config: SamplingConfig) -> NDArray[np.float64]:
    """Return what to choose in proportion to in each row, (B, V), as `weights` does for one.

    Raises
    ------
    CharRNNError
        A prediction is not a number.
    """
    highest = np.maximum.reduce(scores, axis=1, keepdims=True)
    one_by_one = config.top_k or config.top_p < 1 or config.temperature < GREEDY
    if one_by_one or not np.isfinite(highest).all():
        return np.array([weights(row, config) for row in scores])
    p = scores - highest
    with np.errstate(under="ignore"):
        p /= config.temperature
        np.exp(p, out=p)
    if config.min_p:
        p[p < config.min_p] = 0
    return p


def choose_rows(p: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return an id for each row, (B,), drawn with probabilities in proportion to it.

    p: (B, V).
    uniform: (B,), from 0 up to but not 1.
    """
    cumulative = np.add.accumulate(p, axis=1)
    below = cumulative <= (uniform * cumulative[:, -1])[:, None]
    ids: NDArray[np.intp] = np.add.reduce(below, axis=1, dtype=np.intp)
    return ids


class SideBySide:
    """The characters of each sample for itself, made for all of them when the first one asks.

    parts: what some of the samples are made of each, in order: blocks of steps, (n, B) ids.
    """

    def __init__(self, parts: Sequence[Iterator[NDArray[np.intp]]]) -> None:
        self._parts = parts
        self._waiting: dict[int, deque[int]] = {}

    def choices(self, sample: int) -> Iterator[Choice]:
        """Yield the characters of a sample, without end."""
        while True:
            while not self._waiting.get(sample):
                self._make()
            yield Choice(self._waiting[sample].popleft(), _NONE, _NONE)

    def _make(self) -> None:
        made = np.concatenate([next(part) for part in self._parts], axis=1)
        for sample, ids in enumerate(made.T.tolist()):
            self._waiting.setdefault(sample, deque()).extend(ids)


def parts_of(samples: int, parameters: int) -> list[slice]:
    """Return how samples are split into parts for the cores of this machine, if they are enough.

    parameters: the network's; each takes one multiplication for each sample in a step.
    """
    parts = max(1, min(cores(), samples, samples * parameters // LEAST))
    return [slice(*pair) for pair in pairwise(bounds(samples, parts))]
