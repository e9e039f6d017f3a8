"""Polyak averaging of the parameters over the last steps."""

import numpy as np

from charrnn.array_types import Floats
from charrnn.network.kinds import AnyNetwork

CHUNK = 1 << 14
"""Parameters averaged at a time; they fit a core's cache."""


class Average:
    """An exponential moving average of parameters, its window growing with the run (Polyak 1992).

    After t steps the last `share` of them has most of the weight,

        average += (params - average) / (share t + 1)

    so that the first steps have no weight at the end, however long a run is.

    network: a network with the averaged parameters.
    """

    def __init__(self, network: AnyNetwork, share: float) -> None:
        self.network = network.sharing(network.params.flat.copy())
        self.share = share
        self._scratch: Floats = np.empty_like(network.params.flat[:CHUNK])

    @property
    def flat(self) -> Floats:
        """The averaged parameters, (P,)."""
        return self.network.params.flat

    def step(self, params: Floats, t: int) -> None:
        """Update the average with the parameters, (P,), after the t-th step."""
        weight = np.float32(1 / (self.share * t + 1))
        flat = self.flat
        for start in range(0, len(flat), CHUNK):
            average = flat[start : start + CHUNK]
            s = np.subtract(
                params[start : start + CHUNK], average, out=self._scratch[: len(average)]
            )
            s *= weight
            average += s
