"""Ids in an unnamed file, so that a text may be larger than memory.

A mapped file would count as memory of the program, page by page as it is walked through, for as
long as nothing else needs the room. So it is not mapped: what is asked for is read into an array,
and what the system keeps of the file for a second reading is the system's to keep.
"""

import os
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Ids
from charrnn.errors import TextError

# The customary place of large files; /tmp is in memory on many systems.
_ROOMY = Path("/var/tmp")
_CHOSEN_BY = ("TMPDIR", "TEMP", "TMP")


class UnnamedFile:
    """An unnamed file on the disk, deleted by the system when the process ends."""

    def __init__(self) -> None:
        roomy = not any(map(os.environ.get, _CHOSEN_BY)) and os.access(_ROOMY, os.W_OK | os.X_OK)
        try:
            with tempfile.TemporaryFile(dir=_ROOMY if roomy else None) as file:
                self._descriptor = os.dup(file.fileno())
        except OSError as error:
            raise _no_room(error) from None
        weakref.finalize(self, os.close, self._descriptor)
        self._size = 0
        self._turn = threading.Lock()

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    def append(self, data: bytes) -> None:
        """Append bytes.

        Raises
        ------
        TextError
            If the disk is full.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise _no_room(error) from None
        self._size += len(data)

    def read(self, start: int, count: int) -> bytes:
        """Return `count` of the bytes written, from `start`."""
        if not 0 <= start <= start + count <= self._size:
            raise IndexError(f"no bytes {start} to {start + count} in a file of {self._size}")
        found = self._read(start, count)
        while len(found) < count:  # one read returns 2 GiB at most
            found += self._read(start + len(found), count - len(found))
        return found

    def _read(self, start: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            found = os.pread(self._descriptor, count, start)
        else:  # on Windows; the first reader has the file position to itself
            with self._turn:
                os.lseek(self._descriptor, start, os.SEEK_SET)
                found = os.read(self._descriptor, count)
                os.lseek(self._descriptor, 0, os.SEEK_END)
        if not found and count:
            raise EOFError("the file that holds the text was cut short by another program")
        return found


def _no_room(error: OSError) -> TextError:
    reason = (error.strerror or str(error)).lower()
    return TextError(
        f"the ids of the text cannot be put on the disk ({reason}); name a folder with more room "
        "in TMPDIR"
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text whose numbers have one type.

    first: index of its first character in the text.
    place: byte offset of that character in the file.
    """

    first: int
    place: int
    dtype: np.dtype[Any]


class StoredIds:
    """The ids of a text, (N,), in a file: `ids[a:b]` reads a new array.

    Parameters
    ----------
    file
        Numbers of characters, one after the other.
    stretches
        The type of each part; a part ends where the next one begins.
    id_of : ndarray, shape (V,)
        The id for each number.
    length
        N.
    """

    def __init__(
        self, file: UnnamedFile, stretches: tuple[Stretch, ...], id_of: Ids, length: int
    ) -> None:
        self._file, self._stretches, self._id_of = file, stretches, id_of
        self._start, self._stop = 0, length

    @property
    def dtype(self) -> np.dtype[np.integer[Any]]:
        """The type of an id."""
        return self._id_of.dtype

    def __len__(self) -> int:
        """Return N."""
        return self._stop - self._start

    def __getitem__(self, part: slice) -> Ids:
        """Return a slice, read from the file."""
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise ValueError(f"ids are read in a row, not in steps of {step}")
        start, stop = start + self._start, max(start, stop) + self._start
        ids = np.empty(stop - start, self.dtype)
        bounds = [*(stretch.first for stretch in self._stretches), stop]
        for stretch, end in zip(self._stretches, bounds[1:], strict=True):
            first, last = max(start, stretch.first), min(stop, end)
            if first < last:
                self._read(stretch, ids[first - start : last - start], first)
        return ids

    def _read(self, stretch: Stretch, ids: Ids, first: int) -> None:
        size = stretch.dtype.itemsize
        place = stretch.place + size * (first - stretch.first)
        numbers = np.frombuffer(self._file.read(place, size * len(ids)), stretch.dtype)
        # "clip" avoids a copy of the output; no number is out of range.
        self._id_of.take(numbers, out=ids, mode="clip")

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Ids:
        """Return all ids as an array in memory."""
        if copy is False:
            raise ValueError("ids in a file are no array before they are read")
        return self[:].astype(dtype or self.dtype, copy=False)

    def cut(self, place: int) -> tuple[Self, Self]:
        """Return the ids before and from a place, without reading them."""
        if not 0 <= place <= len(self):
            raise IndexError(f"no place {place} in a text of {len(self)}")
        return self._part(0, place), self._part(place, len(self))

    def _part(self, start: int, stop: int) -> Self:
        part = type(self)(self._file, self._stretches, self._id_of, self._start + stop)
        part._start = self._start + start
        return part
