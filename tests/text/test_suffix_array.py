"""The suffix array, against sorting suffixes as they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text import suffix_array as module
from charrnn.text.suffix_array import is_suffix_array, suffix_array

# Short pieces repeated, so that many places are alike for long.
repetitive = st.lists(
    st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(1, 40)), max_size=6
).map(lambda parts: [k for piece, times in parts for k in piece * times])
texts = repetitive | st.lists(st.integers(0, 70_000), max_size=60)


def array(text):
    return np.array(text, np.uint32)


def naive(text):
    return sorted(range(len(text)), key=lambda place: text[place:])


@given(texts)
@settings(deadline=None, max_examples=300)
def test_the_places_are_those_of_the_suffixes_sorted(text):
    order = suffix_array(array(text))
    assert order.dtype == np.int32
    assert order.tolist() == naive(text)
    assert is_suffix_array(order, array(text))


@pytest.mark.parametrize("n", [0, 1, 2, 9, 62, 63, 64, 1000])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_a_character_n_times(n, dtype):
    assert suffix_array(np.zeros(n, dtype)).tolist() == list(range(n))[::-1]


def test_a_text_that_repeats_as_little_as_it_can_grows_as_the_golden_ratio():
    one, other = [0], [0, 1]
    while len(other) < 3000:
        one, other = other, other + one
    assert suffix_array(array(other)).tolist() == naive(other)


@given(texts.filter(len), st.data())
@settings(deadline=None, max_examples=200)
def test_no_other_order_passes_for_the_suffix_array(text, data):
    n, right = len(text), naive(text)
    order = np.array(right, np.int32)
    at, value = data.draw(st.integers(0, n - 1)), data.draw(st.integers(-2, n + 1))
    changed = order.copy()
    changed[at] = value
    assert is_suffix_array(changed, array(text)) == (value == right[at])
    first, second = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    order[[first, second]] = order[[second, first]]
    assert is_suffix_array(order, array(text)) == (first == second)
    assert not is_suffix_array(order[1:], array(text))


def test_blocks_of_the_check_meet(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 3)
    text = array([1, 0, 1, 0, 0, 1, 1, 0, 1, 0])
    order = suffix_array(text)
    assert is_suffix_array(order, text)
    for at in range(len(text) - 1):
        swapped = order.copy()
        swapped[[at, at + 1]] = order[[at + 1, at]]
        assert not is_suffix_array(swapped, text)


def test_too_long_a_text_is_refused_before_it_takes_memory(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 5)
    with pytest.raises(TextError, match="6 characters are too many to index, and 5 are the most"):
        suffix_array(np.zeros(6, np.uint8))
    monkeypatch.setattr(module, "LONGEST", 2**28)
    monkeypatch.setattr(module, "available_memory", lambda: module.NEEDED * 4.5)
    with pytest.raises(TextError, match="4 are the most here; name a part of the text"):
        suffix_array(np.zeros(5, np.uint8))
