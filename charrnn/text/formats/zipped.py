"""The members of a ZIP archive, unpacked a piece at a time and never beyond a bound.

Documents of word processors and books are such archives. Whatever is wrong with one, or takes
more than a text can need, is one `TextError`.
"""

import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from charrnn.errors import TextError
from charrnn.text.formats.signatures import Kind, zip_kind
from charrnn.text.sources import PIECE, Bound

MOST_MEMBERS = 20_000
"""Members of an archive whose text is read; a document has fewer."""

LARGEST_DIRECTORY = 16 * 2**20
"""Bytes in the list of members, which is read whole."""

_END = b"PK\x05\x06"
_END_SIZE, _LONGEST_COMMENT = 22, 2**16

# bz2 and lzma have no error of their own for damaged data; RuntimeError: a password is needed.
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, RuntimeError,
    NotImplementedError, UnicodeError, OverflowError,
)  # fmt: skip


class Archive:
    """An archive that is open for reading.

    name: its name in messages.
    bound: limit of the bytes read in total, after unpacking.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, bound: Bound) -> None:
        self.name, self._archive, self._bound = name, archive, bound
        self.names = archive.namelist()

    @classmethod
    @contextmanager
    def opened(cls, path: Path, name: str, bound: Bound) -> Iterator[Self]:
        """Open an archive.

        Raises
        ------
        TextError
            If it is damaged, or lists more than `MOST_MEMBERS`.
        """
        try:
            with path.open("rb") as file:
                file.seek(0, 2)
                size = file.tell()
                file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
                _, found, end = file.read().rpartition(_END)
                members = int.from_bytes(end[6:8], "little")
                directory = int.from_bytes(end[8:12], "little")
                if found and (members > MOST_MEMBERS or directory > LARGEST_DIRECTORY):
                    raise TextError(f"{name}: lists more files than a document has; unpack it")
            archive = zipfile.ZipFile(path)
        except _DAMAGES as damage:
            raise _damaged(name, damage) from None
        with archive:
            yield cls(archive, name, bound)

    def kind(self) -> Kind:
        """Return the archive's format."""
        mimetype = b""
        if "mimetype" in self.names:
            with self._reading("mimetype"), self._archive.open("mimetype") as file:
                mimetype = file.read(100)
        return zip_kind(self.names, mimetype.decode("ascii", "replace").strip())

    def pieces(self, member: str) -> Generator[bytes]:
        """Yield the bytes of a member in pieces of at most 64 KiB.

        Raises
        ------
        TextError
            If there is no such member, it is damaged or encrypted, or exceeds the bound.
        """
        with self._reading(member), self._archive.open(member) as file:
            while piece := file.read(PIECE):
                self._bound.take(len(piece), self.name)
                yield piece

    def read(self, member: str, limit: int) -> bytes:
        """Return all bytes of a member.

        Raises
        ------
        TextError
            As above, or if it is longer than `limit`.
        """
        read = b""
        for piece in self.pieces(member):
            read += piece
            if len(read) > limit:
                raise TextError(f"{self.name}: its {member:.80} is longer than {limit} bytes")
        return read

    @contextmanager
    def _reading(self, member: str) -> Iterator[None]:
        try:
            yield
        except _DAMAGES as damage:
            raise _damaged(f"{self.name}: {member:.80}", damage) from None


def _damaged(name: str, damage: Exception) -> TextError:
    if isinstance(damage, RuntimeError) and "password" in str(damage):
        return TextError(f"{name}: is encrypted; name a copy that is not")
    reason = " ".join(str(damage).split())[:80] or type(damage).__name__
    return TextError(f"{name}: damaged ({reason}); fetch it again, or save it anew")
