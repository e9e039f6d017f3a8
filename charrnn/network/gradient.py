"""The gradient of a loss, and the arrays of the way back.

The letters of the shapes are those of `charrnn.network.network`.
"""

from functools import cached_property
from typing import Self

import numpy as np

from charrnn.array_types import Floats
from charrnn.network.cells import CELLS
from charrnn.network.functions import gates_first
from charrnn.network.kernels.aligned import empty, zeros
from charrnn.network.kernels.blocked import Product
from charrnn.network.layers import layers_of
from charrnn.network.network import Network
from charrnn.network.parameters import Parameters
from charrnn.network.trace import Trace

BLOCK = 1 << 14
"""Numbers of a slope computed at a time: enough for calls to be few, and few enough for all slopes
to stay in a core's cache."""


class Gradient:
    """The gradient of a loss by every parameter, and the slabs that computing it needs.

    params: the gradients by the parameters, under the same names.
    state: (L, S, B, H), the gradient by the state before the first step.

    The slabs hold one layer at a time: da and dc, (T + 1, B, H), the gradients by a(t) and c(t),
    of which [0] is by the state before; dzx and dza, (T, B, G·H). dc has a place for each step with
    `keep_dc` only; else it is one array for all. The slopes of a cell are there for some steps at a
    time, the `blocks`, from start up to but not stop.
    """

    def __init__(
        self,
        network: Network,
        trace: Trace,
        flat: Floats | None = None,
        *,
        keep_dc: bool = False,
        params: Parameters | None = None,
    ) -> None:
        T, B, H = trace.T, trace.B, network.config.hidden_size
        cell, dtype = CELLS[network.config.cell], network.params.flat.dtype
        G = len(cell.gates)
        self.params = params or Parameters(network.params.shapes, dtype, flat)
        self.layers = layers_of(self.params, network.config)
        self.state: Floats = np.zeros_like(trace.first_state)
        self._scores = (T, B, network.outputs), dtype
        self.dzx: Floats = zeros((T, B, G * H), dtype)
        self.dza: Floats = zeros((T, B, G * H), dtype) if cell.reset else self.dzx
        self.da: Floats = zeros((T + 1, B, H), dtype)
        self.dc: Floats = zeros((T + 1 if keep_dc else 1, B, H), dtype)
        if not keep_dc:
            self.dc = np.lib.stride_tricks.as_strided(
                self.dc, (T + 1, B, H), (0, *self.dc.strides[1:])
            )
        self.recur = Product((1, G * H, H), B, T, dtype)
        n = max(1, min(T, BLOCK // (B * H)))
        self.blocks = [(start, min(start + n, T)) for start in range(0, T, n)]
        self.slopes: Floats = empty((n, len(cell.slopes), B, H), dtype)
        # Each step: what its cell's `backward` is given, and the view that its product is taken of.
        self.schedule = [
            (
                (
                    self.da[t + 1],
                    self.dc[t + 1],
                    self.da[t],
                    self.dc[t],
                    cell.cut(
                        gates_first(self.dzx[t], G),
                        gates_first(self.dza[t], G),
                        self.slopes[t % n],
                    ),
                ),
                self.recur.view(self.dza[t]),
            )
            for t in range(T)
        ]

    def first(self, T: int) -> Self:
        """Return the first T steps of this window: the same arrays, for a shorter one."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.pop("dz_y", None)
        made._scores = (T, *self._scores[0][1:]), self._scores[1]
        made.dzx, made.dza = self.dzx[:T], self.dza[:T]
        made.da, made.dc = self.da[: T + 1], self.dc[: T + 1]
        made.blocks = [(start, min(stop, T)) for start, stop in self.blocks if start < T]
        made.schedule = self.schedule[:T]
        return made

    @cached_property
    def dz_y(self) -> Floats:
        """The gradient by the scores, (T, B, V), set it, then call backward_from_logits."""
        shape, dtype = self._scores
        return zeros(shape, dtype)
