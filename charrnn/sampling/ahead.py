"""A text that leads up to what is asked of it."""

from collections.abc import Iterator, Sequence

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.constraints.lookahead import look_ahead
from charrnn.sampling.constraints.of_options import texts_asked
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.generate import Choice, state_after
from charrnn.sampling.whole import written_out
from charrnn.text.vocabulary import Vocabulary


def generate_ahead(  # noqa: PLR0917
    network: Network,
    vocabulary: Vocabulary,
    prompt: Ids,
    config: SamplingConfig,
    rng: np.random.Generator,
    own: Sequence[Filter] = (),
) -> Iterator[Choice]:
    """Yield the characters of a text that satisfies what is asked, once all of them are chosen.

    The weights of a choice are those under the options alone, without what lies ahead.

    Raises
    ------
    ConfigError
        No such text exists, or to look so far ahead takes too much memory.
    """
    texts, before = texts_asked(config, vocabulary), prompt[None]
    stepper = Stepper(network)
    stepper.move(state_after(network, prompt))
    forks = [each.fork(np.zeros(1, np.intp)) for each in own]
    found = look_ahead(
        stepper,
        texts,
        config.length,
        filters_of(config.unasked(), before, vocabulary, forks),
        rng,
        K=config.look_ahead,
    )
    filters = filters_of(config, before, vocabulary, own)
    yield from written_out(network, prompt, found.ids, filters)
