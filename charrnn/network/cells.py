"""The recurrent cells: one step of time, and the same step back.

Two products feed a step,

    zx(t) = W_ax x(t) + b_a      from the character read,
    za(t) = W_aa a(t-1)          from the state before,

and a cell combines them, element by element, into the state after. The products are alike
for every cell, so they are the model's affair; here is only what tells the cells apart.

Both arrive times `scale`, which is 1/2 for a gate under σ: σ(z) = 1/2 + tanh(z/2)/2, so one tanh
serves all the gates at once.

A cell object is one step, bound once to the arrays that it reads and writes. `backward` takes
the gradient by the state after. It writes the gradients by zx and za, (G, B, H) each, adds to
`da_before` what reaches a(t-1) other than by za, adds to `dc` what reaches c(t) by a(t), and
writes the gradient by c(t-1) to `dc_before`, which may be the same array.
"""

from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from charrnn.network.functions import Floats


class Arrays(NamedTuple):
    """What one step reads and writes. Gates come first, so that each of them lies in one piece."""

    zx: Floats  # (G, B, H) given; `forward` leaves the values of the gates in it
    za: Floats  # (G, B, H) given; may be written over, by `backward` too
    before: Floats  # (S, B, H) the state before, of which a is the first array
    after: Floats  # (S, B, H) the state after, written by `forward`
    kept: Floats  # (K, B, H) what `forward` keeps for `backward`
    b_n: Floats  # (H,) the bias inside the bracket of a GRU; (0,) for the others


def gates_first(z: Floats, gates: int) -> Floats:
    """Return z, (n, G·H), as a view (G, n, H): one block a gate."""
    return z.reshape(len(z), gates, -1).swapaxes(0, 1)


# Arrays: to convert a number takes as long as to use it.
HALF: Floats = np.array(0.5, np.float32)
ONE: Floats = np.array(1, np.float32)


def finish_sigmoid(tanh: Floats) -> None:
    """Turn tanh(z/2) into σ(z), in place."""
    np.multiply(tanh, HALF, out=tanh)
    np.add(tanh, HALF, out=tanh)


class Cell(Protocol):
    """One step of a recurrent network. G gates, S state arrays, K arrays kept for the way back."""

    gates: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]]
    kept: ClassVar[tuple[str, ...]]

    scale: ClassVar[tuple[float, ...]]
    """What zx and za of each gate are multiplied by when they arrive."""

    sums: ClassVar[bool]
    """Whether zx and za enter only as their sum, so that their gradients are one array."""

    def __init__(self, arrays: Arrays) -> None: ...

    def forward(self) -> None:
        """Write the state after, from zx, za and the state before."""

    def backward(
        self,
        da: Floats,
        dc: Floats,
        da_before: Floats,
        dc_before: Floats,
        dzx: Floats,
        dza: Floats,
    ) -> None:
        """Write the gradients by zx and za, given those by a(t) and c(t)."""


class RNN(Cell):
    """The simple recurrent network (Elman 1990).

    a(t) = tanh(zx + za)
    """

    gates, states, kept = ("a",), ("a",), ()
    scale = (1.0,)
    sums = True

    def __init__(self, arrays: Arrays) -> None:
        [self.zx], [self.za] = arrays.zx, arrays.za
        [self.a] = arrays.after

    def forward(self) -> None:
        np.add(self.zx, self.za, out=self.za)
        np.tanh(self.za, out=self.a)

    def backward(
        self,
        da: Floats,
        dc: Floats,
        da_before: Floats,
        dc_before: Floats,
        dzx: Floats,
        dza: Floats,
    ) -> None:
        [dz], s = dzx, self.za
        np.multiply(self.a, self.a, out=s)
        np.subtract(ONE, s, out=s)  # tanh' = 1 - tanh²
        np.multiply(s, da, out=dz)


