"""A one-pass encoder: numbers, counts and hashes a text as it arrives, in constant memory.

The id of a character is its place among the sorted characters of the text, which is known when all
of it has been seen. So a character gets a number at its first occurrence, and that is what is
written; a table of V entries turns numbers into ids whenever some are read. A number takes a byte
for as long as 256 are enough, then two, then four, and nothing has to be written again.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Places
from charrnn.text.id_store import StoredIds, Stretch, UnnamedFile
from charrnn.text.vocabulary import BYTE_VALUES, CODE_POINTS, Vocabulary

# Characters processed at a time; their arrays fit a processor's cache.
_PIECE = 1 << 16


class Encoder:
    """Encodes a text piece by piece; then has its ids, vocabulary and SHA-256.

    Parameters
    ----------
    as_bytes
        Whether each character represents the byte of that number.

    Attributes
    ----------
    length
        Number of characters read so far.
    """

    def __init__(self, *, as_bytes: bool = False) -> None:
        self.as_bytes = as_bytes
        self.length = 0
        self._encoding = "latin-1" if as_bytes else "utf-8"
        self._sha256 = hashlib.sha256()
        self._file = UnnamedFile()
        self._stretches: list[Stretch] = []
        self._number_of = np.full(CODE_POINTS, -1, np.int32)
        self._met: list[int] = []  # code points by number
        self._counts = np.zeros(0, np.int64)

    def feed(self, text: str) -> None:
        """Encode more of the text.

        Raises
        ------
        UnicodeEncodeError
            If it has half a character (a lone surrogate), or one that is no byte.
        TextError
            If the disk is full.
        """
        for start in range(0, len(text), _PIECE):
            self._feed(text[start : start + _PIECE])

    def _feed(self, text: str) -> None:
        encoded = text.encode(self._encoding)
        self._sha256.update(encoded)
        if len(encoded) == len(text):  # a byte for each: ASCII, or bytes
            points = np.frombuffer(encoded, np.uint8)
        else:
            points = np.frombuffer(text.encode("utf-32-le"), "<u4")
        # "clip" avoids a bounds check; no code point is out of range.
        numbers = self._number_of.take(points, mode="clip")
        if numbers.min() < 0:
            self._meet(points[numbers < 0])
            numbers = self._number_of.take(points, mode="clip")
        self._counts += np.bincount(numbers, minlength=len(self._met))
        dtype = np.min_scalar_type(len(self._met) - 1)
        if not self._stretches or dtype != self._stretches[-1].dtype:
            self._stretches.append(Stretch(self.length, len(self._file), dtype))
        self._file.append(numbers.astype(dtype).tobytes())
        self.length += len(text)

    def _meet(self, points: NDArray[np.unsignedinteger]) -> None:
        new = np.unique(points)
        self._number_of[new] = np.arange(len(self._met), len(self._met) + new.size)
        self._met += new.tolist()
        self._counts = np.append(self._counts, np.zeros(new.size, np.int64))

    def ids(self) -> StoredIds:
        """Return the ids of the text so far."""
        known = self._known()
        id_of = np.searchsorted(known, self._met)
        dtype = np.min_scalar_type(max(known.size - 1, 0))
        return StoredIds(self._file, tuple(self._stretches), id_of.astype(dtype), self.length)

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary, with the counts of the text so far.

        Raises
        ------
        TextError
            If the text is empty, and not one of bytes.
        """
        known = self._known()
        counts = np.zeros(known.size, np.int64)
        counts[np.searchsorted(known, self._met)] = self._counts
        return Vocabulary(known, counts, "bytes" if self.as_bytes else "characters")

    def sha256(self) -> str:
        """Return the hexadecimal SHA-256 of the text as UTF-8, or of the bytes."""
        return self._sha256.hexdigest()

    def _known(self) -> Places:
        return np.arange(BYTE_VALUES) if self.as_bytes else np.sort(np.array(self._met, np.intp))
