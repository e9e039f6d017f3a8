"""A network, its vocabulary and its training in one `.npz`; what resuming needs in another.

    model.npz            meta         (n,) uint8, JSON: format, version, network, training, versions
                         vocabulary   (V,) uint32, the code points
                         counts       (V,) int64, how often each occurs in the corpus
                         history      (N, 3) float64: step, training loss, validation loss (nats)
                         W_ax_0 ...   the parameters by name, float32
                         sources      (n,) uint8: the names of the files of the corpus, where they
                                      are too many for meta; UTF-8, a NUL between two
    model.resume.npz     meta, sources, and the arrays of a training run between two steps
    model.index.npz      meta, vocabulary, and the text with its order: see charrnn.checkpoint.index

The description says which arrays a file has to hold, so it is read first: their names, types and
shapes are compared before one of them is allocated. Any NumPy opens the files with
`np.load(path)`; nothing in them is pickled, and no time or path of a machine is in them.
"""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from charrnn.array_types import Array, Doubles, NamedArrays
from charrnn.checkpoint.description import LARGEST_META
from charrnn.checkpoint.npz import OpenArrays, opened, write_arrays
from charrnn.checkpoint.paths import index_path, model_path, resume_path
from charrnn.checkpoint.record import TrainingRecord, is_count
from charrnn.errors import CheckpointError, ConfigError, printable
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network, shapes
from charrnn.network.parameters import Parameters
from charrnn.system.atomic import write_atomically
from charrnn.text.vocabulary import Vocabulary

FORMAT_VERSION = 1

Kind = Literal["model", "pairs", "resume", "index", "place"]

_NAMED = {
    "model": "a model",
    "pairs": "a model of pairs, which answers texts",
    "resume": "a training state",
    "index": "an index of a text",
    "place": "the place where a text stopped",
}


Needed = dict[str, tuple[str, tuple[int | None, ...]]]
"""The type and the shape of each array that a file has to hold; None is any length."""

LARGEST_NAMES_IN_META = 2**16
"""Bytes of JSON of the names of a corpus's files that stand in the description."""

