"""A strict reader and writer of arrays in an `.npz`.

Any NumPy opens the files written here with `np.load(path)`, and files of `np.savez` can
be read here. For any other file the reader differs from `np.load`: it allocates
nothing before every size is compared with the file's and with a bound, and raises one error.
"""

import math
import os
import re
import stat
import zipfile
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from charrnn.array_types import Array, NamedArrays
from charrnn.checkpoint.archive import MAX_MEMBERS, NAME, Member, damaged, members, pieces, refused
from charrnn.errors import CheckpointError, printable

MAX_BYTES = 2 * 2**30
MAX_DIMENSIONS = 4

_DTYPES = {
    np.dtype(name).newbyteorder("<").str: np.dtype(name).newbyteorder("<")
    for name in ("f4", "f8", "i4", "i8", "u1", "u2", "u4", "b1")
}
_MAGIC = b"\x93NUMPY"
_LENGTH_WIDTH = {b"\1\0": 2, b"\2\0": 4}  # by version
_MAX_HEADER = 10_000
_NUMBER = r"(?:0|[1-9][0-9]{0,18})"
_HEADER = re.compile(
    r"\{'descr': '([^']{1,16})', 'fortran_order': (True|False), "
    rf"'shape': \(((?:{_NUMBER},|{_NUMBER}(?:, {_NUMBER})+)?)\), \}} *\n"
)
_ALIGNMENT = 64

_MAX_INFLATION = 100
_SMALL = 2**20


@dataclass(frozen=True, slots=True)
class _Layout:
    """The layout of an array in its member: `start` bytes of header, then the elements."""

    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


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
    name = printable(path.name or path)
    try:
        with _opened(path) as stream:
            return _read(stream, max_bytes, only)
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from None
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be read, {error.strerror or error}") from error


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
        if array.dtype.str not in _DTYPES or array.ndim > MAX_DIMENSIONS:
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


def _read(stream: BinaryIO, max_bytes: int, only: Container[str] | None) -> NamedArrays:
    found = members(stream, os.fstat(stream.fileno()).st_size)
    _check_sizes(found, max_bytes)
    layouts = {member.name.removesuffix(".npy"): _layout(stream, member) for member in found}
    return {
        name: _array(stream, member, layout)
        for member, (name, layout) in zip(found, layouts.items(), strict=True)
        if only is None or name in only
    }


def _check_sizes(found: list[Member], max_bytes: int) -> None:
    size = sum(member.size for member in found)
    stored = sum(member.stored for member in found)
    if size > max_bytes:
        raise refused(f"it would take {size} bytes of memory and may take {max_bytes}")
    for member in [*found, Member("it", 0, 0, 0, stored, size, 0)]:
        if member.size > _SMALL and member.size > _MAX_INFLATION * member.stored:
            raise refused(f"{member.name} would grow from {member.stored} to {member.size} bytes")


def _layout(stream: BinaryIO, member: Member) -> _Layout:
    """Read a member's header: its length, then one line of text of a fixed form.

    The form is numpy.lib.format's, versions 1.0 and 2.0.
    """
    head = next(pieces(stream, member), b"")
    width = _LENGTH_WIDTH.get(head[6:8])
    if not member.name.endswith(".npy") or not head.startswith(_MAGIC) or width is None:
        raise refused(f"{member.name} is not an array")
    start = 8 + width + int.from_bytes(head[8 : 8 + width], "little")
    if start > _MAX_HEADER:
        raise refused(f"{member.name} has a header of {start} bytes")
    form = _HEADER.fullmatch(head[8 + width : start].decode("latin-1"))
    if form is None:
        raise refused(f"{member.name} is not a plain array")

    dtype = _DTYPES.get(form[1])
    shape = tuple(int(length) for length in re.findall(r"[0-9]+", form[3]))
    if dtype is None:
        raise refused(f"{member.name} is of type {form[1]!a}, none of {' '.join(_DTYPES)}")
    if len(shape) > MAX_DIMENSIONS:
        raise refused(f"{member.name} has {len(shape)} dimensions")
    if form[2] == "True":
        raise refused(f"{member.name} is stored column by column")
    if start + math.prod(shape) * dtype.itemsize != member.size:
        raise refused(f"{member.name} says it is of shape {shape} and has {member.size} bytes")
    return _Layout(start, dtype, shape)


def _array(stream: BinaryIO, member: Member, layout: _Layout) -> Array:
    try:
        array: Array = np.empty(layout.shape, layout.dtype)
    except (MemoryError, ValueError):  # NumPy refuses (0, 2**62, 2**62)
        raise refused(f"there is no memory for {member.name} of shape {layout.shape}") from None
    elements = _bytes(array)
    at = -layout.start
    for piece in pieces(stream, member):
        elements[max(at, 0) : max(at + len(piece), 0)] = piece[max(-at, 0) :]
        at += len(piece)
    if layout.dtype == np.bool_ and array.view(np.uint8).max(initial=0) > 1:
        raise damaged(f"{member.name} holds truth values that are neither 0 nor 1")
    return array


def _header(array: Array) -> bytes:
    shape = tuple(int(length) for length in array.shape)
    text = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    unpadded = len(_MAGIC) + 4 + len(text) + 1
    text += " " * (-unpadded % _ALIGNMENT) + "\n"
    return _MAGIC + b"\1\0" + len(text).to_bytes(2, "little") + text.encode("ascii")


def _bytes(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
