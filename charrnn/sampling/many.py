"""Many samples: in groups that are made side by side, some of them by other processes."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.sampling.batch import MOST, Part, SideBySide, Step, blocks_of_group, parts_of
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.processes.batch_worker import RemoteBatch, is_worthwhile
from charrnn.sampling.processes.group_worker import GroupWorker, groups_worth
from charrnn.sampling.sample import Sample, first_ids
from charrnn.system.cores import cores
from charrnn.text.vocabulary import Vocabulary

Streams = list[np.random.Generator]


def samples(
    network: Network,
    vocabulary: Vocabulary,
    prompt: Ids,
    config: SamplingConfig,
    streams: Iterable[np.random.Generator],
    *,
    scored: bool = False,
) -> Iterator[list[Sample]]:
    """Yield samples, one for each stream of random numbers, in groups that are made side by side.

    A sample of a group is the same as alone, but for rounding: where two characters are nearly as
    likely as each other and the number drawn lies between them, the other one may be taken. Long
    samples of a group are made by several processes; of many groups of short ones each process
    makes every second, third, ...

    scored: whether the probability of each character is wanted.
    """
    streams = iter(streams)
    worth = groups_worth(network, config.length) * MOST
    known = list(islice(streams, worth))
    workers: list[GroupWorker] = []
    if worth and len(known) == worth:
        workers = [
            GroupWorker(network, vocabulary, config, scored=scored) for _ in range(cores() - 1)
        ]

    def parts(group: Streams, prompts: Ids) -> list[Iterator[Step]]:
        """Return what a group is made of, by this process or for it alone."""
        if not is_worthwhile(network, len(group), config.length):
            return [blocks_of_group(network, vocabulary, prompts, config, group, scored=scored)]
        first, *others = [
            Part(network, vocabulary, prompts[part], config, group[part], scored)
            for part in parts_of(len(group), network.params.flat.size)
        ]
        return [first.blocks(), *map(RemoteBatch, others)]

    def begun(groups: list[Streams]) -> list[list[Sample]]:
        """Return groups that are being made: all but the first by the workers."""
        sides: list[SideBySide] = []
        for n, group in reversed(list(enumerate(groups))):
            if len(prompt):
                prompts = np.repeat(prompt[None], len(group), axis=0)
            else:
                prompts = np.array([first_ids(vocabulary, rng) for rng in group])
            made = [workers[n - 1].make(prompts, group)] if n else parts(group, prompts)
            sides.insert(0, SideBySide(made))
        return [
            [
                Sample(network, vocabulary, prompt, config, rng, generated=side.choices(b))
                for b, rng in enumerate(group)
            ]
            for side, group in zip(sides, groups, strict=True)
        ]

    rounds = _rounds(chain(known, streams), len(workers) + 1)
    now = begun(next(rounds, []))
    while now:
        # Workers begin the next groups while these are read.
        following = begun(next(rounds, [])) if workers else None
        yield from now
        now = begun(next(rounds, [])) if following is None else following


def _rounds(streams: Iterator[np.random.Generator], groups: int) -> Iterator[list[Streams]]:
    """Yield the streams of groups, as many groups at a time as there are processes."""
    while group := list(islice(streams, MOST)):
        others = (list(islice(streams, MOST)) for _ in range(groups - 1))
        yield [group, *(other for other in others if other)]
