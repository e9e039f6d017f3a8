"""Characters that follow a prompt, one at a time."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.network.forward import copy_weights, forward, read_windows
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import choose, weights
from charrnn.system.blas import Threads, threads

WINDOW = 64
"""How many characters of a prompt are read at a time."""

DRAWN = 256
"""How many random numbers are drawn at a time: each character takes one, in order."""


class Choice(NamedTuple):
    """One generated character.

    id: the character's.
    scores: (V,), what the network predicted: log-probabilities but for a constant.
    weights: (V,), what it was drawn in proportion to.

    Of samples made side by side the last two are not kept: they are (0,).
    """

    id: int
    scores: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def log_y_hat(self) -> NDArray[np.float64]:
        """What the network predicted, as log-probabilities, (V,)."""
        z = self.scores.copy()
        log_softmax(z)
        return z

    @property
    def p(self) -> NDArray[np.float64]:
        """The probabilities that it was drawn by, (V,)."""
        p: NDArray[np.float64] = self.weights / self.weights.sum()
        return p


class Reads(Protocol):
    """Reads one character after the other, and predicts the next."""

    scores: Floats
    """(V,), what is predicted: log-probabilities but for a constant."""

    def read(self, k: int) -> None:
        """Read a character; `scores` is then what is predicted after it."""


class Reader:
    """Reads characters in this process, by one network's parameters as they are when it is made."""

    def __init__(self, network: Network) -> None:
        self._network, self._trace = network, Trace(network, 1, 1, held=True)
        copy_weights(network, self._trace)
        self._x = np.empty((1, 1), np.intp)
        self.scores: Floats = self._trace.z_y[0, 0]

    @property
    def state(self) -> Floats:
        """The state that the next character is read from, (L, S, 1, H), a view."""
        return self._trace.states[:, :, 0]

    def begin(self, prompt: Ids) -> None:
        """Read a prompt, (N,) ids with N > 0, from a(0) = 0."""
        network = self._network
        for _, read in read_windows(network, prompt, Trace(network, min(WINDOW, len(prompt)), 1)):
            self.take_up(read.state, read.z_y[-1, 0])

    def take_up(self, state: Floats, scores: Floats) -> None:
        """Go on from a state, (L, S, 1, H), and what was predicted in it, (V,)."""
        self._trace.first_state[...] = state
        self.scores[...] = scores

    def read(self, k: int) -> None:
        """Read a character."""
        self._x[0, 0] = k
        forward(self._network, self._x, self._trace, reload=False)
        self._trace.carry()


class ThreadedReader(Reader):
    """A reader whose products use several threads while that is faster than one."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._threads = Threads()

    def read(self, k: int) -> None:
        """Read a character."""
        with self._threads.piece():
            super().read(k)


def generate(
    network: Network, prompt: Ids, config: SamplingConfig, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield the characters that follow the prompt, (N,) ids with N > 0, without end.

    Stop texts and the length are the affair of `charrnn.sampling.sample`.
    """
    reader = ThreadedReader(network) if threads() > 1 else Reader(network)
    reader.begin(prompt)
    yield from go_on_from(reader, config, rng)


def go_on_from(reader: Reads, config: SamplingConfig, rng: np.random.Generator) -> Iterator[Choice]:
    """Yield characters without end, after what a reader has read, and let it read them."""
    while True:
        for uniform in rng.random(DRAWN).tolist():
            z = reader.scores.astype(np.float64)
            w = weights(z, config)
            k = choose(w, uniform)
            yield Choice(k, z, w)
            reader.read(k)
