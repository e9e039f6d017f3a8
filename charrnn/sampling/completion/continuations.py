"""The likeliest continuations of a text to the next space."""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import numpy as np

from charrnn.array_types import Floats
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper

WIDTH = 8
"""Continuations that are followed side by side."""

LONGEST = 24
"""Ids of a continuation at most."""


class Continuation(NamedTuple):
    """A continuation: its ids, and how probable the network holds it."""

    ids: tuple[int, ...]
    p: float


class Continuations:
    """Searches by beams, which end at a space: a row of a stepper for each.

    ends: returns whether a continuation is complete.
    """

    def __init__(self, network: Network, ends: Callable[[tuple[int, ...]], bool]) -> None:
        self._stepper, self._ends = Stepper(network, WIDTH), ends

    def after(self, state: Floats, most: int, seconds: float) -> list[Continuation]:
        """Return the likeliest continuations after a state, (L, S, 1, H), the likeliest first.

        seconds: after which the search ends with what there is.
        """
        due = perf_counter() + seconds
        stepper, complete = self._stepper, []
        stepper.move(np.repeat(state, WIDTH, axis=2))
        begun: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
        rows = np.zeros(WIDTH, np.intp)
        for n in range(LONGEST):
            log_p = stepper.logits[rows[: len(begun)]].astype(np.float64)
            for row in log_p:
                log_softmax(row)
            sums = log_p + np.array([[each] for _, each in begun])
            likeliest = np.argsort(-sums, axis=None, kind="stable")[: 2 * WIDTH]
            following: list[tuple[tuple[int, ...], float]] = []
            places: list[int] = []
            for b, k in zip(*np.divmod(likeliest, sums.shape[1]), strict=True):
                ids, total = (*begun[b][0], int(k)), float(sums[b, k])
                if self._ends(ids):
                    complete.append(Continuation(ids, float(np.exp(total))))
                elif len(following) < WIDTH:
                    following.append((ids, total))
                    places.append(int(rows[b]))
            begun = following
            complete = sorted(complete, key=lambda each: -each.p)[:most]
            is_done = len(complete) == most and np.exp(begun[0][1]) <= complete[-1].p
            if not begun or is_done or n == LONGEST - 1 or perf_counter() > due:
                break
            # The rows that are left over go along with the first.
            chosen = np.array(places + [places[0]] * (WIDTH - len(places)))
            read = [ids[-1] for ids, _ in begun]
            stepper.move(stepper.state[:, :, chosen])
            stepper.read(np.array(read + [read[0]] * (WIDTH - len(read))))
            rows = np.arange(WIDTH)
        open_ = [Continuation(ids, float(np.exp(total))) for ids, total in begun]
        return (complete + open_)[:most] if len(complete) < most else complete
