"""Passages that one text has word for word from another."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.text import repetition as module
from charrnn.text.corpus import from_text
from charrnn.text.repetition import SAME, repeated


def noise(n, seed=0, V=60):
    return np.random.default_rng(seed).integers(V, size=n).astype(np.uint8)


def naive(ids, others):
    passages = {tuple(others[k : k + SAME]) for k in range(len(others) - SAME + 1)}
    covered = np.zeros(len(ids), bool)
    for k in range(len(ids) - SAME + 1):
        if tuple(ids[k : k + SAME]) in passages:
            covered[k : k + SAME] = True
    return covered


def test_a_passage_that_is_in_the_other_text():
    ids, others = noise(300), noise(5000, seed=1)
    assert not repeated(ids, others).any()
    others[1234 : 1234 + 50] = ids[100:150]
    assert np.flatnonzero(repeated(ids, others)).tolist() == list(range(100, 150))
    others[1234 + 31] += 1  # what is left is one character short of a passage
    assert not repeated(ids, others).any()


def test_a_text_that_was_copied_whole():
    ids = noise(500)
    assert repeated(ids, np.concatenate([noise(99, seed=1), ids, noise(99, seed=2)])).all()
    assert repeated(np.zeros(100, np.int64), np.zeros(40, np.uint8)).all()


@pytest.mark.parametrize("n", [0, 1, SAME - 1])
def test_a_text_shorter_than_a_passage(n):
    for found in (repeated(noise(n), noise(100)), repeated(noise(100), noise(n))):
        assert not found.any()
    assert len(repeated(noise(n), noise(100))) == n


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from([SAME, 40, 1 << 16]))
def test_as_one_would_look_for_it_by_hand(data, block):
    V, n, m = data.draw(st.tuples(st.integers(1, 3), st.integers(0, 150), st.integers(0, 150)))
    ids, others = noise(n, seed=n, V=V), noise(m, seed=m, V=V)
    cut = data.draw(st.integers(0, n))
    others = np.concatenate([others, ids[cut : cut + 60]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)  # no passage is lost between two blocks
        assert repeated(ids, others).tolist() == naive(ids.tolist(), others.tolist()).tolist()


def test_a_text_in_a_file_is_read_in_blocks(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 100)
    corpus = from_text("the cat sat on the mat and the dog sat on the log\n" * 30)
    train, validation = corpus.ids.cut(1200)
    assert repeated(validation[:], train).all()


def test_only_the_end_is_looked_through_where_that_is_requested():
    ids = noise(100)
    others = np.concatenate([ids, noise(1000, seed=1)])
    assert repeated(ids, others).all()
    assert repeated(ids, others, 1100).all()
    assert not repeated(ids, others, 1000).any()


def test_millions_of_characters_take_no_extra_memory():
    ids, others = noise(200_000), noise(3_000_000, seed=1)
    tracemalloc.start()
    repeated(ids, others)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6
