"""The n-gram model against the formula in exact fractions, closed forms, and hostile texts."""

import math
import tracemalloc
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.evaluation import ngram
from charrnn.evaluation.ngram import NGram, checked_ids

DTYPES = [np.uint8, np.uint16, np.uint32, np.uint64, np.int64]


def distribution(model, context):
    """The probability of every symbol after a context, (V,), each scored behind it."""
    symbols = range(model.vocabulary_size)
    texts = [np.append(context, symbol) for symbol in symbols]
    return np.array([math.exp(model.log_probabilities(text)[-1]) for text in texts])


class Naive:
    """Interpolated Witten-Bell as it is written down, one character and one fraction at a time."""

    def __init__(self, train, order, V):
        self.order, self.V = order, V
        self.followers = defaultdict(list)
        for i, symbol in enumerate(train):
            for k in range(min(order, i + 1)):
                self.followers[tuple(train[i - k : i])].append(symbol)

    def p(self, symbol, context):
        context = tuple(context[max(0, len(context) - self.order + 1) :])
        return self._p(symbol, context)

    def _p(self, symbol, h):
        shorter = self._p(symbol, h[1:]) if h else Fraction(1, self.V)
        followers = self.followers.get(h)
        if not followers:
            return shorter
        different = len(set(followers))
        return (followers.count(symbol) + different * shorter) / (len(followers) + different)

    def log_probabilities(self, text):
        return [math.log(self.p(symbol, text[:i])) for i, symbol in enumerate(text)]


@st.composite
def texts(draw):
    V = draw(st.integers(1, 4))
    text = st.lists(st.integers(0, V - 1), max_size=30)
    return V, draw(text), draw(text)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@settings(deadline=None, max_examples=40)
@given(case=texts(), dtype=st.sampled_from(DTYPES))
def test_each_character_by_the_formula(order, case, dtype):
    V, train, text = case
    found = NGram.fit(np.array(train, dtype), order, V).log_probabilities(np.array(text, dtype))
    assert found.shape == (len(text),)
    assert found.dtype == np.float64
    assert np.all(found <= 0)
    expected = Naive(train, order, V).log_probabilities(text)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@settings(deadline=None, max_examples=40)
@given(case=texts())
def test_a_distribution_sums_to_one_and_leaves_nothing_out(order, case):
    V, train, context = case
    p = distribution(NGram.fit(np.array(train, np.uint8), order, V), np.array(context, np.uint8))
    assert p.shape == (V,)
    assert np.all(p > 0)
    assert abs(p.sum() - 1) < 1e-12
    naive = Naive(train, order, V)
    np.testing.assert_allclose(p, [float(naive.p(s, context)) for s in range(V)], rtol=1e-12)


def test_three_characters_by_hand():
    model = NGram.fit(np.array([0, 1, 0], np.uint8), 2, 2)
    # 0 twice and 1 once, two different: (2 + 2 · 1/2) / (3 + 2), then (1 + 1 · 2/5) / (1 + 1)
    np.testing.assert_allclose(distribution(model, np.array([], np.uint8)), [3 / 5, 2 / 5])
    np.testing.assert_allclose(distribution(model, np.array([0], np.uint8)), [3 / 10, 7 / 10])
    np.testing.assert_allclose(
        np.exp(model.log_probabilities(np.array([0, 1, 0], np.uint8))), [3 / 5, 7 / 10, 8 / 10]
    )


@pytest.mark.parametrize("order", [2, 3])
def test_it_comes_close_to_the_chain_that_wrote_the_text(order):
    P = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.05, 0.05, 0.9]])
    edges, text = P.cumsum(axis=1), [0]
    for u in np.random.default_rng(5).random(30_000):
        text.append(int((u >= edges[text[-1], :2]).sum()))
    train, validation = np.split(np.array(text, np.uint8), [20_000])
    of_the_chain = -np.log(P[validation[:-1], validation[1:]]).mean()
    found = -NGram.fit(train, order, 3).log_probabilities(validation)[1:].mean()
    assert of_the_chain < found < of_the_chain + 0.002


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
def test_blocks_do_not_show(block, monkeypatch):
    rng = np.random.default_rng(block)
    train, text = rng.integers(0, 3, (2, 50)).astype(np.uint8)
    model = NGram.fit(train, 5, 3)
    whole = model.log_probabilities(text)
    monkeypatch.setattr(ngram, "_BLOCK", block)
    np.testing.assert_array_equal(model.log_probabilities(text), whole)


