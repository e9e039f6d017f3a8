"""How long what a unit stores is kept: survival curves, hold times and resets.

What unit j stores at t is multiplied by its gate m(s) at every later step s, so that

    S(t, k) = Π m(s), s = t+1, ..., t+k

of it is left after k characters. The survival curve is its mean over t; the hold time of t is the
least k with S(t, k) < 1/e. A unit that holds a value and then drops it at once has a short
geometric mean of m, and yet a long hold time.

A cell without such a gate is read on from many states of the text with one character again and
again, the same for all: the correlation of a unit with what it was k characters ago is then what is
left of its own past, as none of it comes from the input.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Column, Floats
from charrnn.inspection.reading import Reading
from charrnn.network.stepper import Stepper

LAGS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Characters after which survival is measured."""

RESET = 0.1
"""Value of the gate below which a step is a reset: nine tenths are gone at once."""

LEFT = 1 / np.e
"""Share of what was stored that is left at the hold time."""

MOST_STARTS = 4096
"""Places at most from which hold times are measured."""

MOST_STATES = 256
"""States at most that are read on with a clamped input."""

CLAMPED = 4
"""Characters that the input is clamped to, one after the other: the most frequent."""

SATURATED = 0.99
"""Size of the squashed state above which a unit is saturated at a step."""

STUCK = 0.95
"""Share of steps above which a unit that is saturated stores next to nothing."""

Curves = NDArray[np.float64]
"""(K, H), the share that is left after each of `LAGS`, or the correlation with the past."""


def survival(keep: Floats) -> tuple[Curves, Column]:
    """Return the survival curves of a layer, and the median hold times, (H,), inf if beyond.

    keep: (T, H), what the memory is multiplied by at each step.
    """
    T, H = keep.shape
    smallest = np.finfo(np.float64).tiny
    kept = np.zeros((T + 1, H))
    np.cumsum(np.log(np.maximum(keep, smallest, dtype=np.float64)), axis=0, out=kept[1:])
    # kept[t + 1] is after the step at t, at which something was stored.
    curves = np.array([np.exp(kept[k + 1 :] - kept[1 : T + 1 - k]).mean(axis=0) if k < T
                       else np.full(H, np.nan) for k in LAGS])  # fmt: skip
    starts = np.unique(np.linspace(1, T, min(T, MOST_STARTS)).astype(np.intp))
    holds = np.empty(H)
    for j in range(H):
        fallen = -kept[:, j]
        ends = fallen.searchsorted(fallen[starts] - np.log(LEFT), "right")
        held = np.where(ends <= T, ends - starts, np.inf)
        # Of what is still held at the end no more is known than that it is held so long.
        known = np.isfinite(held) | (T - starts >= _middle(held))
        holds[j] = _middle(held[known]) if known.any() else np.inf
    return curves, holds


def _middle(values: Column) -> float:
    """Return the median, the upper of two, which may be inf."""
    return float(np.sort(values)[len(values) // 2])


def resets(keep: Floats) -> NDArray[np.bool_]:
    """Return at which steps each unit is reset, (T, H)."""
    is_reset: NDArray[np.bool_] = keep < RESET
    return is_reset


def saturation(values: Floats, kind: str) -> Column:
    """Return the share of the steps at which each unit is saturated, (H,).

    values: (T, H), of the state of this kind; of a cell state c, tanh(c) counts.
    """
    squashed = np.abs(np.tanh(values)) if kind == "c" else np.abs(values)
    share: Column = (squashed > SATURATED).mean(axis=0)
    return share


def clamped_correlation(reading: Reading, layers: Sequence[int]) -> dict[int, Curves]:
    """Return what is left of the past of each unit while the input is clamped, by layer."""
    network, T = reading.network, len(reading)
    states = np.stack(list(reading.states.values()), axis=1)  # (T, S, L, H)
    places = np.unique(np.linspace(0, T - 1, min(T, MOST_STATES)).astype(np.intp))
    first = np.ascontiguousarray(states[places].transpose(2, 1, 0, 3))  # (L, S, B, H)
    ids, counts = np.unique(reading.ids, return_counts=True)
    inputs = ids[np.argsort(-counts, kind="stable")][:CLAMPED]
    found = {layer: np.zeros((len(LAGS), first.shape[3])) for layer in layers}
    stepper = Stepper(network, len(places))
    for k in inputs.tolist():
        stepper.move(first)
        for lag in range(1, LAGS[-1] + 1):
            stepper.read(np.full(len(places), k))
            if lag in LAGS:
                for layer in layers:
                    now = stepper.state[layer, 0]
                    found[layer][LAGS.index(lag)] += _correlation(first[layer, 0], now)
    return {layer: curves / len(inputs) for layer, curves in found.items()}


def hold_of(curves: Curves) -> Column:
    """Return the least of `LAGS` at which less than 1/e is left of each unit, (H,), or inf."""
    below = curves < LEFT
    lags = np.array(LAGS, np.float64)
    return np.where(below.any(axis=0), lags[below.argmax(axis=0)], np.inf)


def _correlation(before: Floats, after: Floats) -> Column:
    """Return the correlation of each unit over the rows, (H,); 0 of one that does not vary."""
    x = before - before.mean(axis=0, dtype=np.float64)
    y = after - after.mean(axis=0, dtype=np.float64)
    sizes = np.sqrt(np.square(x).sum(axis=0) * np.square(y).sum(axis=0))
    products: Column = (x * y).sum(axis=0)
    none: Column = np.zeros_like(products)
    return np.divide(products, sizes, out=none, where=sizes > 1e-12)  # type: ignore[no-any-return]
