"""Ablation costs of units, where a feature of the text is present and where it is not.

A unit may store what nothing reads. So each is clamped to its mean over the text, at every step,
with all consequences, and the predictions of the network are compared with those it makes
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.array_types import Doubles, Flags
from charrnn.evaluation.statistics import NO_MEAN, Mean, mean_where
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.methods.features.search import part_of
from charrnn.inspection.options import Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading

WARMUP = 256
"""Characters read before the counted ones, to warm up the state."""


def costs(
    reading: Reading, units: Sequence[tuple[Unit, str]], places: range, track: Track = untracked
) -> Doubles:
    """Return the extra bits of each prediction without each unit, (U, n).

    units: each with the kind of its state, "a" or "c".
    places: the n characters after which predictions are counted, without the text's last.
    """
    start = max(0, places.start - WARMUP)
    read = part_of(reading, slice(start, places.stop + 1))
    rows: list[list[Clamp]] = [[]]
    for (layer, j), kind in units:
        mean = float(reading.series(kind)[:, layer, j].mean(dtype=np.float64))
        rows.append([Clamp((layer, j), mean, kind)])
    bits = surprises(read, rows, track)[:, places.start - start + 1 :]
    extra_bits: Doubles = bits[1:] - bits[0]
    return extra_bits


@dataclass(frozen=True, eq=False)
class Costs:
    """The ablation costs of some units, and of random ones as controls.

    units, controls: each with the kind of its state.
    places: the characters after which predictions are counted.
    bits: (units + controls, n), as `costs` returns them.
    """

    units: tuple[tuple[Unit, str], ...]
    controls: tuple[tuple[Unit, str], ...]
    places: range
    bits: Doubles

    @classmethod
    def of(
        cls,
        reading: Reading,
        units: Sequence[tuple[Unit, str]],
        controls: Sequence[tuple[Unit, str]],
        places: range,
        track: Track = untracked,
    ) -> Self:
        """Ablate each unit in a reading of its own; without places or units the result is empty."""
        held = [*units, *controls]
        if not held or not places:
            return cls((), (), range(0), np.zeros((0, 0)))
        return cls(tuple(units), tuple(controls), places, costs(reading, held, places, track))

    def where(self, unit: tuple[Unit, str], on: Flags) -> Mean:
        """Return the mean cost of a unit's ablation after some characters of the text, (T,)."""
        if unit not in self.units:
            return NO_MEAN
        return self._mean(self.bits[self.units.index(unit)], on)

    def by_random(self, on: Flags) -> Mean:
        """Return the same for the controls."""
        if not self.controls:
            return NO_MEAN
        return self._mean(self.bits[len(self.units) :].mean(axis=0), on)

    def _mean(self, bits: Doubles, on: Flags) -> Mean:
        return mean_where(bits, on[self.places.start : self.places.stop])
