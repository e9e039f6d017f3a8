"""The recurrent cells: one step of time, and the same step back.

Two products feed a step,

    zx(t) = W_ax x(t) + b_a      from the character read,
    za(t) = W_aa a(t-1)          from the state before,

and a cell combines them, element by element, into the state after. The products are alike for every
cell, so `forward` computes them; this module has only what differs between cells. All that other
modules know of a cell is an attribute of its class; a new cell is a class and a call of `register`.

Both arrive times `scale`, which is 1/2 for a gate under σ: σ(z) = 1/2 + tanh(z/2)/2, so one tanh
serves all the gates at once.

A cell object is one step, bound once to the arrays that it reads and writes. The gates are
contiguous: NumPy buffers small operands that are not, which takes three times as long.

On the way back `differentiate` precomputes, for a block of steps, every factor that does not depend
on the incoming gradient: for small arrays a NumPy call costs more than its arithmetic. Then
`backward` takes, step by step, the gradient by the state after. It writes the gradients by zx and
za, (G, B, H) each, adds to `da_before` what reaches a(t-1) other than by za, adds to `dc` what
reaches c(t) by a(t), and writes the gradient by c(t-1) to `dc_before`, which may be the same array.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from charrnn.array_types import Column, Floats
from charrnn.network.config import NAMES
from charrnn.network.equations import Step, Values, gru, lstm, rnn


class Arrays(NamedTuple):
    """What one step reads and writes. Gates come first, so that each is contiguous.

    For `differentiate` all but za and b_n have the number of steps before B.
    """

    zx: Floats  # (G, B, H) given; `forward` leaves the values of the gates in it
    za: Floats  # (G, B, H) given; may be written over
    before: Floats  # (S, B, H) the state before, of which a is the first array
    after: Floats  # (S, B, H) the state after, written by `forward`
    kept: Floats  # (K, B, H) what `forward` keeps for `backward`
    b_n: Floats  # (H,) the bias inside the bracket of a GRU; (0,) for the others


# 0-d arrays, because converting a Python float costs as much as the operation.
HALF: Floats = np.array(0.5, np.float32)
ONE: Floats = np.array(1, np.float32)

FAR = 64.0
"""A score whose tanh is 1, to the last bit."""


def finish_sigmoid(tanh: Floats) -> None:
    """Turn tanh(z/2) into σ(z), in place."""
    np.multiply(tanh, HALF, out=tanh)
    np.add(tanh, HALF, out=tanh)


Pieces = tuple[Floats, ...]

Kept = Callable[[Mapping[str, Floats]], Floats]
"""Computes something from the values of the gates by name."""


class Memory(NamedTuple):
    """A state m that is a sum: m(t) = keep(t) m(t-1) + written(t).

    state: the name of m.
    gate: the gate that decides what is kept.
    """

    state: str
    gate: str
    keep: Kept
    written: Kept


class Cell(Protocol):
    """One step of a recurrent network. G gates, S state arrays, K arrays kept for the way back."""

    gates: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]]
    kept: ClassVar[tuple[str, ...]]

    slopes: ClassVar[tuple[str, ...]]
    """What `differentiate` writes, each named by what is differentiated and by which gate's z."""

    scale: ClassVar[tuple[float, ...]]
    """The factor that zx and za of each gate arrive with."""

    idle: ClassVar[tuple[float, ...]] = ()
    """What zx has to be for each gate, its scale included, so that a state of 0 stays 0, exactly:
    a gate is 0 or 1 where its z is `FAR` from 0. Networks of pairs need it."""

    reset: ClassVar[str] = ""
    """The gate that weighs what the last of the gates receives from a(t-1): that one has a bias b_n
    of its own then, and its gradients by zx and za differ."""

    words: ClassVar[dict[str, str]]
    """The words for each gate and state, as in "forget gate"."""

    formulas: ClassVar[dict[str, str]] = {}
    """How each state follows from the gates and states; a space between factors multiplies."""

    memory: ClassVar[Memory | None] = None
    """The state that is a sum of what was written to it, if there is one."""

    output: ClassVar[str] = ""
    """The gate o of a(t) = o tanh(c(t)), if the cell has a state c behind a."""

    first_bias: ClassVar[dict[str, float]] = {}
    """The bias that a gate begins with, where it is not 0."""

    @staticmethod
    def equations(zx: Values, za: Values, b_n: Column, before: Values) -> Step:
        """Compute one step in plain NumPy, the reference of `forward`."""

    def __init__(self, arrays: Arrays) -> None: ...

    def forward(self) -> None:
        """Write the state after, from zx, za and the state before."""

    @staticmethod
    def differentiate(steps: Arrays, out: Floats) -> None:
        """Write the slopes of n steps, (slopes, n, B, H), from what `forward` has left."""

    @staticmethod
    def cut(dzx: Floats, dza: Floats, slopes: Floats) -> Pieces:
        """Return the pieces of one step's arrays that `backward` writes and reads, cut once."""

    def backward(
        self, da: Floats, dc: Floats, da_before: Floats, dc_before: Floats, pieces: Pieces
    ) -> None:
        """Write the gradients by zx and za, given those by a(t) and c(t), and the slopes."""


