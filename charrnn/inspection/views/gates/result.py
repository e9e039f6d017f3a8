"""Statistics of gates over a text, and the memory timescales they imply."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Flags, Floats, Ids, Integers, NamedArrays
from charrnn.inspection.methods.survival import STUCK as STUCK_STATE
from charrnn.inspection.methods.survival import resets, saturation, survival
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import (
    Cell,
    OfText,
    attributes,
    name,
    plain,
    records,
    stacked,
    text_arrays,
)
from charrnn.network.cells import CELLS, is_sigmoid

STUCK = 0.99
"""Fraction of steps, shut or open, above which a gate is stuck."""

INTEGRATOR = 0.9
"""Fraction of steps with an open memory above which a unit is an integrator; one
whose memory is shut as often starts over at every step."""

STILL = 0.01
"""Standard deviation over the text below which a state is constant."""

BINS = 10

STEPS = 256
"""Steps summarised at a time; they fit a core's cache."""

LEAST_COUNT = 3
"""Fewest occurrences of a character that is listed as raising or lowering a gate."""


@dataclass(frozen=True, eq=False)
class Gate:
    """One gate of one layer over the text; arrays are (H,) unless noted.

    low, high: fraction of steps at which the unit is below 0.1 (shut), above 0.9 (open), if it
        is between 0 and 1 (Karpathy, Johnson & Fei-Fei 2015). Between -1 and 1, for the
        candidate and the state a, both ends are saturation: below -0.9, above 0.9.
    slope: the mean over the text of the derivative of the gate's nonlinearity, σ' = g (1 - g) or
        tanh' = 1 - g², the factor of a gradient through it; nan for the state of a cell with gates.
    histogram: (BINS,), counts of the values of all units, from the least bin to the largest.
    over_text: (T,), the mean over the units; between -1 and 1, where signs differ from
        unit to unit, the root of the mean square.
    by_character: (C,), the mean of that after each of the characters of the text.
    high_on, low_on: ids of the characters after which it is largest, and least.
    """

    layer: int
    name: str
    span: tuple[float, float]
    low: Column
    high: Column
    mean: Column
    sd: Column
    slope: Column
    histogram: Integers
    over_text: Column
    by_character: Column
    high_on: tuple[int, ...]
    low_on: tuple[int, ...]

    @property
    def stuck(self) -> Flags:
        """Which units are nearly always shut or open, (H,)."""
        return np.maximum(self.low, self.high) > STUCK

    @property
    def shut(self) -> int:
        """The number of units that are nearly always shut."""
        return int(np.sum(self.low > INTEGRATOR))

    @property
    def open(self) -> int:
        """The number of units that are nearly always open."""
        return int(np.sum(self.high > INTEGRATOR))


@dataclass(frozen=True, eq=False)
class Memory:
    """The memory of each unit of a layer, (H,), by the gate m that weighs it.

    hold: characters after which 1/e is left of what was stored, the median over the text; inf
        where the text is too short to tell (see `methods.survival`).
    reset: the share of steps at which nine tenths or more are dropped.
    saturated: the share of steps at which the memory is all but at the end of its range.
    tau: -1 / mean_t ln m(t), characters, the same with m at its geometric mean: short for a unit
        that holds and is then reset. It is inf where m was 1 throughout.
    """

    layer: int
    gate: str
    hold: Column
    reset: Column
    saturated: Column
    tau: Column
    integrators: Flags
    forgetful: Flags

    @property
    def order(self) -> list[int]:
        """The units, those that hold longest first; saturated ones, which store nothing, last."""
        long = np.where(np.isfinite(self.hold), self.hold, np.finfo(np.float64).max)
        order: list[int] = np.lexsort((-self.tau, -long, self.is_stuck)).tolist()
        return order

    @property
    def is_stuck(self) -> Flags:
        """Which units are saturated at nearly every step, (H,)."""
        return self.saturated > STUCK_STATE


