"""What a unit's weights join it to: what drives it, and what it pushes up and down.

A weight matters as much as what comes through it moves, so each is shown times the standard
deviation of its source over the text.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Doubles, Ids
from charrnn.inspection.options import Unit
from charrnn.inspection.reading import Reading
from charrnn.network.cells import CELLS


@dataclass(frozen=True, eq=False)
class Inflow:
    """What comes into the gates of one unit from one side: G gates, N sources.

    weights: (N, G), times the standard deviation of each source.
    sd: (G,), the standard deviation over the text of all that comes in together, exactly.
    """

    weights: Doubles
    sd: Column

    @property
    def strength(self) -> Column:
        """How much each source drives the unit: the sum of its weights' sizes over gates, (N,)."""
        strength: Column = np.abs(self.weights).sum(axis=1)
        return strength

    def __len__(self) -> int:
        """Return N."""
        return len(self.weights)

    def strongest(self, most: int) -> list[int]:
        """Return the sources that drive the unit most, the strongest first."""
        order: list[int] = np.argsort(-self.strength, kind="stable")[:most].tolist()
        return [n for n in order if self.strength[n] > 0]


@dataclass(frozen=True, eq=False)
class Wiring:
    """What drives one unit, in units of the pre-activations of its gates.

    gates: the gates that are meant: all of the cell for a state, or the one that was asked for.
    own: from a(t-1) of the units of its layer, by W_aa.
    below: from the units of the layer below, by W_ax; of layer 0 from the characters read, by the
        rows of W_ax (times W_ex, if there is an embedding) less their mean over the text.
    """

    gates: tuple[str, ...]
    own: Inflow
    below: Inflow


def wiring(reading: Reading, unit: Unit, kind: str) -> Wiring:
    """Return what drives a unit's state, or one gate of it."""
    network, (layer, j) = reading.network, unit
    cell, H = CELLS[network.config.cell], network.config.hidden_size
    meant = [g for g, gate in enumerate(cell.gates) if kind in reading.states or gate == kind]
    columns = [g * H + j for g in meant]
    W_aa = network.layers[layer].W_aa[:, columns].astype(np.float64)
    W_ax = network.layers[layer].W_ax[:, columns].astype(np.float64)
    own = reading.states["a"][:, layer].astype(np.float64)
    before = np.concatenate([reading.first["a"][None, layer], own[:-1]])
    if layer:
        a = reading.states["a"][:, layer - 1].astype(np.float64)
        below = Inflow(W_ax * a.std(axis=0)[:, None], (a @ W_ax).std(axis=0))
    else:
        if network.config.embedding_size:
            W_ax = network.params["W_ex"].astype(np.float64) @ W_ax
        below = _characters(W_ax, reading.ids)
    return Wiring(
        gates=tuple(cell.gates[g] for g in meant),
        own=Inflow(W_aa * before.std(axis=0)[:, None], (before @ W_aa).std(axis=0)),
        below=below,
    )


def _characters(W: Doubles, ids: Ids) -> Inflow:
    """Return what comes in from characters, by the row of each, (V, G)."""
    p = np.bincount(ids, minlength=len(W)) / len(ids)
    sd = np.sqrt(p * (1 - p))
    return Inflow((W - p @ W) * sd[:, None], W[ids].std(axis=0))


def pushes(reading: Reading, unit: Unit) -> Column | None:
    """Return by how much a unit moves the score of each character, (V,), in nats.

    That is its column of W_ya less its mean over V, since only differences of scores matter, times
    the standard deviation of a. None below the top layer, which alone the readout sees.
    """
    layer, j = unit
    if layer != reading.network.config.num_layers - 1:
        return None
    column = reading.network.W_ya[j].astype(np.float64)
    pushed: Column = (column - column.mean()) * reading.states["a"][:, layer, j].std(
        dtype=np.float64
    )
    return pushed