class RNN(Cell):
    """The simple recurrent network (Elman 1990).

    a(t) = tanh(zx + za)
    """

    gates, states, kept = ("a",), ("a",), ()
    slopes = ("a_a",)
    scale, idle = (1.0,), (0.0,)
    words: ClassVar = {"a": "hidden state"}
    equations = staticmethod(rnn)

    def __init__(self, arrays: Arrays) -> None:
        [self.zx], [self.za] = arrays.zx, arrays.za
        [self.a] = arrays.after

    def forward(self) -> None:
        np.add(self.zx, self.za, out=self.za)
        np.tanh(self.za, out=self.a)

    @staticmethod
    def differentiate(steps: Arrays, out: Floats) -> None:
        [a], [a_a] = steps.after, out
        np.multiply(a, a, out=a_a)
        np.subtract(ONE, a_a, out=a_a)  # tanh' = 1 - tanh²

    @staticmethod
    def cut(dzx: Floats, dza: Floats, slopes: Floats) -> Pieces:
        return dzx[0], slopes[0]

    def backward(
        self, da: Floats, dc: Floats, da_before: Floats, dc_before: Floats, pieces: Pieces
    ) -> None:
        dz, a_a = pieces
        np.multiply(a_a, da, out=dz)


class LSTM(Cell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, forget gate of Gers et al. 2000).

    i, f, o = σ(zx_i + za_i), σ(zx_f + za_f), σ(zx_o + za_o)
    g       = tanh(zx_g + za_g)
    c(t)    = f c(t-1) + i g
    a(t)    = o tanh(c(t))
    """

    gates, states, kept = ("i", "f", "o", "g"), ("a", "c"), ("tanh_c",)
    slopes = ("c_i", "c_f", "a_o", "c_g", "a_c")
    scale, idle = (0.5, 0.5, 0.5, 1.0), (-FAR, 0.0, 0.0, 0.0)
    words: ClassVar = {
        "i": "input gate", "f": "forget gate", "o": "output gate", "g": "candidate",
        "a": "hidden state", "c": "cell state",
    }  # fmt: skip
    formulas: ClassVar = {"c": "f c(t-1) + i g", "a": "o tanh(c(t))"}
    memory = Memory("c", "f", lambda gate: gate["f"], lambda gate: gate["i"] * gate["g"])
    output = "o"
    first_bias: ClassVar = {"f": 1.0}
    equations = staticmethod(lstm)

    def __init__(self, arrays: Arrays) -> None:
        self.z, self.za = arrays.zx, arrays.za
        self.i, self.f, self.o, self.g = arrays.zx
        self.ifo = arrays.zx[:3]
        _, self.c_before = arrays.before
        self.a, self.c = arrays.after
        [self.tanh_c] = arrays.kept
        self.ig = arrays.za[0]  # za has been read when this is written

    def forward(self) -> None:
        np.add(self.z, self.za, out=self.z)
        np.tanh(self.z, out=self.z)
        finish_sigmoid(self.ifo)
        np.multiply(self.f, self.c_before, out=self.c)
        np.multiply(self.i, self.g, out=self.ig)
        np.add(self.c, self.ig, out=self.c)
        np.tanh(self.c, out=self.tanh_c)
        np.multiply(self.o, self.tanh_c, out=self.a)

    @staticmethod
    def differentiate(steps: Arrays, out: Floats) -> None:
        ifo, (i, _, o, g) = steps.zx[:3], steps.zx
        (_, c_before), (a, _), [tanh_c] = steps.before, steps.after, steps.kept
        c_i, c_f, a_o, c_g, a_c = out
        np.subtract(ONE, ifo, out=out[:3])  # σ' = σ (1 - σ)
        np.multiply(out[:3], ifo, out=out[:3])
        np.multiply(c_i, g, out=c_i)
        np.multiply(c_f, c_before, out=c_f)
        np.multiply(a_o, tanh_c, out=a_o)
        np.multiply(g, g, out=c_g)  # tanh' = 1 - tanh²
        np.subtract(ONE, c_g, out=c_g)
        np.multiply(c_g, i, out=c_g)
        np.multiply(a, tanh_c, out=a_c)  # o (1 - tanh²(c)), and a = o tanh(c)
        np.subtract(o, a_c, out=a_c)

    @staticmethod
    def cut(dzx: Floats, dza: Floats, slopes: Floats) -> Pieces:
        return dzx, slopes[:4], slopes[:2], *slopes[2:]

    def backward(
        self, da: Floats, dc: Floats, da_before: Floats, dc_before: Floats, pieces: Pieces
    ) -> None:
        dz, ifog, c_if, a_o, c_g, a_c = pieces
        np.multiply(a_c, da, out=a_c)
        np.add(dc, a_c, out=dc)
        np.multiply(c_if, dc, out=c_if)  # di and df, do, dg: each in the place of its slope
        np.multiply(a_o, da, out=a_o)
        np.multiply(c_g, dc, out=c_g)
        np.copyto(dz, ifog)
        np.multiply(dc, self.f, out=dc_before)


class GRU(Cell):
    """Gated recurrent unit (Cho et al. 2014), the reset after the product, as in cuDNN.

    r, u = σ(zx_r + za_r), σ(zx_u + za_u)
    s    = za_n + b_n
    n    = tanh(zx_n + r s)
    a(t) = (1 - u) n + u a(t-1)
    """

    gates, states, kept = ("r", "u", "n"), ("a",), ("s",)
    slopes = ("n_r", "a_u", "a_n", "spare")
    scale, idle = (0.5, 0.5, 1.0), (0.0, FAR, 0.0)
    reset = "r"
    words: ClassVar = {
        "r": "reset gate", "u": "update gate", "n": "candidate", "a": "hidden state"
    }  # fmt: skip
    formulas: ClassVar = {"a": "(1 - u) n + u a(t-1)"}
    memory = Memory("a", "u", lambda gate: gate["u"], lambda gate: (1 - gate["u"]) * gate["n"])
    equations = staticmethod(gru)

    def __init__(self, arrays: Arrays) -> None:
        self.r, self.u, self.n = arrays.zx
        self.ru, self.za_ru = arrays.zx[:2], arrays.za[:2]
        self.za_n, self.b_n = arrays.za[2], arrays.b_n
        [self.a_before], [self.a] = arrays.before, arrays.after
        [self.s] = arrays.kept

    def forward(self) -> None:
        np.add(self.ru, self.za_ru, out=self.ru)
        np.tanh(self.ru, out=self.ru)
        finish_sigmoid(self.ru)
        np.add(self.za_n, self.b_n, out=self.s)
        np.multiply(self.r, self.s, out=self.a)
        np.add(self.n, self.a, out=self.n)
        np.tanh(self.n, out=self.n)
        np.subtract(self.a_before, self.n, out=self.a)
        np.multiply(self.a, self.u, out=self.a)  # (1 - u) n + u a(t-1) = n + u (a(t-1) - n)
        np.add(self.a, self.n, out=self.a)

    @staticmethod
    def differentiate(steps: Arrays, out: Floats) -> None:
        ru, n = steps.zx[:2], steps.zx[2]
        [a_before], [s] = steps.before, steps.kept
        n_r, a_u, a_n, spare = out
        np.subtract(ONE, ru, out=out[:2])
        np.multiply(n, n, out=a_n)  # tanh' = 1 - tanh²
        np.subtract(ONE, a_n, out=a_n)
        np.multiply(a_n, a_u, out=a_n)  # times 1 - u
        np.multiply(out[:2], ru, out=out[:2])  # σ' = σ (1 - σ)
        np.multiply(n_r, s, out=n_r)
        np.subtract(a_before, n, out=spare)
        np.multiply(a_u, spare, out=a_u)

    @staticmethod
    def cut(dzx: Floats, dza: Floats, slopes: Floats) -> Pieces:
        n_r, _, a_n, spare = slopes
        return dzx, dza[:2], dza[2], slopes[:3], slopes[:2], n_r, a_n, slopes[1:3], spare

    def backward(
        self, da: Floats, dc: Floats, da_before: Floats, dc_before: Floats, pieces: Pieces
    ) -> None:
        dzx, dza_ru, dza_n, run, ru, n_r, a_n, a_un, spare = pieces
        np.multiply(a_un, da, out=a_un)  # du and dn, each in the place of its slope
        np.multiply(n_r, a_n, out=n_r)  # dr
        np.copyto(dzx, run)
        np.copyto(dza_ru, ru)
        np.multiply(a_n, self.r, out=spare)
        np.copyto(dza_n, spare)
        np.multiply(da, self.u, out=spare)
        np.add(da_before, spare, out=da_before)


CELLS: dict[str, type[Cell]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
"""The cells by name."""


def register(name: str, cell: type[Cell]) -> None:
    """Make a cell known by a name: networks of it can be trained, saved, loaded and inspected."""
    CELLS[name] = cell
    if name not in NAMES:
        NAMES.append(name)


def is_sigmoid(kind: str) -> bool:
    """Return whether a gate lies between 0 and 1; other gates and a lie between -1 and 1."""
    return any(
        kind in cell.gates and cell.scale[cell.gates.index(kind)] != 1 for cell in CELLS.values()
    )


def label(kind: str) -> str:
    """Return a gate or state of any cell as it is labelled, as in "forget f" or "state a"."""
    return f"{words(kind).removesuffix(' gate').removeprefix('hidden ')} {kind}"


def words(kind: str) -> str:
    """Return the words for a gate or state of any cell, as in "forget gate"."""
    return next(cell.words[kind] for cell in CELLS.values() if kind in cell.words)
