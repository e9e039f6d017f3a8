"""How well units follow features, and what chance does: against loops over pairs and shifts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.inspection.methods.features import search as searching
from charrnn.inspection.methods.features.features import Feature
from charrnn.inspection.methods.features.following import follow
from charrnn.inspection.methods.features.scores import (
    auc,
    auc_of_ranks,
    centred,
    centred_ranks,
    correlation,
    pairs,
    rank_correlation,
)
from charrnn.inspection.methods.features.search import Search
from charrnn.inspection.methods.features.shift_test import (
    LEVEL,
    Chance,
    far_shifts,
    shifted_scores,
    smooth_length,
    transformed,
    within_chance,
)
from charrnn.inspection.methods.features.spans import best_threshold, run_lengths, span_f1
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.find import linear_probe as probing
from charrnn.inspection.views.find.linear_probe import PENALTIES, probe


def tied(seed, T=30, U=4, F=3, groups=4):
    """Units of few different values, marks, and groups of places."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-2, 3, (U, T)) / 4
    marks = (rng.random((F, T)) < rng.random((F, 1))).astype(float)
    return values, marks, rng.integers(groups, size=T)


def brute_auc(u, f, groups=None):
    """Return the share of pairs in which the marked place is higher, a tie being half of one."""
    groups = np.zeros(len(u)) if groups is None else groups
    wins = [
        (u[s] > u[t]) + (u[s] == u[t]) / 2
        for s in np.flatnonzero(f)
        for t in np.flatnonzero(f == 0)
        if groups[s] == groups[t]
    ]
    return np.mean(wins) if wins else np.nan


seeds = st.integers(0, 10_000)


@settings(deadline=None, max_examples=40)
@given(seeds, st.booleans())
def test_auc_with_ties_counts_pairs(seed, within):
    values, marks, groups = tied(seed)
    groups = groups if within else None
    expected = [[brute_auc(u, f, groups) for u in values] for f in marks]
    np.testing.assert_allclose(auc(values, marks, groups), expected, rtol=0, atol=1e-12)


def test_auc_within_groups_is_a_mean_weighted_by_pairs():
    values, marks, groups = tied(1, T=60)
    parts = [(np.flatnonzero(groups == c), c) for c in range(4)]
    weights = [pairs(marks[:1][:, places])[0] for places, _ in parts]
    areas = [auc(values[:1][:, places], marks[:1][:, places])[0, 0] for places, _ in parts]
    assert auc(values[:1], marks[:1], groups)[0, 0] == pytest.approx(
        np.average(areas, weights=weights)
    )


def test_float32_is_near_enough(rng):
    values = np.tanh(rng.standard_normal((5, 8000)))
    marks = (rng.random((3, 8000)) < 0.1).astype(float)
    np.testing.assert_allclose(
        auc(values.astype(np.float32), marks), auc(values, marks), rtol=0, atol=2e-6
    )


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_pairs_are_counted(seed):
    _, marks, groups = tied(seed)
    same = groups[:, None] == groups
    for f, count, near in zip(marks, pairs(marks), pairs(marks, groups), strict=True):
        assert count == (np.outer(f, 1 - f)).sum()
        assert near == (np.outer(f, 1 - f) * same).sum()


def test_ranks_are_those_of_a_sorted_list(rng):
    values = rng.integers(0, 6, (3, 25)).astype(float)
    for row, ranks in zip(values, centred_ranks(values), strict=True):
        places = [[n for n, v in enumerate(sorted(row)) if v == u] for u in row]
        expected = np.array([np.mean(place) for place in places]) - 12
        np.testing.assert_allclose(ranks, expected)


def test_correlation_is_pearsons(rng):
    values, numbers = rng.standard_normal((4, 50)), rng.standard_normal((3, 50)) + 7
    expected = np.corrcoef(np.concatenate([numbers, values]))[:3, 3:]
    np.testing.assert_allclose(correlation(values, numbers), expected, rtol=0, atol=1e-12)
    ranks = np.argsort(np.argsort(np.concatenate([numbers, values]), axis=1), axis=1)
    expected = np.corrcoef(ranks)[:3, 3:]
    np.testing.assert_allclose(rank_correlation(values, numbers), expected, rtol=0, atol=1e-12)


def test_correlation_within_groups_takes_their_means_off(rng):
    groups = rng.integers(3, size=60)
    values, numbers = rng.standard_normal((2, 60)), rng.standard_normal((2, 60))
    values += groups * 5
    numbers += groups * 9  # all that binds them is the group
    left = [x - np.array([x[groups == c].mean() for c in groups]) for x in (*numbers, *values)]
    expected = np.corrcoef(left)[:2, 2:]
    np.testing.assert_allclose(correlation(values, numbers, groups), expected, rtol=0, atol=1e-12)
    assert (correlation(values, numbers) > 0.9).all()


