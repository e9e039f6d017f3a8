"""What a text copies from a corpus, against `in`, `find` and sets of its n-grams."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text.copies import GRAM, Copies, IndexedCorpus, Place
from charrnn.text.corpus import from_text, read_corpus
from charrnn.text.vocabulary import Vocabulary


def indexed(text, known=None):
    corpus = from_text(text)
    return IndexedCorpus.of(corpus, Vocabulary.of(known) if known else corpus.vocabulary)


def copies_of(corpus, texts):
    found = Copies(corpus)
    for text in texts:
        found.begin()
        for k in corpus.vocabulary.encode(text).tolist():
            found.accept(k)
    return found


@given(st.text("ab", min_size=1, max_size=200), st.data())
@settings(deadline=None, max_examples=150)
def test_the_longest_run_and_the_new_ngrams(corpus, data):
    texts = []
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(corpus)))
        end = data.draw(st.integers(start, len(corpus)))
        texts.append(data.draw(st.text("ab", max_size=9)) + corpus[start:end] + "ab")
    found = copies_of(indexed(corpus, "ab"), texts)
    runs = [
        text[start:end]
        for text in texts
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
        if text[start:end] in corpus
    ]
    assert found.longest.length == max(map(len, runs), default=0)
    assert found.corpus.text(found.longest) in {"", *runs}
    grams = [text[n : n + GRAM] for text in texts for n in range(len(text) - GRAM + 1)]
    assert found.grams == len(grams)
    assert found.new == sum(gram not in corpus for gram in grams)


def test_the_file_and_the_line_of_a_run(tmp_path):
    texts = {"a.txt": "one\ntwo\nthree", "b.txt": "", "c.txt": "four\n\nfive, a longer line\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    corpus = read_corpus([tmp_path / name for name in texts])
    found = IndexedCorpus.of(corpus, corpus.vocabulary)
    whole = corpus.text
    for words, name, line in [
        ("one", "a.txt", 1), ("two", "a.txt", 2), ("three", "a.txt", 3), ("four", "c.txt", 1),
        ("five", "c.txt", 3), ("longer", "c.txt", 3), ("hree", "a.txt", 3),
    ]:  # fmt: skip
        place = found.place(whole.find(words))
        assert (Path(place.name).name, place.line) == (name, line)


def test_a_line_is_not_known_where_the_network_knows_no_line_end():
    assert indexed("one\ntwo", "one tw").place(4) == Place("text", None)


def test_characters_that_the_network_does_not_know_end_a_run():
    found = copies_of(indexed("abcXdef", "abcdef"), ["abcdef"])
    assert found.longest.length == 3
    assert found.corpus.sha256 is None


@pytest.mark.parametrize("text", ["naïve – 𝄞\r\n" * 9, "a"])
def test_the_digest_is_that_of_the_text(text):
    assert indexed(text).sha256 == hashlib.sha256(text.encode()).hexdigest()
    corpus = from_text(text)
    assert indexed(text).sha256 == corpus.sha256


def test_bytes_are_indexed_for_networks_of_bytes(tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(256)) * 2)
    corpus = read_corpus([tmp_path / "a"], as_bytes=True)
    found = IndexedCorpus.of(corpus, Vocabulary.of_bytes("x"))
    assert np.array_equal(found.index.ids, np.tile(np.arange(256), 2))
    assert found.sha256 == corpus.sha256
    with pytest.raises(TextError, match="read as bytes, and the network knows characters"):
        IndexedCorpus.of(corpus, Vocabulary.of("ab"))


def test_an_empty_corpus_is_refused():
    with pytest.raises(TextError, match="empty"):
        indexed("", "ab")
