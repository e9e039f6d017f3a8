"""Ids in a file against the array that they would be, and a disk that has no room."""

import errno
import os
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text import id_store as module
from charrnn.text.id_store import StoredIds, Stretch, UnnamedFile

PLACES = st.none() | st.integers(-40, 40)


def stored(numbers: list[int], wider: int, widest: int) -> tuple[StoredIds, np.ndarray]:
    """Store numbers in one byte each, from a place on in two, and from another on in four."""
    file, stretches = UnnamedFile(), []
    bounds = [0, min(wider, widest), max(wider, widest), len(numbers)]
    for dtype, first, last in zip("BHI", bounds, bounds[1:], strict=False):
        if first < last:
            stretches.append(Stretch(first, len(file), np.dtype(dtype)))
            file.append(np.array(numbers[first:last], dtype).tobytes())
    id_of = np.random.default_rng(0).permutation(200).astype(np.uint16)
    return StoredIds(file, tuple(stretches), id_of, len(numbers)), id_of[numbers]


@settings(deadline=None, max_examples=150)
@given(
    numbers=st.lists(st.integers(0, 199), max_size=30),
    wider=st.integers(0, 30),
    widest=st.integers(0, 30),
    start=PLACES,
    stop=PLACES,
    place=st.integers(0, 30),
)
def test_slices_are_those_of_the_array(numbers, wider, widest, start, stop, place) -> None:
    n = len(numbers)
    ids, expected = stored(numbers, min(wider, n), min(widest, n))
    place = min(place, n)
    before, after = ids.cut(place)
    for text, array in (
        (ids, expected), (before, expected[:place]), (after, expected[place:]),
        (after.cut(len(after) // 2)[1], expected[place:][(n - place) // 2 :]),
    ):  # fmt: skip
        assert len(text) == len(array)
        found = text[start:stop]
        assert found.dtype == np.uint16
        assert found.tolist() == array[start:stop].tolist()
        assert np.asarray(text).tolist() == array.tolist()
    assert np.concatenate([before, after]).tolist() == expected.tolist()


def test_invalid_indices_are_refused() -> None:
    ids, expected = stored(list(range(20)), 5, 9)
    assert np.array(ids, np.float32).dtype == np.float32
    own = ids[3:9]
    own[:] = 0  # an array of one's own
    assert ids[3:9].tolist() == expected[3:9].tolist()
    with pytest.raises(ValueError, match="in steps of 2"):
        ids[::2]
    with pytest.raises(ValueError, match="no array before"):
        np.asarray(ids, copy=False) if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else None
    for place in (-1, 21):
        with pytest.raises(IndexError):
            ids.cut(place)


@pytest.mark.parametrize("system", ["with pread", "without"])
def test_a_file_is_read_anywhere_while_it_grows(system: str, monkeypatch) -> None:
    if system == "without":
        monkeypatch.delattr(os, "pread")
    file, expected, rng = UnnamedFile(), b"", np.random.default_rng(0)
    for _ in range(50):
        more = rng.bytes(int(rng.integers(100)))
        file.append(more)
        expected += more
        start, stop = sorted(rng.integers(len(expected) + 1, size=2).tolist())
        assert file.read(start, stop - start) == expected[start:stop]
    assert len(file) == len(expected)
    for start, count in ((-1, 1), (0, len(expected) + 1), (len(expected), 1), (5, -1)):
        with pytest.raises(IndexError):
            file.read(start, count)


@pytest.mark.parametrize("system", ["with pread", "without"])
def test_threads_do_not_disturb_each_other(system: str, monkeypatch) -> None:
    if system == "without":
        lseek = os.lseek
        monkeypatch.delattr(os, "pread")
        # Between going to a place and reading there it is another's turn.
        monkeypatch.setattr(os, "lseek", lambda *where: (lseek(*where), time.sleep(0))[0])
    file = UnnamedFile()
    file.append(bytes(range(256)) * 4)
    wrong: list[int] = []

    def read(value: int) -> None:
        for k in range(200):
            if file.read(value + 256 * (k % 4), 1) != bytes([value]):
                wrong.append(value)

    threads = [threading.Thread(target=read, args=(value,)) for value in (3, 77, 250)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not wrong


def test_reads_and_writes_that_stop_short_continue(monkeypatch) -> None:
    write, pread = os.write, os.pread
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    monkeypatch.setattr(os, "pread", lambda d, count, place: pread(d, min(count, 2), place))
    file = UnnamedFile()
    file.append(b"0123456789")
    assert file.read(1, 8) == b"12345678"


def test_a_file_cut_short_by_another_process_is_no_endless_loop() -> None:
    file = UnnamedFile()
    file.append(b"0123456789")
    os.truncate(file._descriptor, 4)
    with pytest.raises(EOFError):
        file.read(2, 6)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are not to be seen")
def test_the_file_leaves_no_trace(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = descriptors()
    ids, _ = stored(list(range(20)), 5, 9)
    part = ids.cut(5)[1]
    del ids
    assert descriptors() == before + 1
    assert Path(f"/proc/self/fd/{part._file._descriptor}").readlink().parent == tmp_path
    assert len(part[:]) == 15
    assert list(tmp_path.iterdir()) == []
    del part
    assert descriptors() == before


def test_by_default_it_is_where_large_files_are(monkeypatch) -> None:
    asked, temporary = [], tempfile.TemporaryFile

    def recorded(**options: Path | None) -> object:
        asked.append(options["dir"])
        return temporary()

    monkeypatch.setattr(tempfile, "TemporaryFile", recorded)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    UnnamedFile()
    monkeypatch.setattr(module, "_ROOMY", Path("/no/such/folder"))
    UnnamedFile()
    monkeypatch.setattr(module, "_ROOMY", Path(tempfile.gettempdir()))
    monkeypatch.setenv("TMP", "somewhere")
    UnnamedFile()
    roomy = Path("/var/tmp")
    assert asked == [roomy if os.access(roomy, os.W_OK | os.X_OK) else None, None, None]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_reported_in_one_line(monkeypatch) -> None:
    full = Path("/dev/full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full.open("r+b", 0))
    with pytest.raises(TextError, match=r"put on the disk \(no space left.*TMPDIR$") as refusal:
        UnnamedFile().append(b"a")
    assert "\n" not in str(refusal.value)


def test_no_folder_at_all_is_reported_in_one_line(monkeypatch) -> None:
    def refuse(**_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(TextError, match=r"no usable temporary directory.*TMPDIR$"):
        UnnamedFile()
