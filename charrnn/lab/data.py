"""The data of a page: a description of each network in JSON, and its arrays in base64.

    {"format": "charrnn.lab/1", "models": [...], "text": ..., "source": ...}

    models[].arrays    name, dtype, shape and offset in bytes of each array; all are little-endian
    models[].check     how many characters NumPy has read, and after which it kept its numbers

The arrays are the parameters by name, float32 or float16, `check_ids`, uint32, and what NumPy
computed from the parameters as the page holds them, float32, for P places of the text:

    check_states       (P, L, S, H)     a, and c of an LSTM
    check_gates        (P, L, G, H)     i f o g, r u n; no array of a simple network
    check_log_y_hat    (P, V)           natural logarithms
"""

import base64
import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from charrnn.array_types import Array, Ids, NamedArrays
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.checkpoint.digest import digest
from charrnn.errors import ConfigError, Way
from charrnn.inspection.options import Unit
from charrnn.inspection.reading import Reading
from charrnn.network.cells import CELLS
from charrnn.network.network import Network

Stored = Literal["float32", "float16"]

CHECKED = 200
"""Characters of the text that the page compares with NumPy."""

_LARGEST_HALF = 65504.0
_FORMAT = "charrnn.lab/1"


@dataclass(frozen=True, eq=False)
class Shown:
    """A network on a page: its file, its checkpoint, and how its parameters are stored there."""

    path: Path
    checkpoint: Checkpoint
    stored: Stored

    @cached_property
    def network(self) -> Network:
        """The network with the parameters as the page holds them.

        Raises
        ------
        ConfigError
            One is beyond the range of float16.
        """
        network = self.checkpoint.network
        if self.stored == "float32":
            return network
        if np.abs(network.params.flat).max() > _LARGEST_HALF:
            raise ConfigError(
                f"{self.path.name}: a parameter is larger than {_LARGEST_HALF:.0f}, which float16 "
                "cannot hold",
                Way("store them exactly, with {weights}", weights="float32"),
            )
        return network.sharing(network.params.flat.astype(np.float16).astype(np.float32))

    def reading(self, ids: Ids) -> Reading:
        """Return what this network computes as it reads a text, (T,) ids."""
        return Reading.of(self.network, self.checkpoint.vocabulary, ids)

    def arrays(self, reading: Reading) -> NamedArrays:
        """Return the arrays of the page by name."""
        places = check_places(len(reading))
        stored = np.float16 if self.stored == "float16" else np.float32
        gates = list(reading.gates.values())
        made: NamedArrays = {
            **{name: values.astype(stored) for name, values in self.network.params.items()},
            "check_ids": reading.ids[:CHECKED].astype(np.uint32),
            "check_states": np.stack([s[places] for s in reading.states.values()], axis=2),
            "check_log_y_hat": reading.log_y_hat[places],
        }
        if gates:
            made["check_gates"] = np.stack([g[places] for g in gates], axis=2)
        return made


def check_places(T: int) -> list[int]:
    """Return the places of a text whose numbers the page has to equal: the first, and pairs."""
    last = min(T, CHECKED) - 1
    return sorted({0, *(place for t in (last // 2, last) for place in (max(0, t - 1), t))})


def liveliest(reading: Reading) -> Unit:
    """Return the unit whose a(t) varies most over a text: the one that a page opens with."""
    a = reading.states["a"]
    layer, index = divmod(int(a.reshape(len(a), -1).std(axis=0).argmax()), a.shape[-1])
    return layer, index


def described(shown: Shown, arrays: NamedArrays, reading: Reading) -> dict[str, Any]:
    """Return the description of a network, as JSON types."""
    config, training = shown.network.config, shown.checkpoint.training
    vocabulary, cell = shown.checkpoint.vocabulary, CELLS[config.cell]
    offset, table = 0, []
    for name, values in arrays.items():
        table.append(
            {
                "name": name, "dtype": str(values.dtype), "shape": list(values.shape),
                "offset": offset,
            }
        )  # fmt: skip
        offset += values.nbytes + -values.nbytes % 4
    loss = training.val_loss
    return {
        "name": shown.path.name,
        "sha256": digest(shown.path),
        "cell": config.cell,
        "layers": config.num_layers,
        "hidden": config.hidden_size,
        "embedding": config.embedding_size,
        "gates": list(cell.gates),
        "states": list(cell.states),
        "words": dict(cell.words),
        "vocabulary": {
            "kind": vocabulary.kind,
            "code_points": vocabulary.code_points.tolist(),
            "counts": vocabulary.counts.tolist(),
        },
        "parameters": int(shown.network.params.flat.size),
        "stored": shown.stored,
        "training": {
            "steps": training.steps,
            "characters": training.train_characters,
            "bits": None if loss is None else loss / math.log(2),
        },
        "unit": liveliest(reading),
        "check": {"places": check_places(len(reading))},
        "arrays": table,
        "checksums": checksums(arrays),
    }


def as_base64(arrays: NamedArrays) -> str:
    """Return arrays one after the other, each from a multiple of four bytes on."""
    return base64.b64encode(_joined(arrays)).decode("ascii")


def checksums(arrays: NamedArrays) -> tuple[int, int]:
    """Return two sums over the words of 32 bits, modulo 2^32: the plain one, and one by places."""
    words = np.frombuffer(_joined(arrays), "<u4")
    places = np.arange(1, len(words) + 1, dtype=np.uint32)
    return int(words.sum(dtype=np.uint32)), int((words * places).sum(dtype=np.uint32))


def _joined(arrays: NamedArrays) -> bytes:
    return b"".join(map(_bytes, arrays.values()))


def _bytes(values: Array) -> bytes:
    raw = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    return raw + bytes(-len(raw) % 4)


def as_json(models: list[dict[str, Any]], text: str, source: str) -> str:
    """Return the header, in which no character can end the element that it stands in."""
    header = {"format": _FORMAT, "models": models, "text": text, "source": source}
    written = json.dumps(header, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for mark in "<>&":
        written = written.replace(mark, f"\\u{ord(mark):04x}")
    return written
