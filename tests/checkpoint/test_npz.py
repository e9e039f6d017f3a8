"""Arrays written and read: against NumPy's own reader and writer, and against broken files."""

import hashlib
import io
import os
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from charrnn.checkpoint.npz import read_arrays, write_arrays
from charrnn.errors import CheckpointError

DTYPES = ["<f4", "<f8", "<i4", "<i8", "|u1", "<u2", "<u4", "|b1"]
GOLDEN = "ab3e417e3007e301caf834225ce09be1107de2a953979960a865acfb44c78818"


def small():
    return {
        "meta": np.frombuffer(b'{"format": "charrnn"}', np.uint8),
        "W_ax": np.arange(-6, 6, dtype=np.float32).reshape(3, 4) / 8,
        "loss": np.array(2.5),
        "mask": np.array([True, False, True]),
        "points": np.array([0, 10, 0x10FFFF], np.uint32),
        "nothing": np.zeros((0, 7), np.int64),
    }


def written(arrays):
    stream = io.BytesIO()
    write_arrays(stream, arrays)
    return stream.getvalue()


def saved(arrays, save=np.savez):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


def test_memory_is_the_arrays_and_little_more(tmp_path):
    path = tmp_path / "x.npz"
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal(2**19) for name in "abcd"}  # 16 MiB
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        tracemalloc.start()
        found = read_arrays(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24 + 2**20
        tracemalloc.stop()
        same(found, arrays)


def put(path, data):
    """Write a new file: some disks wait when an old one is written over."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


ORIGINS = {
    "our own": written,
    "NumPy's": saved,
    "compressed": lambda arrays: saved(arrays, np.savez_compressed),
}


def attempt(path, data, expected):
    """Read a changed file: what is still accepted has the old values."""
    put(path, data)
    try:
        found = read_arrays(path)
    except CheckpointError:
        return False
    same(found, expected)
    return True


@pytest.mark.parametrize("origin", ORIGINS)
def test_truncations(origin, tmp_path):
    path = tmp_path / "x.npz"
    whole = ORIGINS[origin](small())
    path.write_bytes(whole)
    for length in range(len(whole) - 1, -1, -1 if origin == "our own" else -5):
        os.truncate(path, length)
        with pytest.raises(CheckpointError):
            read_arrays(path)


def of_no_account(whole):
    """Where the dates, versions and attributes are, by Python's own reading of the archive."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        at = archive.start_dir
        for info in archive.infolist():
            yield from (info.header_offset + place for place in (4, 5, 10, 11, 12, 13))
            yield from (at + place for place in (4, 5, 6, 7, 12, 13, 14, 15, *range(36, 42)))
            at += 46 + len(info.filename) + len(info.extra)


@pytest.mark.slow
@pytest.mark.parametrize("origin", ORIGINS)
def test_changed_bytes(origin, tmp_path):
    whole = ORIGINS[origin](small())
    changeable = set(of_no_account(whole))
    for mask in (0x01, 0xFF):
        for at in range(len(whole)):
            changed = bytearray(whole)
            changed[at] ^= mask
            accepted = attempt(tmp_path / "x.npz", changed, small())
            assert accepted == (at in changeable), at


@pytest.mark.parametrize("origin", ORIGINS)
def test_splices(origin, tmp_path):
    whole = ORIGINS[origin](small())
    rng = np.random.default_rng(7)
    for _ in range(200):
        a, b, c, d = rng.integers(0, len(whole) + 1, 4)
        changed = whole[:a] + whole[min(b, c) : max(b, c)] + whole[d:]
        if changed != whole:
            attempt(tmp_path / "x.npz", changed, small())


arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    )
)
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@pytest.mark.slow
@given(st.dictionaries(names, arrays, min_size=1, max_size=5))
@settings(deadline=None, max_examples=100)
def test_round_trip(tmp_path_factory, arrays):
    path = tmp_path_factory.getbasetemp() / "round.npz"
    put(path, written(arrays))
    found = read_arrays(path)
    same(found, arrays)
    with np.load(path, allow_pickle=False) as loaded:
        same(dict(loaded), arrays)
    for array in found.values():
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.flags.aligned
    for save in (np.savez, np.savez_compressed):
        put(path, saved({name: array.copy() for name, array in arrays.items()}, save))
        same(read_arrays(path), arrays)


