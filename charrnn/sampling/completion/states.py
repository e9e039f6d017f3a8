"""The state of the network after every character of a text that is edited."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper

MOST_BYTES = 64 << 20
"""Bytes of states that are kept; a text of 8,000 characters of a 2x512 LSTM takes as many."""

SPARSE = 16
"""Of older states one in so many is kept, from which the others are computed again."""


class States:
    """Reads a text character by character, and keeps the states so that an edit reads few again.

    A character is read as its ids: one, or of a network of bytes up to four.

    before: (N,) ids that are read first, at least one.
    """

    def __init__(self, network: Network, before: Sequence[int]) -> None:
        self._stepper = Stepper(network)
        for k in before:
            self._stepper.read(np.array([k]))
        self._characters: list[tuple[int, ...]] = []
        self._bits: list[float] = []
        self._states: dict[int, Floats] = {0: self._stepper.state.copy()}
        self._at = 0  # where the stepper is
        self._most = max(2 * SPARSE, MOST_BYTES // max(1, self._states[0].nbytes))

    def __len__(self) -> int:
        """Return the number of characters that have been read."""
        return len(self._characters)

    @property
    def bits(self) -> list[float]:
        """The surprise of each character, in bits."""
        return self._bits

    def cut(self, length: int) -> None:
        """Forget the characters from a place on."""
        del self._characters[length:], self._bits[length:]
        for place in [place for place in self._states if place > length]:
            del self._states[place]
        self._at = min(self._at, -1) if self._at > length else self._at

    def read(self, ids: tuple[int, ...]) -> None:
        """Read a character after the last one."""
        self._go(len(self))
        nats = 0.0
        for k in ids:
            log_y_hat = self.log_y_hat
            nats -= float(log_y_hat[k])
            self._stepper.read(np.array([k]))
        self._characters.append(ids)
        self._bits.append(nats / float(np.log(2)))
        self._at = len(self)
        self._keep()

    def state(self, place: int) -> Floats:
        """Return the state after some characters, (L, S, 1, H)."""
        self._go(place)
        return self._stepper.state.copy()

    def scores(self, place: int) -> NDArray[np.float64]:
        """Return what is predicted after some characters: log-probabilities, (V,)."""
        self._go(place)
        return self.log_y_hat

    @property
    def log_y_hat(self) -> NDArray[np.float64]:
        """What is predicted where the stepper is, (V,)."""
        z: NDArray[np.float64] = self._stepper.logits[0].astype(np.float64)
        log_softmax(z)
        return z

    def _go(self, place: int) -> None:
        """Move to a place, from the nearest state before it."""
        if self._at == place:
            return
        near = max(each for each in self._states if each <= place)
        self._stepper.move(self._states[near])
        for ids in self._characters[near:place]:
            for k in ids:
                self._stepper.read(np.array([k]))
        self._at = place

    def _keep(self) -> None:
        self._states[self._at] = self._stepper.state.copy()
        if len(self._states) > self._most:
            recent = len(self) - self._most // 2
            self._states = {
                place: state
                for place, state in self._states.items()
                if place >= recent or place % SPARSE == 0
            }
