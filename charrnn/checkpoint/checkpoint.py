"""A network, its vocabulary and its training in one `.npz`; what resuming needs in another.

    model.npz            meta         (n,) uint8, JSON: format, version, network, training, versions
                         vocabulary   (V,) uint32, the code points
                         counts       (V,) int64, how often each occurs in the corpus
                         history      (N, 3) float64: step, training loss, validation loss (nats)
                         W_ax_0 ...   the parameters by name, float32
    model.resume.npz     meta, and the arrays of a training run between two steps

Any NumPy opens both with `np.load(path)`; nothing in them is pickled, and no time or path of a
machine is in them.
"""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from charrnn.array_types import Array, Doubles, NamedArrays
from charrnn.checkpoint.description import LARGEST_META
from charrnn.checkpoint.npz import read_arrays, write_arrays
from charrnn.checkpoint.paths import model_path, resume_path
from charrnn.checkpoint.record import TrainingRecord
from charrnn.errors import CheckpointError, ConfigError, printable
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network, shapes
from charrnn.system.atomic import write_atomically
from charrnn.text.vocabulary import Vocabulary

FORMAT_VERSION = 1

Kind = Literal["model", "resume"]


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a model file.

    history: (N, 3), a row an evaluation: step, training loss, validation loss, in nats.
    """

    network: Network
    vocabulary: Vocabulary
    training: TrainingRecord
    history: Doubles
    versions: dict[str, str]


def this_program() -> dict[str, str]:
    """Return the versions of this program, Python and NumPy, for diagnosis only."""
    return {
        "charrnn": version("charrnn"),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a model file atomically: the path always has the whole old or the whole new one.

    Raises
    ------
    CheckpointError
        If it cannot be written, or a parameter is not finite; the old file is unchanged.
    """
    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    if not np.isfinite(network.params.flat).all():
        raise CheckpointError(f"{printable(path.name)}: not saved, its parameters are not finite")
    meta = {
        "network": asdict(network.config),
        "vocabulary": vocabulary.kind,
        "training": checkpoint.training.to_json(),
        "versions": checkpoint.versions,
    }
    arrays: NamedArrays = {
        "vocabulary": vocabulary.code_points,
        "counts": vocabulary.counts,
        "history": checkpoint.history,
        **network.params,
    }
    _write(path, "model", meta, arrays)


def load(path: Path) -> Checkpoint:
    """Read a model file and check everything in it.

    Raises
    ------
    CheckpointError
        It is no checkpoint, damaged, newer than this program, or contradicts itself.
    """
    meta, arrays = _read(path, "model")
    try:
        return _assemble(meta, arrays)
    except (CheckpointError, ConfigError) as error:
        raise CheckpointError(f"{printable(path.name)}: {error}") from error


def save_state(path: Path, arrays: Mapping[str, Array], meta: dict[str, Any]) -> None:
    """Write a training state, atomically like a model."""
    _write(path, "resume", {"state": meta, "versions": this_program()}, arrays)


def load_state(path: Path) -> tuple[NamedArrays, dict[str, Any]]:
    """Read a training state; the trainer checks its arrays.

    Raises
    ------
    CheckpointError
        It is no training state, damaged, or newer than this program.
    """
    meta, arrays = _read(path, "resume")
    if not isinstance(meta.get("state"), dict):
        raise CheckpointError(f"{printable(path.name)}: holds no training state")
    return arrays, meta["state"]


def _write(path: Path, kind: Kind, meta: dict[str, Any], arrays: Mapping[str, Array]) -> None:
    head = {"format": "charrnn", "kind": kind, "version": FORMAT_VERSION}
    text = json.dumps(head | meta, ensure_ascii=True, allow_nan=False).encode("ascii")
    if len(text) > LARGEST_META:
        raise CheckpointError(
            f"{printable(path.name)}: not saved, as its description takes {len(text)} bytes and "
            f"may take {LARGEST_META}; join the files of the corpus to fewer"
        )
    members = {"meta": np.frombuffer(text, np.uint8), **arrays}
    write_atomically(path, lambda stream: write_arrays(stream, members))


def _read(path: Path, kind: Kind) -> tuple[dict[str, Any], NamedArrays]:
    arrays = read_arrays(path)
    raw = arrays.pop("meta", None)
    if raw is None or raw.dtype != np.uint8 or raw.ndim != 1 or raw.size > LARGEST_META:
        raise CheckpointError(f"{printable(path.name)}: an .npz, but not one that charrnn wrote")
    try:
        meta = json.loads(raw.tobytes())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{printable(path.name)}: its description is not JSON") from error
    if not isinstance(meta, dict) or meta.get("format") != "charrnn":
        raise CheckpointError(f"{printable(path.name)}: an .npz, but not one that charrnn wrote")
    if meta.get("version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{printable(path.name)}: is of format {meta.get('version')!r:.20}, and this program "
            f"reads {FORMAT_VERSION}; upgrade with `pip install -U charrnn`"
        )
    if meta.get("kind") != kind:
        found = "a training state" if kind == "model" else "a model"
        wanted = model_path(path) if kind == "model" else resume_path(path)
        raise CheckpointError(f"{printable(path.name)}: is {found}; give {printable(wanted.name)}")
    return meta, arrays


def _assemble(meta: dict[str, Any], arrays: NamedArrays) -> Checkpoint:
    config = _network_config(meta.get("network"))
    expected: dict[str, tuple[int, ...]] = {
        "vocabulary": (config.vocabulary_size,),
        "counts": (config.vocabulary_size,),
        **shapes(config),
    }
    history = arrays.pop("history", None)
    if history is None or history.dtype != np.float64 or history.shape[1:] != (3,):
        raise CheckpointError("history is not a table of three columns")
    if not np.isfinite(history).all():
        raise CheckpointError("history holds values that are not finite")
    if missing := sorted(set(expected) ^ set(arrays)):
        raise CheckpointError(f"{missing[0]} is missing or does not belong to a {config.cell}")
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise CheckpointError(
                f"{name} is {arrays[name].shape}, but a {config.cell} of {config.hidden_size} "
                f"needs {shape}"
            )
    points, counts = arrays.pop("vocabulary"), arrays.pop("counts")
    try:
        kind: Any = meta.get("vocabulary")
        vocabulary = Vocabulary(points, counts, kind)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"vocabulary: {error}") from error
    network = Network(config)
    for name, view in network.params.items():
        if arrays[name].dtype != np.float32:
            raise CheckpointError(f"{name} is of type {arrays[name].dtype}, expected float32")
        if not np.isfinite(arrays[name]).all():
            raise CheckpointError(f"{name} holds values that are not finite")
        view[:] = arrays[name]
    versions = meta.get("versions")
    if not isinstance(versions, dict) or not all(isinstance(v, str) for v in versions.values()):
        raise CheckpointError("versions is not a table of texts")
    training = TrainingRecord.from_json(meta.get("training"))
    return Checkpoint(network, vocabulary, training, history, versions)


def _network_config(found: Any) -> NetworkConfig:
    if not isinstance(found, dict):
        raise CheckpointError("does not say what network it holds")
    if found.keys() != {field.name for field in fields(NetworkConfig)}:
        raise CheckpointError("describes its network by other fields than this program")
    return NetworkConfig(**found)
