"""Several samples in a batch: a row each, so that one product serves them all."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids, Places
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.generate import DRAWN, Choice, state_after
from charrnn.system.cores import bounds, cores
from charrnn.text.vocabulary import Vocabulary

MOST = 64
"""Samples of a batch: with more, a core is no busier."""

AHEAD = 16
"""Steps that are made at a time."""

LEAST = 1_000_000
"""Fewest multiplications of a part of a batch in a step: with fewer, most of a step is Python."""

Step = Places | Doubles
"""Characters of each of B samples, and with their log-probabilities if these are wanted."""

_NONE: Doubles = np.empty(0)


def generate_batch(
    network: Network,
    prompts: Ids,
    filters: Filters,
    streams: Sequence[np.random.Generator],
    *,
    scored: bool = False,
) -> Iterator[Step]:
    """Yield, step by step, the characters that follow each prompt, (B,) ids, without end.

    With `scored`, yield (2, B): the ids, and the logarithm of the probability of each by the
    network.

    prompts: (B, N) ids with N > 0, alike but for the last.
    streams: the random numbers of each, of which each character takes one, as in `generate`.
    """
    B = len(prompts)
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
            ids = filters.draw_rows(stepper.logits, uniform[drawn])
        drawn += 1
        filters.accept(ids)
        yield np.array([ids, _log_p(stepper.logits, ids)]) if scored else ids
        stepper.read(ids)


def _log_p(logits: Floats, ids: Ids) -> Doubles:
    """Return the logarithm of the probability of each id, (B,), by logits, (B, V)."""
    z = logits.astype(np.float64)
    log_softmax(z)
    log_p: Doubles = z[np.arange(len(ids)), ids]
    return log_p


class Part(NamedTuple):
    """Some of the samples that are made side by side.

    prompts: (B, N) ids with N > 0, alike but for the last.
    streams: the random numbers of each.
    scored: whether the probability of each character is wanted.
    """

    network: Network
    vocabulary: Vocabulary
    prompts: Ids
    config: SamplingConfig
    streams: Sequence[np.random.Generator]
    scored: bool = False

    def blocks(self) -> Iterator[Step]:
        """Yield what is made step by step, some steps at a time, (AHEAD, ..., B), without end."""
        filters = filters_of(self.config, self.prompts, self.vocabulary)
        steps = generate_batch(
            self.network, self.prompts, filters, self.streams, scored=self.scored
        )
        while True:
            yield np.array(list(islice(steps, AHEAD)))


@cache
def _unscored(k: int) -> Choice:
    """Return the choice of an id of which nothing else is kept."""
    return Choice(k, _NONE, _NONE)


class SideBySide:
    """The characters of each sample for itself, made for all of them when the first one asks.

    parts: what some of the samples are made of each, in order: blocks of steps, (n, B) ids, or
    (n, 2, B), scored.
    """

    def __init__(self, parts: Sequence[Iterator[Step]]) -> None:
        self._parts = parts
        self._waiting: dict[int, deque[Choice]] = {}

    def choices(self, sample: int) -> Iterator[Choice]:
        """Yield the characters of a sample, without end."""
        while True:
            while not self._waiting.get(sample):
                self._make()
            yield self._waiting[sample].popleft()

    def _make(self) -> None:
        made = np.concatenate([next(part) for part in self._parts], axis=-1)
        if made.ndim == 2:
            for sample, ids in enumerate(made.T.tolist()):
                self._waiting.setdefault(sample, deque()).extend(map(_unscored, ids))
            return
        for sample, (ids, log_p) in enumerate(made.transpose(2, 1, 0).tolist()):
            scored = [Choice(int(k), _NONE, _NONE, p) for k, p in zip(ids, log_p, strict=True)]
            self._waiting.setdefault(sample, deque()).extend(scored)


def blocks_of_group(
    network: Network,
    vocabulary: Vocabulary,
    prompts: Ids,
    config: SamplingConfig,
    streams: Sequence[np.random.Generator],
    *,
    scored: bool,
) -> Iterator[Step]:
    """Yield the blocks of a group, (AHEAD, ..., B), without end, all parts made here."""
    parts = [
        Part(network, vocabulary, prompts[part], config, streams[part], scored).blocks()
        for part in parts_of(len(streams), network.params.flat.size)
    ]
    while True:
        yield np.concatenate([next(part) for part in parts], axis=-1)


def parts_of(samples: int, parameters: int) -> list[slice]:
    """Return how samples are split into parts for the cores of this machine, if they are enough.

    parameters: the network's; each takes one multiplication for each sample in a step.
    """
    parts = max(1, min(cores(), samples, samples * parameters // LEAST))
    return [slice(*pair) for pair in pairwise(bounds(samples, parts))]
