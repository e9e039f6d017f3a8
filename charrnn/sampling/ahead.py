"""A text that leads up to what is asked of it."""

from collections.abc import Sequence

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.constraints.lookahead import look_ahead
from charrnn.sampling.constraints.of_options import texts_asked
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.generate import state_after
from charrnn.text.vocabulary import Vocabulary


def ids_ahead(  # noqa: PLR0917
    network: Network,
    vocabulary: Vocabulary,
    prompt: Ids,
    config: SamplingConfig,
    rng: np.random.Generator,
    own: Sequence[Filter] = (),
) -> Ids:
    """Return the characters of a text that satisfies what is asked, (n,), as the options choose.

    prompt: (N,) ids with N > 0, which it follows.
    own: filters of the caller's, for one text.

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
    return found.ids
