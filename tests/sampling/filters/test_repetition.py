"""Filters against repetition, against searches of the whole text at every character."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.sampling.filters import repetition
from charrnn.sampling.filters.repetition import Dry, NoRepeatNgrams, Occurrences, Penalties

V = 4
texts = st.lists(st.integers(0, V - 1), max_size=60)
scores = st.lists(st.floats(-20, 0), min_size=V, max_size=V)


def applied(change, log_p):
    """The log-weights of one text after a filter, the largest 0."""
    rows = np.array([log_p], np.float64)
    rows -= rows.max()
    change(rows)
    return (rows - rows.max())[0]


def expected(log_p):
    log_p = np.array(log_p, np.float64)
    return log_p - log_p.max()


def before(text):
    return np.array([text], np.intp).reshape(1, -1)


def accept(change, text):
    for k in text:
        change.accept(np.array([k]))


@given(texts, texts, scores, st.integers(-1, 30), st.floats(0.5, 3), st.floats(-1, 2))
@settings(deadline=None, max_examples=150)
def test_penalties_are_those_of_the_last_characters(prompt, made, log_p, last, repeat, lower):
    change = Penalties(before(prompt), V, repeat=repeat, frequency=lower, presence=0.3, last=last)
    accept(change, made)
    text = prompt + made
    window = text if last < 0 else text[max(0, len(text) - last) :]
    z = np.array(log_p) - math.log(math.fsum(map(math.exp, log_p)))
    for k, n in Counter(window).items():
        z[k] = z[k] * repeat - lower * n - 0.3
    np.testing.assert_allclose(applied(change, log_p), expected(z), atol=1e-9)


@given(texts, texts, scores, st.integers(1, 5))
@settings(deadline=None, max_examples=150)
def test_no_run_is_repeated(prompt, made, log_p, n):
    change = NoRepeatNgrams(n, before(prompt))
    accept(change, made)
    text = prompt + made
    runs = {tuple(text[m : m + n]) for m in range(len(text) - n + 1)}
    ending = text[len(text) - n + 1 :]
    banned = [k for k in range(V) if len(ending) == n - 1 and (*ending, k) in runs]
    z = np.array(log_p)
    if len(banned) < V:
        z[banned] = -math.inf
    np.testing.assert_allclose(applied(change, log_p), expected(z), atol=1e-12)


def longest_runs(text, last, breakers):
    """For each character, the most of the end of the text that it has followed before."""
    text = text[max(0, len(text) - last) :]
    found = {}
    for place in range(len(text) - 1):  # an earlier end
        run = 0
        while run <= place and text[place - run] == text[-1 - run] not in breakers:
            run += 1
        following = text[place + 1]
        found[following] = max(found.get(following, 0), run)
    return found


@given(texts, texts, scores, st.integers(1, 4), st.sets(st.integers(0, V - 1), max_size=1))
@settings(deadline=None, max_examples=200)
def test_what_prolongs_a_run_is_lowered_by_its_length(prompt, made, log_p, allowed, breakers):
    change = Dry(before(prompt), multiplier=0.7, base=1.5, allowed=allowed, breakers=breakers)
    accept(change, made)
    z = np.array(log_p)
    for k, run in longest_runs(prompt + made, 10**6, breakers).items():
        if run >= allowed:
            z[k] -= 0.7 * 1.5 ** (run - allowed)
    np.testing.assert_allclose(applied(change, log_p), expected(z), atol=1e-9)


@given(texts, st.integers(0, 4), st.integers(1, 12))
@settings(deadline=None, max_examples=200)
def test_occurrences_are_those_of_the_last_characters(text, n, last):
    found = Occurrences(n, last, text)
    kept = max(last, n + 1)
    start = max(0, len(text) - kept)
    ending = text[len(text) - n :] if n else []
    places = [
        (place, text[place + 1])
        for place in range(start + n - 1, len(text) - 1)
        if len(text) >= n and text[place - n + 1 : place + 1] == ending
    ]
    assert found.earlier() == places


@pytest.mark.parametrize("text", [[0] * 3000, [0, 1, 2, 3] * 700])
def test_memory_is_bounded_and_penalties_finite(monkeypatch, text):
    monkeypatch.setattr(repetition, "REMEMBERED", 500)
    dry = Dry(before([]), multiplier=1000, base=10, allowed=2)
    ngrams = NoRepeatNgrams(3, before([]))
    for change in (dry, ngrams):
        accept(change, text)
        [occurrences] = change._texts
        assert len(occurrences._ids) == 500
        assert len(occurrences._previous) == 500
        assert len(occurrences._latest) <= 500
        assert np.isfinite(applied(change, [0.0] * V)).any()


@pytest.mark.parametrize(
    "make",
    [
        lambda text: Penalties(text, V, repeat=1.3, frequency=0.2, presence=0.1, last=9),
        lambda text: NoRepeatNgrams(3, text),
        lambda text: Dry(text, multiplier=0.5, base=1.5, allowed=2),
    ],
)
def test_rows_are_as_alone_and_a_fork_continues(make, rng):
    prompts, made = rng.integers(V, size=(3, 20)), rng.integers(V, size=(40, 3))
    together = make(prompts)
    alone = [make(row[None]) for row in prompts]
    for ids in made:
        together.accept(ids)
        for one, k in zip(alone, ids, strict=True):
            one.accept(np.array([k]))
    forked = together.fork(np.array([2, 0, 0]))
    more = rng.integers(V, size=(10, 3))
    for ids in more:
        forked.accept(ids)
    log_p = np.log(rng.dirichlet(np.ones(V), 3))
    log_p -= log_p.max(axis=1, keepdims=True)
    for row, one in enumerate(alone):
        rows = log_p.copy()
        together(rows)
        np.testing.assert_allclose(rows[row], applied(one, log_p[row]), atol=1e-12)
    again = make(np.concatenate([prompts, made.T], axis=1)[[2, 0, 0]])
    for ids in more:
        again.accept(ids)
    first, second = log_p.copy(), log_p.copy()
    forked(first)
    again(second)
    np.testing.assert_allclose(first, second, atol=1e-12)