def test_what_does_not_vary_has_no_score():
    values = np.array([[0.1] * 9, np.arange(9.0)])
    numbers = np.array([np.arange(9.0), [1e9] * 9])
    r = correlation(values, numbers)
    assert r[0, 1] == pytest.approx(1)
    assert np.isnan(r[[0, 1, 1], [0, 0, 1]]).all()
    assert np.isnan(auc(values, np.ones((1, 9)))).all()
    assert auc(values, (numbers[:1] > 4).astype(float)).tolist() == [[0.5, 1.0]]
    assert np.isnan(correlation(values, numbers, np.arange(9))).all()  # a group each


# Chance -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [30, 41])
def test_shifts_by_fourier_transform_are_shifts(rng, T):
    values, f = np.round(rng.standard_normal((3, T)), 1), (rng.random(T) < 0.4).astype(float)
    far = far_shifts(T)
    shifted = np.array([np.roll(f, s) for s in far])
    for u, sums in zip(values, shifted_scores(transformed(values), f), strict=True):
        np.testing.assert_allclose(sums, shifted @ u, rtol=0, atol=1e-10)
    found = auc_of_ranks(centred_ranks(values), f[None], pairs(f[None]))
    assert found.shape == (1, 3)
    sums = shifted_scores(transformed(centred_ranks(values)), f)
    brute = [[brute_auc(u, row) for row in shifted] for u in values]
    np.testing.assert_allclose(0.5 + sums / pairs(f[None]), brute, rtol=0, atol=1e-10)
    sums = shifted_scores(transformed(centred(values)), centred(f[None])[0])
    brute = [[np.corrcoef(u, row)[0, 1] for row in shifted] for u in values]
    np.testing.assert_allclose(sums, brute, rtol=0, atol=1e-10)


def test_chance_is_what_the_best_of_all_units_makes(tiny_network, vocabulary, rng, monkeypatch):
    monkeypatch.setattr(searching, "TOGETHER", 3)
    network = tiny_network("lstm", hidden_size=4, num_layers=2)
    reading = Reading.of(network, vocabulary, rng.integers(7, size=120))
    search = Search.of(reading, ("a", "c"), Options())
    units = search.state(search.second).T.astype(np.float64)
    assert units.shape == (16, 60)
    assert [search.series(u)[60] for u in range(16)] == units[:, 0].tolist()
    for n in (0, next(n for n, f in enumerate(search.features) if not f.binary)):
        feature = search.features[n]
        f = feature.values[search.second]
        score = auc if feature.binary else correlation
        shifted = np.array([np.roll(f, s) for s in far_shifts(60)])
        expected = np.abs(score(units, shifted) - feature.binary / 2).max(axis=1)
        found = search.chances[n].scores - feature.binary / 2
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_far_shifts_leave_out_the_near_ones_of_both_signs():
    assert far_shifts(100).tolist() == list(range(5, 96))
    assert far_shifts(101).tolist() == list(range(6, 96))
    assert far_shifts(2).tolist() == [1]
    assert not len(far_shifts(1))
    assert not len(far_shifts(0))


@pytest.mark.parametrize("binary", [True, False])
def test_chance_within_groups_shifts_each_group_along_itself(rng, binary):
    T, groups = 60, rng.integers(3, size=60)
    u = np.round(rng.standard_normal(T), 1)
    f = (rng.random(T) < 0.4).astype(float) if binary else np.round(rng.standard_normal(T), 1)
    expected = []
    for s in far_shifts(T):
        shifted = f.copy()
        for c in range(3):
            [places] = np.nonzero(groups == c)
            shifted[places] = np.roll(f[places], round(s / T * len(places)))
        score = auc if binary else correlation
        found = score(u[None], shifted[None], groups)[0, 0]
        expected.append(0.5 + abs(found - 0.5) if binary else abs(found))
    found = within_chance(u, f, groups, binary=binary)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@given(st.integers(0, 400))
@settings(deadline=None)
def test_a_smooth_length_is_the_largest(n):
    def smooth(k):
        for prime in (2, 3, 5):
            while k and k % prime == 0:
                k //= prime
        return k == 1

    assert smooth_length(n) == max((k for k in range(n + 1) if smooth(k)), default=0)


def test_the_floor_is_what_chance_exceeds_rarely_enough():
    scores = np.arange(999.0)  # with the score itself, 1000 of which each is as likely the largest
    one = Chance(scores, tests=1)
    assert one.enough
    assert one.floor == 949  # 49 are larger: 50 in 1000 with one that is larger than it
    many = Chance(scores, tests=50)
    assert many.enough
    assert many.floor == 998
    too_many = Chance(scores, tests=51)
    assert not too_many.enough
    assert too_many.floor == 998
    assert np.isnan(Chance(scores[:0], tests=1).floor)


def telegraph(rng, T, dwell):
    """Return a feature that stays on and off for about so long."""
    return (np.cumsum(rng.random(T) < 1 / dwell) % 2).astype(float)


