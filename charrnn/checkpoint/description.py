"""The description of a file, `meta` in an `.npz`, read without NumPy and without trust.

It is read before anything else of a file, because it says which arrays the file should hold.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from charrnn.checkpoint.archive import Member, members, pieces
from charrnn.checkpoint.layout import layout
from charrnn.errors import CheckpointError

LARGEST_META = 2**20
"""Bytes of JSON in a description. Parsed, JSON can take 30 times as much memory."""

_MEMBER = "meta.npy"
_OTHER = "an .npz, but not one that charrnn wrote"


class Undescribed(CheckpointError):  # noqa: N818 - it is the file that is named
    """A whole file with no description of this program's."""


def is_model(path: Path) -> bool:
    """Return whether a file is a model, of any version, by its description.

    Training states, other programs' `.npz` files, and pipes or devices are not.

    Raises
    ------
    CheckpointError
        It is no archive, or a damaged one.
    OSError
        If it does not exist, or cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
        return False
    with path.open("rb") as stream:
        found = members(stream, os.fstat(stream.fileno()).st_size)
        try:
            return read_description(stream, found).get("kind") in ("model", "pairs")
        except Undescribed:
            return False


def is_of_pairs(path: Path) -> bool:
    """Return whether a file is a model of pairs, by its description; False if it is none at all."""
    try:
        with path.open("rb") as stream:
            found = members(stream, os.fstat(stream.fileno()).st_size)
            return read_description(stream, found).get("kind") == "pairs"
    except (CheckpointError, OSError):
        return False


def read_description(stream: BinaryIO, found: list[Member]) -> dict[str, Any]:
    """Return the description of a file, of any kind and version, given its members.

    Raises
    ------
    Undescribed
        There is none, it is too long, or it is not strict JSON.
    CheckpointError
        It is damaged.
    """
    meta = next((member for member in found if member.name == _MEMBER), None)
    if meta is None:
        raise Undescribed(_OTHER)
    try:
        laid = layout(stream, meta)
    except CheckpointError as error:
        raise Undescribed(str(error)) from None
    if laid.dtype != "|u1" or len(laid.shape) != 1:
        raise Undescribed(_OTHER)
    if laid.shape[0] > LARGEST_META:
        raise Undescribed(
            f"its description takes {laid.shape[0]} bytes and may take {LARGEST_META}; "
            "only open what `charrnn train` has written"
        )
    text = b"".join(pieces(stream, meta))[laid.start :]
    try:
        described = json.loads(
            text, object_pairs_hook=_with_each_name_once, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise Undescribed("its description is not JSON, or has a name twice") from error
    if not isinstance(described, dict) or described.get("format") != "charrnn":
        raise Undescribed(_OTHER)
    return described


def _with_each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON: of a name that is there twice, readers differ on the value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a name twice")
    return found


def _refuse_constant(constant: str) -> float:
    raise ValueError(f"{constant} is not a number of JSON")