def test_arrays_in_another_order_are_written_row_by_row(tmp_path):
    path = tmp_path / "x.npz"
    square = np.arange(12, dtype=np.float32).reshape(3, 4)
    put(path, written({"turned": square.T, "thinned": square[:, ::2], "big": square.astype(">f4")}))
    same(read_arrays(path), {"turned": square.T, "thinned": square[:, ::2], "big": square})


def test_only_some(tmp_path):
    path = tmp_path / "x.npz"
    put(path, written(small()))
    same(read_arrays(path, only={"meta"}), {"meta": small()["meta"]})
    assert read_arrays(path, only=()) == {}


def test_arrays_do_not_depend_on_the_file(tmp_path):
    path = tmp_path / "x.npz"
    put(path, written(small()))
    found = read_arrays(path)
    put(path, b"\0" * 5_000)
    same(found, small())


def test_deflate_that_ends_on_a_piece_is_read_to_its_end(tmp_path):
    path = tmp_path / "x.npz"
    for length in range(2**16 - 130, 2**16 - 90):
        arrays = {"x": np.zeros(length, np.uint8)}
        np.savez_compressed(path, **arrays)
        same(read_arrays(path), arrays)


def test_the_same_arrays_give_the_same_bytes():
    first = written(small())
    assert written(small()) == first
    # On every system, by every NumPy and every Python: a change here changes users' checksums.
    assert hashlib.sha256(first).hexdigest() == GOLDEN
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.extra == b""  # no zip64 where it is not needed
            assert archive.read(info)[6:8] == b"\1\0"


def test_zip64_where_it_is_needed(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    for limit in (10, 150, 500):
        with monkeypatch.context() as patch:
            patch.setattr(zipfile, "ZIP64_LIMIT", limit)
            put(path, written(small()))
        assert b"PK\6\6" in path.read_bytes()
        same(read_arrays(path), small())
        same(dict(np.load(path)), small())
        end = path.read_bytes().rindex(b"PK\6\6")
        for place in (0, 4, 24, 32, 40, 48, 56, 64):  # marks, lengths, counts and offsets
            changed = bytearray(path.read_bytes())
            changed[end + place] ^= 1
            assert not attempt(path.with_name("y.npz"), changed, small())


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"": np.zeros(1)},
        {"a/b": np.zeros(1)},
        {"..": np.zeros(1)},
        {"a\n": np.zeros(1)},
        {"é": np.zeros(1)},
        {"x" * 200: np.zeros(1)},
        {"x": np.zeros(1, np.float16)},
        {"x": np.zeros(1, complex)},
        {"x": np.array(["a"])},
        {"x": np.array([None])},
        {"x": np.zeros((1, 1, 1, 1, 1))},
        {str(number): np.zeros(1) for number in range(257)},
    ],
)
def test_arrays_that_would_be_refused_are_not_written(arrays):
    stream = io.BytesIO()
    with pytest.raises(ValueError, match=r"expected 1 to 256|cannot be named|is of type"):
        write_arrays(stream, arrays)
    assert stream.getvalue() == b""


@pytest.mark.parametrize("for_ever", [False, True])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_error_of_the_stream_is_raised(error, for_ever):
    class Full(io.BytesIO):
        left = 0

        def write(self, data):
            self.left -= 1
            if self.left == -1 or (for_ever and self.left < 0):
                raise error
            return super().write(data)

    for writes in range(100):
        stream = Full()
        stream.left = writes
        try:
            write_arrays(stream, small())
        except type(error) as raised:
            if raised is not error:
                raise
        else:
            break
    assert writes > 4 * len(small())
    assert stream.getvalue() == written(small())
