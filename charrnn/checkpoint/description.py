"""The description of a file, `meta` in an `.npz`, read without NumPy and without trust."""

import json
import os
import stat
from pathlib import Path

from charrnn.checkpoint.archive import members, pieces

LARGEST_META = 2**24
"""Bytes of JSON in a description."""

_LARGEST_MEMBER = LARGEST_META + 2**16  # the header of the array with it


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
        sizes = {member.name: member.size for member in found}
        if sizes.get("meta.npy", _LARGEST_MEMBER + 1) > _LARGEST_MEMBER:
            return False
        [meta] = [member for member in found if member.name == "meta.npy"]
        whole = b"".join(pieces(stream, meta))
    # The array's header is one line; a description written by this program is the next.
    try:
        described = json.loads(whole.rpartition(b"\n")[2])
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(described, dict)
        and described.get("format") == "charrnn"
        and described.get("kind") == "model"
    )
