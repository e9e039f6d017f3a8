"""The filter against copying, against `in`."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.index import save_index
from charrnn.errors import CheckpointError, ConfigError
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import draw
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.filters.no_copy import NoCopy
from charrnn.text.copies import IndexedCorpus
from charrnn.text.corpus import from_text
from charrnn.text.verbatim import Index
from charrnn.text.vocabulary import Vocabulary

LETTERS = "abcd"
V = len(LETTERS)
KNOWN = Vocabulary.of(LETTERS)
texts = st.text(LETTERS, max_size=60)
scores = st.lists(st.floats(-20, 0), min_size=V, max_size=V)


def array(text):
    return np.array([LETTERS.index(letter) for letter in text], np.uint8)


def filter_of(corpus, n, *prompts):
    before = np.array([array(prompt) for prompt in prompts]).reshape(len(prompts), -1)
    return NoCopy(Index(array(corpus), V), n, before)


def applied(change, log_p):
    rows = np.array([log_p], np.float64)
    rows -= rows.max()
    change(rows)
    assert rows.max() == 0
    return rows[0]


def copied(corpus, text, n):
    """The letters that end n + 1 characters of the corpus, unless those are all."""
    found = [LETTERS.index(k) for k in LETTERS if len(text) >= n and text[-n:] + k in corpus]
    return found if len(found) < V else []


@given(texts, texts, texts, scores, st.integers(1, 6))
@settings(deadline=None, max_examples=300)
def test_what_extends_a_verbatim_run_is_left_out(corpus, prompt, made, log_p, n):
    change = filter_of(corpus, n, prompt)
    text = prompt
    for letter in ["", *made]:
        if letter:
            change.accept(array(letter))
            text += letter
        wanted = np.array(log_p)
        wanted[copied(corpus, text, n)] = -math.inf
        np.testing.assert_allclose(applied(change, log_p), wanted - wanted.max(), atol=1e-12)


@given(st.text(LETTERS, min_size=1, max_size=300), st.integers(3, 9), st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_a_text_that_is_drawn_copies_no_more_than_n(corpus, n, seed):
    rng = np.random.default_rng(seed)
    change = filter_of(corpus, n, corpus[: n - 1])
    text = corpus[: n - 1]
    for _ in range(60):
        log_p = np.log(rng.dirichlet(np.full(V, 0.2)) + 1e-9)[None]
        for k, letter in enumerate(LETTERS):  # a network that would copy
            log_p[0, k] += 9 * (text[-n:] + letter in corpus)
        change(log_p)
        k = draw(np.exp(log_p[0]), rng.random())
        follows = [letter for letter in LETTERS if text[-n:] + letter in corpus]
        text += LETTERS[k]
        assert text[-n - 1 :] not in corpus or len(text) <= n or len(follows) == V
        change.accept(np.array([k]))


def test_a_row_is_never_left_empty():
    corpus = "aabacada"  # after an a comes each letter
    change = filter_of(corpus, 1, "a", "b")
    log_p = np.array([[-3.0, -1, 0, -2], [-3.0, -1, 0, -2]])
    change(log_p)
    np.testing.assert_array_equal(log_p, [[-3, -1, 0, -2], [-math.inf, -1, 0, -2]])
    one = filter_of(corpus, 1, "b")  # and after a constraint has left nothing but the copy
    left = np.array([[0, -math.inf, -math.inf, -math.inf]])
    one(left)
    np.testing.assert_array_equal(left, [[0, -math.inf, -math.inf, -math.inf]])


@given(texts, st.lists(st.text(LETTERS, min_size=5, max_size=5), min_size=3, max_size=3), st.data())
@settings(deadline=None, max_examples=60)
def test_rows_are_as_alone_and_a_fork_continues(corpus, prompts, data):
    corpus += "".join(prompts)
    n = data.draw(st.integers(1, 4))
    together = filter_of(corpus, n, *prompts)
    steps = data.draw(st.lists(st.text(LETTERS, min_size=3, max_size=3), max_size=8))
    for step in steps:
        together.accept(array(step))
    order = np.array([2, 0, 0])
    forked = together.fork(order)
    rows = np.zeros((3, V))
    forked.accept(array("abc"))
    forked(rows)
    for row, parent, letter in zip(rows, order, "abc", strict=True):
        alone = filter_of(corpus, n, prompts[parent])
        for step in steps:
            alone.accept(array(step[parent]))
        alone.accept(array(letter))
        np.testing.assert_array_equal(row, applied(alone, [0.0] * V))
    mine = np.zeros((3, V))
    together(mine)  # unmoved by what its fork has accepted
    for b, prompt in enumerate(prompts):
        wanted = np.zeros(V)
        wanted[copied(corpus, prompt + "".join(step[b] for step in steps), n)] = -math.inf
        np.testing.assert_array_equal(mine[b], wanted)


@pytest.fixture
def index(tmp_path):
    path = tmp_path / "model.index.npz"
    save_index(path, IndexedCorpus.of(from_text("abcdabcc"), KNOWN))
    return str(path)


@pytest.mark.parametrize("temperature", [0, 0.8])
def test_it_comes_before_what_leaves_few_characters(index, temperature):
    config = SamplingConfig(no_copy=2, corpus_index=index, temperature=temperature, top_k=2)
    filters = filters_of(config, array("ab")[None], KNOWN)
    weights = filters.weights(np.array([0.0, -1, 5, -2]))  # c, which the corpus has after ab
    assert weights.argmax() == 0
    assert weights[2] == 0
    assert np.count_nonzero(weights) == (2 if temperature else 1)


def test_an_index_is_needed_and_one_of_this_network(index, tmp_path):
    def made(known, **options):
        return filters_of(SamplingConfig(**options), np.zeros((1, 1), int), known)

    with pytest.raises(ConfigError, match=r"no_copy: an index .* is needed; name one as corpus_i"):
        made(KNOWN, no_copy=5)
    with pytest.raises(ConfigError, match=r"no_copy: .* of another network's text; name its own"):
        made(Vocabulary.of("abc"), no_copy=5, corpus_index=index)
    with pytest.raises(CheckpointError, match="no such index; `charrnn train --index`"):
        made(KNOWN, no_copy=5, corpus_index=str(tmp_path / "none.index.npz"))


def test_an_index_that_is_replaced_is_read_again(index):
    config = SamplingConfig(no_copy=1, corpus_index=index, temperature=1)

    def weights():
        return filters_of(config, array("d")[None], KNOWN).weights(np.zeros(V)).tolist()

    assert weights() == weights() == [0, 1, 1, 1]
    save_index(Path(index), IndexedCorpus.of(from_text("abcdbbbbbbbbbbbbb"), KNOWN))
    assert weights() == [1, 0, 1, 1]
