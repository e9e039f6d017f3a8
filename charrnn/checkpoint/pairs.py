"""A model of pairs in one `.npz`: as a model of a text, and its description has the labels."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from charrnn.array_types import Doubles
from charrnn.checkpoint.checkpoint import (
    describe,
    network_fields,
    read_parameters,
    read_parts,
    write_parts,
)
from charrnn.checkpoint.npz import opened
from charrnn.checkpoint.record import TrainingRecord, is_number
from charrnn.errors import CheckpointError, ConfigError
from charrnn.network.pairs import PairConfig, PairNetwork, pair_shapes
from charrnn.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class PairCheckpoint:
    """The contents of a file of a model of pairs.

    history: (N, 3), a row an evaluation: step, training loss, validation loss, in nats a symbol.
    labels: what an answer is chosen from; none where it is written.
    measured: what was measured on the pairs kept for validation, by name.
    """

    network: PairNetwork
    vocabulary: Vocabulary
    training: TrainingRecord
    history: Doubles
    versions: dict[str, str]
    labels: tuple[str, ...] = ()
    measured: dict[str, float] = field(default_factory=dict)


def save_pairs(path: Path, checkpoint: PairCheckpoint) -> None:
    """Write a file of a model of pairs, atomically.

    Raises
    ------
    CheckpointError
        If it cannot be written, or a parameter is not finite; the old file is unchanged.
    """
    about = {
        "network": asdict(checkpoint.network.config),
        "labels": list(checkpoint.labels),
        "measured": checkpoint.measured,
    }
    write_parts(path, "pairs", about, checkpoint, checkpoint.network.params)


def load_pairs(path: Path) -> PairCheckpoint:
    """Read a file of a model of pairs, and check everything in it.

    Raises
    ------
    CheckpointError
        It is none, damaged, newer than this program, or contradicts itself.
    """
    with opened(path) as file:
        meta = describe(path, file, "pairs")
        try:
            config = PairConfig(**network_fields(meta, PairConfig))
        except ConfigError as error:
            raise CheckpointError(str(error)) from error
        labels, measured = meta.get("labels"), meta.get("measured")
        if (
            not isinstance(labels, list)
            or not all(isinstance(label, str) for label in labels)
            or len(set(labels)) != config.labels
            or len(labels) != config.labels
        ):
            raise CheckpointError("its labels are not those of its network")
        if not isinstance(measured, dict) or not all(map(is_number, measured.values())):
            raise CheckpointError("measured is not a table of numbers")
        parts = read_parts(meta, file, config, pair_shapes(config))
        network = PairNetwork(config)
        read_parameters(file, network.params)
    return PairCheckpoint(network, *parts, tuple(labels), measured)
