"""The layout of an array in its member of an `.npz`, read without NumPy and without trust.

A member is a header, one line of text of a fixed form, and then the elements. The form is
numpy.lib.format's, versions 1.0 and 2.0.
"""

import math
import re
from dataclasses import dataclass
from typing import BinaryIO

from charrnn.checkpoint.archive import Member, pieces, refused

MAX_DIMENSIONS = 4

SIZES = {"<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8, "|u1": 1, "<u2": 2, "<u4": 4, "|b1": 1}
"""Bytes of an element by the type of an array, as NumPy writes it."""

MAGIC = b"\x93NUMPY"

_LENGTH_WIDTH = {b"\1\0": 2, b"\2\0": 4}  # by version
_MAX_HEADER = 10_000
_NUMBER = r"(?:0|[1-9][0-9]{0,18})"
_HEADER = re.compile(
    r"\{'descr': '([^']{1,16})', 'fortran_order': (True|False), "
    rf"'shape': \(((?:{_NUMBER},|{_NUMBER}(?:, {_NUMBER})+)?)\), \}} *\n"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of an array in its member: `start` bytes of header, then the elements."""

    start: int
    dtype: str
    shape: tuple[int, ...]


def layout(stream: BinaryIO, member: Member) -> Layout:
    """Read the header of a member, and compare what it says with the member's size.

    Raises
    ------
    CheckpointError
        If it is not an array, or not a plain one of at most four dimensions, row by row.
    """
    head = next(pieces(stream, member), b"")
    width = _LENGTH_WIDTH.get(head[6:8])
    if not member.name.endswith(".npy") or not head.startswith(MAGIC) or width is None:
        raise refused(f"{member.name} is not an array")
    start = 8 + width + int.from_bytes(head[8 : 8 + width], "little")
    if start > _MAX_HEADER:
        raise refused(f"{member.name} has a header of {start} bytes")
    form = _HEADER.fullmatch(head[8 + width : start].decode("latin-1"))
    if form is None:
        raise refused(f"{member.name} is not a plain array")

    dtype = form[1]
    shape = tuple(int(length) for length in re.findall(r"[0-9]+", form[3]))
    if dtype not in SIZES:
        raise refused(f"{member.name} is of type {dtype!a}, none of {' '.join(SIZES)}")
    if len(shape) > MAX_DIMENSIONS:
        raise refused(f"{member.name} has {len(shape)} dimensions")
    if form[2] == "True":
        raise refused(f"{member.name} is stored column by column")
    if start + math.prod(shape) * SIZES[dtype] != member.size:
        raise refused(f"{member.name} says it is of shape {shape} and has {member.size} bytes")
    return Layout(start, dtype, shape)
