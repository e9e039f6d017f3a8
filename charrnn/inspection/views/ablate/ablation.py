"""Ablation of units: the exact cost, and that for the readout alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Floats
from charrnn.inspection.methods.clamping import Clamp
from charrnn.inspection.methods.effects import extra_bits, places_of
from charrnn.inspection.options import Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.cells import CELLS
from charrnn.network.functions import log_softmax


@dataclass(frozen=True, eq=False)
class UnitAblation:
    """Ablation of units: their states are clamped to one value at each step.

    values: (L, H), the value for each unit.
    kind: the clamped state, "a", or "c" of an LSTM.
    segments: the n places after which predictions are counted.
    """

    reading: Reading
    values: Column
    kind: str
    segments: tuple[range, ...]

    def in_the_loop(self, groups: Sequence[Sequence[Unit]], track: Track = untracked) -> Floats:
        """Return the extra bits of each prediction, (R, n), for R groups of units.

        The readout, the layer above and every later step see the clamped units.
        """
        held = [
            [Clamp(unit, float(self.values[unit]), self.kind) for unit in group] for group in groups
        ]
        return extra_bits(self.reading, held, self.segments, track)

    def direct(self, group: Sequence[Unit]) -> Column | None:
        """Return the same, (n,), where the readout alone sees the clamped units.

        None if all units are in lower layers.
        """
        reading, places = self.reading, places_of(self.segments)
        following = reading.ids[places + 1]
        top = reading.network.config.num_layers - 1
        seen = [j for layer, j in group if layer == top]
        if not seen:
            return None
        instead: Floats = self.values[top, seen]
        if self.kind == "c":
            output = CELLS[reading.network.config.cell].output
            instead = reading.gates[output][places][:, top, seen] * np.tanh(instead)
        away = instead - reading.states["a"][places][:, top, seen]
        scores = reading.log_y_hat[places] + (away @ reading.network.W_ya[seen])
        log_softmax(scores)
        log_p: Column = scores[np.arange(len(following)), following].astype(np.float64)
        extra: Column = -log_p / np.log(2) - reading.surprise[places + 1]
        return extra
