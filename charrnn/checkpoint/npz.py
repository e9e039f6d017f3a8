"""A strict reader and writer of arrays in an `.npz`.

Any NumPy opens the files written here with `np.load(path)`, and files of `np.savez` can
be read here. For any other file the reader differs from `np.load`: it allocates
nothing before every size is compared with the file's and with a bound, and raises one error.
"""

import os
import stat
import zipfile
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from charrnn.array_types import Array, NamedArrays
from charrnn.checkpoint.archive import MAX_MEMBERS, NAME, Member, damaged, members, pieces, refused
from charrnn.checkpoint.description import read_description
from charrnn.checkpoint.layout import MAGIC, MAX_DIMENSIONS, SIZES, Layout, layout
from charrnn.errors import CheckpointError, printable

MAX_BYTES = 2 * 2**30

MAX_INFLATION, SLACK = 2, 16 * 2**20
"""An archive may unpack to at most `MAX_INFLATION` times the size of the file and `SLACK` bytes:
parameters of a network can hardly be compressed."""

_ALIGNMENT = 64


class OpenArrays:
    """An open `.npz`, of which every size, type and shape has been checked.

    layouts: the layout of each array by its name, in the order in which the file has them.
    """

    def __init__(self, stream: BinaryIO, max_bytes: int) -> None:
        self._stream = stream
        length = os.fstat(stream.fileno()).st_size
        found = members(stream, length)
        _check_sizes(found, length, max_bytes)
        layouts = {member.name: layout(stream, member) for member in found}
        self.layouts: dict[str, Layout] = {
            name.removesuffix(".npy"): laid for name, laid in layouts.items()
        }
        self._members = dict(zip(self.layouts, found, strict=True))

    def description(self) -> dict[str, Any]:
        """Return the description of the file.

        Raises
        ------
        CheckpointError
            As `read_description`.
        """
        return read_description(self._stream, list(self._members.values()))

    def read(self, name: str) -> Array:
        """Return an array of the file, contiguous and writable.

        Raises
        ------
        CheckpointError
            There is no memory for it, or it does not match its checksum.
        """
        found = self.layouts[name]
        try:
            array: Array = np.empty(found.shape, found.dtype)
        except (MemoryError, ValueError):  # NumPy refuses (0, 2**62, 2**62)
            raise refused(f"there is no memory for {name}.npy of shape {found.shape}") from None
        self.read_into(name, array)
        return array

    def read_into(self, name: str, array: Array) -> None:
        """Read an array of the file into another, contiguous, of its type and shape.

        Raises
        ------
        CheckpointError
            It does not match its checksum.
        """
        found = self.layouts[name]
        if (array.dtype, array.shape) != (np.dtype(found.dtype), found.shape):
            raise ValueError(f"{name} is {found}, not of {array.dtype} {array.shape}")
        elements = _bytes(array)
        at = -found.start
        for piece in pieces(self._stream, self._members[name]):
            elements[max(at, 0) : max(at + len(piece), 0)] = piece[max(-at, 0) :]
            at += len(piece)
        if array.dtype == np.bool_ and array.view(np.uint8).max(initial=0) > 1:
            raise damaged(f"{name}.npy holds truth values that are neither 0 nor 1")


@contextmanager
def opened(path: Path, *, max_bytes: int = MAX_BYTES) -> Iterator[OpenArrays]:
    """Open an `.npz` file, and check every member's sizes, type and shape.

    Errors that are raised while it is open begin with its name, too.

    max_bytes: limit of the unpacked size of all members together.

    Raises
    ------
    CheckpointError
        If there is no such file, or it cannot be read, or it is anything else than a whole archive
        of plain arrays that keeps to the bound.
    """
    name = printable(path.name or path)
    try:
        with _opened(path) as stream:
            yield OpenArrays(stream, max_bytes)
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error.message}", *error.ways) from error
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be read, {error.strerror or error}") from error


def read_arrays(
    path: Path, *, max_bytes: int = MAX_BYTES, only: Container[str] | None = None
) -> NamedArrays:
    """Read the arrays of an `.npz` file into memory.

    Every member's sizes, type and shape are checked before the first array is allocated, and every
    byte of a returned array has passed its checksum.

    Parameters
    ----------
    path
        The file. It is closed on return, and may be overwritten afterwards.
    max_bytes
        Limit of the unpacked size of all members together, requested or not.
    only
        Names of the arrays to return, where not all are wanted.

    Returns
    -------
    dict
        Arrays of at most four dimensions, contiguous and writable, of type float32, float64, int32,
        int64, uint8, uint16, uint32 or bool, in the order in which the file has them.

    Raises
    ------
    CheckpointError
        If there is no such file, or it cannot be read, or it is anything else than a whole archive
        of plain arrays that keeps to the bound. The message begins with the file's name.
    """
    with opened(path, max_bytes=max_bytes) as file:
        return {name: file.read(name) for name in file.layouts if only is None or name in only}


def write_arrays(stream: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Write arrays as an `.npz` without compression; the same arrays always give the same bytes.

    Parameters
    ----------
    stream
        A seekable file open for writing, at its beginning.
    arrays
        At least one array by name. The names consist of letters, digits, `_`, `.` and `-`; types
        and dimensions are those that `read_arrays` returns.

    Raises
    ------
    ValueError
        If `read_arrays` would refuse the file. Nothing has then been written.
    OSError
        If the stream cannot be written.
    """
    if not 0 < len(arrays) <= MAX_MEMBERS:
        raise ValueError(f"{len(arrays)} arrays; expected 1 to {MAX_MEMBERS}")
    little_endian = {
        name: np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
        for name, array in arrays.items()
    }
    for name, array in little_endian.items():
        if not NAME.fullmatch(f"{name}.npy"):
            raise ValueError(f"an array cannot be named {name!a}")
        if array.dtype.str not in SIZES or array.ndim > MAX_DIMENSIONS:
            raise ValueError(f"{name} is of type {array.dtype} and {array.ndim} dimensions")

    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in little_endian.items():
            header = _header(array)
            # A ZipInfo made by hand has the date 1980-01-01; the system it records by default
            # would differ between Windows and others.
            info = zipfile.ZipInfo(f"{name}.npy")
            info.create_system = 3
            info.external_attr = 0o644 << 16
            info.file_size = len(header) + array.nbytes
            with archive.open(info, "w") as member:
                member.write(header)
                member.write(_bytes(array))


def _opened(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise CheckpointError("no such checkpoint; `charrnn train` writes one") from None
    if stat.S_ISDIR(mode):
        raise CheckpointError("a folder; name a checkpoint in it")
    if not stat.S_ISREG(mode):  # opening a pipe would wait for a writer
        raise CheckpointError("not a file on a disk; save it to one first")
    return path.open("rb")


def _check_sizes(found: list[Member], length: int, max_bytes: int) -> None:
    size = sum(member.size for member in found)
    if size > max_bytes:
        raise refused(f"it would take {size} bytes of memory and may take {max_bytes}")
    if size > MAX_INFLATION * length + SLACK:
        largest = max(found, key=lambda member: member.size - member.stored)
        raise refused(
            f"{largest.name} would grow from {largest.stored} to {largest.size} bytes, and the "
            f"file from {length} to {size}"
        )


def _header(array: Array) -> bytes:
    shape = tuple(int(length) for length in array.shape)
    text = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    unpadded = len(MAGIC) + 4 + len(text) + 1
    text += " " * (-unpadded % _ALIGNMENT) + "\n"
    return MAGIC + b"\1\0" + len(text).to_bytes(2, "little") + text.encode("ascii")


def _bytes(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
