"""How the bytes of a text are read. Imports no NumPy, so the command line may read it."""

from dataclasses import dataclass
from typing import Self

from charrnn.text.decoding import Errors
from charrnn.text.sources import MAX_BYTES

BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class ReadAs:
    """Options of reading a text, kept so that it can be read in the same way again.

    encoding: any text encoding of Python's; with "utf-8" a byte order mark may say another.
    errors: "strict", or "replace" to put U+FFFD in the place of what cannot be decoded.
    as_bytes: whether every byte is a character, whatever the encoding.
    max_bytes: limit of the bytes read in total, after unpacking.
    field: the column of a table, or the field of records, that is the text.
    extract: whether the text in a document is read, instead of the file verbatim.
    """

    encoding: str = "utf-8"
    errors: Errors = "strict"
    as_bytes: bool = False
    max_bytes: int = MAX_BYTES
    field: str | None = None
    extract: bool = True

    @classmethod
    def named(cls, name: str, errors: Errors = "strict", max_bytes: int = MAX_BYTES) -> Self:
        """Return how to read a text in an encoding, which may be `bytes`."""
        if name == BYTES:
            return cls(errors=errors, as_bytes=True, max_bytes=max_bytes)
        return cls(name, errors, max_bytes=max_bytes)

    @property
    def name(self) -> str:
        """The encoding, `bytes` where every byte is a character."""
        return BYTES if self.as_bytes else self.encoding

    def __str__(self) -> str:
        return f"{self.name}, errors replaced" if self.errors == "replace" else self.name


def ways_to_read(
    before: ReadAs,
    encoding: str | None = None,
    errors: Errors | None = None,
    *,
    as_bytes: bool = False,
) -> tuple[ReadAs, ...]:
    """Return the ways to read a file for a network, in the order in which to try them.

    As UTF-8, which no other text happens to be; failing that, as the network's training text was
    read. A network of bytes reads bytes, and an encoding that the user gave is the only way.

    before: how the network's training text was read.
    """
    if before.as_bytes:
        return (before,)
    if as_bytes:
        return (ReadAs(as_bytes=True),)
    last = ReadAs(encoding or before.encoding, errors or before.errors)
    if encoding or not _extends_ascii(last.encoding):
        return (last,)
    return tuple(dict.fromkeys((ReadAs(), last)))


def _extends_ascii(encoding: str) -> bool:
    """Return whether an encoding writes ASCII as ASCII, as UTF-8 does."""
    try:
        return "Az\n".encode(encoding) == b"Az\n"
    except (LookupError, UnicodeError):
        return False
