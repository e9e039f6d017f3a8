"""One character at a time: a network at a place in a text.

The letters of the shapes are those of `charrnn.network.network`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Floats, Ids
from charrnn.network.cells import CELLS, Arrays
from charrnn.network.functions import gates_first
from charrnn.network.kernels.aligned import empty, zeros
from charrnn.network.kernels.blocked import FEWEST_STEPS, Product
from charrnn.network.kernels.fused import FusedProduct
from charrnn.network.layers import Input, Layer, Table
from charrnn.network.network import Network
from charrnn.network.trace import AfterStep


class UnitSlice(NamedTuple):
    """The units of each layer that this process computes, while others compute the rest.

    states: (L, S, 2, 1, H), shared: each process writes the states of its units.
    meet: returns when the others have written theirs, too, of the layer that was stepped last.
    scores: whether the logits are computed here.
    """

    units: slice
    states: Floats
    meet: Callable[[], None]
    scores: bool

    def own(self, weights: Layer, gates: int) -> Layer:
        """Return what of a layer's parameters leads to these units, copied."""

        def of(W: Floats) -> Floats:
            return gates_first(W, gates)[..., self.units].swapaxes(0, 1).reshape(len(W), -1)

        W_ax, W_aa, b_a, b_n = weights
        return Layer(of(W_ax), of(W_aa), of(b_a[None])[0], b_n[self.units])


class RowProducts:
    """What a `FusedProduct` is, for more rows than one.

    The arithmetic outweighs the calls then, and two products of blocks are faster.
    """

    def __init__(
        self, shape: tuple[int, int, int], above: tuple[int, int], B: int, dtype: DTypeLike
    ) -> None:
        _, H, _ = shape
        P, m = above
        self._own = Product(shape, B, FEWEST_STEPS, dtype)
        self._above = Product((P, H, m), B, FEWEST_STEPS, dtype)
        self.za, self.up = self._own.out, self._above.out

    def load(self, W_aa: Floats, W_up: Floats) -> None:
        """Copy the weights: W_aa, (G, H, n), and W_up, (P, H, m)."""
        self._own.load(W_aa)
        self._above.load(W_up)

    def of(self, a: Floats) -> Callable[[], object]:
        """Return a function that multiplies what is in a, (B, H), when it is called."""
        own, above = (
            partial(self._own, self._own.view(a)),
            partial(self._above, self._above.view(a)),
        )

        def multiply() -> None:
            own()
            above()

        return multiply


