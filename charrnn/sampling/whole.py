"""Texts that are chosen as a whole, and then written out character by character."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.endings import FinishReason
from charrnn.sampling.filters.chain import Filters
from charrnn.sampling.generate import Choice, state_after


class Whole(NamedTuple):
    """A text that is complete: the ids that follow the prompt, (n,), and what ended it."""

    ids: Ids
    finish_reason: FinishReason


def written_out(network: Network, prompt: Ids, ids: Ids, filters: Filters) -> Iterator[Choice]:
    """Yield the characters of a text with what is predicted and filtered before each.

    ids: (n,), what follows the prompt.
    """
    stepper = Stepper(network)
    stepper.move(state_after(network, prompt))
    for k in ids.tolist():
        scores = stepper.logits[0].astype(np.float64)
        weights = filters.weights(scores)
        yield Choice(k, scores, weights, left=filters.left)
        filters.accept(np.array([k]))
        stepper.read(np.array([k]))
