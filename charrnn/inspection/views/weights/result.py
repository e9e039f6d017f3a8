"""The weights themselves, beside those of a network that has learnt nothing yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Floats, NamedArrays
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.inspection.options import Options
from charrnn.inspection.result import Cell, attributes, plain
from charrnn.inspection.views.weights.embedding_similarity import Kinship
from charrnn.inspection.views.weights.gate_blocks import Block, blocks
from charrnn.network.cells import CELLS, Memory
from charrnn.network.equations import sigmoid
from charrnn.network.network import Network
from charrnn.text.vocabulary import Vocabulary

NEAR_ZERO = 1e-3

LARGEST = 2048
"""Units of a layer up to which eigenvalues are worked out: they take as the cube of it."""

ROWS = 24
"""Default number of characters shown."""


@dataclass(frozen=True, eq=False)
class Size:
    """How large a matrix is.

    norm: √Σ w² (Frobenius).
    spectral: the largest factor by which it lengthens a vector, its first singular value.
    rank: norm² / spectral², the stable rank: 1 if all that it does is along one direction, as many
        as it has directions if it does the same along all of them.
    near_zero: the share of weights whose size is below `NEAR_ZERO`.
    """

    norm: float
    spectral: float
    rank: float
    near_zero: float

    @classmethod
    def of(cls, W: Floats, singular: Column) -> Self:
        """Measure a matrix whose singular values are known."""
        exact = W.astype(np.float64)
        norm, spectral = float(np.sqrt(np.sum(exact * exact))), float(singular.max(initial=0.0))
        rank = (norm / spectral) ** 2 if spectral else float("nan")
        return cls(norm, spectral, rank, float(np.mean(np.abs(W) < NEAR_ZERO)))


@dataclass(frozen=True, eq=False)
class Matrix:
    """One block of weights as it is, and as a fresh network has it.

    singular: its singular values, the largest first.
    radius: of the candidate's part of W_aa the spectral radius, the largest |eigenvalue|; nan for
        others.
    """

    block: Block
    size: Size
    fresh: Size
    singular: Column
    radius: float
    fresh_radius: float

    @property
    def growth(self) -> float:
        """How many times the fresh norm the norm is."""
        return self.size.norm / self.fresh.norm


@dataclass(frozen=True, eq=False)
class Bias:
    """One block of biases; `fresh` is the value that all of a fresh network's have."""

    block: Block
    mean: float
    sd: float
    least: float
    largest: float
    fresh: float


@dataclass(frozen=True, eq=False)
class Timescale:
    """How long the units of a layer would remember, (H,), with nothing but the bias of their gate.

    tau = -1 / ln σ(b), in characters, b the bias of the gate m that weighs the memory.
    """

    layer: int
    gate: str
    tau: Column
    fresh: float


