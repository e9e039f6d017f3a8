"""Runs that stand verbatim in another text, against searches by `in` and `find`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.text import verbatim
from charrnn.text.verbatim import Index, Match, Run

LETTERS = "abcd"
corpora = st.text(LETTERS, max_size=80) | st.lists(
    st.tuples(st.text(LETTERS, min_size=1, max_size=4), st.integers(1, 12)), max_size=5
).map(lambda parts: "".join(piece * times for piece, times in parts))
# Small ids, two bytes and four bytes: the order of numbers has to be that of their bytes.
SPREADS = [1, 100, 300, 17_000, 70_000]


def ids(text, spread=1):
    return [LETTERS.index(letter) * spread for letter in text]


def index(corpus, spread=1):
    V = 3 * spread + 1
    return Index(np.array(ids(corpus, spread), np.min_scalar_type(V)), V)


@st.composite
def pairs(draw):
    """A corpus, and a text with parts of it."""
    corpus = draw(corpora)
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = draw(st.integers(0, len(corpus))), draw(st.integers(0, len(corpus)))
        parts += [corpus[start:end], draw(st.text(LETTERS, max_size=3))]
    return corpus, "".join(parts)


def longest(corpus, text):
    """The longest end of a text that is in a corpus."""
    return next(text[n:] for n in range(len(text) + 1) if text[n:] in corpus)


def following(corpus, text):
    return [letter for letter in LETTERS if text + letter in corpus]


@given(pairs(), st.sampled_from(SPREADS))
@settings(deadline=None, max_examples=200)
def test_the_longest_run_that_ends_a_text(pair, spread):
    corpus, text = pair
    found = index(corpus, spread)
    for end in range(len(text) + 1):
        start, length = found.longest(ids(text[:end], spread))
        assert length == len(longest(corpus, text[:end]))
        assert corpus[start : start + length] == text[end - length : end]


@given(pairs(), st.lists(st.booleans(), max_size=60), st.sampled_from(SPREADS))
@settings(deadline=None, max_examples=200)
def test_a_text_that_grows(pair, looks, spread):
    corpus, text = pair
    match = Match(index(corpus, spread))
    for end, k in enumerate(ids(text, spread), 1):
        match.accept([k])
        assert match.at_most >= len(longest(corpus, text[:end]))
        if end < len(looks) and not looks[end]:
            continue  # looked at only now and then
        start, length = match.run
        assert length == match.at_most == len(longest(corpus, text[:end]))
        assert corpus[start : start + length] == text[end - length : end]


@given(pairs(), st.integers(1, 9), st.sampled_from([0, 1, 256]), st.sampled_from(SPREADS[:3]))
@settings(deadline=None, max_examples=200)
def test_what_extends_a_run_beyond_n(pair, n, many, spread):
    corpus, text = pair
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verbatim, "MANY", many)  # both ways to find what follows
        match = Match(index(corpus, spread))
        for end in range(len(text) + 1):
            if end:
                match.accept(ids(text[end - 1], spread))
            found = match.following(n)
            ending = text[:end][end - n :] if n <= end else None
            wanted = following(corpus, ending) if ending is not None else []
            assert (found.tolist() if found is not None else []) == ids(wanted, spread)


@given(corpora.filter(len), st.data())
@settings(deadline=None, max_examples=100)
def test_occurrences_of_a_run(corpus, data):
    start = data.draw(st.integers(0, len(corpus) - 1))
    length = data.draw(st.integers(1, len(corpus) - start))
    run = corpus[start : start + length]
    places = [n for n in range(len(corpus)) if corpus.startswith(run, n)]
    assert index(corpus).occurrences(Run(start, length)) == (len(places), corpus.find(run))


def test_a_fork_continues_by_itself():
    corpus = "abcdabcabdcba"
    first = Match(index(corpus))
    first.accept(ids("abc"))
    second = first.fork()
    first.accept(ids("da"))
    second.accept(ids("a"))
    assert first.run.length == len("abcda")
    assert second.run.length == len("abca")
    third = second.fork()
    third.accept(ids("b"))
    assert (second.run.length, third.run.length) == (len("abca"), len("abcab"))


def test_what_a_network_does_not_know_is_part_of_no_run():
    found = Index(np.array([0, 1, 3, 0, 1, 2, 3], np.uint8), 3)  # 3 is no character
    match = Match(found)
    match.accept([0, 1, 0])
    assert match.run == Run(start=match.run.start, length=1)
    assert found.following(found.encode([0, 1])).tolist() == [2]
    assert found.following(found.encode([2])).tolist() == []


def test_an_empty_text_holds_nothing():
    match = Match(index(""))
    match.accept([0])
    assert match.run == Run(0, 0)
    assert match.following(1) is None


def test_a_long_copy_is_followed_without_a_search(monkeypatch):
    rng = np.random.default_rng(0)
    corpus = rng.integers(4, size=20_000).astype(np.uint8)
    found, searches = Index(corpus, 5), []
    search = Index.search
    monkeypatch.setattr(Index, "search", lambda *given: searches.append(0) or search(*given))
    match = Match(found)
    for n, k in enumerate(corpus[5000:15_000].tolist(), 1):
        match.accept([k])
        assert match.run.length == n
    assert match.run == Run(5000, 10_000)
    assert len(searches) < 40
    match.accept([4])
    assert match.run.length == 0


def test_an_order_that_is_not_sorted_is_known():
    found = index("abcabd")
    assert found.is_sorted
    other = Index(found.ids, found.V, found.order[::-1].copy())
    assert not other.is_sorted
