"""The memory of a layer as a sum over everything that was ever written to it.

The state that an LSTM or a GRU carries on is what it kept of the state before and what it wrote:

    c(t) = f(t) c(t-1) + i(t) g(t)             LSTM: m = c, kept by f, written i g
    a(t) = u(t) a(t-1) + (1 - u(t)) n(t)       GRU:  m = a, kept by u, written (1 - u) n

so that, from m = 0 before the first character on,

    m(T) = Σ_t e(t)      e(t) = k(t+1) k(t+2) ... k(T) w(t)

with k the gate that keeps and w what was written: e(t) is what is left of it at T.
"""

import numpy as np

from charrnn.array_types import Column
from charrnn.errors import ConfigError, Way
from charrnn.inspection.reading import Reading
from charrnn.network.cells import CELLS

NOTHING = 1e-18
"""When so little is left of all writes of a step, those before it are not followed."""

_PIECE = 512  # steps that are followed back at a time


class Writes:
    """What one layer kept and wrote at every step.

    kind: the state m that is the memory.
    keep, written: (T, H).

    Raises
    ------
    ConfigError
        The cell is a simple one: its state is computed anew at every step.
    """

    def __init__(self, reading: Reading, layer: int) -> None:
        cell = reading.network.config.cell
        memory = CELLS[cell].memory
        if memory is None:
            raise ConfigError(
                f"ledger: not available for a simple network ({cell}), whose state is computed "
                "anew at every step and holds no sum of writes",
                Way("see {view}", view="why"),
            )
        gates = {kind: values[:, layer] for kind, values in reading.gates.items()}
        self.kind = memory.state
        self.keep, self.written = memory.keep(gates), memory.written(gates)
        # What there was before the text counts as written by its first character.
        self.written[:1] += self.keep[:1] * reading.first[self.kind][layer]

    def left(self, t: int) -> Column:
        """Return what is left at t of the last N writes, (N, H), that of t itself the last.

        The writes before them have left nothing, so that the sum is m(t).
        """
        H = self.keep.shape[1]
        pieces: list[Column] = []
        product, end = np.ones(H), t + 1
        while end and product.max() > NOTHING:
            start = max(0, end - _PIECE)
            # k(t) ... k(j+1) for j from end - 1 down to start - 1, the first step's own k left out
            kept = np.cumprod(
                np.concatenate([product[None], self.keep[start:end][::-1]]), axis=0, dtype=float
            )
            pieces.append(kept[:-1][::-1] * self.written[start:end])
            product, end = kept[-1], start
        return np.concatenate(pieces[::-1])

    def held(self) -> Column:
        """Return Σ_j |e_j| at every step, (T, H): how much a unit holds, whatever its sign."""
        sizes = np.abs(self.written).astype(np.float64)
        for t in range(1, len(sizes)):
            sizes[t] += self.keep[t] * sizes[t - 1]
        return sizes

    def by_age(self) -> Column:
        """Return how much of all that a layer holds is how old, (T, n): shares with the sum 1.

        Ages are counted in characters and in n classes: 0, 1, 2 to 3, 4 to 7, 8 to 15 and so on.
        """
        held = self.held()
        total = held.sum(axis=1)
        T = len(held)
        left = self.keep.astype(np.float64)  # k(t) ... k(t - age + 1)
        older = [np.ones(T)]  # of how much is of this age or older, for 0, 1, 2, 4, ...
        age = 1
        while age < T:
            share = np.zeros(T)
            share[age:] = (left[age:] * held[:-age]).sum(axis=1)
            older.append(share / np.maximum(total, np.finfo(float).tiny))
            left[age:] = left[age:] * left[:-age]
            age *= 2
        older.append(np.zeros(T))
        return -np.diff(older, axis=0).T


def ages(n: int) -> list[tuple[int, int]]:
    """Return the least and the largest age of each of n classes: 0, 1, 2 to 3, 4 to 7, ..."""
    return [(0, 0)] + [(2**k, 2 ** (k + 1) - 1) for k in range(n - 1)]
