"""The choice of one character by a random number, and options that make no sense."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import draw, random_streams


@pytest.mark.parametrize(
    ("p", "number", "chosen"),
    [
        ([0.25, 0.75], 0.0, 0),
        ([0.25, 0.75], 0.2499, 0),
        ([0.25, 0.75], 0.25, 1),
        ([0, 0, 1, 0], 0.0, 2),
        ([0, 0, 1, 0], 1 - 2**-53, 2),
        ([0.1] * 10 + [0, 0], 1 - 2**-53, 9),
        ([0, 3, 1], 0.74, 1),
        ([0, 3, 1], 0.76, 2),
    ],
)
def test_the_number_falls_into_the_share_of_its_character(p, number, chosen):
    assert draw(np.array(p, float), number) == chosen


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(any))
@settings(deadline=None)
def test_the_largest_number_chooses_something_possible(p):
    p = np.array(p)
    p /= p.max()
    for number in (0.0, 0.5, 1 - 2**-53):
        assert p[draw(p, number)] > 0


def test_the_first_streams_do_not_depend_on_how_many_follow():
    numbers = [rng.random(4).tolist() for rng, _ in zip(random_streams(7), range(3), strict=False)]
    again = random_streams(7)
    assert [next(again).random(4).tolist() for _ in range(2)] == numbers[:2]
    assert len({tuple(each) for each in numbers}) == 3
    assert np.random.Generator(np.random.PCG64(7)).random(4).tolist() == numbers[0]
    assert next(random_streams(8)).random(4).tolist() not in numbers


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"length": -2}, "length: -2 is out of range; give a whole number from -1 on"),
        ({"length": 10**30}, "out of range"),
        ({"length": 2.5}, "length: 2.5 is not a whole number"),
        ({"length": True}, "length: True is not a whole number"),
        ({"temperature": -0.1}, "temperature: -0.1 is out of range; give a number from 0 on"),
        ({"temperature": math.nan}, "temperature: nan is out of range"),
        ({"temperature": math.inf}, "temperature: inf is out of range"),
        ({"temperature": "0.8"}, "temperature: '0.8' is not a number"),
        ({"temperature": None}, "temperature: None is not a number"),
        ({"temperature": (1, 2, 3)}, "temperature: (1, 2, 3) are 3 temperatures"),
        ({"temperature": (1, -2)}, "temperature: -2 is out of range"),
        ({"temperature": (1, 2), "length": -1}, "needs a length"),
        ({"typical_p": 0}, "typical_p: 0 leaves no character"),
        ({"mirostat": 1}, "mirostat: 1 is none of 0, 2"),
        ({"repeat_penalty": 0}, "repeat_penalty: 0 is out of range"),
        ({"repeat_last_n": -2}, "repeat_last_n: -2 is out of range"),
        ({"no_repeat_ngram_size": -1}, "no_repeat_ngram_size: -1 is out of range"),
        ({"dry_base": 0.5}, "dry_base: 0.5 is out of range"),
        ({"order": ("top_k", "nucleus")}, "order: 'nucleus' is no filter; there are penalties"),
        ({"order": ("top_k", "top_k")}, "order: top_k stands there twice"),
        ({"order": ("top_k",), "min_p": 0.1}, "order: min_p is left out, and min_p is given"),
        ({"order": "top_k"}, "order: 'top_k' is not a sequence of texts"),
        ({"top_k": -1}, "top_k: -1 is out of range"),
        ({"top_k": 1.0}, "top_k: 1.0 is not a whole number"),
        ({"top_p": 0}, "top_p: 0 leaves no character to choose"),
        ({"top_p": 1.01}, "top_p: 1.01 is out of range; give a number from 0 to 1"),
        ({"top_p": math.nan}, "top_p: nan is out of range"),
        ({"min_p": -1}, "min_p: -1 is out of range"),
        ({"min_p": 2}, "min_p: 2 is out of range"),
        ({"stop": "end"}, "stop: 'end' is not a sequence of texts"),
        ({"stop": (b"end",)}, "is not a sequence of texts"),
        ({"stop": ("a", "")}, "stop: an empty text"),
    ],
)
def test_nonsense_is_refused_in_one_line(options, found):
    with pytest.raises(ConfigError) as refusal:
        SamplingConfig(**options)
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_numbers_of_numpy_are_numbers():
    config = SamplingConfig(length=np.int64(3), temperature=np.float32(0.5), top_k=np.uint8(2))
    assert config.length == 3
