"""Many samples: in groups that are made side by side, some of each group by another process."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.sampling.batch import MOST, Part, SideBySide, parts_of
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.processes.batch_worker import RemoteBatch, is_worthwhile
from charrnn.sampling.sample import Sample, first_ids
from charrnn.text.vocabulary import Vocabulary


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
    likely as each other and the number drawn lies between them, the other one may be taken.

    scored: whether the probability of each character is wanted.
    """
    streams = iter(streams)
    while group := list(islice(streams, MOST)):
        if len(prompt):
            prompts = np.repeat(prompt[None], len(group), axis=0)
        else:
            prompts = np.array([first_ids(vocabulary, rng) for rng in group])
        first, *others = [
            Part(network, vocabulary, prompts[part], config, group[part], scored)
            for part in parts_of(len(group), network.params.flat.size)
        ]
        elsewhere = is_worthwhile(network, len(group), config.length)
        side = SideBySide(
            [
                first.blocks(),
                *(RemoteBatch(part) if elsewhere else part.blocks() for part in others),
            ]
        )
        yield [
            Sample(network, vocabulary, prompt, config, rng, generated=side.choices(n))
            for n, rng in enumerate(group)
        ]
