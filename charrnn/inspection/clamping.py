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

from charrnn.inspection.options import Unit
from charrnn.inspection.reading import Reading
from charrnn.inspection.tracking import Track, untracked
from charrnn.network.cells import CELLS, Cell
from charrnn.network.functions import Floats, Ids
from charrnn.network.model import Network
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


class _Held:
    """A step of some rows of a batch, after which units are put back to what they are held at."""

    def __init__(self, step: Cell, trace: Trace, layer: int, t: int) -> None:
        self._step = step
        self._after = trace.states[layer, :, t + 1]
        self._gates = trace.zx[layer, :, t]
        self.clamps: list[tuple[int, Clamp]] = []  # with the row of each
        self.start = t  # where in the text the step is, in the first window

    def forward(self) -> None:
        self._step.forward()
        a = self._after[0]
        for row, clamp in self.clamps:
            _, j = clamp.unit
            value = clamp.value
            if isinstance(value, np.ndarray):
                value = value[min(self.start, len(value) - 1)]
            if clamp.kind == "c":
                self._after[1][row, j] = value
                a[row, j] = self._gates[OUTPUT_GATE, row, j] * np.tanh(value)
            else:
                a[row, j] = value
        self.start += WINDOW


def hold(trace: Trace, clamps: Sequence[Sequence[Clamp]]) -> None:
    """Let a trace hold units from now on, in each row of its batch those that are given for it.

    A trace of `WINDOW` steps may be read into again and again: a clamp's values go on with it. One
    of a single step holds constants.
    """
    for layer, walk in enumerate(trace.walk):
        here = [
            (row, clamp)
            for row, held in enumerate(clamps)
            for clamp in held
            if clamp.unit[0] == layer
        ]
        if here:
            for t, (view, step) in enumerate(walk):
                held_step = _Held(step, trace, layer, t)
                held_step.clamps = here
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
            reading.network.load(trace)
        assert trace
        _read(reading.network, reading.ids, window * WINDOW, trace, bits[group.start : group.stop])
    return bits


def _read(network: Network, ids: Ids, start: int, trace: Trace, bits: NDArray[np.float64]) -> None:
    """Read a window in all rows alike, and write the surprise of the characters after each."""
    here = np.zeros(WINDOW, np.intp)  # what lies beyond the text is read too, and changes nothing
    read = ids[start : start + WINDOW]
    here[: len(read)] = read
    network.go_on(np.repeat(here[:, None], trace.B, axis=1), trace)
    following = ids[start + 1 : start + 1 + WINDOW]
    n = len(following)
    told: NDArray[Any] = trace.log_y_hat[np.arange(n), :, following]  # (n, B)
    bits[:, start + 1 : start + 1 + n] = -told.T / np.log(2)
    trace.carry()


def supports(network: Network, kind: str) -> bool:
    """Tell whether a state of this kind can be held."""
    return kind in CELLS[network.config.cell].states
