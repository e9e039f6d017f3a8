"""The units that are worth seeing first: those that go with something of the text, then others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.array_types import Column
from charrnn.inspection.methods.features.following import Following, surest
from charrnn.inspection.options import Unit
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import attributes, name, plain

MOST = 32
"""How many units are chosen: more than a screen has lines for."""


@dataclass(frozen=True, eq=False)
class Telling:
    """A unit over the text, and what it goes with.

    kind: which of its states.
    values: (T,), from -1 to 1; of a cell state c, tanh(c).
    following: what it goes with beyond chance, how well and how surely; None for one that was
        chosen because it varies most.
    """

    unit: Unit
    kind: str
    values: Column
    following: Following | None

    @property
    def sure(self) -> bool:
        """Whether the text is long enough to say that it follows what it goes with."""
        return self.following is not None and self.following.verdict == "follows"

    def data(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        it, numbers = self.following, ("score", "floor", "verdict")
        return {
            "unit": name(self.unit),
            "kind": self.kind,
            "feature": None if it is None else it.feature.name,
            **(dict.fromkeys(numbers) if it is None else attributes(it, *numbers)),
            "values": plain(self.values),
        }


def telling(reading: Reading, best: Sequence[Following]) -> tuple[Telling, ...]:
    """Return the units to show first, each of one kind, at most `MOST`.

    First come those of `best`, the surest first, that go with a feature beyond chance, one for each
    unit; of those equally sure, what goes with more than one character. Then come those whose
    hidden state has the largest variance over the text.
    """
    chosen: dict[Unit, Telling] = {}
    for one in sorted(best, key=lambda one: (surest(one)[0], one.feature.group == "identity")):
        if one.verdict != "below noise" and one.unit not in chosen:
            chosen[one.unit] = _telling(reading, one.unit, one.kind, one)
    for unit in _by_variance(reading):
        if len(chosen) >= MOST:
            break
        if unit not in chosen:
            chosen[unit] = _telling(reading, unit, "a", None)
    return tuple(chosen.values())[:MOST]


def _telling(reading: Reading, unit: Unit, kind: str, following: Following | None) -> Telling:
    layer, j = unit
    values = reading.series(kind)[:, layer, j].astype(np.float64)
    return Telling(unit, kind, np.tanh(values) if kind == "c" else values, following)


def _by_variance(reading: Reading) -> Iterator[Unit]:
    a = reading.states["a"].astype(np.float64)
    variance = a.var(axis=0)  # (L, H)
    for place in np.argsort(-variance, axis=None, kind="stable").tolist():
        layer, j = divmod(place, variance.shape[1])
        yield layer, j
