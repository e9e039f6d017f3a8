"""Every hostile file is refused: with one error, in one line, before it costs memory."""

import bz2
import errno
import io
import lzma
import os
import struct
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import charrnn.errors
from charrnn.checkpoint import npz
from charrnn.checkpoint.npz import read_arrays
from charrnn.errors import CheckpointError

ENCRYPTED = 1


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def headed(text, body=b"", version=1):
    """An .npy with any text for a header."""
    text = text.encode("latin-1") + b"\n"
    return (
        b"\x93NUMPY"
        + bytes([version, 0])
        + struct.pack("<H" if version == 1 else "<L", len(text))
        + text
        + body
    )


def shaped(shape, body=b"", descr="'<f4'", order="False"):
    return headed(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}", body)


GOOD = npy(np.arange(6, dtype=np.float32).reshape(2, 3))
MIB_OF_ZEROS = npy(np.zeros(2**20 - 128, np.uint8))


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def member(data=GOOD, name=b"x.npy", packed=None, local=None, entry=None, **both):
    """The two headers and the data of a member, with any field of either as one likes."""
    honest = {
        "name": name, "flags": 0, "method": 0 if packed is None else 8, "crc": zlib.crc32(data),
        "size": len(data), "extra": b"", "offset": None, "disk": 0,
    }  # fmt: skip
    packed = data if packed is None else packed
    honest["stored"] = len(packed)
    return packed, honest | both | (local or {}), honest | both | (entry or {})


def forged(*members, before=b"", between=b"", unlisted=b"", after=b"", comment=b"", **end):
    """An archive of such members, byte by byte."""
    body, directory = bytearray(before), bytearray()
    for packed, local, entry in members:
        offset = len(body) if entry["offset"] is None else entry["offset"]
        body += struct.pack(
            "<4s5H3L2H", b"PK\3\4", 20, local["flags"], local["method"], 0, 33, local["crc"],
            local["stored"], local["size"], len(local["name"]), len(local["extra"]),
        ) + local["name"] + local["extra"] + packed + between  # fmt: skip
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, 20, entry["flags"], entry["method"], 0, 33, entry["crc"],
            entry["stored"], entry["size"], len(entry["name"]), len(entry["extra"]), 0,
            entry["disk"], 0, 0, offset,
        ) + entry["name"] + entry["extra"]  # fmt: skip
    directory += unlisted
    end = {"count": len(members), "length": len(directory), "start": len(body), "disk": 0} | end
    return bytes(body + directory) + struct.pack(
        "<4s4H2LH", b"PK\5\6", end["disk"], 0, end["count"], end["count"], end["length"],
        end["start"], len(comment),
    ) + comment + after  # fmt: skip


def only(data):
    """An honest archive of one member."""
    return forged(member(data))


def inflating(data, **said):
    return forged(member(data, packed=deflate(data), **said))


def crowded(count):
    return forged(*(member(GOOD, b"%d.npy" % i) for i in range(count)))


class _Pipe(io.BytesIO):
    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation

    tell = seek


def unseekable():
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        archive.writestr("x.npy", GOOD)
    return pipe.getvalue()


def much(size, stored, other=b""):
    """Sizes that only the zip64 extra can hold."""
    wide = struct.pack("<2H2Q", 1, 16, size, stored)
    said = {"size": 2**32 - 1, "stored": 2**32 - 1, "extra": other + wide}
    return forged(member(local=said, entry=said))


CLAIMS_TERABYTES = shaped("(1099511627776,)", bytes(4))


def bomb():
    return inflating(npy(np.zeros(2**24, np.float32)))  # 64 MiB


def small_bombs(count):
    packed = deflate(MIB_OF_ZEROS)
    return forged(*(member(MIB_OF_ZEROS, b"%d.npy" % i, packed) for i in range(count)))


def bomb_that_hides():
    return inflating(MIB_OF_ZEROS + bytes(2**26), size=2**20)


