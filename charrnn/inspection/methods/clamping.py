"""Reading a text while some units are clamped: the network without them, or driven by them.

After each step the value of a clamped unit replaces the one that was computed, so that the readout,
the layer above and every later step see it: all that follows is the same forward pass as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Array, Doubles, Floats, Ids
from charrnn.errors import ConfigError
from charrnn.inspection.options import Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.cells import CELLS
from charrnn.network.forward import copy_weights, forward
from charrnn.network.network import Network
from charrnn.network.trace import Trace

WINDOW = 64
"""Steps read at a time; with a carried state it affects only memory and speed."""

TOGETHER = 32
"""Readings side by side, each with other units clamped."""


@dataclass(frozen=True, eq=False)
class Clamp:
    """A clamped unit.

    value: a constant, or the values over the text, (T,).
    kind: the clamped state, "a", or a cell state c, from which a(t) = o tanh(c) follows.
    """

    unit: Unit
    value: float | Floats
    kind: str = "a"


class Clamping:
    """Sets the units of each text of a batch to their clamps after each step of a window.

    It is an `after_step` function of a trace or a stepper, for one reading: values over the text
    continue from window to window.

    clamps: for each text of the batch, the units that are clamped in it.
    window: steps of a window, 1 for a stepper.
    """

    def __init__(
        self, network: Network, clamps: Sequence[Sequence[Clamp]], window: int = 1
    ) -> None:
        self._cell, self._window, self._read = CELLS[network.config.cell], window, 0
        self._last_layer = network.config.num_layers - 1
        self._places = [self._of_layer(clamps, layer) for layer in range(self._last_layer + 1)]

    @staticmethod
    def _of_layer(clamps: Sequence[Sequence[Clamp]], layer: int) -> list["_Places"]:
        here = [
            (row, clamp)
            for row, of_row in enumerate(clamps)
            for clamp in of_row
            if clamp.unit[0] == layer
        ]
        kinds = dict.fromkeys(clamp.kind for _, clamp in here)
        return [_Places([each for each in here if each[1].kind == kind], kind) for kind in kinds]

    def __call__(self, layer: int, t: int, after: Floats, gates: Floats) -> None:
        """Set the clamped units of a layer, see `AfterStep`."""
        for places in self._places[layer]:
            rows, units, values = places.rows, places.units, places.at(self._read + t)
            if places.kind != "a":
                after[self._cell.states.index(places.kind), rows, units] = values
                o = gates[self._cell.gates.index(self._cell.output), rows, units]
                values = o * np.tanh(values)
            after[0, rows, units] = values
        if layer == self._last_layer and t == self._window - 1:
            self._read += self._window


class _Places:
    """The clamps of one kind of state in a layer.

    rows, units: (n,), of the batch and of the layer; values: (T, n), or (1, n) for constants.
    """

    def __init__(self, clamps: Sequence[tuple[int, Clamp]], kind: str) -> None:
        self.kind = kind
        self.rows = np.array([row for row, _ in clamps])
        self.units = np.array([clamp.unit[1] for _, clamp in clamps])
        series = [np.atleast_1d(clamp.value) for _, clamp in clamps]
        T = max(map(len, series))
        self.values = np.array([np.pad(each, (0, T - len(each)), "edge") for each in series]).T

    def at(self, t: int) -> Floats:
        """Return the values at character t, (n,); after the last, those of the last."""
        values: Floats = self.values[min(t, len(self.values) - 1)]
        return values


def surprises(
    reading: Reading, clamps: Sequence[Sequence[Clamp]], track: Track = untracked
) -> Doubles:
    """Return the surprise of each character, (R, T), in bits, of R readings with clamped units.

    clamps: for each reading, the units that are clamped in it. The first character is not
        predicted, so its surprise is nan.
    """
    R, T = len(clamps), len(reading)
    bits = np.full((R, T), np.nan)
    groups = [range(start, min(R, start + TOGETHER)) for start in range(0, R, TOGETHER)]
    windows = -(-T // WINDOW)
    steps = ((group, window) for group in groups for window in range(windows))
    trace = None
    for group, window in track(steps, "clamping units", len(groups) * windows):
        if window == 0:
            trace = Trace(reading.network, WINDOW, len(group))
            trace.after_step = Clamping(reading.network, [clamps[r] for r in group], WINDOW)
            trace.first_state[:] = reading.state_before(0)[:, :, None]
            copy_weights(reading.network, trace)
        assert trace
        _read(reading.network, reading.ids, window * WINDOW, trace, bits[group.start : group.stop])
    return bits


def _read(network: Network, ids: Ids, start: int, trace: Trace, bits: Doubles) -> None:
    """Read a window in all rows, and write the surprise of the characters after each."""
    here = np.zeros(WINDOW, np.intp)  # padding beyond the text is read too, and ignored
    read = ids[start : start + WINDOW]
    here[: len(read)] = read
    forward(network, np.repeat(here[:, None], trace.B, axis=1), trace, reload=False)
    following = ids[start + 1 : start + 1 + WINDOW]
    n = len(following)
    log_p: Array = trace.log_y_hat[np.arange(n), :, following]  # (n, B)
    bits[:, start + 1 : start + 1 + n] = -log_p.T / np.log(2)
    trace.carry()


def can_clamp(network: Network, kind: str) -> bool:
    """Return whether a state of this kind can be clamped."""
    return kind in CELLS[network.config.cell].states


def check_clamp(reading: Reading, kind: str, what: str) -> None:
    """Check that a state of this kind can be clamped.

    what: what is to be done with it, for the error.

    Raises
    ------
    ConfigError
        It cannot be, with the states that can.
    """
    if not can_clamp(reading.network, kind):
        states, cell = " and ".join(reading.states), reading.network.config.cell
        raise ConfigError(
            f"{kind!a} cannot be {what}; of the {cell}, {states} can", argument="kind"
        )
