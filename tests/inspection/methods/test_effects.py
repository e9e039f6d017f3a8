"""Effects of units: where they are counted, and how sure they are."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.evaluation.statistics import t_quantile
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.methods.effects import (
    CONFIDENCE,
    SEGMENT,
    SEGMENTS,
    Effects,
    half_width,
    mean_between,
    segments_of,
)
from charrnn.inspection.reading import Reading


@pytest.fixture
def read(tiny_network, vocabulary):
    def make(T, cell="lstm", **network):
        made = tiny_network(cell, hidden_size=4, dtype=np.float64, **network)
        return Reading.of(made, vocabulary, np.random.default_rng(T).integers(7, size=T))

    return make


@given(st.integers(0, 30_000))
def test_segments_are_spread_over_the_text(T):
    segments = segments_of(T)
    assert sum(map(len, segments)) <= max(0, T - 1)
    assert len(segments) <= SEGMENTS
    assert all(0 < len(one) <= SEGMENT for one in segments)
    assert all(one.stop <= other.start for one, other in pairwise(segments))
    if T > 1:
        assert segments[0].start == 0
        assert T - 1 - segments[-1].start <= max(48, 2 * (T - 1) / len(segments))
    if 1 < T <= SEGMENTS * SEGMENT:
        assert sum(map(len, segments)) == T - 1  # all of a short text


@given(st.integers(0, 99), st.integers(4, 12), st.integers(3, 9))
def test_the_error_between_segments_of_one_size_is_that_of_their_means(seed, S, n):
    bits = np.random.default_rng(seed).normal(0, 1, (S, n))
    segment = np.repeat(np.arange(S), n)
    mean, segments = mean_between(bits.ravel(), np.ones(S * n, bool), segment)
    assert segments == S
    assert mean.mean == pytest.approx(bits.mean())
    assert mean.error == pytest.approx(bits.mean(axis=1).std(ddof=1) / S**0.5)


def test_an_error_needs_segments(rng):
    bits, segment = rng.normal(0, 1, 40), np.repeat(np.arange(8), 5)
    mean, segments = mean_between(bits, segment < 3, segment)
    assert (segments, mean.count) == (3, 15)
    assert math.isnan(mean.error)
    none, segments = mean_between(bits, segment < 0, segment)
    assert (segments, none.count) == (0, 0)
    assert math.isnan(none.mean)


def test_the_interval_has_nine_in_ten_of_the_other_passages():
    """Passages that differ by more than their characters do: the error between them knows it."""
    rng = np.random.default_rng(4)
    S, n, covered = 8, 40, 0
    segment, on = np.repeat(np.arange(S), n), np.ones(S * n, bool)

    def passages(count):
        return (rng.normal(0, 1, (count, 1)) + rng.normal(0, 1, (count, n)) + 0.3).ravel()

    for _ in range(600):
        bits = passages(S)
        half = half_width(bits, on, segment)
        covered += abs(bits.mean() - passages(1).mean()) <= half
    assert CONFIDENCE == 0.9
    assert 0.87 < covered / 600 < 0.94


def test_an_effect_found_in_few_segments_has_no_interval():
    segment = np.repeat(np.arange(8), 100)
    bits, on = np.random.default_rng(0).normal(0, 1, 800), np.zeros(800, bool)
    on[:100] = on[150] = on[250] = on[350] = on[450] = True  # all but four in one segment
    assert math.isnan(half_width(bits, on, segment))


@pytest.mark.parametrize(
    ("p", "degrees", "table"),
    [
        (0.95, 3, 2.353),
        (0.95, 7, 1.895),
        (0.95, 15, 1.753),
        (0.975, 9, 2.262),
        (0.95, 10**9, 1.645),
    ],
)
def test_quantiles_of_students_t_are_those_of_tables(p, degrees, table):
    assert t_quantile(p, degrees) == pytest.approx(table, rel=0.01)
    assert t_quantile(1 - p, degrees) == pytest.approx(-table, rel=0.01)


def test_an_effect_is_that_of_a_unit_at_the_mean_of_the_whole_text(read, cell):
    reading = read(9000, cell)
    held = ((0, 1), "a")
    effects = Effects.of(reading, [held], [((0, 2), "a")])
    assert len(effects.segments) == SEGMENTS
    effect = effects.where(held)
    mean = float(reading.states["a"][:, 0, 1].mean())
    assert effect.value == pytest.approx(mean)
    assert (effect.unit, effect.kind, effect.count) == ((0, 1), "a", SEGMENTS * SEGMENT)
    bits = surprises(reading, [[], [Clamp((0, 1), mean)]])
    exact = (bits[1] - bits[0])[effects.places + 1]
    np.testing.assert_allclose(effects.bits[0], exact, rtol=0, atol=1e-6)
    on = reading.ids == 3
    some = effects.where(held, on, "three")
    assert some.on == "three"
    assert some.mean == pytest.approx(exact[on[effects.places]].mean(), abs=1e-6)
    [control] = effects.of_controls()
    assert effects.by_random().mean == pytest.approx(control.mean)
    assert control.unit == (0, 2)
    assert control.mean != effect.mean


def test_halves_share_no_segment(read):
    effects = Effects.of(read(3000), [((0, 1), "c")])
    first, second = effects.halves()
    assert not {*first.segments} & {*second.segments}
    assert sorted([*first.places, *second.places]) == effects.places.tolist()
    whole = effects.where(((0, 1), "c")).mean * len(effects.places)
    parts = sum(half.where(((0, 1), "c")).mean * len(half.places) for half in (first, second))
    assert parts == pytest.approx(whole)
