"""Four baselines, against counting by hand and what a compressor cannot avoid."""

import dataclasses
import lzma
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.evaluation import baselines as module
from charrnn.evaluation.baselines import Baseline, baselines
from charrnn.evaluation.ngram import NGram
from charrnn.text.corpus import from_text


def figures(train, validation, V, **options):
    return {found.name: found.nats for found in baselines(train, validation, V, **options)}


def noise(seed, n, V, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, V, n).astype(dtype)


def english(times=40):
    text = "".join(
        f"The {noun} that the {other} saw was {colour} and old. "
        for noun in ("house", "river", "captain", "bird")
        for other in ("child", "king", "stranger")
        for colour in ("green", "white", "nearly black")
    )
    characters = sorted(set(text))
    words = np.array([characters.index(c) for c in text], np.uint8)
    order = np.random.default_rng(1).permutation(times)
    return np.concatenate([np.roll(words, 37 * int(i)) for i in order]), len(characters)


def test_the_four_in_their_order():
    found = baselines(noise(0, 50, 4), noise(1, 20, 4), 4)
    assert [baseline.name for baseline in found] == ["uniform", "unigram", "5-gram", "xz"]
    assert all(type(baseline.nats) is float for baseline in found)
    assert baselines(noise(0, 50, 4), noise(1, 20, 4), 4, order=3)[2].name == "3-gram"


def test_a_baseline_does_not_change():
    baseline = Baseline("uniform", 1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        baseline.nats = 0.0


@settings(deadline=None, max_examples=60)
@given(
    train=st.lists(st.integers(0, 4), max_size=40),
    validation=st.lists(st.integers(0, 4), min_size=1, max_size=40),
    order=st.integers(1, 6),
    dtype=st.sampled_from([np.uint8, np.uint16, np.uint32, np.uint64]),
)
def test_counting_by_hand(train, validation, order, dtype):
    a, b = np.array(train, dtype), np.array(validation, dtype)
    found = figures(a, b, 5, order=order)
    counts = Counter(train)
    unigram = [math.log((counts[symbol] + 1) / (len(train) + 5)) for symbol in validation]
    assert found["uniform"] == math.log(5)
    assert found["unigram"] == pytest.approx(-sum(unigram) / len(unigram), rel=1e-12)
    ngram = NGram.fit(a, order, 5).log_probabilities(b)
    assert found[f"{order}-gram"] == pytest.approx(-sum(ngram) / len(ngram), rel=1e-12)
    assert found["xz"] >= 0


def test_each_beats_the_simpler_on_words():
    text, V = english()
    split = len(text) * 9 // 10
    found = figures(text[:split], text[split:], V)
    assert found["5-gram"] < 0.5 * found["unigram"] < 0.5 * found["uniform"]
    assert found["xz"] < 0.1 * found["unigram"]  # the same sentences, once more


def test_counts_are_of_the_whole_training_text(monkeypatch):
    train, validation = noise(2, 100, 4), noise(3, 30, 4)
    whole = figures(train, validation, 4)
    monkeypatch.setattr(module, "_BLOCK", 7)
    assert figures(train, validation, 4) == whole


class Recorded:
    """A text that records the slices read of it."""

    def __init__(self, ids):
        self.ids, self.first = ids, len(ids)

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, part):
        self.first = min(self.first, part.indices(len(self.ids))[0])
        return self.ids[part]


def test_of_a_text_whose_counts_are_known_only_the_end_is_read(monkeypatch):
    monkeypatch.setattr(module, "_DICTIONARY", 4096)
    train, validation = noise(2, 20_000, 4), noise(3, 30, 4)
    counts = np.bincount(train, minlength=4)
    read, counted = Recorded(train), Recorded(train)
    expected = baselines(train, validation, 4, max_characters=500)
    assert baselines(read, validation, 4, counts, max_characters=500) == expected
    assert read.first == len(train) - 4096
    assert baselines(counted, validation, 4, max_characters=500) == expected
    assert counted.first == 0


def test_ids_in_a_file(tmp_path):
    corpus = from_text("".join("abcdé"[k] for k in noise(2, 3000, 5)))
    train, validation = corpus.ids.cut(2500)
    expected = baselines(train[:], validation[:], 5)
    assert baselines(train, validation[:], 5) == expected


