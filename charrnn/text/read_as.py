"""How the bytes of a text are read. Imports no NumPy, so the command line may read it."""

from dataclasses import dataclass

from charrnn.text.decoding import Errors
from charrnn.text.sources import MAX_BYTES

BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What was asked of the reading of a text, so that it can be read in the same way again.

    encoding: any text encoding of Python's; with "utf-8" a byte order mark may name another.
    errors: "strict", or "replace" to put U+FFFD in the place of what cannot be decoded.
    as_bytes: whether every byte is a character, whatever the encoding.
    max_bytes: the most that is read in all, after unpacking.
    field: the column of a table, or the field of records, that is the text.
    extract: whether of a document the text in it is read, and not the file as it stands.
    """

    encoding: str = "utf-8"
    errors: Errors = "strict"
    as_bytes: bool = False
    max_bytes: int = MAX_BYTES
    field: str | None = None
    extract: bool = True