class Stepper:
    """A network at a place in B texts: its state, and its scores for the next character.

    It begins at a(0) = 0 and reads one character of each text at a time, with the parameters as
    they were when it was made. After a step of a layer the state is multiplied with everything that
    reads it, see `FusedProduct`; so W_aa a(t-1) is there before the next step begins.

    logits: (B, V), log-probabilities of the next character but for a constant.

    Parameters
    ----------
    part
        The units to compute here, where other processes compute the rest; B is 1 then.
    """

    def __init__(self, network: Network, B: int = 1, part: UnitSlice | None = None) -> None:
        config, dtype = network.config, network.params.flat.dtype
        L, H, cell = config.num_layers, config.hidden_size, CELLS[config.cell]
        G, S = len(cell.gates), len(cell.states)
        units, width = slice(0, H), H
        layers, V = network.layers, network.outputs
        if part:
            units, width = part.units, part.units.stop - part.units.start
            layers = [part.own(weights, G) for weights in layers]
            V = V if part.scores else 0
        self._network, self.B, self._meet = network, B, part.meet if part else None
        # Two places for the state: each step reads one and writes the other.
        self._states: Floats = part.states if part else zeros((L, S, 2, B, H), dtype)
        self._now = 0
        self._zx: Floats = zeros((L, G, B, width), dtype)
        self.logits: Floats = zeros((B, V), dtype)
        scale: Floats = np.array(cell.scale, dtype)
        by = scale[:, None, None]
        self._input = _lookup(network, layers[0], scale, self._zx[0])
        self._products: list[FusedProduct | RowProducts] = []
        self._pass_up: list[Callable[[], object]] = []
        for layer, weights in enumerate(layers):
            top = layer + 1 == L
            above = (1, V) if top else (G, width)
            products = (
                FusedProduct((G, H, width), above, dtype)
                if B == 1
                else RowProducts((G, H, width), above, B, dtype)
            )
            W_aa = gates_first(weights.W_aa, G) * by
            if top:
                products.load(W_aa, network.W_ya[None, :, :V])
                bias, target = network.b_y[:V].copy(), self.logits
                up = products.up[0]
            else:
                products.load(W_aa, gates_first(layers[layer + 1].W_ax, G) * by)
                bias = gates_first(layers[layer + 1].b_a[None], G) * by
                up, target = products.up, self._zx[layer + 1]
            self._products.append(products)
            self._pass_up.append(partial(np.add, up, bias, target))
        kept = zeros((L, len(cell.kept), B, width), dtype)
        self._steps = [
            [
                cell(
                    Arrays(
                        zx=self._zx[layer],
                        za=products.za,
                        before=self._states[layer, :, now, :, units],
                        after=self._states[layer, :, 1 - now, :, units],
                        kept=kept[layer],
                        b_n=weights.b_n.copy(),
                    )
                )
                for layer, (weights, products) in enumerate(
                    zip(layers, self._products, strict=True)
                )
            ]
            for now in (0, 1)
        ]
        self._calls = [self._one_step(now, None) for now in (0, 1)]
        self.refresh()

    def _one_step(self, now: int, after_step: AfterStep | None) -> list[Callable[[], object]]:
        """Return all calls of a step from one place of the state to the other, in order."""
        calls: list[Callable[[], object]] = []
        for layer, (step, products) in enumerate(
            zip(self._steps[now], self._products, strict=True)
        ):
            calls.append(step.forward)
            after = self._states[layer, :, 1 - now]
            if after_step:
                calls.append(partial(after_step, layer, 0, after, self._zx[layer]))
            if self._meet:
                calls.append(self._meet)
            calls += [products.of(after[0]), self._pass_up[layer]]
        return calls

    def after_step(self, function: AfterStep | None) -> None:
        """Let a function be called after each step of a layer; None calls none."""
        self._calls = [self._one_step(now, function) for now in (0, 1)]

    def read(self, ids: Ids) -> None:
        """Read a character of each text, (B,)."""
        self._input(ids)
        for call in self._calls[self._now]:
            call()
        self._now = 1 - self._now

    @property
    def state(self) -> Floats:
        """The state, (L, S, B, H), a view that the step after the next writes to."""
        return self._states[:, :, self._now]

    def move(self, state: Floats) -> None:
        """Continue from another state, (L, S, B, H)."""
        self._now = 0
        self._states[:, :, 0] = state
        self.refresh()

    def refresh(self) -> None:
        """Compute the products and the logits anew, from the state as it is at the first place."""
        self._now = 0
        for layer, products in enumerate(self._products):
            products.of(self._states[layer, 0, 0])()
        self._pass_up[-1]()

    def fork(self, rows: Sequence[int] | Ids | None = None) -> Self:
        """Return another stepper at the places of some of the texts, by default of all.

        It has the network's parameters as they are now, and calls no function after a step.

        rows: which of the B texts; one may be taken several times.
        """
        state = self.state if rows is None else self.state[:, :, rows]
        made = type(self)(self._network, state.shape[2])
        made.move(state)
        return made


def _lookup(network: Network, weights: Layer, scale: Floats, zx: Floats) -> Callable[[Ids], object]:
    """Return a function that writes zx = W_ax e(t) + b_a of the lowest layer, (G, B, n), for ids.

    From a table with a row for each character, or from the character's vector.
    """
    if not network.config.embedding_size:
        return Table(weights, scale, out=zx[None]).choose_one
    W_ex, (G, B, n) = network.params["W_ex"].copy(), zx.shape
    e: Floats = empty((B, W_ex.shape[1]), zx.dtype)
    product = Product((G, W_ex.shape[1], n), B, FEWEST_STEPS, zx.dtype)
    W_ax = empty((len(weights.W_ax), G * n), zx.dtype)
    into = Input(weights, scale, gates_first(W_ax, G), product)

    def look_up(ids: Ids) -> None:
        W_ex.take(ids, axis=0, out=e, mode="clip")
        into.multiply(e, out=zx[None])

    return look_up
