"""The network as formulas, in plain NumPy and float64: the first page to read.

A text is read one character at a time. For each x(t), layer upon layer,

    e(t)     = W_ex x(t), or x(t) itself, one-hot, where there is no embedding
    zx(t)    = W_ax e(t) + b_a
    za(t)    = W_aa a(t-1)                       a(0) = 0
    a(t)     = what the cell makes of zx(t), za(t) and the state before: `rnn`, `lstm` or `gru`
    y_hat(t) = softmax(W_ya a(t) + b_y)          the distribution of the next character

with a(t) of the layer below in the place of e(t) in a higher layer. Nothing here is fast: `cells`
and `forward` compute the same in float32 and in place, and are tested against this page.
`inspect --view step` shows it with its numbers.

Letters: H hidden units, V characters, E numbers of an embedding, G gates, L layers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from charrnn.array_types import Column, Doubles, Floats, Ids

Values = Mapping[str, Column]
"""Gates, pre-activations or states of a layer by name, (H,) each."""

Step = tuple[Values, Values]
"""The values of the gates, and the states after a step."""


def sigmoid(z: Column) -> Column:
    """Return 1 / (1 + e^-z), without overflow."""
    return (1 + np.tanh(z / 2)) / 2


def softmax(z: Column) -> Column:
    """Return e^z / Σ e^z, without overflow."""
    power = np.exp(z - z.max())
    result: Column = power / power.sum()
    return result


def rnn(zx: Values, za: Values, b_n: Column, before: Values) -> Step:
    """Compute a step of the simple recurrent network (Elman 1990)."""
    a = np.tanh(zx["a"] + za["a"])
    return {"a": a}, {"a": a}


def lstm(zx: Values, za: Values, b_n: Column, before: Values) -> Step:
    """Compute a step of an LSTM (Hochreiter & Schmidhuber 1997, Gers et al. 2000)."""
    i = sigmoid(zx["i"] + za["i"])
    f = sigmoid(zx["f"] + za["f"])
    o = sigmoid(zx["o"] + za["o"])
    g = np.tanh(zx["g"] + za["g"])
    c = f * before["c"] + i * g
    a = o * np.tanh(c)
    return {"i": i, "f": f, "o": o, "g": g}, {"a": a, "c": c}


def gru(zx: Values, za: Values, b_n: Column, before: Values) -> Step:
    """Compute a step of the gated recurrent unit (Cho et al. 2014), reset after the product."""
    r = sigmoid(zx["r"] + za["r"])
    u = sigmoid(zx["u"] + za["u"])
    n = np.tanh(zx["n"] + r * (za["n"] + b_n))
    a = (1 - u) * n + u * before["a"]
    return {"r": r, "u": u, "n": n}, {"a": a}


class CellFacts(Protocol):
    """What the functions below need to know of a cell; `cells.Cell` has it.

    gates, states: their names, in the order in which parameters hold them.
    reset: the gate that weighs what the last of the gates receives from a(t-1); "" if none does.
    """

    gates: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]]
    reset: ClassVar[str]

    @staticmethod
    def equations(zx: Values, za: Values, b_n: Column, before: Values) -> Step:
        """Compute one step of one layer: `rnn`, `lstm`, `gru` or another such function."""


def read(
    params: Mapping[str, Floats], cell: type[CellFacts], ids: Ids
) -> Iterator[tuple[list[Values], Column]]:
    """Yield the states of all layers and y_hat, (V,), after each character of a text.

    params: the parameters by name.
    ids: (T,), the text, read from a(0) = 0.
    """
    layers = sum(name.startswith("W_aa_") for name in params)
    states: list[Values] = [
        dict.fromkeys(cell.states, np.zeros(len(params["W_aa_0"]))) for _ in range(layers)
    ]
    for k in ids.tolist():
        states = [layer.after for layer in layer_steps(params, cell, k, states)]
        yield states, readout(params, states[-1]["a"]).y_hat


@dataclass(frozen=True, eq=False)
class Gate:
    """A gate and what it is made of, or the state of a simple network; (H,) each.

        z = W_ax x + W_aa a + b_a        value = σ(z), of a candidate tanh(z)

    where a is a(t-1). A candidate that is reset has its own bias b_n, and with r its reset gate

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

    source: what comes from below: the one-hot "x", (V,), with its id in `k`; "e", the character's
        vector, (E,); or "a" of the layer below, (H,).
    before, after: the states by name, (H,) each.
    reset: the gate that resets the last one, or "".
    """

    layer: int
    source: str
    below: Column
    k: int | None
    before: Values
    gates: tuple[Gate, ...]
    after: Values
    reset: str

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


def layer_steps(
    params: Mapping[str, Floats], cell: type[CellFacts], k: int, before: Sequence[Values]
) -> Iterator[LayerStep]:
    """Yield one step of each layer, the lowest first, each from what the one below has made.

    k: the id of the character read.
    before: the states of each layer, (H,) each by name.
    """
    source, below = "x", np.zeros(0)
    if "W_ex" in params:
        source, below = "e", exact(params["W_ex"][k])
    for layer, states in enumerate(before):
        W_ax, W_aa = params[f"W_ax_{layer}"], params[f"W_aa_{layer}"]
        W_ax_x = exact(W_ax[k]) if source == "x" else below @ exact(W_ax)
        W_aa_a, b_a = states["a"] @ exact(W_aa), exact(params[f"b_a_{layer}"])
        b_n = exact(params[f"b_n_{layer}"]) if cell.reset else np.zeros(0)
        zx, za = _by_gate(cell, W_ax_x + b_a), _by_gate(cell, W_aa_a)
        values, after = cell.equations(zx, za, b_n, states)
        terms = [_by_gate(cell, term) for term in (W_ax_x, W_aa_a, b_a)]
        gates = []
        for name in cell.gates:
            own = b_n if cell.reset and name == cell.gates[-1] else None
            z = zx[name] + za[name]
            if own is not None:
                z = zx[name] + values[cell.reset] * (za[name] + own)
            from_below, from_before, bias = (term[name] for term in terms)
            gates.append(Gate(name, from_below, from_before, bias, own, z, values[name]))
        known = k if source == "x" else None
        yield LayerStep(layer, source, below, known, states, tuple(gates), after, cell.reset)
        source, below = "a", after["a"]


def readout(params: Mapping[str, Floats], a: Column) -> Readout:
    """Return the prediction from the top layer's state, (H,)."""
    W_ya_a, b_y = a @ exact(params["W_ya"]), exact(params["b_y"])
    score = W_ya_a + b_y
    largest = float(score.max())
    power = np.exp(score - largest)
    return Readout(W_ya_a, b_y, score, largest, power, float(power.sum()), softmax(score))


def exact(values: Floats) -> Doubles:
    """Return parameters in float64."""
    return values.astype(np.float64)


def _by_gate(cell: type[CellFacts], z: Column) -> dict[str, Column]:
    """Return (G·H,) as (H,) for each gate."""
    return dict(zip(cell.gates, np.split(z, len(cell.gates)), strict=True))