HOSTILE = {
    # No archive
    "empty": (lambda: b"", "empty"),
    "text": (lambda: b"To be, or not to be" * 9, "not a checkpoint"),
    "random": (lambda: np.random.default_rng(3).bytes(999), "not a checkpoint"),
    "pickled": (lambda: b"\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94K\x01K\x02s.", "not a checkpoint"),
    "one array": (lambda: GOOD, "not a checkpoint"),
    "four bytes": (lambda: b"PK\3\4", "cut short"),
    "no members": (forged, "not a checkpoint"),
    "bytes before": (lambda: forged(member(), before=b"#!/bin/sh\n"), "not a checkpoint"),
    "archive before": (lambda: only(GOOD) + only(GOOD), "end record"),
    "bytes after": (lambda: forged(member(), after=b"\0"), "appended"),
    "comment": (lambda: forged(member(), comment=b"hello"), "appended"),
    # More than is there
    "bomb": (bomb, "would grow"),
    "small bombs": (lambda: small_bombs(100), "would grow"),
    "bomb that hides": (bomb_that_hides, "longer than it says"),
    "4 TiB": (lambda: only(CLAIMS_TERABYTES), "shape"),
    "1 GiB": (lambda: only(shaped("(268435456,)", bytes(4))), "shape"),
    "overflow": (lambda: only(shaped("(4294967296, 4294967296)")), "shape"),
    "too empty": (lambda: only(shaped("(0, 4611686018427387904, 4611686018427387904)")), "memory"),
    "8 EiB of one member": (lambda: much(2**63, len(GOOD)), "two sizes"),
    "8 EiB stored": (lambda: much(2**63, 2**63), "directory"),
    "4 GiB": (lambda: inflating(GOOD, size=2**32 - 2), "would take"),
    "stored beyond the end": (lambda: inflating(GOOD, stored=2**31), "directory"),
    "257 members": (lambda: crowded(257), "257 members"),
    "20 000 members": (lambda: crowded(20_000), "20000 members"),
    "long directory": (lambda: forged(member(entry={"extra": bytes(65_500)})), "at most"),
    "extra that is cut short": (lambda: much(len(GOOD), len(GOOD), b"UT\5"), "extra"),
    "extra without end": (lambda: forged(member(extra=b"UT\xff\xff")), "extra"),
    # Where members lie
    "overlap": (lambda: forged(member(), member(name=b"b.npy", entry={"offset": 0})), "begin"),
    "first elsewhere": (lambda: forged(member(entry={"offset": 9}), member(name=b"b")), "begin"),
    "gap": (lambda: forged(member(), member(name=b"b.npy"), between=b"?"), "begin"),
    "gap at the end": (lambda: forged(member(), between=b"?"), "directory"),
    "quoted": (lambda: forged(member(forged(member()), entry={"offset": 35})), "begin"),
    "offset beyond the end": (lambda: forged(member(entry={"offset": 2**31})), "begin"),
    "directory elsewhere": (lambda: forged(member(), start=7), "end record"),
    "directory too long": (lambda: forged(member(), length=9_000), "end record"),
    "fewer members than entries": (lambda: forged(member(), count=0), "directory"),
    "more members than entries": (lambda: forged(member(), count=2), "cut short"),
    "unlisted bytes": (lambda: forged(member(), unlisted=b"?"), "directory"),
    "second disk": (lambda: forged(member(), disk=1), "end record"),
    "member of another disk": (lambda: forged(member(disk=1)), "directory"),
    # What members are called
    "twice": (lambda: forged(member(), member()), "two members"),
    "way up": (lambda: forged(member(name=b"../../etc/x.npy")), "named"),
    "root": (lambda: forged(member(name=b"/x.npy")), "named"),
    "backslash": (lambda: forged(member(name=b"a\\x.npy")), "named"),
    "no name": (lambda: forged(member(name=b"")), "named"),
    "escape": (lambda: forged(member(name=b"\x1b[31m.npy")), "named"),
    "two lines": (lambda: forged(member(name=b"a\nb.npy")), "named"),
    "NUL": (lambda: forged(member(name=b"x.npy\0y.npy")), "named"),
    "not ASCII": (lambda: forged(member(name="é.npy".encode(), flags=2048)), "named"),
    "long name": (lambda: forged(member(name=b"x" * 5_000 + b".npy")), "named"),
    "not .npy": (lambda: forged(member(name=b"x.txt")), "not an array"),
    "two names": (lambda: forged(member(local={"name": b"y.npy"})), "disagree"),
    # How members are stored
    "encrypted": (lambda: forged(member(flags=ENCRYPTED)), "encrypted"),
    "streamed": (unseekable, "stored in a way"),
    "patch data": (lambda: forged(member(flags=1 << 5)), "stored in a way"),
    "method 99": (lambda: forged(member(method=99)), "method 99"),
    "bzip2": (lambda: forged(member(packed=bz2.compress(GOOD), method=12)), "method 12"),
    "lzma": (lambda: forged(member(packed=lzma.compress(GOOD), method=14)), "method 14"),
    "two methods": (lambda: forged(member(packed=deflate(GOOD), local={"method": 0})), "disagree"),
    "two sizes": (lambda: inflating(GOOD, local={"size": 5}), "disagree"),
    "two checksums": (lambda: forged(member(local={"crc": 5})), "disagree"),
    "wrong checksum": (lambda: forged(member(crc=5)), "checksum"),
    "wrong checksum of an empty": (lambda: forged(member(b"", crc=5)), "checksum"),
    "inflates to more": (lambda: inflating(GOOD, size=len(GOOD) - 4), "longer"),
    "inflates to less": (lambda: inflating(GOOD[:-4], size=len(GOOD)), "checksum"),
    "goes on": (lambda: forged(member(GOOD, packed=deflate(GOOD) + b"more")), "end where"),
    "goes on and on": (lambda: forged(member(packed=deflate(GOOD) + bytes(2**23))), "goes on"),
    "stops": (lambda: forged(member(GOOD, packed=deflate(GOOD)[:-9])), "end where"),
    "noise": (lambda: forged(member(GOOD, packed=b"\xff" * 60)), "inflated"),
    # What members hold
    "archive within": (lambda: only(only(GOOD)), "not an array"),
    "empty member": (lambda: only(b""), "not an array"),
    "only a magic": (lambda: only(b"\x93NUMPY"), "not an array"),
    "version 3": (lambda: only(npy(np.zeros(2), version=(3, 0))), "not an array"),
    "version 9": (lambda: only(GOOD[:6] + b"\x09\0" + GOOD[8:]), "not an array"),
    "long header": (lambda: only(headed(" " * 10_000)), "header of"),
    "4 GiB header": (lambda: only(b"\x93NUMPY\2\0\xff\xff\xff\xff" + bytes(50)), "header of"),
    "header beyond the end": (lambda: only(b"\x93NUMPY\1\0\xff\x0f" + bytes(50)), "plain"),
    "nested": (lambda: only(headed("(" * 9_000)), "plain"),
    "negated": (lambda: only(headed("-" * 9_000 + "1")), "plain"),
    "spaces": (lambda: only(headed("{'descr': '<f4', " + " " * 9_000)), "plain"),
    "dimensions without end": (lambda: only(shaped(f"({'1, ' * 3_000}1)")), "dimensions"),
    "code": (lambda: only(shaped("(__import__('os').getpid(),)")), "plain"),
    "no shape": (lambda: only(headed("{'descr': '<f4', 'fortran_order': False}")), "plain"),
    "number for a shape": (lambda: only(shaped("3", bytes(12))), "plain"),
    "negative": (lambda: only(shaped("(-1,)")), "plain"),
    "truth for a length": (lambda: only(shaped("(True,)", bytes(4))), "plain"),
    "octal": (lambda: only(shaped("(003,)", bytes(12))), "plain"),
    "other digits": (lambda: only(shaped("(²,)", bytes(8))), "plain"),
    "googol": (lambda: only(shaped(f"({10**100},)", bytes(8))), "plain"),
    "one key twice": (lambda: only(shaped("(1,), 'shape': (2,)", bytes(8))), "plain"),
    "five dimensions": (lambda: only(npy(np.zeros((1, 1, 1, 1, 1), np.float32))), "5 dimensions"),
    "longer than its shape": (lambda: only(GOOD + bytes(4)), "shape"),
    "shorter than its shape": (lambda: only(GOOD[:-4]), "shape"),
    "objects": (lambda: only(npy(np.array([None]))), "type"),
    "objects by the header": (lambda: only(shaped("(1,)", bytes(8), "'|O'")), "type"),
    "record": (lambda: only(npy(np.zeros(2, "f4,i4"))), "plain"),
    "big-endian": (lambda: only(npy(np.zeros(2, ">f4"))), "type"),
    "half": (lambda: only(npy(np.zeros(2, "f2"))), "type"),
    "complex": (lambda: only(npy(np.zeros(2, "c8"))), "type"),
    "text array": (lambda: only(npy(np.array(["a"]))), "type"),
    "bytes array": (lambda: only(npy(np.array([b"a"]))), "type"),
    "dates": (lambda: only(npy(np.zeros(2, "M8[s]"))), "type"),
    "column order": (lambda: only(npy(np.ones((2, 3), np.float32).T)), "column by column"),
    "neither true nor false": (lambda: only(shaped("(1,)", b"\2", "'|b1'")), "0 nor 1"),
}  # fmt: skip


