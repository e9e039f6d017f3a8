"""Reading a text while some units are held: what the network is without them, or driven by them.

After each step a held unit's value is put in the place of the one that was computed, so that the
readout, the layer above and every later step see it: what follows is computed by the same forward
pass as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.inspection.options import Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.cells import CELLS, Cell
from charrnn.network.forward import copy_weights, forward
from charrnn.network.network import Network
from charrnn.network.trace import Trace

WINDOW = 64
"""Steps read at a time; the state is carried, so it changes nothing but memory and speed."""

TOGETHER = 32
"""How many readings, each with other units held, go side by side."""

OUTPUT_GATE = CELLS["lstm"].gates.index("o")


@dataclass(frozen=True, eq=False)
class Clamp:
    """A unit that is held.

    value: what it is held at, or its values over the text, (T,).
    kind: the state that is held, "a", or "c" of an LSTM, of which a(t) = o tanh(c) then follows.
    """

    unit: Unit
    value: float | Floats
    kind: str = "a"


class _Places:
    """Where in a layer's states something is held, and at what.

    rows, units: (n,), of the batch and of the layer; values: (T, n), or (1, n) if they stay.
    """

    def __init__(self, clamps: Sequence[tuple[int, Clamp]], kind: str) -> None:
        self.kind = kind
        self.rows = np.array([row for row, _ in clamps])
        self.units = np.array([clamp.unit[1] for _, clamp in clamps])
        series = [np.atleast_1d(clamp.value) for _, clamp in clamps]
        T = max(map(len, series))
        self.values = np.array([np.pad(each, (0, T - len(each)), "edge") for each in series]).T

    def at(self, t: int) -> Floats:
        """Return what is held at character t, (n,); after the last, as at the last."""
        values: Floats = self.values[min(t, len(self.values) - 1)]
        return values


class _Held:
    """A step of some rows of a batch, after which units are put back to what they are held at."""

    def __init__(self, step: Cell, trace: Trace, layer: int, t: int) -> None:
        self._step, self._steps, self.t = step, trace.T, t  # t: where in the text the step is
        self._after, self._gates = trace.states[layer, :, t + 1], trace.zx[layer, t]
        self.places: list[_Places] = []

    def forward(self) -> None:
        self._step.forward()
        a = self._after[0]
        for places in self.places:
            rows, units, values = places.rows, places.units, places.at(self.t)
            if places.kind == "c":
                self._after[1][rows, units] = values
                values = self._gates[OUTPUT_GATE, rows, units] * np.tanh(values)
            a[rows, units] = values
        self.t += self._steps


def hold(trace: Trace, clamps: Sequence[Sequence[Clamp]]) -> None:
    """Let a trace hold units from now on, in each row of its batch those that are given for it.

    It may be read into again and again: values over the text go on with it. It is for reading
    only; `Network.descend` would not know that anything was held.
    """
    for layer, walk in enumerate(trace.walk):
        here = [
            (row, clamp)
            for row, held in enumerate(clamps)
            for clamp in held
            if clamp.unit[0] == layer
        ]
        kinds = dict.fromkeys(clamp.kind for _, clamp in here)
        places = [_Places([each for each in here if each[1].kind == kind], kind) for kind in kinds]
        for t, (view, step) in enumerate(walk if places else []):
            held_step = _Held(step, trace, layer, t)
            held_step.places = places
            walk[t] = (view, held_step)  # type: ignore[assignment]


def surprises(
    reading: Reading, clamps: Sequence[Sequence[Clamp]], track: Track = untracked
) -> NDArray[np.float64]:
    """Return the surprise of each character, (R, T), in bits, of R readings with units held.

    clamps: for each reading, the units that are held in it. The first character is not predicted,
    so its surprise is nan.
    """
    R, T = len(clamps), len(reading)
    bits = np.full((R, T), np.nan)
    groups = [range(start, min(R, start + TOGETHER)) for start in range(0, R, TOGETHER)]
    windows = -(-T // WINDOW)
    steps = ((group, window) for group in groups for window in range(windows))
    trace = None
    for group, window in track(steps, "holding units", len(groups) * windows):
        if window == 0:
            trace = Trace(reading.network, WINDOW, len(group))
            hold(trace, [clamps[r] for r in group])
            copy_weights(reading.network, trace)
        assert trace
        _read(reading.network, reading.ids, window * WINDOW, trace, bits[group.start : group.stop])
    return bits


def _read(network: Network, ids: Ids, start: int, trace: Trace, bits: NDArray[np.float64]) -> None:
    """Read a window in all rows alike, and write the surprise of the characters after each."""
    here = np.zeros(WINDOW, np.intp)  # what lies beyond the text is read too, and changes nothing
    read = ids[start : start + WINDOW]
    here[: len(read)] = read
    forward(network, np.repeat(here[:, None], trace.B, axis=1), trace, reload=False)
    following = ids[start + 1 : start + 1 + WINDOW]
    n = len(following)
    told: NDArray[Any] = trace.log_y_hat[np.arange(n), :, following]  # (n, B)
    bits[:, start + 1 : start + 1 + n] = -told.T / np.log(2)
    trace.carry()


def supports(network: Network, kind: str) -> bool:
    """Return whether a state of this kind can be held."""
    return kind in CELLS[network.config.cell].states
