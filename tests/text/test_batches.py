"""Streams against loops over single characters."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.array_types import Ids
from charrnn.errors import TextError
from charrnn.plurals import counted
from charrnn.text import batches as module
from charrnn.text.batches import Streams, fit_shape
from charrnn.text.corpus import from_text
from charrnn.text.vocabulary import Vocabulary

LENGTHS = range(2, 71)
BATCHES = (1, 3, 50)
WINDOWS = (1, 7, 50)


def count_windows(length: int, B: int, T: int) -> int:
    windows = 0
    while B * T * (windows + 1) + 1 <= length:
        windows += 1
    return windows


@pytest.mark.parametrize("B", BATCHES)
@pytest.mark.parametrize("T", WINDOWS)
def test_every_window_is_what_a_loop_reads(B: int, T: int) -> None:
    for length in LENGTHS:
        ids = np.random.default_rng(length).permutation(length).astype(np.uint16)
        for offset in {0, 1, length // 3, length, length + 5}:
            streams = Streams(ids, B, T, offset=offset)
            n = count_windows(length - offset, B, T) * T
            assert streams.steps == n
            assert len(streams) == len(list(streams)) == n // T
            for k, (x, y) in enumerate(streams):
                assert x.shape == y.shape == (T, B)
                for t in range(T):
                    for b in range(B):
                        place = offset + b * n + k * T + t
                        assert x[t, b] == ids[place]
                        assert y[t, b] == ids[place + 1]


@pytest.mark.parametrize("B", BATCHES)
@pytest.mark.parametrize("T", WINDOWS)
@pytest.mark.parametrize("block", [1, 10**6])
def test_a_ring_is_read_around(monkeypatch, B: int, T: int, block: int) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    for length in LENGTHS:
        ids = np.random.default_rng(length).permutation(length).astype(np.uint16)
        for offset in {0, 1, length // 3, length - 1}:
            streams = Streams(ids, B, T, offset=offset, around=True)
            n = count_windows(length, B, T) * T
            assert len(streams) == n // T
            for k, (x, y) in enumerate(streams):
                place = offset + np.arange(B) * n + k * T + np.arange(T)[:, None]
                np.testing.assert_array_equal(x, ids[place % length])
                np.testing.assert_array_equal(y, ids[(place + 1) % length])


def test_a_stream_goes_on_from_window_to_window() -> None:
    ids = np.arange(1000, dtype=np.uint16)
    streams = Streams(ids, batch_size=4, seq_length=9)
    read = np.concatenate([x for x, _ in streams])
    predicted = np.concatenate([y for _, y in streams])
    assert read.shape == (streams.steps, 4) == (243, 4)
    assert np.array_equal(read.T.ravel(), ids[: 4 * 243])
    assert np.array_equal(predicted.T.ravel(), ids[1 : 4 * 243 + 1])
    assert np.array_equal(streams[-1][0], streams[len(streams) - 1][0])
    for k in (27, -28, 10**9):
        with pytest.raises(IndexError):
            streams[k]


@pytest.mark.parametrize("block", [1, 60, 61, 125, 1000])
def test_ids_in_a_file_give_the_windows_of_an_array(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(chr(97 + k) for k in np.random.default_rng(0).integers(0, 400, 500))
    ids = Vocabulary.of(text).encode(text)
    np.save(tmp_path / "ids.npy", ids)
    expected = list(Streams(ids, 3, 20, offset=2))
    monkeypatch.setattr(module, "BLOCK", block)
    for stored in (ids, np.load(tmp_path / "ids.npy", mmap_mode="r"), from_text(text).ids):
        streams = Streams(stored, 3, 20, offset=2)
        for k in (*range(8), 3, 7, 0, -1):  # in order, and not
            np.testing.assert_array_equal(streams[k], expected[k])


def test_only_one_block_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    class Text:
        def __len__(self) -> int:
            return 10**12

        def __getitem__(self, part: slice) -> Ids:
            read.append(part.stop - part.start)
            return np.arange(part.start, part.stop)

    streams = Streams(Text(), 32, 64)
    for k in range(600):
        x, y = streams[k]
        assert x[0, 1] == streams.steps + 64 * k
        np.testing.assert_array_equal(y, x + 1)
    assert len(read) == 2 * 32
    assert sum(read[:32]) <= module.BLOCK + 32


@pytest.mark.parametrize(("B", "T", "offset"), [(0, 1, 0), (1, 0, 0), (-1, -1, 0), (1, 1, -1)])
def test_impossible_shapes_are_refused(B: int, T: int, offset: int) -> None:
    with pytest.raises(ValueError, match=r"hold nothing|negative"):
        Streams(np.arange(9), B, T, offset=offset)
    if not offset:
        with pytest.raises(ValueError, match="hold nothing"):
            fit_shape(9, B, T)


@pytest.mark.parametrize("B", BATCHES)
@pytest.mark.parametrize("T", WINDOWS)
def test_a_text_of_two_characters_or_more_has_a_window(B: int, T: int) -> None:
    for length in LENGTHS:
        batch, window, note = fit_shape(length, B, T)
        assert 1 <= batch <= B
        assert 1 <= window <= T
        windows = len(Streams(np.arange(length), batch, window))
        assert windows >= 1
        assert windows >= 4 or (batch == 1 and window <= 8)
        assert (note is None) == ((batch, window) == (B, T))


@settings(deadline=None, max_examples=200)
@given(st.integers(2, 10**7), st.integers(1, 500), st.integers(1, 2000))
def test_a_shape_that_fits_is_kept_and_another_is_shrunk_no_further_than_needed(
    length: int, B: int, T: int
) -> None:
    batch, window, note = fit_shape(length, B, T)
    if (length - 1) // (B * T) >= 4:
        assert (batch, window, note) == (B, T, None)
    else:
        assert (length - 1) // (batch * window) >= (4 if batch > 1 or window > 8 else 1)
    if note:
        assert ("batch" in note) == (batch < B)
        assert ("window" in note) == (window < T)
        assert fit_shape(length, batch, window) == (batch, window, None)


def test_the_note_says_what_was_changed() -> None:
    assert fit_shape(520, 16, 64) == (4, 32, "the text is short: batch 16 -> 4, window 64 -> 32")
    assert fit_shape(5001, 50, 50) == (25, 50, "the text is short: batch 50 -> 25")
    assert fit_shape(5000, 50, 50) == (12, 50, "the text is short: batch 50 -> 12")
    assert fit_shape(100, 1, 64) == (1, 16, "the text is short: window 64 -> 16")
    assert fit_shape(2, 50, 50) == (1, 1, "the text is short: batch 50 -> 1, window 50 -> 1")
    assert fit_shape(10**6, 50, 50) == (50, 50, None)


@pytest.mark.parametrize("length", [0, 1])
def test_less_than_two_characters_are_refused(length: int) -> None:
    with pytest.raises(
        TextError, match=f"too short to learn from: {counted(length, 'character')}; give"
    ):
        fit_shape(length, 1, 1)
