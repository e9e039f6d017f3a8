"""The features of a text: against marks made by hand, and against what a text cannot know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError
from charrnn.inspection.methods.features.features import FREQUENT, features, since

SPECIAL = "\n\n\n  \t\"'()[]{}<>/*#:.,!?\\ifwwhtps0AéÉß漢\u201c\u201d\x1b\u202e"


def named(text, *wanted):
    return {feature.name: feature for feature in features(text, wanted)}


# A line of text and under it the marks: x where the feature is on.
BINARY = [
    ('inside "..."', 'say "hi" to "me', "....xxx....xxx."[:0] + "....xxx.....xxx"),
    ('inside "..."', 'a "b\n\nc d "e', "..xxx.....xx"),  # a blank line ends what was forgotten
    ("curly quotes", "a \u201cb\u201d c \u201cd", "..xx....xx"),
    ("inside '...'", "it's 'so' x", ".....xxx..."),
    ("inside '...'", "'it's o' x", "xxx.xxx..."),  # known as an apostrophe a letter later
    ("inside ( )", "f(a(b)c)d)e", ".xxxxxx...."),
    ("inside [ ]", "[a] b [c\n\nd", "xx....xxx.."),
    ("inside { }", "{a\n\nb} c", "xxxxx..."),  # programs have blank lines
    ("line start", "ab\ncd\n\ne", "x..x...x"),
    ("capital line", "ROMEO:\nAh Me\nOK ok", ".xxxxx........xx.."),
    ("paragraph start", "ab\n\ncd\nef\n", "xx.xxx...."),
    ("word start", "ab, c d2e", "x...x.x.x"),
    ("in capitals", "THE Cat IS", ".xx......x"),
    ("capitalised", "The cAT Eh", "xxx.....xx"),
    ("in a number", "a 12 b3", "..xx..x"),
    ("space next", "ab c d", ".x.x.."),
    ("newline next", "ab\nc\n", ".x.x."),
    ("sentence start", "Ab c. D! e", "x.....x..x"),
    ("comment /* */", "a /* b */ c", "...xxxxx..."),
    ("comment //", "a // b\nc http://d", "...xxx..........."),
    ("comment #", "# a\nb #c\nd#e", "xxx...xx...."),
    ("inside < >", "a <b> c < d\ne", "..xx....xxx.."),
    ("inside [[ ]]", "[[a]] [b]", ".xxx....."),
    ("inside a URL", "a http://b.c d www.e f", "........xxxx......xx.."),
    ("string literal", '"a\\"b" "c\nd', "xxxxx..xx.."),
    ("inside if ( )", "if (a(b)) (c)", "...xxxxx....."),
    ("vowel", "baUx", ".xx."),
    ("consonant", "baUx1", "x..x."),
    ("punctuation", "a, b-\n", ".x..x."),
    ("is 'a'", "abca", "x..x"),
]


@pytest.mark.parametrize(("name", "text", "marks"), BINARY)
def test_a_binary_feature_is_where_it_is(name, text, marks):
    found = named(text)[name]
    assert found.binary
    assert "".join(".x"[int(value)] for value in found.values) == marks


NUMBERS = [
    ("depth of ( )", "f(a(b)c))d", [0, 1, 1, 2, 2, 1, 1, 0, 0, 0]),
    ("bracket depth", "([{a}])", [1, 2, 3, 3, 2, 1, 0]),
    ("column", "ab\nc", [1, 2, 0, 1]),
    ("paragraph line", "a\nb\n\nc\nd", [0, 1, 1, 2, 0, 0, 1, 1]),
    ("indent", "a\n  b\n    c\nd", [0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 4, 4, 0]),
    ("indent level", "a\n b\n    c\n b", [0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1]),
    ("place in word", "ab cde", [1, 2, 0, 1, 2, 3]),
    ("since a space", "ab, c", [1, 2, 3, 0, 1]),
    ("since . ! ?", "a. b", [1, 0, 1, 2]),
    ("since a comma", "a,b c", [1, 0, 1, 2, 3]),
    ("sentence length", "Ab c. D", [1, 1, 1, 2, 0, 0, 1]),
]


@pytest.mark.parametrize(("name", "text", "values"), NUMBERS)
def test_a_number_counts_what_it_says(name, text, values):
    found = named(text)[name]
    assert not found.binary
    assert found.values.tolist() == values


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from(SPECIAL), max_size=40), st.text(max_size=10))
def test_features_of_any_text(text, more):
    text += more
    found = features(text)
    for feature in found:
        assert feature.values.dtype == np.float64
        assert feature.values.shape == (len(text),)
        assert np.isfinite(feature.values).all()
        assert feature.values.min() < feature.values.max()
        assert not feature.binary or set(feature.values) == {0.0, 1.0}
        assert feature.name.isascii()
        assert feature.name.isprintable()
    assert len({feature.name for feature in found}) == len(found)
    assert len({feature.values.tobytes() for feature in found}) == len(found)


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from(SPECIAL), max_size=60), st.integers(0, 60))
def test_no_feature_knows_what_comes_unless_it_says_so(text, cut):
    whole, part = named(text), named(text[:cut])
    for name in whole.keys() & part.keys():
        same = np.array_equal(whole[name].values[:cut], part[name].values)
        assert same or whole[name].ahead, name


def test_what_looks_ahead_does():
    whole, part = named("ab cd ef"), named("ab cd")
    assert whole["space next"].ahead
    assert whole["space next"].values[4] == 1
    assert part["space next"].values[4] == 0


def test_the_same_is_not_said_twice():
    found = named("a [b] c [d] ef")
    assert "inside [ ]" in found
    assert "depth of [ ]" not in found
    assert "bracket depth" not in found
    assert "is '['" in found  # a mark more, so another feature


def test_only_frequent_characters_are_features():
    text = "a" * 97 + "b" + "cc"
    assert {"is 'a'", "is 'c'"} <= named(text).keys()
    assert FREQUENT > 1 / 100
    assert "is 'b'" not in named(text)


def test_a_feature_may_be_requested():
    first, *_ = features("ROMEO:\nAh\nJULIET:\n", ["speaker=^[A-Z]+:$"])
    assert (first.name, first.group, first.binary, first.ahead) == ("speaker", "asked", True, True)
    assert "".join(".x"[int(value)] for value in first.values) == "xxxxxx....xxxxxxx."
    assert named("a=b", "equals sign==").keys() >= {"equals sign"}
    assert named("abc", "column=b")["column"].binary  # it takes the place of ours


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["speaker"], "'speaker' is none; write name=REGEX"),
        (["=a"], "is none; write"),
        (["a="], "is none; write"),
        (["a=("], r"'\(' is no regular expression"),
        (["x=q"], "'x' matches nothing of the"),
        (["x=(?s:.)+"], "'x' matches all of the"),
        (["x=a", "x=b"], "'x' is asked for twice"),
    ],
)
def test_a_feature_that_cannot_be_is_reported(wanted, message):
    with pytest.raises(ConfigError, match=message):
        features("abc", wanted)


@given(st.lists(st.booleans(), max_size=30))
@settings(deadline=None)
def test_since_counts_from_the_last_mark(marks):
    count, expected = 0, []
    for mark in marks:
        count = 0 if mark else count + 1
        expected.append(count if any(marks) else 0)
    assert since(np.array(marks, bool)).tolist() == expected