MOST_NAMES, LARGEST_NAMES = 2**17, 2**22
"""Names of files that stand in an array, and their bytes in total."""


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
        "charrnn": _version(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


@cache
def _version() -> str:
    return version("charrnn")  # parsing the package's description takes as long as saving a model


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a model file atomically: the path always has the whole old or the whole new one.

    Raises
    ------
    CheckpointError
        If it cannot be written, or a parameter is not finite; the old file is unchanged.
    """
    config = asdict(checkpoint.network.config)
    write_parts(path, "model", {"network": config}, checkpoint, checkpoint.network.params)


class Parts(Protocol):
    """What the files of models of all kinds have beside their parameters."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the network knows."""

    @property
    def training(self) -> TrainingRecord:
        """How it was trained."""

    @property
    def history(self) -> Doubles:
        """(N, 3), a row an evaluation: step, training loss, validation loss, in nats."""

    @property
    def versions(self) -> dict[str, str]:
        """The versions of what trained it."""


def write_parts(
    path: Path, kind: Kind, about: dict[str, Any], parts: Parts, params: Parameters
) -> None:
    """Write a file of a model of some kind atomically.

    about: what its description says besides.

    Raises
    ------
    CheckpointError
        If it cannot be written, or a parameter is not finite; the old file is unchanged.
    """
    if not np.isfinite(params.flat).all():
        raise CheckpointError(f"{printable(path.name)}: not saved, its parameters are not finite")
    training, names = with_names_apart(parts.training.to_json())
    meta = about | {
        "vocabulary": parts.vocabulary.kind,
        "training": training,
        "versions": parts.versions,
    }
    arrays: NamedArrays = {
        **names,
        "vocabulary": parts.vocabulary.code_points,
        "counts": parts.vocabulary.counts,
        "history": parts.history,
        **params,
    }
    write_file(path, kind, meta, arrays)


def load(path: Path) -> Checkpoint:
    """Read a model file and check everything in it.

    Besides the file's own size it takes little memory.

    Raises
    ------
    CheckpointError
        It is no checkpoint, damaged, newer than this program, or contradicts itself.
    """
    with opened(path) as file:
        try:
            return _assemble(describe(path, file, "model"), file)
        except ConfigError as error:
            raise CheckpointError(str(error)) from error


def save_state(path: Path, arrays: Mapping[str, Array], meta: dict[str, Any]) -> None:
    """Write a training state, atomically like a model."""
    meta, names = with_names_apart(meta)
    write_file(path, "resume", {"state": meta, "versions": this_program()}, {**names, **arrays})


def load_state(
    path: Path, needed: Callable[[dict[str, Any]], Needed] | None = None
) -> tuple[NamedArrays, dict[str, Any]]:
    """Read a training state; the trainer checks the values of its arrays.

    needed: returns the arrays that a state of a description should hold; by default any.

    Raises
    ------
    CheckpointError
        It is no training state, damaged, newer than this program, or has other arrays.
    """
    with opened(path) as file:
        meta = _state(path, file)
        if needed:
            check_layouts(file, needed(meta) | _names_needed(meta), "this run")
        apart = {"meta", "sources"} if is_count(meta.get("sources")) else {"meta"}
        arrays = {name: file.read(name) for name in file.layouts if name not in apart}
        return arrays, with_names(meta, file)


def describe_state(path: Path) -> dict[str, Any]:
    """Return the description of a training state, without reading its arrays.

    Raises
    ------
    CheckpointError
        It is no training state, damaged, or newer than this program.
    """
    with opened(path) as file:
        return with_names(_state(path, file), file)


def _state(path: Path, file: OpenArrays) -> dict[str, Any]:
    state = describe(path, file, "resume").get("state")
    if not isinstance(state, dict):
        raise CheckpointError("holds no training state")
    return state


def save_place(path: Path, arrays: Mapping[str, Array], meta: dict[str, Any]) -> None:
    """Write the place where a text stopped, atomically like a model."""
    write_file(path, "place", {"place": meta, "versions": this_program()}, arrays)


def load_place(path: Path) -> tuple[NamedArrays, dict[str, Any]]:
    """Read the place where a text stopped; the sampler checks its arrays.

    Raises
    ------
    CheckpointError
        It is none, damaged, or newer than this program.
    """
    meta, arrays = read_file(path, "place")
    if not isinstance(meta.get("place"), dict):
        raise CheckpointError(f"{printable(path.name)}: holds no place of a text")
    return arrays, meta["place"]


def write_file(path: Path, kind: Kind, meta: dict[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a file of one kind, a description and arrays, atomically.

    Raises
    ------
    CheckpointError
        It cannot be written; the old file is unchanged.
    """
    head = {"format": "charrnn", "kind": kind, "version": FORMAT_VERSION}
    text = json.dumps(head | meta, ensure_ascii=True, allow_nan=False).encode("ascii")
    if len(text) > LARGEST_META:
        raise CheckpointError(
            f"{printable(path.name)}: not saved, as its description takes {len(text)} bytes and "
            f"may take {LARGEST_META}; join the files of the corpus to fewer"
        )
    members = {"meta": np.frombuffer(text, np.uint8), **arrays}
    write_atomically(path, lambda stream: write_arrays(stream, members))


def read_file(path: Path, kind: Kind) -> tuple[dict[str, Any], NamedArrays]:
    """Read the description and the arrays of a file of one kind; the caller checks what they say.

    Raises
    ------
    CheckpointError
        It is no such file, damaged, or newer than this program.
    """
    with opened(path) as file:
        meta = describe(path, file, kind)
        return meta, {name: file.read(name) for name in file.layouts if name != "meta"}


def check_layouts(file: OpenArrays, needed: Needed, whose: str) -> None:
    """Check that a file has exactly the arrays that its description says, before one is read.

    whose: what needs them, in words.

    Raises
    ------
    CheckpointError
        One is missing, is not among them, or has another type or shape.
    """
    found = {name: laid for name, laid in file.layouts.items() if name != "meta"}
    if others := sorted(needed.keys() ^ found.keys()):
        raise CheckpointError(f"{others[0]} is missing or does not belong to {whose}")
    for name, (dtype, shape) in needed.items():
        laid = found[name]
        lengths = zip(shape, laid.shape, strict=False)
        if len(shape) != len(laid.shape) or any(n not in (None, length) for n, length in lengths):
            wanted = str(shape).replace("None", "n")
            raise CheckpointError(f"{name} is {laid.shape}, but {whose} needs {wanted}")
        if laid.dtype != np.dtype(dtype).str:
            raise CheckpointError(
                f"{name} is of type {np.dtype(laid.dtype)}, expected {np.dtype(dtype)}"
            )


def with_names_apart(about: dict[str, Any]) -> tuple[dict[str, Any], NamedArrays]:
    """Move the names of a corpus's files out of a description where they are too many for it.

    Returns the description, with their number in their place, and the array that holds them.

    Raises
    ------
    CheckpointError
        They are too many for an array, too.
    """
    names = about.get("sources", ())
    if len(json.dumps(names)) <= LARGEST_NAMES_IN_META:
        return about, {}
    text = "\0".join(names).encode("utf-8", "surrogatepass")
    if len(names) > MOST_NAMES or len(text) > LARGEST_NAMES:
        raise CheckpointError(
            f"not saved, as its corpus has {len(names)} files with {len(text)} bytes of names, and "
            f"may have {MOST_NAMES} with {LARGEST_NAMES}; join the files to fewer"
        )
    return about | {"sources": len(names)}, {"sources": np.frombuffer(text, np.uint8)}


def with_names(about: dict[str, Any], file: OpenArrays) -> dict[str, Any]:
    """Return a description with the names of a corpus's files that stand in an array.

    Raises
    ------
    CheckpointError
        They are not as `with_names_apart` writes them.
    """
    number: Any = about.get("sources")
    if not is_count(number):
        return about
    laid = file.layouts.get("sources")
    if laid is None or laid.dtype != "|u1" or laid.shape > (LARGEST_NAMES,):
        raise CheckpointError("sources is missing, or holds no names")
    text = file.read("sources").tobytes()
    if number > MOST_NAMES or text.count(b"\0") != number - 1:
        raise CheckpointError(f"sources does not hold {number} names")
    try:
        names = [name.decode("utf-8", "surrogatepass") for name in text.split(b"\0")]
    except UnicodeDecodeError as error:
        raise CheckpointError("sources holds names that are not UTF-8") from error
    return about | {"sources": names}


def _names_needed(about: dict[str, Any]) -> Needed:
    return {"sources": ("u1", (None,))} if is_count(about.get("sources")) else {}


def describe(path: Path, file: OpenArrays, kind: Kind) -> dict[str, Any]:
    """Return the description of a file of one kind and of this version."""
    meta = file.description()
    if meta.get("version") != FORMAT_VERSION:
        raise CheckpointError(
            f"is of format {meta.get('version')!r:.20}, and this program reads {FORMAT_VERSION}; "
            f"upgrade with `pip install -U charrnn`"
        )
    if meta.get("kind") != kind:
        found = _NAMED.get(str(meta.get("kind")), "another file of this program")
        beside = {"model": model_path, "resume": resume_path, "index": index_path}
        is_beside = kind in beside and str(meta.get("kind")) in beside
        wanted = printable(beside[kind](path).name) if is_beside else _NAMED[kind]
        raise CheckpointError(f"is {found}; give {wanted}")
    return meta


def _assemble(meta: dict[str, Any], file: OpenArrays) -> Checkpoint:
    config = NetworkConfig(**network_fields(meta, NetworkConfig))
    parts = read_parts(meta, file, config, shapes(config))
    network = Network(config)
    read_parameters(file, network.params)
    return Checkpoint(network, *parts)


def read_parts(
    meta: dict[str, Any],
    file: OpenArrays,
    config: NetworkConfig,
    parameters: Mapping[str, tuple[int, ...]],
) -> tuple[Vocabulary, TrainingRecord, Doubles, dict[str, str]]:
    """Return what a file of a model has beside its parameters, once its arrays are the right ones.

    parameters: their shapes by name.

    Raises
    ------
    CheckpointError
        The file contradicts itself.
    """
    V = config.vocabulary_size
    if not isinstance(training := meta.get("training"), dict):
        raise CheckpointError("the training record is not a table")
    needed: Needed = {
        **_names_needed(training),
        "vocabulary": ("u4", (V,)),
        "counts": ("i8", (V,)),
        "history": ("f8", (None, 3)),
        **{name: ("f4", shape) for name, shape in parameters.items()},
    }
    check_layouts(file, needed, f"a {config.cell} of {config.hidden_size}")
    versions = meta.get("versions")
    if not isinstance(versions, dict) or not all(isinstance(v, str) for v in versions.values()):
        raise CheckpointError("versions is not a table of texts")
    record = TrainingRecord.from_json(with_names(training, file))
    history = _finite("history", file.read("history"))
    try:
        kind: Any = meta.get("vocabulary")
        vocabulary = Vocabulary(file.read("vocabulary"), file.read("counts"), kind)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"vocabulary: {error}") from error
    return vocabulary, record, history, versions


def read_parameters(file: OpenArrays, params: Parameters) -> None:
    """Read the parameters of a model.

    Raises
    ------
    CheckpointError
        One is not finite.
    """
    for name, view in params.items():
        file.read_into(name, view)  # not by way of another array: it may be most of the memory
        _finite(name, view)


def _finite(name: str, array: Array) -> Array:
    if not np.isfinite(array).all():
        raise CheckpointError(f"{name} holds values that are not finite")
    return array


def network_fields(meta: dict[str, Any], kind: type[NetworkConfig]) -> dict[str, Any]:
    """Return the fields of a network's configuration from a description.

    Raises
    ------
    CheckpointError
        They are not those of a network of this kind.
    """
    found = meta.get("network")
    if not isinstance(found, dict):
        raise CheckpointError("does not say what network it holds")
    if found.keys() != {field.name for field in fields(kind)}:
        raise CheckpointError("describes its network by other fields than this program")
    return found
