"""One text by two processes, which have half of the units of each layer each.

Neither core's cache holds the weights of a network of some megabytes, but each holds half of them.
So each process multiplies with the columns of its own units; both write what these come to where
the other reads it, and meet once a layer:

    this process     draws a character, and sends it
    the other one    waits for it, and steps its units when it is there

They meet by counters in shared memory that each polls until they move, since to be woken would take
longer than a step. A process that waits long, because the text is not read on or is made by one
process for a while, polls less and less often.
"""

import os
import platform
import select
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper, UnitSlice
from charrnn.sampling.processes.handover import open_shared_network, share_network
from charrnn.system.child import ChildProcess, read_order
from charrnn.system.cores import cores
from charrnn.system.shared_memory import Layout, SharedArrays

LEAST, MOST = 2_000_000, 4_000_000
"""Bytes of parameters between which halves are faster: what does not fit one core's cache, and fits
two (of 2 MB each where this was measured)."""

LOOKS = 20_000
"""Polls of a counter, a millisecond or two, before pauses between them."""

SHORT, SELDOM = 50e-6, 2e-3
"""Seconds between polls, at first and after a while."""

SCORED, OTHER = 0, 1
"""The two processes: the one that computes the scores, and the other one."""

AGAIN = 2**32 - 1
"""Sent in the place of a character: the stepper continues from another state."""


def is_worthwhile(network: Network) -> bool:
    """Return whether a long text of a network is best made in halves.

    Elsewhere than on x86 what one process writes may be seen by another in another order.
    """
    config = network.config
    return (
        os.name == "posix"
        and platform.machine().lower() in ("x86_64", "amd64")
        and cores() > 1
        and config.num_layers > 1  # as measured
        and config.hidden_size % 32 == 0
        and LEAST <= network.params.flat.nbytes <= MOST
    )


def _layout(config: NetworkConfig, dtype: str) -> Layout:
    S = len(CELLS[config.cell].states)
    return {
        "states": ((config.num_layers, S, 2, 1, config.hidden_size), dtype),
        "met": ((2, 8), "i8"),  # how often each has met the other, a line of the cache each
        "sent": ((8,), "i8"),  # how many characters were sent, and the last of them: one number
    }


class Counters:
    """The counters of both processes, seen by one of them.

    part: which one it is.
    check: raises if the other one is gone; called while one waits for long.
    """

    def __init__(self, shared: SharedArrays, part: int, check: Callable[[], None]) -> None:
        # To look at a number through a memory view takes 40 ns, of an array 100 (measured).
        self._met: Any = memoryview(shared["met"])  # type: ignore[arg-type]
        self._sent: Any = memoryview(shared["sent"])  # type: ignore[arg-type]
        self._own, self._other = (part, 0), (1 - part, 0)
        self._check = check
        self._times = self._characters = 0

    def meet(self) -> None:
        """Return when the other one has called this as often."""
        self._times = times = self._times + 1
        met, other = self._met, self._other
        met[self._own] = times
        for _ in range(LOOKS):
            if met[other] >= times:
                return
        self._wait(lambda: met[other] >= times)

    def other_is_there(self) -> bool:
        """Return whether `meet` would return at once."""
        return bool(self._met[self._other] > self._times)

    def send(self, k: int) -> None:
        """Send the next character."""
        self._characters += 1
        self._sent[0] = (self._characters << 32) | k

    def receive(self) -> int:
        """Return the next character, when it has been sent."""
        self._characters = characters = self._characters + 1
        sent = self._sent
        for _ in range(LOOKS):
            if sent[0] >> 32 >= characters:
                break
        else:
            self._wait(lambda: sent[0] >> 32 >= characters)
        return int(sent[0] & 0xFFFF_FFFF)

    def _wait(self, is_there: Callable[[], bool]) -> None:
        pause = SHORT
        while not is_there():
            self._check()
            time.sleep(pause)
            pause = min(SELDOM, 2 * pause)


def _part(network: NetworkConfig, shared: SharedArrays, part: int, counters: Counters) -> UnitSlice:
    half = network.hidden_size // 2
    units = slice(part * half, (part + 1) * half)
    return UnitSlice(units, shared["states"], counters.meet, scores=part == SCORED)


class Halves:
    """A stepper in two processes, from when the other one is ready until it is closed.

    Raises
    ------
    EndedError
        The other process has died; so does every later call.
    """

    def __init__(self, network: Network) -> None:
        dtype = network.params.flat.dtype
        self._shared, order = share_network(network, _layout(network.config, dtype.str))
        self._other = ChildProcess(__name__, order, self._shared.descriptor)
        self._counters = Counters(self._shared, SCORED, self._other.ensure_alive)
        part = _part(network.config, self._shared, SCORED, self._counters)
        self._stepper = Stepper(network, part=part)
        self._begun = False
        self.logits: Floats = self._stepper.logits

    @property
    def state(self) -> Floats:
        """The state that the next character is read from, (L, S, 1, H), a view."""
        return self._stepper.state

    def is_ready(self) -> bool:
        """Return whether the other process has started, or has ended: then `move` says so."""
        return self._begun or self._counters.other_is_there() or self._other.has_ended()

    def move(self, state: Floats) -> None:
        """Continue from another state, (L, S, 1, H)."""
        if self._begun:
            self._counters.send(AGAIN)
        self._begun = True
        self._counters.meet()  # the other one has stopped, and waits for a character
        self._stepper.move(state)

    def read(self, ids: Ids) -> None:
        """Read a character, (1,)."""
        self._counters.send(int(ids[0]))
        self._stepper.read(ids)

    def close(self) -> None:
        """End the other process."""
        self._other.close()


def work() -> None:
    """Be the other process: step the other half of the units for each character received."""
    given = read_order()
    if given is None:  # the parent has exited already
        return
    network, shared = open_shared_network(given)
    counters = Counters(shared, OTHER, _end_with_the_first)
    stepper = Stepper(network, part=_part(network.config, shared, OTHER, counters))
    ids, moved = np.zeros(1, np.intp), True
    counters.meet()
    with np.errstate(**given["errors"]):
        while True:
            k = counters.receive()
            if k == AGAIN:
                moved = True
                counters.meet()
                continue
            if moved:  # the first one has written the state before it sent the character
                stepper.refresh()
                moved = False
            ids[0] = k
            stepper.read(ids)


def _end_with_the_first() -> None:
    """End this process if the one that started it has ended, or has closed the pipe to it."""
    readable, _, _ = select.select([sys.stdin.fileno()], [], [], 0)
    if readable:
        os._exit(0)


if __name__ == "__main__":
    work()