@dataclass(frozen=True, eq=False)
class Gates(OfText):
    """The gates of every layer, the state a as the last of them, and their memory, if any.

    characters, counts: (C,), the ids of the characters of the text, and their counts.
    """

    view: ClassVar[str] = "gates"
    measures: ClassVar[dict[str, str]] = {"hold": "characters", "tau": "characters"}

    cell: str
    characters: Ids
    counts: Integers
    gates: tuple[Gate, ...]
    memories: tuple[Memory, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Summarise the gates of a reading.

        Raises
        ------
        ConfigError
            If there is no such layer.
        """
        config = reading.network.config
        layers, memory = options.layers(config), CELLS[config.cell].memory
        series = reading.gates | {"a": reading.states["a"]}
        characters, which, counts = np.unique(reading.ids, return_inverse=True, return_counts=True)
        gates = [
            _gate(config.cell, layer, kind, values[:, layer], (characters, which, counts))
            for layer in layers
            for kind, values in series.items()
        ]
        memories = [
            _memory(
                layer,
                memory.gate,
                memory.keep({kind: values[:, layer] for kind, values in series.items()}),
                saturation(reading.states[memory.state][:, layer], memory.state),
            )
            for layer in layers
            if memory
        ]
        return cls(
            reading.vocabulary, reading.ids, config.cell, characters, counts, tuple(gates),
            tuple(memories),
        )  # fmt: skip

    @property
    def has_gates(self) -> bool:
        """Whether the cell has gates; a simple network has none."""
        return any(gate.name != "a" for gate in self.gates)

    def still(self, layer: int) -> list[int]:
        """Return the constant units of a layer."""
        [a] = [gate for gate in self.gates if gate.layer == layer and gate.name == "a"]
        return np.flatnonzero(a.sd < STILL).tolist()

    def flags(self, gate: Gate) -> list[list[str]]:
        """Return the flags of each unit of a gate, as words."""
        said = [["stuck"] if stuck else [] for stuck in gate.stuck]
        for memory in self.memories:
            if (memory.layer, memory.gate) == (gate.layer, gate.name):
                for j in np.flatnonzero(memory.integrators).tolist():
                    said[j].append("integrator")
                for j in np.flatnonzero(memory.forgetful).tolist():
                    said[j].append("forgetful")
                for j in np.flatnonzero(memory.is_stuck).tolist():
                    said[j].append("saturated")
        if gate.name == "a":
            for j in self.still(gate.layer):
                said[j].append("still")
        return said

    def data(self) -> dict[str, Any]:
        """Return a summary of each gate, with the numbers of each unit."""
        return {
            "cell": self.cell,
            "characters": [
                {"char": self.vocabulary[k], "count": count}
                for k, count in zip(self.characters, self.counts.tolist(), strict=True)
            ],
            "gates": [
                {
                    "layer": gate.layer,
                    "gate": gate.name,
                    "span": list(gate.span),
                    "low": float(gate.low.mean()),
                    "high": float(gate.high.mean()),
                    "mean": float(gate.mean.mean()),
                    "slope": plain(gate.slope.mean()),
                    **attributes(gate, "histogram", "shut", "open"),
                    "stuck": [name((gate.layer, j)) for j in np.flatnonzero(gate.stuck).tolist()],
                    "high_on": [self.vocabulary[k] for k in gate.high_on],
                    "low_on": [self.vocabulary[k] for k in gate.low_on],
                    **attributes(gate, "by_character", "over_text"),
                }
                for gate in self.gates
            ],
            "units": records(self.rows()),
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each gate of each unit."""
        yield [
            "layer", "unit", "gate", "low", "high", "mean", "sd", "slope", "hold", "reset", "tau",
            "flags",
        ]  # fmt: skip
        memories = {(memory.layer, memory.gate): memory for memory in self.memories}
        for gate in self.gates:
            memory = memories.get((gate.layer, gate.name))
            none = [None] * len(gate.mean)
            known = (
                attributes(memory, "hold", "reset", "tau").values()
                if memory
                else (none, none, none)
            )
            columns = attributes(gate, "low", "high", "mean", "sd", "slope").values()
            numbers = zip(*columns, *known, self.flags(gate), strict=True)
            for j, (*cells, flags) in enumerate(numbers):
                yield [gate.layer, j, gate.name, *cells, " ".join(flags)]

    def arrays(self) -> NamedArrays:
        """Return the units' numbers, (N, H), of the gates in `gate_layers` and `gate_names`."""
        gates = self.gates
        arrays: NamedArrays = {
            **text_arrays(self.vocabulary, self.ids),
            "character_ids": self.characters.astype(np.int32),
            "character_counts": self.counts,
            "gate_layers": np.array([gate.layer for gate in gates], np.int32),
            "gate_names": np.array([ord(gate.name) for gate in gates], np.uint32),
            **stacked(gates, "low", "high", "mean", "sd", "slope", "histogram"),
            **stacked(gates, "by_character", "over_text"),
        }
        if self.memories:
            for kind in ("hold", "reset", "saturated", "tau"):
                arrays[kind] = np.array([getattr(memory, kind) for memory in self.memories])
        return arrays


def _gate(
    cell: str, layer: int, kind: str, values: Floats, characters: tuple[Ids, Ids, Ids]
) -> Gate:
    """Summarise one gate of one layer, (T, H).

    characters: the (C,) ids that occur, the index among them at each place, (T,), their counts.
    """
    sigmoid = is_sigmoid(kind)
    span = (0.0, 1.0) if sigmoid else (-1.0, 1.0)
    least, most = (0.1, 0.9) if sigmoid else (-0.9, 0.9)
    T, H = values.shape
    mean = values.mean(axis=0, dtype=np.float64)
    low, high, squares, slope = np.zeros((4, H))
    histogram, over_text = np.zeros(BINS, np.int64), np.empty(T)
    for start in range(0, T, STEPS):
        here = slice(start, start + STEPS)
        exact = values[here].astype(np.float64)
        low += np.count_nonzero(values[here] < least, axis=0)
        high += np.count_nonzero(values[here] > most, axis=0)
        squares += np.square(exact - mean).sum(axis=0)
        slope += np.sum(exact * (1 - exact) if sigmoid else 1 - exact * exact, axis=0)
        histogram += _histogram(exact, span)
        over_text[here] = exact.mean(axis=1) if sigmoid else np.sqrt(np.mean(exact * exact, axis=1))
    made_at_once = kind in CELLS[cell].gates
    ids, which, counts = characters
    by_character = np.bincount(which, over_text) / counts
    low_on, high_on = _extremes(ids[counts >= LEAST_COUNT], by_character[counts >= LEAST_COUNT])
    return Gate(
        layer=layer,
        name=kind,
        span=span,
        low=low / T,
        high=high / T,
        mean=mean,
        sd=np.sqrt(squares / T),
        slope=slope / T if made_at_once else np.full(H, np.nan),
        histogram=histogram,
        over_text=over_text,
        by_character=by_character,
        high_on=high_on,
        low_on=low_on,
    )


def _histogram(values: Floats, span: tuple[float, float]) -> Integers:
    """Count values in BINS bins of equal width; values outside are in the outermost ones."""
    least, most = span
    bins = ((values - least) * (BINS / (most - least))).astype(np.intp)
    return np.bincount(np.clip(bins, 0, BINS - 1, out=bins).ravel(), minlength=BINS)


def _extremes(ids: Ids, means: Column, most: int = 3) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the characters with the least and the largest means; none of fewer than 2."""
    order = ids[np.argsort(means, kind="stable")].tolist()
    n = min(most, len(order) // 2)
    return tuple(order[:n]), tuple(order[::-1][:n])


def _memory(layer: int, gate: str, values: Floats, saturated: Column) -> Memory:
    """Measure the memory of a gate, (T, H); saturated: (H,)."""
    # A gate of exactly 0 forgets all; its logarithm must be finite.
    smallest = np.finfo(values.dtype).tiny
    logs = np.zeros(values.shape[1])
    for start in range(0, len(values), STEPS):
        some = np.maximum(values[start : start + STEPS], smallest)
        logs += np.log(some, dtype=np.float64).sum(axis=0)
    with np.errstate(divide="ignore"):
        tau = -len(values) / logs
    return Memory(
        layer=layer,
        gate=gate,
        hold=survival(values)[1],
        reset=resets(values).mean(axis=0),
        saturated=saturated,
        # Where the gate was 1 throughout, the mean is 0 and the sign of inf means nothing.
        tau=np.abs(tau),
        integrators=np.mean(values > 0.9, axis=0) > INTEGRATOR,
        forgetful=np.mean(values < 0.1, axis=0) > INTEGRATOR,
    )
