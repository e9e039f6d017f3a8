"""Classes, words and closings of a text, against what a plain reading of it says."""

import re
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.evaluation.statistics import block_standard_error, mean_where
from charrnn.inspection.methods.character_classes import (
    CLASSES,
    capitals,
    classes,
    letters_seen,
    line_starts,
    words,
)
from charrnn.inspection.views.errors.enclosures import closings

quick = settings(deadline=None, max_examples=60)


def named(text, **options):
    return [CLASSES[n] for n in classes(text, **options)]


def test_the_class_of_each_character():
    assert named('Oh, don\'t!\n"42 é"\t\x07') == [
        "word start", "letter 2", "punctuation", "space",
        "word start", "letter 2", "letter 3", "punctuation", "letter 4+", "punctuation", "newline",
        "punctuation", "digit", "digit", "space", "word start", "punctuation", "space", "other",
    ]  # fmt: skip
    assert letters_seen("a bc-d").tolist() == [0, -1, 0, 1, -1, 0]
    assert letters_seen("e\u0301t").tolist() == [0, 1, 2]  # a mark belongs to its letter's word


def test_an_apostrophe_ends_a_word_unless_it_is_between_letters():
    assert letters_seen("'tis it's''s dogs' x").tolist() == [
        -1, 0, 1, 2, -1, 0, 1, -1, 2, -1, -1, 0, -1, 0, 1, 2, 3, -1, -1, 0
    ]  # fmt: skip


@given(st.text(st.sampled_from("aZé\u0301' \n-4\x00漢"), max_size=60))
@quick
def test_nothing_looks_ahead(text):
    for tell in (classes, letters_seen, capitals, line_starts):
        whole = tell(text)
        assert len(whole) == len(text)
        for end in range(len(text)):
            np.testing.assert_array_equal(tell(text[:end]), whole[:end])


@given(st.text(string.ascii_letters[:4] + "'  \n.", max_size=80))
@quick
def test_words_are_runs_of_letters(text):
    found = [(m.start(), m.end()) for m in re.finditer(r"[a-z]+(?:'[a-z]+)*", text)]
    assert words(text).tolist() == [list(span) for span in found]
    starts = np.flatnonzero(classes(text) == CLASSES.index("word start"))
    assert starts.tolist() == [start for start, _ in found]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@quick
def test_the_bytes_of_a_character_are_of_its_class(text):
    as_bytes = text.encode().decode("latin-1")
    lengths = [len(c.encode()) for c in text]
    for tell in (classes, letters_seen, capitals, line_starts):
        found = tell(as_bytes, as_bytes=True)
        assert found.tolist() == np.repeat(tell(text), lengths).tolist()
    found = [as_bytes[start:end] for start, end in words(as_bytes, as_bytes=True)]
    assert found == [text[start:end].encode().decode("latin-1") for start, end in words(text)]


@given(st.binary(max_size=40))
@quick
def test_any_bytes_have_classes(data):
    text = data.decode("latin-1")
    for tell in (classes, letters_seen, capitals, line_starts):
        assert len(tell(text, as_bytes=True)) == len(data)
    assert named("a\xffb", as_bytes=True) == ["word start", "other", "word start"]


def test_capitals_and_the_first_in_a_line():
    assert np.flatnonzero(capitals("aBcÉǅ1")).tolist() == [1, 3, 4]
    assert np.flatnonzero(line_starts("ab\n\nc\r\nd")).tolist() == [0, 4, 7]


def pairs(text):
    return [(int(t), int(o)) for t, o in closings(text)]


def test_what_closes_goes_with_the_last_of_its_kind_that_is_open():
    assert pairs("(a[b)c](d") == [(4, 0), (6, 2)]
    assert pairs("((a)b)") == [(3, 1), (5, 0)]
    assert pairs(")a]") == []
    assert pairs("\u201cso\u201d \u00ababc\u00bb") == [(3, 0), (9, 5)]


def test_straight_quotes_close_every_other_time_and_begin_anew_after_an_empty_line():
    assert pairs('"a" "b"') == [(2, 0), (6, 4)]
    for end in ("\n", "\r\n"):
        text = f'"a{end}{end}"b"'
        assert pairs(text) == [(len(text) - 1, len(text) - 3)]
    assert pairs('"a\nb"') == [(4, 0)]


# Means ------------------------------------------------------------------------------------------


def test_a_mean_of_all_has_the_error_of_blocks(rng):
    values = rng.normal(2, 1, 500)
    found = mean_where(values)
    assert (found.count, found.mean) == (500, values.mean())
    assert found.error == pytest.approx(block_standard_error(values)[0], rel=1e-12)


def test_the_error_of_a_mean_of_some_is_that_of_many_such_texts(rng):
    means, errors = [], []
    for _ in range(200):
        slow = np.repeat(rng.normal(5, 1, 200), 10)  # neighbours are alike
        where = np.repeat(rng.random(400) < 0.3, 5)
        found = mean_where(slow + rng.normal(0, 0.3, 2000), where)
        means.append(found.mean)
        errors.append(found.error)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.2)


def test_too_few_have_no_error(rng):
    values, where = rng.normal(0, 1, 400), np.zeros(400, bool)
    assert np.isnan(mean_where(values, where).mean)
    where[[3, 100, 399]] = True
    assert np.isnan(mean_where(values, where).error)
    where[200] = True
    assert np.isfinite(mean_where(values, where).error)
    assert mean_where(np.empty(0)).count == 0
