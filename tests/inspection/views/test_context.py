"""The view `context`, against texts that are cut short, and memories that are known."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError, TextError
from charrnn.evaluation.statistics import Mean
from charrnn.inspection.methods import last_step as prediction
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.context import draw as display
from charrnn.inspection.views.context import linear_decoding as recall
from charrnn.inspection.views.context.linear_decoding import Recall, recalls
from charrnn.inspection.views.context.result import Context
from charrnn.inspection.views.context.truncated import truncated_surprise
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

V = 7


@pytest.fixture
def reading(tiny_network, vocabulary, cell, rng):
    network = tiny_network(cell, V, num_layers=2, dtype=np.float64)
    return Reading.of(network, vocabulary, rng.integers(V, size=120))


def test_a_short_context_is_a_text_of_its_own(reading, monkeypatch):
    monkeypatch.setattr(prediction, "ROWS", 3)
    lengths = [1, 2, 31, 32, 33, 70]
    targets = np.array([70, 71, 90, 100, 119])
    bits = truncated_surprise(reading, targets, lengths)
    for (d, n), (b, t) in [(x, y) for x in enumerate(lengths) for y in enumerate(targets)]:
        short = Reading.of(reading.network, reading.vocabulary, reading.ids[t - n : t + 1])
        assert np.isclose(bits[d, b], short.surprise[-1], rtol=0, atol=1e-10)


def test_all_of_the_text_is_all_of_its_context(reading):
    for t in (1, 40, 119):
        [[bits]] = truncated_surprise(reading, np.array([t]), [t])
        assert np.isclose(bits, reading.surprise[t], rtol=0, atol=1e-10)


def test_which_characters_are_predicted(reading):
    made = Context.of(reading, Options(targets=30, lags=20, seed=3))
    assert made.lengths.tolist() == [1, 2, 4, 8, 16, 20]
    assert made.bits.shape == (6, 30)
    assert (np.diff(made.targets) > 0).all()
    assert made.targets.min() >= 20
    np.testing.assert_array_equal(made.full, reading.surprise[made.targets])
    again = Context.of(reading, Options(targets=30, lags=20, seed=3))
    np.testing.assert_array_equal(again.bits, made.bits)
    other = Context.of(reading, Options(targets=30, lags=20, seed=4))
    assert not np.array_equal(other.targets, made.targets)
    assert Context.of(reading).lengths.tolist() == [1, 2, 4, 8, 16, 32, 60]
    assert Context.of(reading).targets.tolist() == list(range(60, 120))
    assert len(Context.of(reading, Options(quick=True)).targets) == 25


def test_a_network_without_memory_needs_one_character(tiny_network, vocabulary, cell, rng):
    network = tiny_network(cell, V, num_layers=2, dtype=np.float64)
    H = network.config.hidden_size
    for layer, weights in enumerate(network.layers):
        weights.W_aa[:] = 0
        if cell == "lstm":
            network.params[f"b_a_{layer}"][H : 2 * H] = -1e3  # the forget gate is shut
        if cell == "gru":
            network.params[f"b_a_{layer}"][H : 2 * H] = -1e3  # and here the update gate
    made = Context.of(Reading.of(network, vocabulary, rng.integers(V, size=80)))
    assert np.abs(made.bits - made.full).max() < 1e-10
    assert made.enough == 1
    said = "\n".join(line.plain for line in display.draw(made, Screen(80)))
    assert "1 character comes within 1% of all" in " ".join(said.split())


def planted(reading, bits, full):
    made = Context.of(reading, Options(lags=8))
    each = np.ones_like(made.full)
    return replace(made, bits=np.array(bits)[:, None] * each, full=full * each)


def test_enough_is_where_it_is_near_from_then_on(reading):
    assert planted(reading, [3.0, 2.0, 2.0, 2.0], 2.0).enough == 2
    assert planted(reading, [3.0, 2.0, 2.5, 2.02], 2.0).enough == 8
    assert planted(reading, [3.0, 2.5, 2.4, 2.1], 2.0).enough is None
    assert planted(reading, [1.0, 1.0, 1.0, 1.0], 2.0).enough == 1  # less context may be better
    said = " ".join(
        line.plain
        for line in display.draw(planted(reading, [3.0, 2.5, 2.4, 2.1], 2.0), Screen(120))
    )
    assert "none comes within 1% of all" in said
    [*_, mean] = planted(reading, [3.0, 2.5, 2.4, 2.1], 2.0).excess
    assert mean.mean == pytest.approx(0.1)
    assert mean.error == pytest.approx(0, abs=1e-12)


# What the state holds ---------------------------------------------------------------------------


def delayed(ids, delay, noise, rng):
    """States that hold the character read `delay` steps ago, turned and blurred."""
    turn = np.linalg.qr(rng.standard_normal((V + 5, V + 5)))[0][:V]
    past = np.concatenate([np.zeros((delay, V)), np.eye(V)[ids[: len(ids) - delay]]])
    blurred = past @ turn + noise * rng.standard_normal((len(ids), V + 5))
    return 1e-4 * blurred + 1  # small and off centre, as units may be


@pytest.mark.parametrize("directions", [1024, 9])
def test_what_is_planted_is_found(rng, directions, monkeypatch):
    monkeypatch.setattr(recall, "DIRECTIONS", directions)
    ids = rng.integers(V, size=2000)
    shown = recalls(delayed(ids, 2, 0.05, rng), ids, [0, 1, 2, 3], rng)
    assert [found.lag for found in shown] == [0, 1, 2, 3]
    for found in shown:
        assert found.accuracy.count == 1000
        if found.lag == 2:
            assert found.accuracy.mean > 0.95
        else:  # 1/7, to four standard deviations of 1,000 guesses
            assert found.accuracy.mean < 1 / V + 4 * (6 / 49 / 1000) ** 0.5


def test_noise_carries_no_information(rng):
    """With as many units as characters a fit to the first half is perfect, and worth nothing."""
    ids = rng.integers(V, size=600)
    for found in recalls(rng.standard_normal((600, 300)), ids, [0, 4], rng):
        assert abs(found.accuracy.mean - 1 / V) < 4 * (6 / 49 / 300) ** 0.5


def test_the_classifier_is_a_ridge_regression(rng):
    Z, y = rng.standard_normal((40, 6)).astype(np.float32), rng.integers(3, size=40)
    marks = y[:, None] == np.arange(3)
    ridge = recall._Ridge(Z)
    p, fitted = ridge.fit(marks)
    np.testing.assert_allclose(p, marks.mean(axis=0))
    for penalty in (1e-3, 1.0):
        # The same by least squares, of rows that pull every weight to 0.
        rows = np.vstack([Z, np.sqrt(penalty * 40) * np.eye(6)])
        expected = np.linalg.lstsq(rows, np.vstack([marks - p, np.zeros((6, 3))]))[0]
        found = ridge.weights(fitted, penalty)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_what_the_last_character_tells(rng):
    ids = rng.choice(V, size=900, p=np.array([8, 6, 4, 3, 2, 1, 1]) / 25)
    ids[5::9] = (ids[4::9] + 1) % V  # so that one tells of the other
    half, first = 450, 3
    for found in recalls(rng.standard_normal((900, 4)), ids, [0, 1, 3], rng):
        k = found.lag
        counts = Counter((ids[t], ids[t - k]) for t in range(first, half))
        guess = {
            x: max((n, past) for (now, past), n in counts.items() if now == x)[1] for x in range(V)
        }
        tied = [x for x in range(V) if len({n for (now, _), n in counts.items() if now == x}) == 0]
        assert not tied
        right = np.mean([guess[ids[t]] == ids[t - k] for t in range(half, 900)])
        assert found.by_last == pytest.approx(right)
        commonest = Counter(ids[first - k : half - k].tolist()).most_common(1)[0][0]
        right = np.mean([commonest == ids[t - k] for t in range(half, 900)])
        assert found.commonest == pytest.approx(right)


def test_a_rare_character_is_not_guessed_and_counts_as_wrong(rng, monkeypatch):
    monkeypatch.setattr(recall, "CLASSES", 2)
    ids = rng.choice(3, size=1000, p=[0.5, 0.3, 0.2])
    [found] = recalls(np.eye(3)[ids], ids, [0], rng)
    assert found.accuracy.mean == pytest.approx(np.mean(ids[500:] < 2))


def test_how_far_back_the_state_shows_more_than_chance(reading):
    def found(lag, accuracy, by_last=0.3, commonest=0.2):
        return Recall(lag, Mean(100, accuracy, 0.05), by_last, commonest)

    made = Context.of(reading, Options(lags=1, targets=1))
    for recalled, held in (
        ((), None),
        ((found(0, 0.25, 1.0),), None),
        ((found(0, 0.9, 1.0), found(1, 0.35)), 0),
        ((found(0, 0.9, 1.0), found(1, 0.6), found(2, 0.41), found(3, 0.39), found(4, 0.9)), 2),
        ((found(0, 0.9, 1.0), found(1, 0.6, 0.1, 0.55)), 0),
    ):
        asked = replace(made, recalls=recalled)
        assert asked.held == held
        said = " ".join(" ".join(line.plain for line in display.draw(asked, Screen(200))).split())
        assert ("too short to tell" in said) == (not recalled)
        assert ("Up to k = 2 that is more" in said) == (held == 2)
        assert ("Beyond x(t) itself it tells nothing" in said) == (held == 0)


def test_the_state_of_one_layer_or_of_all(tiny_network, vocabulary, rng, monkeypatch):
    asked = []

    def spy(states, ids, lags, *_):
        asked.append((states, ids, lags))
        return []

    monkeypatch.setattr("charrnn.inspection.views.context.result.recalls", spy)
    network = tiny_network("lstm", V, num_layers=2)
    reading = Reading.of(network, vocabulary, rng.integers(V, size=400))
    a, c = reading.states["a"], reading.states["c"]
    for layer, expected in (
        (1, [a[:, 1], c[:, 1]]),
        (None, [a[:, 0], a[:, 1], c[:, 0], c[:, 1]]),
    ):
        made = Context.of(reading, Options(layer=layer, targets=1))
        assert made.layers == ((0, 1) if layer is None else (1,))
        states, ids, lags = asked.pop()
        np.testing.assert_array_equal(states, np.concatenate(expected, axis=1))
        np.testing.assert_array_equal(ids, reading.ids)
        assert lags == [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
    Context.of(reading, Options(quick=True))
    states, ids, lags = asked.pop()
    np.testing.assert_array_equal(ids, reading.ids[-256:])
    assert len(states) == 256
    with pytest.raises(ConfigError, match="layer: 2"):
        Context.of(reading, Options(layer=2))


def test_a_text_that_is_too_short(reading):
    one = Reading.of(reading.network, reading.vocabulary, reading.ids[:1])
    with pytest.raises(TextError, match="at least two"):
        Context.of(one)
    two = Context.of(Reading.of(reading.network, reading.vocabulary, reading.ids[:2]))
    assert two.lengths.tolist() == two.targets.tolist() == [1]
    np.testing.assert_allclose(two.bits[0], two.full, rtol=0, atol=1e-12)


def test_a_network_that_knows_one_character_is_never_surprised(tiny_network):
    network, vocabulary = tiny_network(vocabulary_size=1), Vocabulary.of("a")
    made = Context.of(Reading.of(network, vocabulary, np.zeros(300, np.intp)))
    assert (made.bits == 0).all()
    assert made.enough == 1
    assert made.held is None
    assert {found.accuracy.mean for found in made.recalls} == {1.0}
    for line in display.draw(made, Screen(60)):
        assert line.cell_len <= 60


@given(
    length=st.integers(2, 300), targets=st.none() | st.integers(1, 50),
    lags=st.none() | st.integers(1, 400), quick=st.booleans(), seed=st.integers(0, 9),
)  # fmt: skip
@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_is_measured(make_checkpoint, length, targets, lags, quick, seed):
    checkpoint = make_checkpoint(cell="gru", seed=seed)
    ids = np.random.default_rng(seed).integers(V, size=length)
    reading = Reading.of(checkpoint.network, checkpoint.vocabulary, ids)
    made = Context.of(reading, Options(targets=targets, lags=lags, quick=quick, seed=seed))
    assert made.targets.min() >= made.lengths[-1] == min(lags or 256, length // 2)
    assert bool(made.recalls) == (length >= 256)
    data = json.loads(json.dumps(made.data(), allow_nan=False))
    heading, *rows = made.rows()
    assert {len(row) for row in rows} == {len(heading)}
    assert [row[1] for row in rows[: len(made.lengths)]] == [row["bits"] for row in data["context"]]
    assert len(rows) == len(made.lengths) + len(made.recalls)
    arrays = made.arrays()
    np.testing.assert_allclose(
        arrays["bits"].mean(axis=1), [row["bits"] for row in data["context"]], rtol=1e-12
    )
    assert arrays["k"].tolist() == [row["k"] for row in data["memory"]["recalls"]]
    for line in display.draw(made, Screen(60)):
        assert line.cell_len <= 60


def test_it_is_explained():
    assert VIEWS["context"].explain().endswith("\n")
    assert max(map(len, VIEWS["context"].explain().splitlines())) < 80


def test_bars_that_have_no_room_are_left_out(reading):
    made = Context.of(reading, Options(targets=30, lags=20))
    made = replace(made, recalls=(Recall(32, Mean(50, 0.5, 0.1), 0.25, 0.125),))
    for width in (40, 80):
        lines = [line.plain.rstrip() for line in display.draw(made, Screen(width))]
        [heading] = [n for n, line in enumerate(lines) if line.startswith(" k ")]
        assert lines[heading + 1].startswith("32")
        assert ("█" in lines[heading + 1]) == (width == 80)
        assert not any(line.strip() == "k" for line in lines)
