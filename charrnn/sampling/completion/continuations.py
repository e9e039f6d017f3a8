"""The likeliest continuations of a text to the next space."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper

if TYPE_CHECKING:
    from charrnn.sampling.constraints.constraint import Constraint

WIDTH = 8
"""Continuations that are followed side by side."""

LONGEST = 24
"""Ids of a continuation at most."""

LEAST = 0.01
"""Probability below which a continuation is not worth a suggestion."""


class Continuation(NamedTuple):
    """A continuation: its ids, and how probable the network holds it."""

    ids: tuple[int, ...]
    p: float


class Continuations:
    """Searches by beams, which end at a space: a row of a stepper for each.

    What is less probable than `LEAST` is not followed, but for the likeliest of each length, so
    there is always one.

    ends: returns whether a continuation is complete.
    """

    def __init__(self, network: Network, ends: Callable[[tuple[int, ...]], bool]) -> None:
        self._network, self._ends = network, ends
        self._steppers = {1: Stepper(network), WIDTH: Stepper(network, WIDTH)}

    def after(
        self, state: Floats, most: int, constraint: "Constraint | None"
    ) -> list[Continuation]:
        """Return the likeliest continuations after a state, (L, S, 1, H), the likeliest first.

        constraint: what may follow, of one text.
        """
        complete: list[Continuation] = []
        begun: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
        stepper = self._steppers[1]
        stepper.move(state)
        for n in range(LONGEST):
            log_p = stepper.logits[: len(begun)].astype(np.float64)
            for row in log_p:
                log_softmax(row)
            if constraint:
                log_p[~constraint.allowed] = -np.inf
            sums = log_p + np.array([[each] for _, each in begun])
            following: list[tuple[tuple[int, ...], float]] = []
            parents: list[int] = []
            for b, k in _likeliest(sums):
                ids, total = (*begun[b][0], k), float(sums[b, k])
                if self._ends(ids):
                    complete.append(Continuation(ids, float(np.exp(total))))
                elif len(following) < WIDTH and (not following or total >= np.log(LEAST)):
                    following.append((ids, total))
                    parents.append(b)
            begun = following
            complete = sorted(complete, key=lambda each: -each.p)[:most]
            worst = complete[-1].p if len(complete) == most else LEAST * bool(complete)
            if not begun or np.exp(begun[0][1]) <= worst or n == LONGEST - 1:
                break
            stepper = self._read(stepper, parents, [ids[-1] for ids, _ in begun])
            if constraint:
                constraint = constraint.fork(parents)
                constraint.accept(np.array([ids[-1] for ids, _ in begun]))
        open_ = [Continuation(ids, float(np.exp(total))) for ids, total in begun]
        return complete or open_[:most]

    def _read(self, stepper: Stepper, parents: list[int], ids: list[int]) -> Stepper:
        """Read a character after each of some rows; one row alone is read in half the time."""
        rows = self._steppers[1 if len(ids) == 1 else WIDTH]
        # The rows that are left over go along with the first.
        over = rows.B - len(ids)
        rows.move(stepper.state[:, :, parents + parents[:1] * over])
        rows.read(np.array(ids + ids[:1] * over))
        return rows


def _likeliest(sums: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield the rows and ids of the largest of log-probabilities, (B, V), the largest first."""
    order = np.argsort(-sums, axis=None, kind="stable")[: 2 * WIDTH]
    for b, k in zip(*np.divmod(order, sums.shape[1]), strict=True):
        if np.isfinite(sums[b, k]):
            yield int(b), int(k)
