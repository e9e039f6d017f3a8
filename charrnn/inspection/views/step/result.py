"""One step of time as arithmetic: every term of the equations, for the units that changed most."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log2
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from charrnn.array_types import Doubles, NamedArrays
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.places import place
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, name, text_arrays
from charrnn.network.cells import CELLS
from charrnn.network.equations import Gate, LayerStep, Readout, layer_steps, readout

ROWS = 3
"""Default number of units of a layer shown."""

TERMS = 3
"""How many products of a sum are named; the others are added up."""


class Term(NamedTuple):
    """One product of a sum such as W_aa a: where it comes from, its weight and value.

    source: the index of the unit, of the number of a character's vector, or of the character; None
        for what is left of the sum, which has no one weight and value either.
    """

    source: int | None
    weight: float | None
    value: float | None
    product: float


@dataclass(frozen=True, eq=False)
class Step:
    """Step t: how x(t) and a(t-1) become a(t), and a(t) the prediction of x(t+1).

    layers: every layer's step, the lowest first.
    units: those that are shown, layer by layer, the one that changed most first.
    top: the ids of the likeliest characters, and of the one that came if it is not among them.
    """

    view: ClassVar[str] = "step"
    measures: ClassVar[dict[str, str]] = {"bits": "bits"}

    reading: Reading
    options: Options
    t: int
    layers: tuple[LayerStep, ...]
    readout: Readout
    units: tuple[Unit, ...]
    top: tuple[int, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Take the step at the place that is asked for, or the first.

        Raises
        ------
        ConfigError
            There is no such place, layer or unit.
        """
        options.layers(reading.network.config)
        options.check_units(reading.network.config)
        return cls.take(reading, options, place(reading, options.at, "0"))

    @classmethod
    def take(cls, reading: Reading, options: Options, t: int) -> Self:
        """Take step t; the options have been checked."""
        network, state = reading.network, reading.state_before(t)
        before = [
            {
                kind: values.astype(np.float64)
                for kind, values in zip(reading.states, state[layer], strict=True)
            }
            for layer in range(network.config.num_layers)
        ]
        cell = CELLS[network.config.cell]
        layers = tuple(layer_steps(network.params, cell, int(reading.ids[t]), before))
        made = readout(network.params, layers[-1].after["a"])
        units = options.units or tuple(
            unit
            for layer in options.layers(reading.network.config)
            for unit in by_change(layers[layer])[: options.rows or ROWS]
        )
        top = np.argsort(-made.score, kind="stable")[: options.top].tolist()
        if t + 1 < len(reading) and reading.ids[t + 1] not in top:
            top.append(int(reading.ids[t + 1]))
        return cls(reading, options, t, layers, made, units, tuple(top))

    @property
    def following(self) -> int | None:
        """The id of the character that came after step t."""
        return int(self.reading.ids[self.t + 1]) if self.t + 1 < len(self.reading) else None

    def terms(self, unit: Unit, gate: str, *, below: bool = False) -> list[Term]:
        """Return the largest products in W_aa a(t-1) of a unit's gate, then what is left of them.

        below: of W_ax, times what the layer hears from below.
        """
        layer, j = unit
        step, weights = self.layers[layer], self.reading.network.layers[layer]
        W = weights.W_ax if below else weights.W_aa
        if below and step.k is not None:
            w = float(W[step.k, self._column(gate, j)])
            return [Term(step.k, w, 1.0, w)]
        values = step.below if below else step.before["a"]
        w_all = W[:, self._column(gate, j)].astype(np.float64)
        products = w_all * values
        order = np.argsort(-np.abs(products), kind="stable")
        largest = [
            Term(k, float(w_all[k]), float(values[k]), float(products[k]))
            for k in order[:TERMS].tolist()
        ]
        rest = order[TERMS:]
        left = [Term(None, None, None, float(products[rest].sum()))] if len(rest) else []
        return [*largest, *left]

    def _column(self, gate: str, j: int) -> int:
        names = [made.name for made in self.layers[0].gates]
        return names.index(gate) * self.reading.network.config.hidden_size + j

    def data(self) -> dict[str, Any]:
        """Return every term of the units that are shown, and of the prediction."""
        vocabulary, following = self.reading.vocabulary, self.following
        made, shown = self.readout, list(self.top)
        rest = np.delete(made.power, shown)
        return {
            "t": self.t,
            "read": vocabulary[self.reading.ids[self.t]],
            "next": None if following is None else vocabulary[following],
            "cell": self.reading.network.config.cell,
            "units": [self._unit(unit) for unit in self.units],
            "readout": {
                "largest_score": made.largest,
                "sum": made.sum,
                "characters": [
                    {
                        "char": vocabulary[k],
                        **_at(k, made, "W_ya_a", "b_y", "score", "power", "y_hat"),
                    }
                    for k in shown
                ],
                "others": len(rest),
                "others_power": float(rest.sum()),
                "bits": None if following is None else self.bits(following),
            },
        }

    def bits(self, k: int) -> float:
        """Return the surprise of a character, -log2 y_hat, in bits."""
        made = self.readout
        return float((made.largest - made.score[k]) / np.log(2) + log2(made.sum))

    def _unit(self, unit: Unit) -> dict[str, Any]:
        layer, j = unit
        step = self.layers[layer]
        return {
            "unit": name(unit),
            "hears": step.source,
            "before": {kind: float(values[j]) for kind, values in step.before.items()},
            "gates": [_numbers(gate, j) | self._sums(unit, gate.name) for gate in step.gates],
            "after": {kind: float(values[j]) for kind, values in step.after.items()},
            "change": float(step.change[j]),
        }

    def _sums(self, unit: Unit, gate: str) -> dict[str, Any]:
        return {
            f"{W}_terms": [term._asdict() for term in self.terms(unit, gate, below=below)]
            for W, below in (("W_ax", True), ("W_aa", False))
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each gate of each unit that is shown, the states beside it."""
        kinds = list(self.layers[0].before)
        yield [
            "unit", "gate", "W_ax_x", "W_aa_a", "b_a", "b_n", "z", "value",
            *(f"{kind}_before" for kind in kinds), *(f"{kind}_after" for kind in kinds),
        ]  # fmt: skip
        for layer, j in self.units:
            step = self.layers[layer]
            states = [float(side[kind][j]) for side in (step.before, step.after) for kind in kinds]
            for gate in step.gates:
                numbers = _numbers(gate, j)
                cells = [numbers[key] for key in ("W_ax_x", "W_aa_a", "b_a", "b_n", "z", "value")]
                yield [name((layer, j)), gate.name, *cells, *states]

    def arrays(self) -> NamedArrays:
        """Return the terms of every unit, (L, G, H), the states, (L, H), and the readout, (V,)."""

        def gates(part: str) -> Doubles:
            return np.array([[getattr(gate, part) for gate in step.gates] for step in self.layers])

        states = {
            f"{kind}_{when}": np.array([getattr(step, when)[kind] for step in self.layers])
            for kind in self.layers[0].before
            for when in ("before", "after")
        }
        ids, made = self.reading.ids, self.readout
        return {
            **text_arrays(self.reading.vocabulary, ids),
            "t": np.array(self.t, np.int32),
            "gate_names": np.array([ord(gate.name) for gate in self.layers[0].gates], np.uint32),
            **{part: gates(part) for part in ("W_ax_x", "W_aa_a", "b_a", "z", "value")},
            **self._inner_bias(),
            **states,
            "W_ya_a": made.W_ya_a,
            "b_y": made.b_y,
            "score": made.score,
            "y_hat": made.y_hat,
        }

    def _inner_bias(self) -> dict[str, Doubles]:
        inner = [step.gates[-1].b_n for step in self.layers]
        return {} if inner[0] is None else {"b_n": np.array(inner)}


def by_change(step: LayerStep) -> list[Unit]:
    """Return the units of a layer, the one that changed most first; of equals the smaller index."""
    order = np.argsort(-np.abs(step.change), kind="stable")
    return [(step.layer, j) for j in order.tolist()]


def _at(k: int, item: object, *names: str) -> dict[str, float]:
    """Return the k-th number of some arrays of an object, by their names."""
    return {name: float(getattr(item, name)[k]) for name in names}


def _numbers(gate: Gate, j: int) -> dict[str, str | float | None]:
    return {
        "gate": gate.name,
        **_at(j, gate, "W_ax_x", "W_aa_a", "b_a"),
        "b_n": None if gate.b_n is None else float(gate.b_n[j]),
        **_at(j, gate, "z", "value"),
    }
