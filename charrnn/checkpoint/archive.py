"""A strict reader of zip archives: members are contiguous, with nothing else in between.

    header, data | header, data | ... | directory | end record

The archive begins at the file's first byte and ends at its last; the members fill everything
before the directory, so that none can overlap another or claim more bytes than the file has. A
member's own header must agree with its entry in the directory. A length is compared with the
file's before as many bytes are read. The records are those of PKWARE's APPNOTE 6.3.10, sections
4.3 and 4.5.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from charrnn.errors import CheckpointError

MAX_MEMBERS = 256
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}")

_FIRST_BYTES = b"PK\3\4"
# Dates, versions and file attributes (the x) are skipped: nothing depends on them.
_LOCAL = struct.Struct("<4s2x2H4x3L2H")
_ENTRY = struct.Struct("<4s4x2H4x3L4H6xL")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ4x2L4Q")
_EXTRA = struct.Struct("<2H")
_LOCATOR = struct.Struct("<4s4xQ4x")

_MAX_DIRECTORY = 2**16
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1 << 0
_HARMLESS = 1 << 1 | 1 << 2 | 1 << 11  # how hard deflate tried, and names in UTF-8
_IN_EXTRA = 2**32 - 1
_PIECE = 2**16


@dataclass(frozen=True, slots=True)
class Member:
    """One member: `stored` bytes at `start` of the file, `size` bytes when unpacked."""

    name: str
    flags: int
    method: int
    checksum: int
    stored: int
    size: int
    start: int


def damaged(found: str) -> CheckpointError:
    """Return the error for a damaged file."""
    return CheckpointError(f"damaged, {found}; restore it from another copy")


def refused(found: str) -> CheckpointError:
    """Return the error for a feature that no checkpoint needs."""
    return CheckpointError(f"refused, {found}; only open what `charrnn train` has written")


def members(stream: BinaryIO, length: int) -> list[Member]:
    """Return the members of an archive of `length` bytes, in order.

    Raises
    ------
    CheckpointError
        If the file is not an archive, is damaged, or is not of the form above.
    """
    if stream.read(len(_FIRST_BYTES)) != _FIRST_BYTES:
        raise CheckpointError(
            f"not a checkpoint, {'it does not begin as one' if length else 'it is empty'}; "
            "`charrnn train` writes one"
        )
    count, directory_start, directory_length = _end_record(stream, length)
    directory = _take(stream, directory_start, directory_length)

    found: dict[str, Member] = {}
    at = 0
    for entry in _entries(directory, count):
        if entry.name in found:
            raise refused(f"it has two members named {entry.name}")
        if entry.start != at:
            raise damaged(f"{entry.name} does not begin where the member before it ends")
        member = replace(entry, start=_data_start(stream, entry))
        at = member.start + member.stored
        found[member.name] = member
    if at != directory_start:
        raise damaged("its members do not end where its directory begins")
    return list(found.values())


def pieces(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield a member's bytes in pieces of at most 64 KiB, and verify its checksum.

    Raises
    ------
    CheckpointError
        As soon as there are more bytes than the member's size, or at the end if there are fewer or
        the checksum (CRC-32) differs.
    """
    size = checksum = 0
    unpacked = _inflated if member.method == _DEFLATED else _as_stored
    for piece in unpacked(stream, member):
        size += len(piece)
        if size > member.size:
            raise damaged(f"{member.name} is longer than it says")
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if (size, checksum) != (member.size, member.checksum):
        raise damaged(f"{member.name} does not match its checksum")


