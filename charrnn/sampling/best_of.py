"""The likeliest of several texts by the network's own judgement."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from charrnn.array_types import Ids
from charrnn.evaluation.score import score
from charrnn.network.network import Network
from charrnn.sampling.endings import FinishReason
from charrnn.sampling.generate import Choice
from charrnn.sampling.whole import Whole


class Text(Protocol):
    """A text that is made while it is read."""

    finish_reason: FinishReason | None

    def choices(self) -> Iterator[Choice]:
        """Yield the characters."""


def likeliest(network: Network, prompt: Ids, texts: Iterable[Text]) -> Whole:
    """Return of one or more texts the one of the least mean surprise, at temperature 1, unfiltered.

    prompt: (N,) ids with N > 0, which all of them follow.
    """

    def surprise(text: Whole) -> float:
        nats = score(network, np.concatenate([prompt, text.ids]))[len(prompt) - 1 :]
        return float(nats.mean()) if len(nats) else np.inf

    return min(map(_made, texts), key=surprise)


def _made(text: Text) -> Whole:
    ids = np.array([choice.id for choice in text.choices()], np.intp)
    return Whole(ids, text.finish_reason or "length")
