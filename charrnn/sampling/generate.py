"""Characters that follow a prompt, one at a time."""

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids
from charrnn.network.forward import read_windows
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.network.trace import Trace
from charrnn.sampling.draw import Ordered, in_order_of_ids
from charrnn.sampling.filters.chain import Filters, Left
from charrnn.system.blas import Threads, threads

WINDOW = 64
"""Characters of a prompt that are read at a time."""

DRAWN = 256
"""Random numbers that are drawn at a time: each character takes one, in order."""


class Choice(NamedTuple):
    """One generated character.

    id: the character's.
    scores: (V,), what the network predicted: log-probabilities but for a constant.
    drawn_from: the weights that it was drawn in proportion to, (V,), or of those left, in order.
    left: what each filter left, where that is recorded.
    scored: the logarithm of its probability by the network, where that is all that is kept.

    For samples made in a batch scores and drawn_from are not kept: they are (0,).
    """

    id: int
    scores: Floats
    drawn_from: Doubles | Ordered
    scored: float | None = None
    left: Left = ()

    @property
    def log_p(self) -> float:
        """The logarithm of its probability by the network, in nats; nan if it was not asked for."""
        if self.scored is not None:
            return self.scored
        return float(self.log_y_hat[self.id]) if len(self.scores) else math.nan

    @property
    def log_y_hat(self) -> Doubles:
        """What the network predicted, as log-probabilities, (V,)."""
        z = self.scores.astype(np.float64)
        log_softmax(z)
        return z

    @property
    def p(self) -> Doubles:
        """The probabilities that it was drawn by, (V,)."""
        drawn_from = self.drawn_from
        weights = in_order_of_ids(drawn_from) if isinstance(drawn_from, tuple) else drawn_from
        p: Doubles = weights / weights.sum()
        return p


class Reader(Protocol):
    """Reads one character after the other, and predicts the next; a `Stepper` does."""

    logits: Floats
    """(1, V), what is predicted: log-probabilities but for a constant."""

    def read(self, ids: Ids) -> None:
        """Read a character, (1,); `logits` is then what is predicted after it."""


class ThreadedReader:
    """A stepper whose products use several threads while that is faster than one."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper, self._threads, self.logits = stepper, Threads(), stepper.logits

    def read(self, ids: Ids) -> None:
        """Read a character, (1,)."""
        with self._threads.piece():
            self._stepper.read(ids)


def state_after(network: Network, prompt: Ids) -> Floats:
    """Return the state after a prompt, (L, S, 1, H), read from a(0) = 0; zeros after none."""
    trace = Trace(network, max(1, min(WINDOW, len(prompt))), 1, scores=False)
    for _ in read_windows(network, prompt, trace):
        pass
    return trace.first_state


def generate(
    network: Network, prompt: Ids, filters: Filters, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield the characters that follow the prompt, (N,) ids with N > 0, without end.

    `charrnn.sampling.sample` ends a text at its length or a stop text.
    """
    stepper = Stepper(network)
    stepper.move(state_after(network, prompt))
    reader: Reader = ThreadedReader(stepper) if threads() > 1 else stepper
    yield from continue_from(reader, filters, rng)


def continue_from(reader: Reader, filters: Filters, rng: np.random.Generator) -> Iterator[Choice]:
    """Yield characters without end, after what a reader has read, and let it read them."""
    ids = np.zeros(1, np.intp)
    while True:
        for uniform in rng.random(DRAWN).tolist():
            scores = reader.logits[0].astype(np.float64)
            k, drawn_from = filters.draw(scores, uniform)
            ids[0] = k
            filters.accept(ids)
            yield Choice(k, scores, drawn_from, left=filters.left)
            reader.read(ids)
