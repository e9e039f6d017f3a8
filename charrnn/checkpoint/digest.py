"""The digest by which a model file is known. Imports no NumPy, so the command line may read it."""

import hashlib
from pathlib import Path

from charrnn.errors import CheckpointError


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises
    ------
    CheckpointError
        It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"{path.name!r}: cannot be read, {error.strerror or error}"
        ) from error