@pytest.mark.slow
def test_random_features_are_below_noise(tiny_network, vocabulary, monkeypatch):
    """200 features that have nothing to do with the text, as slow as many a real one."""
    T, below, tested = 1000, 0, 0
    network = tiny_network("lstm", hidden_size=8, num_layers=2)
    network.layers[0].b_a[8:16] += 3  # slow units too
    ids = np.random.default_rng(5).integers(7, size=T)
    reading = Reading.of(network, vocabulary, ids)
    for start in range(0, 200, 20):
        made = [
            Feature(
                str(n), "random", telegraph(np.random.default_rng(n), T, 4 + n % 20), binary=True
            )
            for n in range(start, start + 20)
        ]
        monkeypatch.setattr(searching, "features_of", lambda reading, wanted, made=made: made)
        search = Search.of(reading, ("a", "c"), Options())
        assert all(chance.enough for chance in search.chances)
        verdicts = [follow(search, n, search.best(n)).verdict for n in range(len(search.features))]
        below += verdicts.count("below noise") + len(search.rare)
        tested += len(verdicts)
    assert tested > 150
    assert below >= 0.95 * 200


def test_shuffling_would_take_noise_for_knowledge():
    """Why features are shifted: of slow units the best exceeds what shuffled features reach."""
    rng, T, fooled, kept = np.random.default_rng(0), 1024, 0, 0
    noise = rng.standard_normal((16, T + 400))
    slow = np.array([np.convolve(row, np.ones(100), "valid")[:T] for row in noise])
    units = transformed(centred(slow))
    for n in range(40):
        f = centred(telegraph(np.random.default_rng(n), T, 60)[None])[0]
        best = np.abs(centred(slow) @ f).max()
        shuffled = [np.abs(centred(slow) @ rng.permutation(f)).max() for _ in range(60)]
        fooled += best > np.quantile(shuffled, 1 - LEVEL)
        kept += best <= Chance(np.abs(shifted_scores(units, f)).max(axis=0), tests=1).floor
    assert fooled > 30
    assert kept > 30


# Spans and the probe ----------------------------------------------------------------------------


def spans(marks):
    edges = [0, *(np.flatnonzero(np.diff(marks)) + 1).tolist(), len(marks)]
    return [(a, b) for a, b in pairwise(edges) if marks[a]]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_span_f1_counts_spans(drawn):
    said, true = np.array(drawn).T
    mine, theirs = spans(said), spans(true)

    def overlap(one, other):
        shared = max(0, min(one[1], other[1]) - max(one[0], other[0]))
        return shared / (one[1] - one[0] + other[1] - other[0] - shared)

    near = sum(any(overlap(a, b) > 0.5 for a in mine) for b in theirs)
    for exact, hits in ((False, near), (True, len({*mine} & {*theirs}))):
        count = len(mine) + len(theirs)
        expected = 2 * hits / count if count else np.nan
        np.testing.assert_allclose(span_f1(said[None], true, exact=exact), [expected])
    assert run_lengths(said).sum() == sum((b - a) ** 2 for a, b in mine)


def test_the_threshold_that_hits_most_spans(rng):
    marks = telegraph(rng, 4000, 12) > 0
    values = np.where(marks, 0.7, -0.3) + rng.uniform(-0.4, 0.4, 4000)
    threshold = best_threshold(values[:2000], marks[:2000])
    assert 0.05 < threshold < 0.35
    assert span_f1((values[2000:] > threshold)[None], marks[2000:]) > 0.9


def test_a_threshold_lets_few_false_marks_in(rng):
    """Of 2000 places 20 are marked: the threshold must lie far out among those that are not."""
    marks = np.arange(2000) % 100 == 50
    values = np.where(marks, 3.0, 0.0) + rng.standard_normal(2000)
    best = max(span_f1((values > v)[None], marks)[0] for v in values)
    assert span_f1((values > best_threshold(values, marks))[None], marks) > best - 0.1


def test_a_probe_finds_what_is_spread_over_all_units(rng):
    T = 1500
    state = rng.standard_normal((2 * T, 30)).astype(np.float32)
    state[:, 7] = 0.25  # never moves
    shown = state @ rng.standard_normal(30)
    targets = np.array([shown > 0.5, shown, rng.standard_normal(2 * T)])
    scores = probe(state[:T], state[T:], targets, np.array([True, False, False]))
    assert scores[0] > 0.99
    assert scores[1] > 0.999
    assert abs(scores[2]) < 0.1
    assert max(correlation(state.T, targets[1:2])[0]) < 0.6


def test_a_probe_is_as_stiff_as_the_noise_asks_for(rng, monkeypatch):
    """As many units as characters, each of which knows a little of the feature."""
    feature = rng.standard_normal(800)
    state = (0.15 * feature[:, None] + rng.standard_normal((800, 380))).astype(np.float32)
    arguments = state[:400], state[400:], feature[None], np.zeros(1, bool)
    [free] = probe(*arguments)
    fixed = []
    for penalty in PENALTIES:
        monkeypatch.setattr(probing, "PENALTIES", (penalty,))
        fixed += probe(*arguments).tolist()
    assert max(fixed) > min(fixed) + 0.1
    assert free > max(fixed) - 0.03


def test_a_probe_is_scored_where_it_was_not_fitted(rng):
    """More units than characters: every feature could be decided on the part that is fitted."""
    state = rng.standard_normal((200, 150)).astype(np.float32)
    targets = (rng.random((5, 200)) < 0.5).astype(float)
    scores = probe(state[:100], state[100:], targets, np.ones(5, bool))
    assert (abs(scores - 0.5) < 0.2).all()