def test_the_ngram_counts_the_last_characters_only():
    train, validation = english()[0][:5000], english()[0][5000:6000]
    V = english()[1]
    found = figures(train, validation, V, max_characters=300)
    tail = figures(train[-300:], validation, V)
    whole = figures(train, validation, V)
    assert found["5-gram"] == tail["5-gram"] > whole["5-gram"]
    assert found["unigram"] == whole["unigram"] != tail["unigram"]
    assert found["xz"] == whole["xz"] != tail["xz"]


@pytest.mark.parametrize("V", [2**8, 2**16])
def test_xz_cannot_compress_noise(V):
    found = figures(noise(4, 1000, V, np.uint32), noise(5, 20_000, V, np.uint32), V, order=1)
    assert math.log(V) <= found["xz"] < 1.01 * math.log(V)


@pytest.mark.parametrize("V", [2**9, 2**17])
def test_xz_takes_more_bytes_for_more_symbols(V):
    # The high bytes are 0 or 1: cut off, they would save a bit an id; kept, they cost little more.
    found = figures(noise(4, 1000, V, np.uint32), noise(5, 5_000, V, np.uint32), V, order=1)
    assert math.log(V) <= found["xz"] < 1.3 * math.log(V)


def test_xz_reads_the_training_text_first():
    text = noise(6, 20_000, 256)
    assert figures(text, text[5_000:15_000], 256, order=1)["xz"] < 0.3
    assert figures(text[:0], text[5_000:15_000], 256, order=1)["xz"] >= math.log(256)


def test_xz_looks_back_as_far_as_its_dictionary(monkeypatch):
    monkeypatch.setattr(module, "_DICTIONARY", 4096)
    old, recent = noise(7, 4096, 256), noise(8, 4096, 256)
    train = np.concatenate([old, recent])
    assert figures(train, recent, 256, order=1)["xz"] < 0.3
    assert figures(train, old, 256, order=1)["xz"] >= math.log(256)


def test_xz_agrees_with_the_file_format_but_for_its_frame():
    train, validation = np.split(english()[0], [50_000])

    def size(ids):
        return len(lzma.compress(ids.tobytes(), preset=6))

    grown = size(np.concatenate([train, validation])) - size(train)
    found = figures(train, validation, 256)["xz"] * len(validation) / math.log(2) / 8
    assert found == pytest.approx(grown, abs=8)  # the frame fills up to multiples of four


def test_xz_costs_no_less_than_nothing():
    # Fourteen characters of which one more takes a byte less: the coder rounds to whole bytes.
    text = np.random.default_rng([14, 2]).integers(0, 2, 26).astype(np.uint8)

    def size(n):
        return len(
            lzma.compress(
                text[:n].tobytes(),
                format=lzma.FORMAT_RAW,
                filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}],
            )
        )

    if size(15) >= size(14):
        pytest.skip("this liblzma does not")
    assert figures(text[:14], text[14:15], 2)["xz"] == 0


def test_an_empty_validation_text():
    with pytest.raises(ValueError, match="the validation text is empty"):
        baselines(noise(0, 50, 4), np.array([], np.uint8), 4)


def test_an_empty_training_text_knows_nothing():
    found = figures(np.array([], np.uint8), noise(0, 50, 4), 4)
    assert found["uniform"] == math.log(4)
    assert found["unigram"] == pytest.approx(math.log(4))
    assert found["5-gram"] == pytest.approx(math.log(4))


@pytest.mark.parametrize(("order", "limit"), [(0, 10), (-1, 10), (2, 0), (2, -5)])
def test_options_below_one(order, limit):
    with pytest.raises(ValueError, match="must be at least 1, found"):
        baselines(noise(0, 50, 4), noise(1, 5, 4), 4, order=order, max_characters=limit)


@pytest.mark.parametrize("where", [0, 1])
def test_an_id_beyond_the_vocabulary(where):
    texts = [noise(0, 50, 4), noise(1, 5, 4)]
    texts[where][0] = 4  # in the training text, before the part that the n-gram counts
    with pytest.raises(ValueError, match="ids must be from 0 to 3"):
        baselines(*texts, 4, max_characters=10)
