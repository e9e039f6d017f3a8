"""A long text by one process or by two, whichever is faster while it is made."""

import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.errors import CharRNNError
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.filters.chain import Filters
from charrnn.sampling.generate import Choice, continue_from, state_after
from charrnn.sampling.processes.split_units import Halves
from charrnn.system.blas import Limit, threads
from charrnn.system.child import EndedError
from charrnn.system.ways import Ways


class Alternating:
    """Reads characters in one process, and in two while they take less time.

    While the other process starts, this one reads.
    """

    def __init__(self, alone: Stepper, halves: Halves) -> None:
        self._alone, self._halves = alone, halves
        self._ways = Ways(halves.is_ready)
        self._one = Limit(1 if threads() > 1 else None)
        self._now: Stepper | Halves = alone
        self.logits: Floats = alone.logits

    def read(self, ids: Ids) -> None:
        """Read a character, (1,)."""
        began = time.perf_counter()
        if self._now is self._alone:
            with self._one:
                self._alone.read(ids)
        else:
            self._halves.read(ids)
        self._ways.took(time.perf_counter() - began)
        next_ = self._halves if self._ways.several else self._alone
        if next_ is not self._now:
            next_.move(self._now.state)
            self._now, self.logits = next_, next_.logits


def generate_alternating(
    network: Network, prompt: Ids, filters: Filters, rng: np.random.Generator
) -> Iterator[Choice]:
    """Yield what `generate` yields, but for rounding.

    Raises
    ------
    CharRNNError
        The other process has died, or a prediction is not a number.
    """
    try:
        with closing(Halves(network)) as halves:
            alone = Stepper(network)
            alone.move(state_after(network, prompt))
            yield from continue_from(Alternating(alone, halves), filters, rng)
    except EndedError as ended:
        raise CharRNNError(f"{ended} while it made its half of a text; sample it again") from None
