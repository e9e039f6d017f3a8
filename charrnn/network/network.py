"""A network: its parameters by name, layer by layer, and how they are initialised.

`forward` reads a window, `backward` computes the gradient, a `Stepper` reads one character at a
time; what they compute is written out in `equations`.

Letters, here and everywhere: T steps in a window, B sequences in a batch, H hidden size, V size
of the vocabulary, G gates, S arrays of state, L layers, E embedding size. Arrays are time-major.
Weights are stored (inputs, outputs), the transpose of the equations, because sequences are rows.
The gradient of a thing is `d` + its name.
"""

import math
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Floats
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.layers import layers_of
from charrnn.network.parameters import Parameters

INPUT_SCALE = 2.0
"""Scale of the initial weights that read characters (measured: from 1/2 to 2 the loss after 0.8
million characters of plays fell from 1.87 to 1.71 nats; from 1/16 it was above 2)."""


def shapes(config: NetworkConfig, outputs: int | None = None) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter by its name: matrices first, then biases.

    outputs: what is predicted: one of as many; by default a character, one of V; of 0 nothing.
    """
    H, L = config.hidden_size, config.num_layers
    V, E = config.vocabulary_size, config.embedding_size
    O = V if outputs is None else outputs  # noqa: E741 - a size, like V
    cell = CELLS[config.cell]
    GH = len(cell.gates) * H
    matrices: dict[str, tuple[int, ...]] = {"W_ex": (V, E)} if E else {}
    biases: dict[str, tuple[int, ...]] = {}
    for layer in range(L):
        matrices[f"W_ax_{layer}"] = (H if layer else E or V, GH)
        matrices[f"W_aa_{layer}"] = (H, GH)
        biases[f"b_a_{layer}"] = (GH,)
        if cell.reset:
            biases[f"b_n_{layer}"] = (H,)
    if not O:
        return matrices | biases
    return matrices | {"W_ya": (H, O)} | biases | {"b_y": (O,)}


class Network:
    """A stack of recurrent layers between characters and the distribution of the next one.

    Without `rng` the parameters are zero, for a caller who fills them. With it, recurrent
    weights have orthonormal rows (Saxe et al. 2014), the forget gate of an LSTM begins open, its
    bias 1 (Jozefowicz et al. 2015), and the others are uniform in ±s/sqrt(n), n the inputs that
    are not 0: one of a one-hot vector, all of any other. s is 1, but `INPUT_SCALE` where characters
    are read: from weights as small as usual a stateful network first learns to listen to itself.

    outputs: what is predicted: one of as many; by default a character, of 0 nothing.
    params: the parameters, where they are part of others; by default of its own.
    """

    def __init__(
        self,
        config: NetworkConfig,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
        flat: Floats | None = None,
        *,
        outputs: int | None = None,
        params: Parameters | None = None,
    ) -> None:
        self.config = config
        self.outputs = config.vocabulary_size if outputs is None else outputs
        self._take(params or Parameters(shapes(config, outputs), dtype, flat))
        if rng is not None:
            self._initialise(rng)

    def _take(self, params: Parameters) -> None:
        self.params = params
        self.layers = layers_of(params, self.config)
        none = params.flat[:0]
        self.W_ya = params.get("W_ya", none.reshape(self.config.hidden_size, 0))
        self.b_y = params.get("b_y", none)

    def sharing(self, flat: Floats) -> Self:
        """Return a network of the same kind with other parameters, (P,), not copied."""
        return type(self)(self.config, flat=flat, outputs=self.outputs)

    def move_parameters(self, flat: Floats) -> None:
        """Move the parameters into `flat`, (P,); a trace made before does not see it."""
        flat[:] = self.params.flat
        self._take(Parameters(self.params.shapes, flat=flat))

    def _initialise(self, rng: np.random.Generator) -> None:
        H, cell = self.config.hidden_size, CELLS[self.config.cell]
        for name, W in self.params.items():
            if name.startswith("W_aa"):
                Q, R = np.linalg.qr(rng.standard_normal(W.T.shape))
                W[:] = (Q * np.sign(np.diag(R))).T
            elif name == "W_ex":
                W[:] = rng.standard_normal(W.shape)
            elif name == "W_ax_0":
                s = INPUT_SCALE / math.sqrt(self.config.embedding_size or 1)
                W[:] = rng.uniform(-s, s, W.shape)
            elif name.startswith("W"):
                W[:] = rng.uniform(-(H**-0.5), H**-0.5, W.shape)
            elif name.startswith("b_a"):
                for gate, bias in cell.first_bias.items():
                    g = cell.gates.index(gate)
                    W[g * H : (g + 1) * H] = bias