class LSTM(Cell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, forget gate of Gers et al. 2000).

    i, f, o = σ(zx_i + za_i), σ(zx_f + za_f), σ(zx_o + za_o)
    g       = tanh(zx_g + za_g)
    c(t)    = f c(t-1) + i g
    a(t)    = o tanh(c(t))
    """

    gates, states, kept = ("i", "f", "o", "g"), ("a", "c"), ("tanh_c",)
    scale = (0.5, 0.5, 0.5, 1.0)
    sums = True

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

    def backward(
        self,
        da: Floats,
        dc: Floats,
        da_before: Floats,
        dc_before: Floats,
        dzx: Floats,
        dza: Floats,
    ) -> None:
        i, f, o, g, tanh_c = self.i, self.f, self.o, self.g, self.tanh_c
        s_ifo, s_if = self.za[:3], self.za[:2]
        s_i, s_f, s_o, s_g = self.za
        # dc += da o (1 - tanh²(c)), and a = o tanh(c)
        np.multiply(self.a, tanh_c, out=s_g)
        np.subtract(o, s_g, out=s_g)
        np.multiply(s_g, da, out=s_g)
        np.add(dc, s_g, out=dc)

        np.subtract(ONE, self.ifo, out=s_ifo)  # σ' = σ (1 - σ)
        np.multiply(s_ifo, self.ifo, out=s_ifo)
        np.multiply(s_i, g, out=s_i)
        np.multiply(s_f, self.c_before, out=s_f)
        np.multiply(s_o, tanh_c, out=s_o)
        np.multiply(g, g, out=s_g)  # tanh' = 1 - tanh²
        np.subtract(ONE, s_g, out=s_g)
        np.multiply(s_g, i, out=s_g)

        _, _, do, dg = dzx
        np.multiply(s_if, dc, out=dzx[:2])
        np.multiply(s_o, da, out=do)
        np.multiply(s_g, dc, out=dg)
        np.multiply(dc, f, out=dc_before)


class GRU(Cell):
    """Gated recurrent unit (Cho et al. 2014), the reset after the product, as in cuDNN.

    r, u = σ(zx_r + za_r), σ(zx_u + za_u)
    s    = za_n + b_n
    n    = tanh(zx_n + r s)
    a(t) = (1 - u) n + u a(t-1)
    """

    gates, states, kept = ("r", "u", "n"), ("a",), ("s",)
    scale = (0.5, 0.5, 1.0)
    sums = False

    def __init__(self, arrays: Arrays) -> None:
        self.r, self.u, self.n = arrays.zx
        self.ru, self.za, self.za_ru = arrays.zx[:2], arrays.za, arrays.za[:2]
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

    def backward(
        self,
        da: Floats,
        dc: Floats,
        da_before: Floats,
        dc_before: Floats,
        dzx: Floats,
        dza: Floats,
    ) -> None:
        r, u, n = self.r, self.u, self.n
        s_ru, (s_r, s_u, s_n) = self.za_ru, self.za
        _, _, dn = dzx
        np.multiply(da, u, out=s_r)
        np.add(da_before, s_r, out=da_before)
        np.subtract(da, s_r, out=s_r)  # da (1 - u)
        np.multiply(n, n, out=s_n)
        np.subtract(ONE, s_n, out=s_n)  # tanh' = 1 - tanh²
        np.multiply(s_n, s_r, out=s_n)
        dn[:] = s_n

        np.subtract(ONE, self.ru, out=s_ru)  # σ' = σ (1 - σ)
        np.multiply(s_ru, self.ru, out=s_ru)
        np.multiply(s_r, self.s, out=s_r)
        np.multiply(s_r, s_n, out=s_r)
        np.multiply(s_n, r, out=dza[2])
        np.subtract(self.a_before, n, out=s_n)
        np.multiply(s_n, da, out=s_n)
        np.multiply(s_u, s_n, out=s_u)
        dzx[:2] = s_ru
        dza[:2] = s_ru


CELLS: dict[str, type[Cell]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