@dataclass(frozen=True, eq=False)
class Weights:
    """A checkpoint's weights, block by block, and which characters they treat alike.

    A fresh network is one of the same sizes, drawn as training draws it, with seed 0. Its values
    are those of one draw, which differ from another's in the third digit or so.
    """

    view: ClassVar[str] = "weights"
    measures: ClassVar[dict[str, str]] = {"tau": "characters"}

    vocabulary: Vocabulary
    matrices: tuple[Matrix, ...]
    biases: tuple[Bias, ...]
    timescales: tuple[Timescale, ...]
    kinships: tuple[Kinship, ...]
    top: int
    shown: int

    @classmethod
    def of(cls, checkpoint: Checkpoint, options: Options = Options()) -> Self:
        """Measure all weights, or those of one layer.

        Raises
        ------
        ConfigError
            If there is no such layer.
        """
        network = checkpoint.network
        layers = (None, *options.layers(network.config))
        fresh = Network(network.config, np.random.default_rng(0))
        pairs = [
            pair
            for pair in zip(blocks(network), blocks(fresh), strict=True)
            if pair[0].layer in layers
        ]
        gates = CELLS[network.config.cell].gates
        candidate = gates[-1] if len(gates) > 1 else ""
        return cls(
            checkpoint.vocabulary,
            tuple(_matrix(*pair, candidate) for pair in pairs if pair[0].values.ndim > 1),
            tuple(_bias(*pair) for pair in pairs if pair[0].values.ndim == 1),
            tuple(_timescales(network, pairs)),
            tuple(_kinships(network, fresh, checkpoint.vocabulary)),
            options.top,
            options.rows or ROWS,
        )

    def data(self) -> dict[str, Any]:
        """Return every block, the timescales, and the nearest of each character."""
        return {
            "matrices": [_about(matrix) for matrix in self.matrices],
            "biases": [
                {
                    "name": bias.block.name, "gate": bias.block.gate or None,
                    "size": bias.block.values.size, "mean": bias.mean, "sd": bias.sd,
                    "min": bias.least, "max": bias.largest, "fresh": bias.fresh,
                }
                for bias in self.biases
            ],
            "timescales": [
                attributes(scale, "layer", "gate", "tau", "fresh") for scale in self.timescales
            ],
            "alike": [self._alike(kinship) for kinship in self.kinships],
        }  # fmt: skip

    def _alike(self, kinship: Kinship) -> dict[str, Any]:
        near = kinship.nearest(self.top)
        return {
            "weights": kinship.weights,
            "floor": plain(kinship.floor),
            "characters": [
                {
                    "char": self.vocabulary[k],
                    "count": int(self.vocabulary.counts[k]),
                    "nearest": [
                        {"char": self.vocabulary[kinship.ids[n]], "cosine": plain(row[n])}
                        for n in places
                    ],
                }
                for k, row, places in zip(kinship.ids.tolist(), kinship.cosine, near, strict=True)
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a block, matrices first; where a number does not apply there is none."""
        numbers = ["norm", "spectral", "stable_rank", "near_zero", "radius"]
        yield ["block", "gate", "rows", "cols", *numbers, *(f"fresh_{name}" for name in numbers)]
        for matrix in self.matrices:
            about = _about(matrix)
            own, fresh = (about[which] for which in ("trained", "fresh"))
            cells = [side[name] for side in (own, fresh) for name in numbers]
            yield [matrix.block.name, matrix.block.gate, *matrix.block.values.shape, *cells]
        for bias in self.biases:
            b = bias.block.values.astype(np.float64)
            norm, near = float(np.sqrt(b @ b)), float(np.mean(np.abs(b) < NEAR_ZERO))
            fresh_norm, fresh_near = abs(bias.fresh) * b.size**0.5, float(bias.fresh == 0)
            yield [
                bias.block.name, bias.block.gate, b.size, None, norm, None, None, near, None,
                fresh_norm, None, None, fresh_near, None,
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the singular values of each matrix, the timescales, and all cosines."""
        together: dict[str, list[Column]] = {}
        for matrix in self.matrices:
            together.setdefault(matrix.block.name, []).append(matrix.singular)
        arrays: NamedArrays = {
            f"{name}.singular_values": np.array(values) for name, values in together.items()
        }
        arrays |= {f"tau_{scale.layer}": scale.tau for scale in self.timescales}
        for kinship in self.kinships:
            arrays[f"{kinship.weights}.cosine"] = kinship.cosine
            arrays[f"{kinship.weights}.codepoints"] = self.vocabulary.code_points[kinship.ids]
        return arrays


def _matrix(block: Block, fresh: Block, candidate: str) -> Matrix:
    wanted = block.name.startswith("W_aa") and block.gate == candidate
    singular, fresh_singular = _singular(block.values), _singular(fresh.values)
    return Matrix(
        block=block,
        size=Size.of(block.values, singular),
        fresh=Size.of(fresh.values, fresh_singular),
        singular=singular,
        radius=_radius(block.values) if wanted else float("nan"),
        fresh_radius=_radius(fresh.values) if wanted else float("nan"),
    )


def _bias(block: Block, fresh: Block) -> Bias:
    b = block.values.astype(np.float64)
    return Bias(
        block, float(b.mean()), float(b.std()), float(b.min()), float(b.max()),
        float(fresh.values.mean()),
    )  # fmt: skip


def _timescales(network: Network, pairs: list[tuple[Block, Block]]) -> Iterator[Timescale]:
    memory = CELLS[network.config.cell].memory
    if memory is None:
        return
    for block, fresh in pairs:
        if block.gate == memory.gate and block.layer is not None and block.values.ndim == 1:
            tau = _timescale(memory, block.values)
            first = float(_timescale(memory, fresh.values[:1])[0])
            yield Timescale(block.layer, memory.gate, tau, first)


def _timescale(memory: Memory, b: Floats) -> Column:
    """Return -1 / ln k, k what the gate keeps if its pre-activation is b."""
    kept = memory.keep({memory.gate: sigmoid(b.astype(np.float64))})
    with np.errstate(divide="ignore"):
        tau: Column = -1 / np.log(kept)
    return np.abs(tau)  # where k rounds to 1, inf with either sign


def _kinships(network: Network, fresh: Network, vocabulary: Vocabulary) -> Iterator[Kinship]:
    if len(vocabulary) < 3:  # of two, less their mean, each is the other's opposite
        return
    read = "W_ex" if network.config.embedding_size else "W_ax_0"
    yield Kinship.of(read, network.params[read], fresh.params[read], vocabulary.counts)
    yield Kinship.of("W_ya", network.W_ya.T, fresh.W_ya.T, vocabulary.counts)


def _singular(W: Floats) -> Column:
    """Return the singular values, the largest first, exact to about 1e-8 of that one.

    As roots of the eigenvalues of W Wᵀ or Wᵀ W, whichever is smaller: three times faster.
    """
    exact = W.astype(np.float64)
    gram = exact @ exact.T if len(W) < W.shape[1] else exact.T @ exact
    singular: Column = np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0))
    return singular


def _radius(W: Floats) -> float:
    """Return the largest |eigenvalue|; nan where it would take too long."""
    if len(W) > LARGEST:
        return float("nan")
    return float(np.abs(np.linalg.eigvals(W.astype(np.float64))).max())


def _about(matrix: Matrix) -> dict[str, Any]:
    def numbers(size: Size, radius: float) -> dict[str, Any]:
        return {
            "norm": size.norm, "spectral": size.spectral, "stable_rank": plain(size.rank),
            "near_zero": size.near_zero, "radius": plain(radius),
        }  # fmt: skip

    block = matrix.block
    return {
        "name": block.name,
        "gate": block.gate or None,
        "rows": block.values.shape[0],
        "cols": block.values.shape[1],
        "trained": numbers(matrix.size, matrix.radius),
        "fresh": numbers(matrix.fresh, matrix.fresh_radius),
    }
