"""All that is reported of one unit: what it is like, what moves it, what it does, what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Floats, Integers
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.methods.effects import Effect, Effects, Held
from charrnn.inspection.methods.features.following import Following
from charrnn.inspection.methods.survival import resets, survival
from charrnn.inspection.options import Unit
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import name
from charrnn.inspection.views.neuron.autocorrelation import Rhythm, rhythm
from charrnn.inspection.views.neuron.responses import Response, change, highest, responses
from charrnn.inspection.views.neuron.wiring import Wiring, pushes, wiring
from charrnn.network.cells import CELLS, is_sigmoid

BINS = 20

EXTREMES = 5
"""Number of the highest and of the lowest places."""


@dataclass(frozen=True, eq=False)
class Card:
    """One unit over the text.

    values: (T,), of the kind that is meant.
    span: of the histogram; the least and largest value it can have, of a cell state those it has.
    low, high: the share of steps at which it is below 0.1 and above 0.9, or of what has a sign,
        below -0.9 and above 0.9; of a cell state c, tanh(c).
    hold: the characters after which 1/e is left of what it stored, the median over the text, by
        the gate that weighs its memory (see `methods.survival`); reset: the share of steps that
        drop nine tenths of it; nan of a network without gates.
    tau: the same with the gate at its geometric mean (see the view `gates`).
    top, bottom: places where it is highest and lowest, far from each other.
    moved_by: how it changes as each character is read, the largest rise first.
    pushes: (V,), how it moves the scores of characters; None below the top layer, and of a gate.
    """

    unit: Unit
    kind: str
    values: Floats
    span: tuple[float, float]
    histogram: Integers
    mean: float
    sd: float
    low: float
    high: float
    hold: float
    reset: float
    tau: float
    rhythm: Rhythm
    top: tuple[int, ...]
    bottom: tuple[int, ...]
    moved_by: tuple[Response, ...]
    wiring: Wiring
    pushes: Column | None

    @classmethod
    def of(cls, reading: Reading, unit: Unit, kind: str) -> "Card":
        """Fill in the card of a unit's state or gate."""
        layer, j = unit
        values = reading.series(kind)[:, layer, j]
        exact = values.astype(np.float64)
        is_state = kind in reading.states
        span = _span(kind, exact)
        least, most = (0.1, 0.9) if is_sigmoid(kind) else (-0.9, 0.9)
        saturating = np.tanh(exact) if kind == "c" else exact
        memory, hold, reset, tau = CELLS[reading.network.config.cell].memory, *[float("nan")] * 3
        if memory:
            keep = memory.keep({kind: gate[:, layer, j] for kind, gate in reading.gates.items()})
            hold, reset = float(survival(keep[:, None])[1][0]), float(resets(keep).mean())
            tau = _tau(keep)
        return cls(
            unit=unit,
            kind=kind,
            values=values,
            span=span,
            histogram=np.histogram(np.clip(exact, *span), BINS, span)[0],
            mean=float(exact.mean()),
            sd=float(exact.std()),
            low=float(np.mean(saturating < least)),
            high=float(np.mean(saturating > most)),
            hold=hold,
            reset=reset,
            tau=tau,
            rhythm=rhythm(values),
            top=tuple(highest(values, EXTREMES)),
            bottom=tuple(highest(-values, EXTREMES)),
            moved_by=tuple(responses(change(values, is_state=is_state), reading.ids)),
            wiring=wiring(reading, unit, kind),
            pushes=pushes(reading, unit) if is_state else None,
        )

    @property
    def named(self) -> str:
        """The unit and its kind as they are written."""
        return f"{name(self.unit)}.{self.kind}"


def _span(kind: str, values: Column) -> tuple[float, float]:
    if is_sigmoid(kind):
        return 0.0, 1.0
    if kind != "c":
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low - 1, high + 1)


def _tau(memory: Floats) -> float:
    """Return -1 / mean ln of what weighs a unit's memory, (T,), in characters."""
    tiny = np.finfo(memory.dtype).tiny  # a gate of exactly 0 forgets all; its logarithm is finite
    rate = -float(np.mean(np.log(np.maximum(memory, tiny), dtype=np.float64)))
    return 1 / rate if rate > 0 else float("inf")


@dataclass(frozen=True, eq=False)
class Cost:
    """What it costs to hold a unit at its mean, in bits a character.

    by_class: of each class of the next character, as `characters.classes.CLASSES`.
    on, off: by the name of each feature, where it is and where it is not; of a number, where it is
        above its median and where it is not.
    """

    whole: Effect
    by_class: tuple[Effect, ...]
    on: dict[str, Effect]
    off: dict[str, Effect]

    @classmethod
    def of(
        cls, reading: Reading, effects: Effects, held: Held, follows: Sequence[Following]
    ) -> "Cost":
        """Take means of a unit's effects, by what is predicted and by what was read."""
        as_bytes = reading.vocabulary.kind == "bytes"
        kinds = classes(reading.text, as_bytes=as_bytes)[1:]
        on, off = {}, {}
        for feature in (following.feature for following in follows):
            on[feature.name] = effects.where(held, feature.on, feature.name)
            off[feature.name] = effects.where(held, ~feature.on, f"not {feature.name}")
        by_class = tuple(effects.where(held, kinds == n, label) for n, label in enumerate(CLASSES))
        return cls(effects.where(held), by_class, on, off)