def _as_stored(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    for at in range(0, member.stored, _PIECE):
        yield _take(stream, member.start + at, min(_PIECE, member.stored - at))


def _inflated(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _as_stored(stream, member):
            if inflate.eof:
                raise damaged(f"{member.name} goes on after its end")
            yield (piece := inflate.decompress(packed, _PIECE))
            # A full piece may have left some of its bytes inside the decompressor.
            while inflate.unconsumed_tail or len(piece) == _PIECE:
                yield (piece := inflate.decompress(inflate.unconsumed_tail, _PIECE))
    except zlib.error:
        raise damaged(f"{member.name} cannot be inflated") from None
    if not inflate.eof or inflate.unused_data:
        raise damaged(f"{member.name} does not end where it should")


def _end_record(stream: BinaryIO, length: int) -> tuple[int, int, int]:
    """Return the number of entries, the start and the length in bytes of the directory."""
    at = length - _END.size
    if at < 0:
        raise damaged("it is cut short")
    mark, *disks, here, count, size, start, comment = _END.unpack(_take(stream, at, _END.size))
    if mark != b"PK\5\6" or comment:
        raise damaged("it is cut short, or something was appended to it")

    locator_at = at - _LOCATOR.size
    end64_at = locator_at - _END64.size
    if end64_at > 0 and _take(stream, locator_at, 4) == b"PK\6\7":
        at = end64_at
        _, located = _LOCATOR.unpack(_take(stream, locator_at, _LOCATOR.size))
        mark, rest, *disks, here, count, size, start = _END64.unpack(_take(stream, at, _END64.size))
        if mark != b"PK\6\6" or located != at or rest != _END64.size - 12:
            raise damaged("its end record is broken")

    if count > MAX_MEMBERS or size > _MAX_DIRECTORY:
        raise refused(f"it has {count} members and a checkpoint has at most {MAX_MEMBERS}")
    if any(disks) or here != count or start + size != at:
        raise damaged("its end record is broken")
    return count, start, size


def _entries(directory: bytes, count: int) -> Iterator[Member]:
    """Yield the members of the directory, with the `start` of their headers."""
    at = 0
    for _ in range(count):
        if at + _ENTRY.size > len(directory):
            raise damaged("its directory is cut short")
        mark, flags, method, checksum, stored, size, *lengths, disk, start = _ENTRY.unpack_from(
            directory, at
        )
        name_length, extra_length, comment_length = lengths
        at += _ENTRY.size
        name = directory[at : at + name_length]
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment_length
        size, stored, start = _widened((size, stored, start), extra)
        if mark != b"PK\1\2" or disk:
            raise damaged("its directory is broken")
        entry = Member(_plain(name), flags, method, checksum, stored, size, start)
        _check_form(entry)
        yield entry
    if at != len(directory):
        raise damaged("its directory is broken")


def _check_form(entry: Member) -> None:
    if entry.flags & _ENCRYPTED:
        raise refused(f"{entry.name} is encrypted")
    if entry.flags & ~_HARMLESS:
        raise refused(f"{entry.name} is stored in a way that no checkpoint is")
    if entry.method not in (_STORED, _DEFLATED):
        raise refused(f"{entry.name} is compressed by method {entry.method}, not by deflate")
    if entry.method == _STORED and entry.stored != entry.size:
        raise damaged(f"{entry.name} gives two sizes")


def _data_start(stream: BinaryIO, entry: Member) -> int:
    """Return the start of a member's data, after comparing its header with its entry."""
    mark, flags, method, checksum, stored, size, name_length, extra_length = _LOCAL.unpack(
        _take(stream, entry.start, _LOCAL.size)
    )
    names = _take(stream, entry.start + _LOCAL.size, name_length + extra_length)
    name, extra = names[:name_length], names[name_length:]
    size, stored = _widened((size, stored), extra)
    own = Member(_plain(name), flags, method, checksum, stored, size, entry.start)
    if mark != _FIRST_BYTES or own != entry:
        raise damaged(f"{entry.name} and its entry in the directory disagree")
    return entry.start + _LOCAL.size + len(names)


def _widened(fields: tuple[int, ...], extra: bytes) -> tuple[int, ...]:
    """Replace each field of all ones by the next 64-bit number of the zip64 extra."""
    wide = b""
    at = 0
    while at < len(extra):
        kind, length = _EXTRA.unpack(extra[at : at + _EXTRA.size].ljust(_EXTRA.size, b"\xff"))
        at += _EXTRA.size + length
        if kind == 1:
            wide = extra[at - length : at]
    if at != len(extra):
        raise damaged("one of its extra fields is cut short")
    values = (value for (value,) in struct.iter_unpack("<Q", wide[: len(wide) // 8 * 8]))
    return tuple(next(values, field) if field == _IN_EXTRA else field for field in fields)


def _plain(name: bytes) -> str:
    text = name.decode("ascii", errors="backslashreplace")
    if not NAME.fullmatch(text):
        raise refused(f"a member is named {text!a:.60}, not by letters, digits, _, . and -")
    return text


def _take(stream: BinaryIO, at: int, count: int) -> bytes:
    stream.seek(at)
    taken = stream.read(count)
    if len(taken) != count:
        raise damaged("it is cut short")
    return taken