def refusal(path, growth=2 * 2**20, **options):
    """Read what must be refused, and see that the one error has one line and costs nothing."""
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError) as caught:
            read_arrays(path, **options)
        assert tracemalloc.get_traced_memory()[1] < growth
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith(path.name + ": ")
    assert message.isprintable()
    assert not message.endswith(".")
    assert len(message) - len(path.name) < 300
    for word in ("pickle", "unsafe", "allow", "trust"):
        assert word not in message
    return message


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name, tmp_path):
    build, word = HOSTILE[name]
    path = tmp_path / "x.npz"
    path.write_bytes(build())
    message = refusal(path)
    assert word in message
    assert ";" in message  # and the way out


def test_the_forger_can_be_honest(tmp_path):
    path = tmp_path / "x.npz"
    for honest in (
        forged(member(), member(name=b"b.npy")),
        inflating(GOOD),
        much(len(GOOD), len(GOOD)),
        much(len(GOOD), len(GOOD), b"UT\5\0\3when"),
        only(shaped("(1,)", bytes(4))),
        only(npy(np.ones((2, 2), np.float32), version=(2, 0))),
        crowded(256),
    ):
        path.write_bytes(honest)
        found = read_arrays(path)
        with np.load(path) as expected:
            assert list(found) == expected.files
            for name, array in found.items():
                np.testing.assert_array_equal(array, expected[name], strict=True)


