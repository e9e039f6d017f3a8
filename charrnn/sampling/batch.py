"""Several samples in a batch: a row each, so that one product serves them all."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from charrnn.array_types import Doubles, Ids, Places
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import draw_rows
from charrnn.sampling.filters import filters_of
from charrnn.sampling.generate import DRAWN, Choice, state_after
from charrnn.system.cores import bounds, cores

MOST = 64
"""Samples of a batch: with more, a core is no busier."""

LEAST = 1_000_000
"""Fewest multiplications of a part of a batch in a step: with fewer, most of a step is Python."""

_NONE: Doubles = np.empty(0)


def generate_batch(
    network: Network, prompts: Ids, config: SamplingConfig, streams: Sequence[np.random.Generator]
) -> Iterator[Places]:
    """Yield, step by step, the characters that follow each prompt, (B,) ids, without end.

    prompts: (B, N) ids with N > 0, alike but for the last.
    streams: the random numbers of each, of which each character takes one, as in `generate`.
    """
    B, filters = len(prompts), filters_of(config)
    stepper = Stepper(network, B)
    stepper.move(state_after(network, prompts[0, :-1]))
    stepper.read(prompts[:, -1])
    uniform, drawn = np.empty((DRAWN, B)), DRAWN
    while True:
        if drawn == DRAWN:
            for b, stream in enumerate(streams):
                uniform[:, b] = stream.random(DRAWN)
            drawn = 0
        with np.errstate(under="ignore"):
            ids = draw_rows(filters.row_weights(stepper.logits), uniform[drawn])
        drawn += 1
        filters.accept(ids)
        yield ids
        stepper.read(ids)


class SideBySide:
    """The characters of each sample for itself, made for all of them when the first one asks.

    parts: what some of the samples are made of each, in order: blocks of steps, (n, B) ids.
    """

    def __init__(self, parts: Sequence[Iterator[Places]]) -> None:
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
