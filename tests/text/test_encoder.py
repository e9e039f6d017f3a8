"""A text numbered in one pass against the vocabulary that is made of it and encodes it."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charrnn.text import encoder as module
from charrnn.text.encoder import Encoder
from charrnn.text.vocabulary import Vocabulary

CHARACTERS = st.characters(exclude_categories=("Cs",))
CUTS = st.lists(st.integers(0, 80), max_size=6)


def numbered(text: str, cuts: list[int], *, as_bytes: bool = False) -> Encoder:
    numbering = Encoder(as_bytes=as_bytes)
    for start, end in pairwise([0, *sorted(cuts), max(len(text), *cuts, 0)]):
        numbering.feed(text[start:end])
    return numbering


def the_same(numbering: Encoder, text: str, vocabulary: Vocabulary) -> None:
    found = numbering.vocabulary()
    assert found == vocabulary
    assert found.counts.tolist() == vocabulary.counts.tolist()
    ids = np.asarray(numbering.ids())
    expected = vocabulary.encode(text)
    assert ids.dtype == expected.dtype
    np.testing.assert_array_equal(ids, expected)
    assert numbering.length == len(text)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.text(CHARACTERS, min_size=1, max_size=80), CUTS, st.integers(1, 9))
@example("ba\0\U0010ffff\ud7ff\ue000a", [1, 2, 3], 2)
def test_ids_counts_and_fingerprint_are_those_of_the_whole(text, cuts, piece) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", piece)
        numbering = numbered(text, cuts)
    the_same(numbering, text, Vocabulary.of(text))
    assert numbering.sha256() == hashlib.sha256(text.encode()).hexdigest()


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80), CUTS, st.integers(1, 9))
def test_bytes_are_their_own_ids(data, cuts, piece) -> None:
    text = data.decode("latin-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", piece)
        numbering = numbered(text, cuts, as_bytes=True)
    the_same(numbering, text, Vocabulary.of_bytes(text))
    assert np.asarray(numbering.ids()).tobytes() == data
    assert numbering.sha256() == hashlib.sha256(data).hexdigest()


def test_every_byte_there_is_takes_one_byte() -> None:
    data = bytes(range(256)) * 3
    numbering = numbered(data.decode("latin-1"), [], as_bytes=True)
    assert np.asarray(numbering.ids()).tobytes() == data
    assert len(numbering._file) == len(data)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [255, 256, 257, 700, 65_536, 65_537, 70_000])
def test_numbers_grow_wider_on_the_way(size: int, seed: int) -> None:
    """All characters in any order, with a few at the beginning and the end that occur often."""
    rng = np.random.default_rng(seed)
    points = np.arange(size) + 0x10000 * (seed == 1)
    points[points >= 0xD800] += 0x800  # past the surrogates
    text = "".join(map(chr, rng.permutation(points)))
    text = text[:50] * 20 + text + text[:300] * 3 + text[-300:]
    numbering = numbered(text, [])
    the_same(numbering, text, Vocabulary.of(text))
    # What came before is not written again in a wider form.
    if size > 700:
        assert len(numbering._file) < 4 * len(text)


def test_a_wide_number_costs_nothing_before_its_first_use(monkeypatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 100)
    few, many = "ab" * 5000, "".join(map(chr, range(300)))
    numbering = numbered(few + many + few, [])
    the_same(numbering, few + many + few, Vocabulary.of(few + many + few))
    assert [stretch.dtype.itemsize for stretch in numbering._stretches] == [1, 2]
    assert len(few) <= numbering._stretches[1].place <= len(few) + len(many)
    assert len(numbering._file) <= 3 * len(few) + 2 * len(many)


def test_nothing_has_no_ids() -> None:
    for as_bytes in (False, True):
        numbering = numbered("", [], as_bytes=as_bytes)
        assert len(numbering.ids()) == len(numbering.ids()[:]) == 0
        assert numbering.sha256() == hashlib.sha256().hexdigest()
    assert numbering.vocabulary() == Vocabulary.of_bytes("")


def test_a_failed_write_is_refused_at_its_place(monkeypatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 4)
    numbering = Encoder()
    with pytest.raises(UnicodeEncodeError) as refusal:
        numbering.feed("abcdef\udce9g")
    assert numbering.length + refusal.value.start == 6
    with pytest.raises(UnicodeEncodeError):
        Encoder(as_bytes=True).feed("€")
