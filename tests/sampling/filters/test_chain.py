"""Filters in their order: what options choose, and what forks and rows become."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.sampling.config import ORDER, SamplingConfig
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.filters.truncation import TemperatureRamp
from charrnn.sampling.generate import Choice
from charrnn.text.vocabulary import Vocabulary

V = 6
KNOWN = Vocabulary.of("\nabcde")
CHOICES = {
    "temperature": [0, 1e-7, 1e-3, 0.8, 1, 100, (1.5, 0.3), (0, 2)],
    "top_k": [0, 1, 3, 99],
    "top_p": [0.3, 0.9, 1.0],
    "min_p": [0.0, 0.1, 1.0],
    "typical_p": [0.2, 0.8, 1.0],
    "mirostat": [0, 2],
    "mirostat_tau": [0.0, 1.0],
    "repeat_penalty": [0.5, 1.0, 1.4],
    "presence_penalty": [-1.0, 0.0, 900.0],
    "frequency_penalty": [-1.0, 0.0, 900.0],
    "repeat_last_n": [-1, 0, 5],
    "no_repeat_ngram_size": [0, 1, 3],
    "dry_multiplier": [0.0, 1.0, 1000.0],
    "dry_allowed_length": [1, 2],
    "dry_penalty_last_n": [-1, 0, 9],
}
configs = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in CHOICES.items()}
    | {"order": st.permutations(ORDER)}
).map(lambda options: SamplingConfig(**options))
rows = st.lists(st.lists(st.floats(-1e4, 1e4), min_size=V, max_size=V), min_size=3, max_size=3).map(
    np.array
)


@given(configs, st.lists(rows, min_size=1, max_size=12), st.integers(0, 2**32))
@settings(deadline=None, max_examples=150)
def test_a_choice_is_always_left_and_a_fork_continues(config, predictions, seed):
    rng = np.random.default_rng(seed)
    prompts = rng.integers(V, size=(3, 8))
    filters = filters_of(config, prompts, KNOWN)
    order = np.array([1, 2, 0])
    forked = None
    with np.errstate(all="raise", under="ignore"):
        for n, scores in enumerate(predictions):
            weights = filters.row_weights(scores)
            assert np.isfinite(weights).all()
            assert (weights >= 0).all()
            assert (weights.sum(axis=1) > 0).all()
            if forked:
                np.testing.assert_allclose(forked.row_weights(scores[order]), weights[order])
            ids = np.array([rng.choice(np.flatnonzero(row)) for row in weights])
            filters.accept(ids)
            if forked:
                forked.accept(ids[order])
            if n == len(predictions) // 2:
                forked = filters.fork(order)


@given(configs, rows, st.integers(0, 2**32), st.floats(0, 1, exclude_max=True))
@settings(deadline=None, max_examples=100)
def test_rows_are_drawn_as_one_text_is(config, scores, seed, uniform):
    prompts = np.random.default_rng(seed).integers(V, size=(3, 8))
    together = filters_of(config, prompts, KNOWN).draw_rows(scores, np.full(3, uniform))
    for row, z, k in zip(prompts, scores, together.tolist(), strict=True):
        weights = filters_of(config, row[None], KNOWN).weights(z)
        one, drawn_from = filters_of(config, row[None], KNOWN).draw(z, uniform)
        p = Choice(one, z, drawn_from).p
        np.testing.assert_allclose(p, weights / weights.sum(), rtol=1e-9, atol=1e-12)
        assert weights[one] > 0
        # A number next to the border of two characters may be rounded to either.
        near = abs(np.append(0, np.cumsum(p)) - uniform).min() < 1e-12
        assert near or one == k


@given(configs, rows, st.integers(0, 2**32))
@settings(deadline=None, max_examples=150)
def test_rows_are_weighted_as_one_text_is(config, scores, seed):
    prompts = np.random.default_rng(seed).integers(V, size=(3, 8))
    together = filters_of(config, prompts, KNOWN).row_weights(scores)
    alone = [
        filters_of(config, row[None], KNOWN).weights(z)
        for row, z in zip(prompts, scores, strict=True)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-300)


def test_without_options_nothing_is_filtered(rng):
    config = SamplingConfig(temperature=1)
    filters = filters_of(config, rng.integers(V, size=(2, 30)), KNOWN)
    scores = rng.normal(size=(2, V))
    p = filters.row_weights(scores)
    np.testing.assert_allclose(p, np.exp(scores - scores.max(axis=1, keepdims=True)))
    assert filters._filters == []


def test_the_order_matters():
    scores = np.log([0.4, 0.3, 0.2, 0.05, 0.03, 0.02])
    kept = {}
    for order in (("min_p", "temperature"), ("temperature", "min_p")):
        config = SamplingConfig(temperature=3, min_p=0.3, order=order)
        filters = filters_of(config, np.zeros((1, 1), int), KNOWN)
        kept[order[0]] = np.count_nonzero(filters.weights(scores))
    assert kept == {"min_p": 3, "temperature": 6}


@pytest.mark.parametrize(("first", "last"), [(1.5, 0.5), (0.2, 2.0), (1.0, 0.0)])
def test_a_ramp_goes_from_the_first_temperature_to_the_last(first, last):
    ramp, length, found = TemperatureRamp(first, last, 11), 11, []
    for _ in range(length + 3):
        log_p = np.array([[0.0, -1.0]])
        ramp(log_p)
        found.append(-1 / log_p[0, 1])
        ramp.accept(np.array([0]))
    wanted = [first + (last - first) * min(n, 10) / 10 for n in range(length + 3)]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_filter_of_ones_own_comes_first():
    class Never:
        def __init__(self, k):
            self.k, self.seen = k, []

        def __call__(self, log_p):
            log_p[:, self.k] = -np.inf

        def accept(self, ids):
            self.seen.append(ids.tolist())

        def fork(self, rows):
            return self

    own = Never(2)
    config = SamplingConfig(temperature=0)
    filters = filters_of(config, np.zeros((1, 1), int), KNOWN, [own])
    assert filters.weights(np.array([0.0, 1, 9, 2, 0, 0])).tolist() == [0, 0, 0, 1, 0, 0]
    filters.accept(np.array([3]))
    assert own.seen == [[3]]
