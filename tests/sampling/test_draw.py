"""The choice of one character, against the rules as they are written down, and by counting."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import CharRNNError, ConfigError
from charrnn.network.functions import log_softmax
from charrnn.sampling.config import ORDER, SamplingConfig
from charrnn.sampling.draw import draw, random_streams
from charrnn.sampling.filters.chain import filters_of
from charrnn.text.vocabulary import Vocabulary

TEMPERATURES = [0, 1e-7, 1e-3, 0.5, 1, 100, 1e308]


def log_probabilities(scores, dtype=np.float64):
    z = np.array(scores, dtype)
    log_softmax(z)
    return z


def distribution(scores, config):
    """The probabilities that characters are drawn by, (V,)."""
    known = Vocabulary(np.arange(1, len(scores) + 1))
    filters = filters_of(config, np.zeros((1, 1), int), known)
    weights = filters.weights(np.asarray(scores, np.float64))
    return weights / weights.sum()


# A few levels only, so that equally likely characters are common.
levels = st.lists(st.sampled_from([-1e4, -30.0, -1.0, 0.0, 0.5, 1e4]), min_size=1, max_size=12)
scattered = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=40)
scores = levels | scattered
sampling = st.builds(
    SamplingConfig,
    temperature=st.sampled_from(TEMPERATURES),
    top_k=st.sampled_from([0, 1, 2, 5, 12, 99, 10**15]),
    top_p=st.sampled_from([1e-300, 0.1, 0.5, 0.9, 1 - 1e-16, 1.0]),
    min_p=st.sampled_from([0.0, 1e-300, 0.05, 0.5, 1.0]),
    order=st.permutations(ORDER),
)


def naive(log_y_hat, config):
    """Follow the rules one after the other, in probabilities, over lists."""
    V = len(log_y_hat)
    largest = max(log_y_hat)
    log_p = {k: z - largest for k, z in enumerate(log_y_hat)}  # of what is left
    for name in config.order:
        p = {k: math.exp(z) for k, z in log_p.items()}
        total = math.fsum(p.values())
        kept = sorted(log_p, key=lambda k: (-log_p[k], k))
        share = {"top_p": config.top_p, "typical_p": config.typical_p}.get(name, 1)
        if name == "typical_p":
            expected = math.fsum(p[k] * log_p[k] for k in p) / total
            kept = sorted(log_p, key=lambda k: (abs(log_p[k] - expected), k))
        if name == "top_k" and config.top_k:
            kept = kept[: config.top_k]
        if share < 1:
            reached = 0
            while math.fsum(p[k] for k in kept[:reached]) < share * total:
                reached += 1
            kept = kept[: max(1, reached)]
        if name == "min_p":
            kept = [k for k in kept if not config.min_p or log_p[k] >= math.log(config.min_p)]
        log_p = {k: log_p[k] for k in sorted(kept)}
        if name == "temperature":
            if config.temperature < 1e-6:
                log_p = {max(log_p, key=lambda k: (log_p[k], -k)): 0.0}
            else:
                log_p = {k: z / config.temperature for k, z in log_p.items()}
        largest = max(log_p.values())
        log_p = {k: z - largest for k, z in log_p.items()}
    p = {k: math.exp(z) for k, z in log_p.items()}
    total = math.fsum(p.values())
    return [p.get(k, 0.0) / total for k in range(V)]


@pytest.mark.slow
@given(scores, sampling, st.sampled_from([np.float32, np.float64]))
@settings(deadline=None, max_examples=300)
def test_the_distribution_is_that_of_the_rules(scores, config, dtype):
    log_y_hat = log_probabilities(scores, dtype)
    before = log_y_hat.copy()
    with np.errstate(all="raise", under="ignore"):
        p = distribution(log_y_hat, config)
    assert abs(p.sum() - 1) < 1e-12
    assert (p >= 0).all()
    assert p[log_y_hat.argmax()] == p.max() > 0
    assert np.allclose(p, naive(log_y_hat.astype(float).tolist(), config), rtol=1e-9, atol=1e-300)
    assert (log_y_hat == before).all()


@given(scores, st.integers(1, 50))
@settings(deadline=None, max_examples=200)
def test_top_k_keeps_exactly_k_even_of_equals(scores, k):
    every = distribution(log_probabilities(scores), SamplingConfig(temperature=1))
    p = distribution(log_probabilities(scores), SamplingConfig(temperature=1, top_k=k))
    assert np.count_nonzero(p) == min(k, np.count_nonzero(every))
    assert p[p > 0].min() > 0
    if left_out := every[p == 0].tolist():
        assert max(left_out) <= every[p > 0].min()


@given(scores, st.floats(0.001, 1))
@settings(deadline=None, max_examples=200)
def test_top_p_keeps_the_smallest_set_that_reaches_p(scores, top_p):
    every = distribution(log_probabilities(scores), SamplingConfig(temperature=1))
    p = distribution(log_probabilities(scores), SamplingConfig(temperature=1, top_p=top_p))
    kept = every[p > 0]
    assert kept.sum() >= top_p - 1e-12
    assert kept.sum() - kept.min() < top_p + 1e-12
    assert max(every[p == 0], default=0) <= kept.min()


@given(scores, st.floats(0.001, 1))
@settings(deadline=None, max_examples=200)
def test_min_p_keeps_what_is_near_to_the_likeliest(scores, min_p):
    every = distribution(log_probabilities(scores), SamplingConfig(temperature=1))
    p = distribution(log_probabilities(scores), SamplingConfig(temperature=1, min_p=min_p))
    assert (every[p > 0] >= min_p * every.max() * (1 - 1e-12)).all()
    assert (every[p == 0] <= min_p * every.max() * (1 + 1e-12)).all()


def test_each_filter_works_on_what_the_one_before_has_left():
    log_y_hat = np.log([0.4, 0.3, 0.2, 0.1])
    both = SamplingConfig(temperature=1, top_k=2, top_p=0.55)
    # Of the two that top-k leaves, the first has 4/7 > 0.55; of all four it has only 0.4.
    assert distribution(log_y_hat, both).tolist() == [1, 0, 0, 0]
    alone = distribution(log_y_hat, SamplingConfig(temperature=1, top_p=0.55))
    assert np.allclose(alone, [4 / 7, 3 / 7, 0, 0])


def test_a_low_temperature_sharpens_and_a_high_one_levels():
    log_y_hat = np.log([0.5, 0.25, 0.25])
    assert np.allclose(
        distribution(log_y_hat, SamplingConfig(temperature=0.5)), [4 / 6, 1 / 6, 1 / 6]
    )
    assert np.allclose(distribution(log_y_hat, SamplingConfig(temperature=1e9)), [1 / 3] * 3)


@pytest.mark.parametrize("temperature", [0, 1e-7, 1e-3])
def test_cold_is_the_likeliest_and_the_first_of_equals(temperature):
    log_y_hat = log_probabilities([1.0, 3.0, -1e4, 2.0])
    config = SamplingConfig(temperature=temperature, top_k=3, top_p=0.9, min_p=0.1)
    assert distribution(log_y_hat, config).tolist() == [0, 1, 0, 0]
    equals = distribution(log_probabilities([1.0, 3.0, 3.0]), SamplingConfig(temperature=0))
    assert equals.tolist() == [0, 1, 0]


@pytest.mark.parametrize("temperature", [0, 0.8])
@pytest.mark.parametrize("config", [{}, {"top_k": 2}, {"top_p": 0.99}, {"min_p": 1e-9}])
def test_what_is_impossible_is_never_chosen(temperature, config):
    p = distribution(
        np.array([-np.inf, math.log(0.5), -np.inf, math.log(0.5)]),
        SamplingConfig(temperature=temperature, **config),
    )
    assert p[[0, 2]].tolist() == [0, 0]
    assert p.sum() == 1


@pytest.mark.parametrize("temperature", [0, 0.8])
@pytest.mark.parametrize("bad", [[np.nan, -1], [-1, np.nan], [np.inf, 0], [-np.inf, -np.inf]])
def test_a_prediction_that_is_no_number_is_refused(temperature, bad):
    with pytest.raises(CharRNNError, match="not a number"):
        distribution(np.array(bad, np.float32), SamplingConfig(temperature=temperature))


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        SamplingConfig(temperature=1),
        SamplingConfig(temperature=0.7, top_k=9),
        SamplingConfig(temperature=1.5, top_p=0.8),
        SamplingConfig(temperature=1, min_p=0.2),
        SamplingConfig(temperature=1, typical_p=0.6),
        SamplingConfig(temperature=1.3, mirostat=2, mirostat_tau=1.5),
        SamplingConfig(temperature=1, repeat_penalty=1.5, presence_penalty=0.3),
        SamplingConfig(temperature=0.9, top_k=12, typical_p=0.9, top_p=0.9, min_p=0.02),
    ],
)
def test_characters_come_as_often_as_they_are_probable(config):
    rng = np.random.default_rng(5)
    p = distribution(log_probabilities(rng.normal(0, 1.5, 30)), config)
    draws = 100_000
    counts = np.bincount([draw(p, rng.random()) for _ in range(draws)], minlength=30)
    possible = p > 0
    assert counts[~possible].sum() == 0
    expected = draws * p[possible]
    chi_square = float(((counts[possible] - expected) ** 2 / expected).sum())
    # The value that chance exceeds once in 10^4 times (Wilson & Hilferty 1931).
    df = int(possible.sum()) - 1
    limit = df * (1 - 2 / (9 * df) + 3.719 * math.sqrt(2 / (9 * df))) ** 3
    assert chi_square < limit


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
