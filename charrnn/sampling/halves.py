"""One text by two processes, which have half of the units of each layer each.

Neither core's cache holds the weights of a network of some megabytes, but each holds half of them.
So each process multiplies with the columns of its own units; both write what these come to where
the other reads it, and meet once a layer:

    this process     chooses a character, and tells which
    the other one    waits for it, and steps its units when it is there

They meet by counters in shared memory that each looks at until they move, since to be woken would
take longer than a step. Whoever waits for long, because nobody reads on, looks ever more seldom.
"""

import os
import platform
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.cores import cores
from charrnn.errors import CharRNNError
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.functions import Ids
from charrnn.network.model import Network
from charrnn.network.onward import Share
from charrnn.network.trace import Trace
from charrnn.processes.shared import Layout, SharedArrays
from charrnn.processes.started import EndedError, Started, read_order
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.generating import Choice, go_on_from, read_prompt
from charrnn.sampling.handing import hand, take

LEAST, MOST = 2_000_000, 4_000_000
"""Bytes of parameters from which on, and up to which, halves pay: what does not fit one core's
cache, and fits two (of 2 MB each where this was measured)."""

LOOKS = 20_000
"""How often a counter is looked at, a millisecond or two, before one waits between looks."""

SHORT, SELDOM = 50e-6, 2e-3
"""Seconds between looks, at first and after a while."""

SCORED, OTHER = 0, 1
"""The two processes: the one that works the scores out, and the other one."""


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


def generate_in_halves(
    network: Network, prompt: Ids, config: SamplingConfig, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield what `generate` yields, but for rounding.

    Raises
    ------
    CharRNNError
        The other process has died, or a prediction is not a number.
    """
    dtype = network.params.flat.dtype
    shared, order = hand(network, _layout(network.config, dtype.str))
    scores: NDArray[Any] = np.empty(network.config.vocabulary_size, dtype)
    read_prompt(network, prompt, shared["states"][:, :, 0], scores)
    try:
        with closing(Started(__name__, order, shared.descriptor)) as other:
            counters = Counters(shared, SCORED, other.check)
            share = _share(network.config, shared, SCORED, counters)
            trace = Trace(network, 1, 1, held=True, share=share)
            trace.z_y[0, 0] = scores
            network.load(trace)
            yield from go_on_from(network, trace, config, rng, counters.tell)
    except EndedError as ended:
        raise CharRNNError(f"{ended} while it made its half of a text; ask for it again") from None


def work() -> None:
    """Be the other process: step the other half of the units for each character that is told."""
    given = read_order()
    if given is None:  # the one who started it is gone already
        return
    network, shared = take(given)
    counters = Counters(shared, OTHER, _end_with_the_first)
    share = _share(network.config, shared, OTHER, counters)
    trace = Trace(network, 1, 1, held=True, share=share)
    network.load(trace)
    x = np.empty((1, 1), np.intp)
    with np.errstate(**given["errors"]):
        while True:
            x[0, 0] = counters.hear()
            network.go_on(x, trace)
            trace.carry()


def _end_with_the_first() -> None:
    """End this process if the one that started it has ended, or has closed the pipe to it."""
    readable, _, _ = select.select([sys.stdin.fileno()], [], [], 0)
    if readable:
        os._exit(0)


if __name__ == "__main__":
    work()
