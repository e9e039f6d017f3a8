"""What a checkpoint holds: the network, its parameters, its characters, and how it was trained."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import log
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Doubles, Floats, Integers, NamedArrays
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.checkpoint.record import TrainingRecord
from charrnn.inspection.options import Options
from charrnn.inspection.result import Cell, plain, stacked
from charrnn.network.config import NetworkConfig
from charrnn.text.vocabulary import Vocabulary

BINS = 15
"""An odd number, so that the values about 0 have a bin of their own."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """One array of parameters, stored (inputs, outputs).

    norm: the Frobenius norm, √Σ w².
    histogram: (BINS,), how many values lie in each bin, from -m to m, m the largest of |w|.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    parameters: int
    norm: float
    least: float
    largest: float
    histogram: Integers


@dataclass(frozen=True, eq=False)
class Summary:
    """A checkpoint, described without reading any text. Losses are in nats a character."""

    view: ClassVar[str] = "summary"
    measures: ClassVar[dict[str, str]] = {"loss": "nats", "bits": "bits", "seconds": "seconds"}

    network: NetworkConfig
    tensors: tuple[Tensor, ...]
    vocabulary: Vocabulary
    training: TrainingRecord
    history: Doubles
    versions: dict[str, str]

    @classmethod
    def of(cls, checkpoint: Checkpoint, options: Options = Options()) -> Self:
        """Look through a checkpoint; there is nothing to be chosen."""
        return cls(
            network=checkpoint.network.config,
            tensors=tuple(_tensor(*item) for item in checkpoint.network.params.items()),
            vocabulary=checkpoint.vocabulary,
            training=checkpoint.training,
            history=checkpoint.history,
            versions=checkpoint.versions,
        )

    @property
    def parameters(self) -> int:
        """How many numbers the network has learnt."""
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def val_bits(self) -> float | None:
        """The validation loss in bits a character."""
        return None if self.training.val_loss is None else self.training.val_loss / log(2)

    def data(self) -> dict[str, Any]:
        """Return all of it but the parameters themselves."""
        counts = zip(self.vocabulary, self.vocabulary.counts.tolist(), strict=True)
        return {
            "network": asdict(self.network) | {"parameters": self.parameters},
            "tensors": [
                vars(tensor) | {"shape": list(tensor.shape), "histogram": plain(tensor.histogram)}
                for tensor in self.tensors
            ],
            "vocabulary": {
                "kind": self.vocabulary.kind,
                "characters": [{"char": char, "count": count} for char, count in counts],
            },
            "training": self.training.to_json() | {"val_bits": self.val_bits},
            "history": [
                dict(zip(("step", "train_loss", "val_loss"), row, strict=True))
                for row in plain(self.history)
            ],
            "versions": self.versions,
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a tensor."""
        yield ["tensor", "shape", "dtype", "parameters", "norm", "min", "max"]
        for tensor in self.tensors:
            shape = "x".join(map(str, tensor.shape))
            yield [
                tensor.name, shape, tensor.dtype, tensor.parameters, tensor.norm, tensor.least,
                tensor.largest,
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the vocabulary, the history, and of each tensor its numbers, in order."""
        return {
            "vocabulary": self.vocabulary.code_points,
            "counts": self.vocabulary.counts,
            "history": self.history,
            "parameters": np.array([tensor.parameters for tensor in self.tensors], np.int64),
            **stacked(self.tensors, "norm"),
            "min": np.array([tensor.least for tensor in self.tensors]),
            "max": np.array([tensor.largest for tensor in self.tensors]),
        }


def _tensor(name: str, values: Floats) -> Tensor:
    m = float(np.abs(values).max()) or 1.0
    return Tensor(
        name=name,
        shape=values.shape,
        dtype=str(values.dtype),
        parameters=values.size,
        norm=float(np.sqrt(np.sum(np.square(values, dtype=np.float64)))),
        least=float(values.min()),
        largest=float(values.max()),
        # In float64, for the widths of bins: of float32 numbers they may overflow, or vanish.
        histogram=np.histogram(values.astype(np.float64), BINS, (-m, m))[0],
    )
