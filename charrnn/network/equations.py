"""One step of time with every term kept apart: the sums that the forward pass makes in one go.

    W_ax x(t)        what the layer hears from below: of the character, or of the layer under it
    W_aa a(t-1)      what it hears from itself
    b_a              what it would do if it heard nothing
    z                their sum, and its σ or tanh the gate

All in float64, from the parameters as they are stored and the states that were read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Floats
from charrnn.inspection.reading import SIGMOIDS, Reading
from charrnn.network.cells import CELLS
from charrnn.network.layers import Layer


@dataclass(frozen=True, eq=False)
class Gate:
    """What a gate is made of, or the state of a simple network; (H,) each.

        z = W_ax x + W_aa a + b_a        value = σ(z), of a candidate tanh(z)

    where a is a(t-1). The candidate of a GRU has its own bias b_n, and with r its reset gate

        s = W_aa a + b_n                 z = W_ax x + r s + b_a
    """

    name: str
    W_ax_x: Column
    W_aa_a: Column
    b_a: Column
    b_n: Column | None
    z: Column
    value: Column


@dataclass(frozen=True, eq=False)
class LayerStep:
    """One step of one layer.

    heard: what comes from below, by its name: the one-hot "x", (V,), with its id in `k`; "e", the
        character's vector, (E,); or "a" of the layer under this one, (H,).
    before, after: the states by name, (H,) each.
    """

    layer: int
    heard: str
    below: Column
    k: int | None
    before: dict[str, Column]
    gates: tuple[Gate, ...]
    after: dict[str, Column]

    @property
    def change(self) -> Column:
        """How much each unit has moved, a(t) - a(t-1), (H,)."""
        return self.after["a"] - self.before["a"]

    def gate(self, name: str) -> Gate:
        """Return a gate by its name."""
        return next(gate for gate in self.gates if gate.name == name)


@dataclass(frozen=True, eq=False)
class Readout:
    """How the prediction comes about; (V,) each, but for `largest`, m, and `sum`, S.

    score = W_ya a + b_y        power = exp(score - m)        y_hat = power / S

    m is the largest score, which only keeps exp in bounds, and S = Σ power.
    """

    W_ya_a: Column
    b_y: Column
    score: Column
    largest: float
    power: Column
    sum: float
    y_hat: Column


def layer_steps(reading: Reading, t: int) -> Iterator[LayerStep]:
    """Yield step t of each layer, the lowest first, every one from what the one below has made."""
    network, k = reading.network, int(reading.ids[t])
    heard, below = "x", np.zeros(0)
    if network.config.embedding_size:
        heard, below = "e", network.params["W_ex"][k].astype(np.float64)
    for layer, weights in enumerate(network.layers):
        before = {
            name: values[t - 1, layer].astype(np.float64) if t else np.zeros(values.shape[-1])
            for name, values in reading.states.items()
        }
        if heard == "x":
            W_ax_x = weights.W_ax[k].astype(np.float64)
        else:
            W_ax_x = below @ weights.W_ax.astype(np.float64)
        gates = _gates(network.config.cell, weights, W_ax_x, before["a"])
        after = _after(network.config.cell, gates, before)
        yield LayerStep(layer, heard, below, k if heard == "x" else None, before, gates, after)
        heard, below = "a", after["a"]


def readout(reading: Reading, a: Column) -> Readout:
    """Return the prediction from the top layer's state, (H,)."""
    network = reading.network
    W_ya_a = a @ network.W_ya.astype(np.float64)
    b_y = network.b_y.astype(np.float64)
    score = W_ya_a + b_y
    power = np.exp(score - score.max())
    return Readout(
        W_ya_a, b_y, score, float(score.max()), power, float(power.sum()), power / power.sum()
    )


def _gates(cell: str, weights: Layer, W_ax_x: Column, a: Column) -> tuple[Gate, ...]:
    """Return all gates of a layer, given what it hears from below, (G·H,), and a(t-1)."""
    names, H = CELLS[cell].gates, len(a)
    W_aa_a = a @ weights.W_aa.astype(np.float64)
    made: dict[str, Gate] = {}
    for n, name in enumerate(names):
        here = slice(n * H, (n + 1) * H)
        b_a, b_n, from_before = _exact(weights.b_a[here]), None, W_aa_a[here]
        if name == "n":
            b_n = _exact(weights.b_n)
            from_before = made["r"].value * (from_before + b_n)
        z = W_ax_x[here] + from_before + b_a
        value = (1 + np.tanh(z / 2)) / 2 if name in SIGMOIDS else np.tanh(z)
        made[name] = Gate(name, W_ax_x[here], W_aa_a[here], b_a, b_n, z, value)
    return tuple(made.values())


def _after(cell: str, gates: tuple[Gate, ...], before: dict[str, Column]) -> dict[str, Column]:
    """Return the states after the step."""
    value = {gate.name: gate.value for gate in gates}
    if cell == "rnn":
        return {"a": value["a"]}
    if cell == "gru":
        return {"a": (1 - value["u"]) * value["n"] + value["u"] * before["a"]}
    c = value["f"] * before["c"] + value["i"] * value["g"]
    return {"a": value["o"] * np.tanh(c), "c": c}


def _exact(values: Floats) -> Column:
    return values.astype(np.float64)
