"""One text by two processes, which have half of the units of each layer each.

Neither core's cache holds the weights of a network of some megabytes, but each holds half of them.
So each process multiplies with the columns of its own units; both write what these come to where
the other reads it, and meet once a layer:

    this process     chooses a character, and tells which
    the other one    waits for it, and steps its units when it is there

They meet by counters in shared memory that each looks at until they move, since to be woken would
take longer than a step. The one that waits for long, because the text is not read on or another way
of making it is taken, looks ever more seldom.
"""

import os
import platform
import select
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from charrnn.array_types import Floats
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import copy_weights, forward
from charrnn.network.kernels.fused_step import Share
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.sampling.processes.handover import hand, take
from charrnn.system.child import ChildProcess, read_order
from charrnn.system.cores import cores
from charrnn.system.shared_memory import Layout, SharedArrays

LEAST, MOST = 2_000_000, 4_000_000
"""Bytes of parameters from which on, and up to which, halves pay: what does not fit one core's
cache, and fits two (of 2 MB each where this was measured)."""

LOOKS = 20_000
"""How often a counter is looked at, a millisecond or two, before one waits between looks."""

SHORT, SELDOM = 50e-6, 2e-3
"""Seconds between looks, at first and after a while."""

SCORED, OTHER = 0, 1
"""The two processes: the one that works the scores out, and the other one."""

AGAIN = 2**32 - 1
"""In the place of a character: another state is to be gone on from."""


def pay(network: Network) -> bool:
    """Tell whether a long text of a network is best made in halves.

    Elsewhere than on x86 what one process writes may be seen by another in another order.
    """
    config = network.config
    return (
        os.name == "posix"
        and platform.machine().lower() in ("x86_64", "amd64")
        and cores() > 1
        and config.num_layers > 1  # in one layer, the next step would write what is still read
        and config.hidden_size % 32 == 0
        and LEAST <= network.params.flat.nbytes <= MOST
    )


def _layout(config: NetworkConfig, dtype: str) -> Layout:
    S = len(CELLS[config.cell].states)
    return {
        "states": ((config.num_layers, S, 2, 1, config.hidden_size), dtype),
        "met": ((2, 8), "i8"),  # how often each has met the other, a line of the cache each
        "told": ((8,), "i8"),  # how many characters were told, and the last of them: one number
    }


class Counters:
    """The counters of both processes, seen by one of them.

    part: which one it is.
    check: raises if the other one is gone; called while one waits for long.
    """

    def __init__(self, shared: SharedArrays, part: int, check: Callable[[], None]) -> None:
        # To look at a number through a memory view takes 40 ns, of an array 100 (measured).
        self._met: Any = memoryview(shared["met"])  # type: ignore[arg-type]
        self._told: Any = memoryview(shared["told"])  # type: ignore[arg-type]
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
        """Tell whether `meet` would return at once."""
        return bool(self._met[self._other] > self._times)

    def tell(self, k: int) -> None:
        """Tell the next character."""
        self._characters += 1
        self._told[0] = (self._characters << 32) | k

    def hear(self) -> int:
        """Return the next character, when it is told."""
        self._characters = characters = self._characters + 1
        told = self._told
        for _ in range(LOOKS):
            if told[0] >> 32 >= characters:
                break
        else:
            self._wait(lambda: told[0] >> 32 >= characters)
        return int(told[0] & 0xFFFF_FFFF)

    def _wait(self, is_there: Callable[[], bool]) -> None:
        pause = SHORT
        while not is_there():
            self._check()
            time.sleep(pause)
            pause = min(SELDOM, 2 * pause)


def _share(network: NetworkConfig, shared: SharedArrays, part: int, counters: Counters) -> Share:
    half = network.hidden_size // 2
    units = slice(part * half, (part + 1) * half)
    return Share(units, shared["states"], counters.meet, scores=part == SCORED)


class Halves:
    """Reads characters in two processes, from when the other one is ready until it is closed.

    Raises
    ------
    EndedError
        The other process has died; so does whatever else waits for it.
    """

    def __init__(self, network: Network) -> None:
        dtype = network.params.flat.dtype
        self._shared, order = hand(network, _layout(network.config, dtype.str))
        self._other = ChildProcess(__name__, order, self._shared.descriptor)
        self._counters = Counters(self._shared, SCORED, self._other.ensure_alive)
        share = _share(network.config, self._shared, SCORED, self._counters)
        self._network, self._trace = network, Trace(network, 1, 1, held=True, share=share)
        copy_weights(network, self._trace)
        self._x = np.empty((1, 1), np.intp)
        self._begun = False
        self.scores: Floats = self._trace.z_y[0, 0]

    @property
    def state(self) -> Floats:
        """The state that the next character is read from, (L, S, 1, H), a view."""
        return self._trace.state

    def is_ready(self) -> bool:
        """Tell whether the other process has started, or has ended: then `take_up` says so."""
        return self._begun or self._counters.other_is_there() or self._other.has_ended()

    def take_up(self, state: Floats, scores: Floats) -> None:
        """Go on from a state, (L, S, 1, H), and what was predicted in it, (V,)."""
        if self._begun:
            self._counters.tell(AGAIN)
        self._begun = True
        self._counters.meet()  # from now on the other one waits for a character
        self._trace.first_state[...] = state
        self.scores[...] = scores

    def read(self, k: int) -> None:
        """Read a character."""
        self._x[0, 0] = k
        self._counters.tell(k)
        forward(self._network, self._x, self._trace, reload=False)
        self._trace.carry()

    def close(self) -> None:
        """End the other process."""
        self._other.close()


def work() -> None:
    """Be the other process: step the other half of the units for each character that is told."""
    given = read_order()
    if given is None:  # the one who started it is gone already
        return
    network, shared = take(given)
    counters = Counters(shared, OTHER, _end_with_the_first)
    share = _share(network.config, shared, OTHER, counters)
    trace = Trace(network, 1, 1, held=True, share=share)
    copy_weights(network, trace)
    x = np.empty((1, 1), np.intp)
    counters.meet()
    with np.errstate(**given["errors"]):
        while True:
            k = counters.hear()
            if k == AGAIN:
                trace.first_state  # noqa: B018 - what follows from the old one is forgotten
                counters.meet()
                continue
            x[0, 0] = k
            forward(network, x, trace, reload=False)
            trace.carry()


def _end_with_the_first() -> None:
    """End this process if the one that started it has ended, or has closed the pipe to it."""
    readable, _, _ = select.select([sys.stdin.fileno()], [], [], 0)
    if readable:
        os._exit(0)


if __name__ == "__main__":
    work()
