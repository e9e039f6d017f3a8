"""The state of the network after every character of a text that is edited."""

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.network.forward import copy_weights, forward
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.network.trace import Trace

MOST_BYTES = 64 << 20
"""Bytes of states that are kept; a text of 8,000 characters of a 2x512 LSTM takes as many."""

SPARSE = 16
"""Characters between older states that are kept, at first; the others are computed again."""

WINDOW = 32
"""Ids that are read at a time, where there are as many: half the time of one by one."""

Character = tuple[int, ...]
"""The ids of a character: one, or of a network of bytes up to four, or none if it is left out."""


class States:
    """Reads a text character by character, and keeps the states so that an edit reads few again.

    A text begins at a(0) = 0, as a prompt does. There is no prediction before its first character;
    that of an empty text is taken.

    before: (N,) ids that are read before an empty text, at least one.
    """

    def __init__(self, network: Network, before: Sequence[int]) -> None:
        self._network, self._stepper = network, Stepper(network)
        self._begin = self._stepper.state.copy()
        for k in before:
            self._stepper.read(np.array([k]))
        self._characters: list[Character] = []
        self._bits: list[float] = []
        self._places = [0]
        self._states: dict[int, Floats] = {0: self._stepper.state.copy()}
        self._at = 0  # where the stepper is, or nowhere: -1
        self._most = max(4 * SPARSE, MOST_BYTES // max(1, self._states[0].nbytes))
        self._apart = SPARSE
        self._trace: Trace | None = None

    def __len__(self) -> int:
        """Return the number of characters that have been read."""
        return len(self._characters)

    @property
    def bits(self) -> list[float]:
        """The surprise of each character that has been read, in bits."""
        return self._bits

    def ids(self, start: int, stop: int) -> Ids:
        """Return the ids of the characters from a place to another that have been read, (N,)."""
        return np.array([k for ids in self._characters[start:stop] for k in ids], np.intp)

    def cut(self, length: int) -> None:
        """Forget the characters from a place on."""
        del self._characters[length:], self._bits[length:]
        kept = bisect_right(self._places, length)
        for place in self._places[kept:]:
            del self._states[place]
        del self._places[kept:]
        if self._at > length:
            self._at = -1

    def read(self, characters: Sequence[Character]) -> None:
        """Read characters after the last one."""
        self._go(len(self))
        group: list[Character] = []
        for ids in characters:
            if sum(map(len, group)) + len(ids) > WINDOW:
                self._read_group(group)
                group = []
            group.append(ids)
        self._read_group(group)

    def state(self, place: int) -> Floats:
        """Return the state after some characters, (L, S, 1, H)."""
        self._go(place)
        return self._stepper.state.copy()

    def scores(self, place: int) -> NDArray[np.float64]:
        """Return what is predicted after some characters: log-probabilities, (V,)."""
        self._go(place)
        return self._log_y_hat()

    def _log_y_hat(self) -> NDArray[np.float64]:
        """Return what is predicted where the stepper is, (V,)."""
        z: NDArray[np.float64] = self._stepper.logits[0].astype(np.float64)
        log_softmax(z)
        return z

    def _read_group(self, group: list[Character]) -> None:
        """Read characters of at most WINDOW ids, from the last one, where the stepper is."""
        if sum(map(len, group)) < WINDOW // 2 or not self._has_begun(len(self)):
            for ids in group:
                self._append(ids, self._step(len(self), ids))
                self._keep(len(self), self._stepper.state.copy())
            return
        x = np.array([k for ids in group for k in ids])
        trace = self._window()
        trace.first_state[:] = self._stepper.state
        padded = np.zeros((WINDOW, 1), np.intp)
        padded[: len(x), 0] = x
        forward(self._network, padded, trace, reload=False)
        # Each id is predicted before it is read; the first by the stepper.
        log_p = np.append(self._log_y_hat()[x[0]], trace.log_y_hat[np.arange(len(x) - 1), 0, x[1:]])
        sums = np.append(0, -np.cumsum(log_p, dtype=np.float64))
        read = 0
        for ids in group:
            nats = sums[read + len(ids)] - sums[read]
            read += len(ids)
            self._append(ids, float(nats))
            self._keep(len(self), trace.states[:, :, read].copy())
        self._stepper.move(trace.states[:, :, read])

    def _window(self) -> Trace:
        if self._trace is None:
            self._trace = Trace(self._network, WINDOW, 1)
            copy_weights(self._network, self._trace)
        return self._trace

    def _append(self, ids: Character, nats: float) -> None:
        self._characters.append(ids)
        self._bits.append(nats / float(np.log(2)))
        self._at = len(self)

    def _step(self, place: int, ids: Character) -> float:
        """Read a character at its place, where the stepper is; return its surprise in nats."""
        nats = 0.0
        for n, k in enumerate(ids):
            nats -= float(self._log_y_hat()[k])
            if not n and not self._has_begun(place):
                self._stepper.move(self._begin)
            self._stepper.read(np.array([k]))
        return nats

    def _has_begun(self, place: int) -> bool:
        """Return whether any id has been read before a place."""
        return any(islice(self._characters, place))

    def _go(self, place: int) -> None:
        """Move to a place, from the nearest state before it."""
        if self._at == place:
            return
        near = self._places[bisect_right(self._places, place) - 1]
        if not near <= self._at <= place:
            self._stepper.move(self._states[near])
            self._at = near
        for n in range(self._at, place):
            self._step(n, self._characters[n])
        self._at = place
        if place - near > SPARSE:  # where one edit is, the next one will be
            self._keep(place, self._stepper.state.copy())

    def _keep(self, place: int, state: Floats) -> None:
        """Keep the state after some characters, and fewer of the older ones where they are many."""
        insort(self._places, place)
        self._states[place] = state
        while len(self._places) > self._most:
            recent = len(self) - self._most // 2
            left = [n for n in self._places if n >= recent or n % self._apart == 0]
            for n in set(self._places).difference(left):
                del self._states[n]
            self._places = left
            if len(left) > self._most * 3 // 4:
                self._apart *= 2
