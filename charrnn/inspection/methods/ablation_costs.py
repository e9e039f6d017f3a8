"""What it costs to do without a unit, where a feature of the text is and where it is not.

A unit may hold what nothing reads. So each is clamped at its mean over the text, at every step,
with all that follows from that, and what the network then predicts is compared with what it
predicts otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.methods.features.search import part_of
from charrnn.inspection.options import Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading

WARMUP = 256
"""Characters that are read, and not counted, before those that are."""

UNKNOWN = Mean(0, float("nan"), float("nan"))


def costs(
    reading: Reading,
    units: Sequence[tuple[Unit, str]],
    places: range,
    track: Track = untracked,
) -> NDArray[np.float64]:
    """Return how many bits more each prediction costs without each unit, (U, n).

    units: each with the kind of its state, "a" or "c".
    places: the n characters after which predictions are counted; something must come after each.
    """
    start = max(0, places.start - WARMUP)
    read = part_of(reading, slice(start, places.stop + 1))
    rows: list[list[Clamp]] = [[]]
    for (layer, j), kind in units:
        mean = float(reading.series(kind)[:, layer, j].mean(dtype=np.float64))
        rows.append([Clamp((layer, j), mean, kind)])
    bits = surprises(read, rows, track)[:, places.start - start + 1 :]
    extra_bits: NDArray[np.float64] = bits[1:] - bits[0]
    return extra_bits


@dataclass(frozen=True, eq=False)
class Costs:
    """The costs of some units, and of others drawn at random to compare them with.

    units, controls: each with the kind of its state.
    places: after which characters it was predicted.
    bits: (units + controls, n), as `costs` returns them.
    """

    units: tuple[tuple[Unit, str], ...]
    controls: tuple[tuple[Unit, str], ...]
    places: range
    bits: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        reading: Reading,
        units: Sequence[tuple[Unit, str]],
        controls: Sequence[tuple[Unit, str]],
        places: range,
        track: Track = untracked,
    ) -> Self:
        """Ablate each unit in a reading of its own; none, if there are no places or no units."""
        held = [*units, *controls]
        if not held or not places:
            return cls((), (), range(0), np.zeros((0, 0)))
        return cls(tuple(units), tuple(controls), places, costs(reading, held, places, track))

    def where(self, unit: tuple[Unit, str], on: NDArray[np.bool_]) -> Mean:
        """Return what a unit's loss costs after some characters of the text, (T,), on average."""
        if unit not in self.units:
            return UNKNOWN
        return self._mean(self.bits[self.units.index(unit)], on)

    def by_random(self, on: NDArray[np.bool_]) -> Mean:
        """Return the same of the controls."""
        if not self.controls:
            return UNKNOWN
        return self._mean(self.bits[len(self.units) :].mean(axis=0), on)

    def _mean(self, bits: NDArray[np.float64], on: NDArray[np.bool_]) -> Mean:
        return mean_where(bits, on[self.places.start : self.places.stop])
