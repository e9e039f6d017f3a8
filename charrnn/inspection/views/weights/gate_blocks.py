"""The parameters block by block: what lies side by side for several gates, taken apart."""

from collections.abc import Iterator
from typing import NamedTuple

from charrnn.array_types import Floats
from charrnn.network.cells import CELLS
from charrnn.network.network import Network


class Block(NamedTuple):
    """A parameter, or the part of it that makes one gate.

    name: the parameter's, such as W_aa_0.
    gate: "" where it is of no one gate.
    layer: None for what lies below or above all layers.
    values: (inputs, outputs), or (outputs,) for a bias; a view.
    """

    name: str
    gate: str
    layer: int | None
    values: Floats

    @property
    def label(self) -> str:
        """Its name with the gate behind it."""
        return f"{self.name} {self.gate}".rstrip()


def blocks(network: Network) -> Iterator[Block]:
    """Yield every parameter, matrices first, those with several gates gate by gate."""
    H, cell = network.config.hidden_size, CELLS[network.config.cell]
    gates = cell.gates if len(cell.gates) > 1 else ("",)
    for name, values in network.params.items():
        layer = int(name.rpartition("_")[2]) if name[-1].isdigit() else None
        if name.startswith(("W_ax", "W_aa", "b_a")):
            for g, gate in enumerate(gates):
                yield Block(name, gate, layer, values[..., g * H : (g + 1) * H])
        else:
            gate = "n" if name.startswith("b_n") else ""
            yield Block(name, gate, layer, values)