def test_files_that_cannot_be_opened(tmp_path):
    assert "no such checkpoint; `charrnn train` writes one" in refusal(tmp_path / "x.npz")
    (tmp_path / "file").touch()
    assert "no such checkpoint" in refusal(tmp_path / "file" / "x.npz")
    assert "a folder" in refusal(tmp_path)
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read" in refusal(tmp_path / "loop")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in refusal(tmp_path / "pipe")
    assert "not a file" in refusal(Path(os.devnull))


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may read everything")
def test_without_permission(tmp_path):
    (tmp_path / "x.npz").touch(0o000)
    assert "cannot be read" in refusal(tmp_path / "x.npz")


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\u202egpj.npz", "\ud800", "a\0b"])
def test_names_of_files_stay_on_one_line(name):
    with pytest.raises(CheckpointError) as caught:
        read_arrays(Path("folder") / name)
    assert str(caught.value).isprintable()


def test_a_failing_disk(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "x.npz"
    path.write_bytes(only(GOOD))
    monkeypatch.setattr(npz, "members", fail)
    assert "cannot be read, Input/output error" in refusal(path)


def test_nothing_is_allocated_before_all_is_checked(tmp_path):
    path = tmp_path / "x.npz"
    large = npy(np.arange(2**20))  # 8 MiB
    for bad in (
        member(CLAIMS_TERABYTES, b"z.npy"),
        member(name=b"z.npy", local={"crc": 0}),
        member(npy(np.zeros(2, ">f4")), b"z.npy"),
    ):
        path.write_bytes(forged(member(large, b"a.npy"), bad))
        refusal(path)


def test_the_bound(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(forged(member(), member(name=b"b.npy")))
    assert list(read_arrays(path, max_bytes=2 * len(GOOD))) == ["x", "b"]
    assert f"may take {2 * len(GOOD) - 1}" in refusal(path, max_bytes=2 * len(GOOD) - 1)


def test_refusals_leave_the_process_small(tmp_path):
    resource = pytest.importorskip("resource")
    del resource
    rows = ["bomb", "bomb that hides", "4 TiB", "1 GiB", "20 000 members", "long name", "nested"]
    for number, row in enumerate(rows):
        (tmp_path / f"{number}.npz").write_bytes(HOSTILE[row][0]())
    script = """
        import resource, sys
        from pathlib import Path
        from charrnn.checkpoint.npz import read_arrays
        from charrnn.errors import CheckpointError

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def refusals(names):
            for name in names:
                try:
                    read_arrays(Path(name))
                except CheckpointError:
                    continue
                sys.exit(f"{name} was read")

        refusals(sys.argv[-1:])
        before = peak()
        refusals(sys.argv[1:])
        print(peak() - before)
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, sorted(tmp_path.iterdir()))],
        env=os.environ | {"PYTHONPATH": str(Path(charrnn.errors.__file__).parents[1])},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    kilobytes = int(printed) // (1024 if sys.platform == "darwin" else 1)
    assert kilobytes <= 2048


@given(st.binary(max_size=200), st.booleans())
@settings(deadline=None, max_examples=100)
def test_any_bytes(tmp_path_factory, data, honest_archive):
    path = tmp_path_factory.getbasetemp() / "any.npz"
    path.unlink(missing_ok=True)
    path.write_bytes(only(data) if honest_archive else b"PK\3\4" + data)
    with pytest.raises(CheckpointError):
        read_arrays(path)


def test_members_not_requested_are_checked(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(forged(member(), member(CLAIMS_TERABYTES, b"z.npy")))
    assert "shape" in refusal(path, only={"x"})
