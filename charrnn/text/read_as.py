"""How the bytes of a text are read. Imports no NumPy, so the command line may read it."""

from dataclasses import dataclass
from typing import Literal, Self

from charrnn.option_fields import Checked, Count, opt
from charrnn.text.decoding import Errors
from charrnn.text.sources import MAX_BYTES

BYTES = "bytes"


TEXT = "Text"

Unknown = Literal["error", "skip", "nearest"]
"""What becomes of characters that a network does not know."""


@dataclass(frozen=True, slots=True)
class ReadAs(Checked):
    """How a text is to be read, kept with the model so that it can be read in the same way again.

    encoding: any text encoding of Python's; with "utf-8" a byte order mark may say another.
    errors: "strict", or "replace" to put U+FFFD in the place of what cannot be decoded.
    as_bytes: whether every byte is a character, whatever the encoding.
    """

    # fmt: off
    encoding: str = opt(
        "utf-8", "How the text is encoded; a byte order mark is recognised.", TEXT, "NAME"
    )
    errors: Errors = opt("strict", "What becomes of bytes that are not in that encoding.", TEXT)
    as_bytes: bool = opt(
        False, "Learn bytes, not characters: 256 symbols, any file.", TEXT, names="--bytes"
    )
    max_bytes: Count = opt(
        MAX_BYTES, "The most to read, after unpacking.", TEXT, "N", shown="2 GiB"
    )
    field: str | None = opt(
        None, "Read this column of .csv and .tsv, this field of .jsonl and .json.", TEXT, "NAME"
    )
    extract: bool = opt(
        True, "Read the text in .html, .srt, .vtt and .ipynb, not the file as it is.", TEXT
    )
    # fmt: on

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