def test_a_vocabulary_as_large_as_the_ids_allow():
    V = 2**32
    train = [V - 1, 0, 7, V - 1, 0, V - 2, V - 1, 0, 7]
    text = [V - 1, 0, 7, 7, V - 2, V - 1, 0, 3]
    found = NGram.fit(np.array(train, np.uint32), 5, V).log_probabilities(np.array(text, np.uint32))
    np.testing.assert_allclose(found, Naive(train, 5, V).log_probabilities(text), rtol=1e-12)


def test_a_surprise_too_small_for_a_double_stays_finite():
    n, order = 3000, 150
    model = NGram.fit(np.zeros(n, np.uint8), order, 2)
    text = np.zeros(order, np.uint8)
    text[-1] = 1
    # After k zeros came a zero, n - k times, and nothing else: 1 / (n - k + 1) is left over.
    expected = -math.log(2) - sum(math.log(n - k + 1) for k in range(order))
    assert expected < math.log(5e-324)
    assert model.log_probabilities(text)[-1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("train", [[], [1], [1, 0]])
def test_a_training_text_shorter_than_the_order(train):
    text = [0, 1, 2, 1, 0, 1]
    found = NGram.fit(np.array(train, np.uint8), 5, 3).log_probabilities(np.array(text, np.uint8))
    np.testing.assert_allclose(found, Naive(train, 5, 3).log_probabilities(text), rtol=1e-12)


def test_an_empty_training_text_leaves_the_uniform():
    model = NGram.fit(np.array([], np.uint8), 3, 5)
    np.testing.assert_allclose(distribution(model, np.array([4, 4], np.uint8)), np.full(5, 1 / 5))


def test_an_empty_text_has_no_probabilities():
    model = NGram.fit(np.array([0, 1], np.uint8), 3, 2)
    assert model.log_probabilities(np.array([], np.uint8)).shape == (0,)


def test_a_symbol_never_read_keeps_a_share():
    train = [0, 1, 0, 1, 0]
    text = [2, 2, 0, 1, 2, 0]
    found = NGram.fit(np.array(train, np.uint8), 4, 3).log_probabilities(np.array(text, np.uint8))
    assert np.all(np.isfinite(found))
    np.testing.assert_allclose(found, Naive(train, 4, 3).log_probabilities(text), rtol=1e-12)


def test_strided_and_read_only_ids_are_read_in_place():
    ids = np.array([0, 9, 1, 9, 0, 9, 1, 9], np.uint8)[::2]
    ids.flags.writeable = False
    whole = NGram.fit(ids.copy(), 3, 2).log_probabilities(ids.copy())
    np.testing.assert_array_equal(NGram.fit(ids, 3, 2).log_probabilities(ids), whole)


def test_a_million_characters_fit_in_little_memory():
    ids = np.random.default_rng(0).integers(0, 65, 1_000_000).astype(np.uint8)
    tracemalloc.start()
    try:
        NGram.fit(ids, 5, 65).log_probabilities(ids[:110_000])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200e6


@pytest.mark.parametrize(
    ("ids", "V", "message"),
    [
        (np.array([0, 3], np.uint8), 3, r"from 0 to 2, found 0 to 3"),
        (np.array([-1, 0]), 3, r"from 0 to 2, found -1 to 0"),
        (np.array([2**63], np.uint64), 2**32, r"found 9223372036854775808"),
        (np.array([[0, 1]], np.uint8), 3, r"one row of integers, found uint8 of shape \(1, 2\)"),
        (np.array([0.0, 1.0]), 3, r"one row of integers, found float64"),
        (np.array([True]), 3, r"one row of integers, found bool"),
        (np.array([0], np.uint8), 0, r"vocabulary_size must be from 1 to 2\*\*32, found 0"),
        (np.array([0], np.uint8), 2**32 + 1, r"vocabulary_size must be"),
    ],
)
def test_invalid_ids(ids, V, message):
    with pytest.raises(ValueError, match=message):
        checked_ids(ids, V)
    with pytest.raises(ValueError, match=message):
        NGram.fit(ids, 2, V)


@pytest.mark.parametrize("order", [0, -1])
def test_an_order_below_one(order):
    with pytest.raises(ValueError, match=f"order must be at least 1, found {order}"):
        NGram.fit(np.array([0], np.uint8), order, 2)


def test_a_text_from_another_vocabulary():
    model = NGram.fit(np.array([0, 1], np.uint8), 2, 2)
    with pytest.raises(ValueError, match="found 2 to 2"):
        model.log_probabilities(np.array([2], np.uint8))
