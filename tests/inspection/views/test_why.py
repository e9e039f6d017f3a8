"""The view `why`, against networks computed by hand on mixtures of characters, and single readings.

`log_odds` is a forward pass written down once more, for inputs that need not be one-hot: gradients
are held against its differences, integrals against sums of those.
"""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError
from charrnn.inspection.methods import last_step as prediction
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.why import draw as display
from charrnn.inspection.views.why import integrated_gradients as attribution
from charrnn.inspection.views.why.integrated_gradients import Integrated, Local, Path, integrate
from charrnn.inspection.views.why.occlusion import Question, read_again
from charrnn.inspection.views.why.result import Why
from charrnn.terminal.screen import Screen

V, T, START, LAGS = 7, 14, 5, 9
SHAPES = [(1, 0), (2, 3)]  # layers, embedding


def sigma(z):
    return 1 / (1 + np.exp(-z))


def scores(network, x):
    """The scores after the last of inputs x, (T, V), by the equations."""
    config, H = network.config, network.config.hidden_size
    e = x @ network.params["W_ex"] if config.embedding_size else x
    for weights in network.layers:
        a, c, out = np.zeros(H), np.zeros(H), []
        for here in e:
            zx, za = here @ weights.W_ax + weights.b_a, a @ weights.W_aa
            if config.cell == "rnn":
                a = np.tanh(zx + za)
            elif config.cell == "lstm":
                i, f, o, g = (zx + za).reshape(4, H)
                c = sigma(f) * c + sigma(i) * np.tanh(g)
                a = sigma(o) * np.tanh(c)
            else:
                r, u = sigma((zx + za)[: 2 * H]).reshape(2, H)
                n = np.tanh(zx[2 * H :] + r * (za[2 * H :] + weights.b_n))
                a = (1 - u) * n + u * a
            out.append(a)
        e = np.array(out)
    return e[-1] @ network.W_ya + network.b_y


@pytest.fixture(params=SHAPES, ids=["one-hot", "embedded"])
def question(request, tiny_network, vocabulary, cell, rng):
    layers, embedding = request.param
    network = tiny_network(
        cell, V, num_layers=layers, embedding_size=embedding, dtype=np.float64
    )  # fmt: skip
    reading = Reading.of(network, vocabulary, rng.integers(V, size=T + 3))
    return Question(reading, T - 1, 2, 5, LAGS, 3)


def window(question):
    """What was read up to t, (T, V), one-hot; what could as well have stood in the window; F."""
    x = np.eye(V)[question.reading.ids[: question.t + 1]]
    others = x.copy()
    others[question.start :] = np.einsum("kn,knv->kv", question.shares, np.eye(V)[question.others])

    def log_odds(inputs):
        y = scores(question.reading.network, inputs)
        return y[question.target] - y[question.rival]

    return x, others, log_odds


def test_the_reference_is_the_network(question):
    x, _, log_odds = window(question)
    y = question.reading.log_y_hat[question.t]
    assert np.isclose(log_odds(x), y[2] - y[5], rtol=0, atol=1e-12)


def test_gradients_are_the_differences(question):
    x, others, log_odds = window(question)
    D = np.empty((LAGS, V))
    for place, v in np.ndindex(D.shape):
        step = np.zeros_like(x)
        step[question.start + place, v] = 1e-5
        D[place, v] = (log_odds(x + step) - log_odds(x - step)) / 2e-5
    local = Local.of(question)
    read = D[np.arange(LAGS), question.ids]
    change = (x - others)[question.start :]
    assert np.isclose(local.log_odds, log_odds(x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(local.norm, np.linalg.norm(D, axis=1), rtol=1e-7)
    np.testing.assert_allclose(local.changes, D - read[:, None], rtol=0, atol=1e-8)
    np.testing.assert_allclose(local.times_input, (D * change).sum(axis=1), rtol=0, atol=1e-8)


@pytest.mark.slow
def test_what_is_integrated_is_the_sum_of_differences_along_the_path(question):
    x, others, log_odds = window(question)
    points, values = 100, np.zeros(LAGS)
    for alpha in (np.arange(points) + 0.5) / points:
        here = others + alpha * (x - others)
        for place in range(LAGS):
            step = np.zeros_like(x)
            row = question.start + place
            step[row] = 1e-5 * (x - others)[row]
            values[place] += (log_odds(here + step) - log_odds(here - step)) / 2e-5 / points
    found = integrate(question)
    assert found.lags == LAGS
    np.testing.assert_allclose(found.values, values, rtol=0, atol=2e-4)
    assert np.isclose(found.difference, log_odds(x) - log_odds(others), rtol=0, atol=1e-12)
    assert found.converged
    assert abs(found.values.sum() - found.difference) < 0.01 * abs(found.difference)


def test_many_points_are_read_in_pieces(question, monkeypatch):
    whole = Path(question).follow(np.linspace(0, 1, 7), np.arange(7.0))
    monkeypatch.setattr(attribution, "ROWS", 3)
    pieces = Path(question).follow(np.linspace(0, 1, 7), np.arange(7.0))
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_all_is_one_where_everything_is_linear(tiny_network, vocabulary, rng):
    """tanh(z) is z for the smallest z: then no method says anything but the others."""
    network = tiny_network("rnn", V, num_layers=2, dtype=np.float64)
    for name in network.params:
        network.params[name][:] *= 1e-6 if name.startswith(("W_ax_0", "b")) else 1
    reading = Reading.of(network, vocabulary, rng.integers(V, size=30))
    made = Why.of(reading, Options(at="20", lags=12))
    assert np.abs(made.swap).max() > 1e-6
    np.testing.assert_allclose(made.local.times_input, made.swap, rtol=0, atol=1e-12)
    np.testing.assert_allclose(made.integrated, made.swap, rtol=0, atol=1e-12)
    assert made.integral.gap < 1e-15
    assert made.agreement("swap", "integrated") == pytest.approx(1)


def test_a_path_that_cannot_be_integrated_is_shortened_or_said_to_be_wrong(
    tiny_network, vocabulary, rng
):
    network = tiny_network("rnn", V, hidden_size=24, dtype=np.float64)
    ids = rng.integers(V, size=80)
    shortened = wrong = 0
    for scale in (1.5, 2.0, 4.0, 8.0):
        network.params["W_aa_0"][:] = scale * np.linalg.qr(rng.standard_normal((24, 24)))[0]
        made = Why.of(Reading.of(network, vocabulary, ids), Options(at="70", lags=64))
        found = made.integral
        assert found.lags == 8 or found.converged
        assert np.isnan(made.integrated[: 64 - found.lags]).all()
        np.testing.assert_array_equal(made.integrated[64 - found.lags :], found.values)
        said = " ".join(line.plain for line in display.draw(made, Screen(80)))
        assert ("not converged" in said) != found.converged
        assert (f"over the last {found.lags} characters" in said) == (found.lags < 64)
        shortened += found.lags < 64 and found.converged
        wrong += not found.converged
        data = made.data()
        assert data["completeness"]["converged"] == found.converged
        assert data["methods"]["integrated"].count(None) == 64 - found.lags
    assert shortened
    assert wrong


def test_a_gap_is_a_share_of_the_difference():
    found = Integrated(np.array([1.0, 1.0]), 1.98, 32)
    assert found.gap == pytest.approx(0.02)
    assert not found.converged
    assert Integrated(np.array([1.0, 1.0]), 1.9802, 32).converged
    assert Integrated(np.array([0.0]), 1e-9, 32).converged  # nothing, and nothing is missing


def test_replacing_is_reading_again(question, monkeypatch):
    ids = np.tile(np.arange(V), (LAGS, 1))  # every character in every place, what was read too
    monkeypatch.setattr(prediction, "ROWS", 15)  # two places together
    shown = read_again(question, ids)
    reading = question.reading
    for place, k in np.ndindex(ids.shape):
        changed = reading.ids[: question.t + 1].copy()
        changed[question.start + place] = k
        y = Reading.of(reading.network, reading.vocabulary, changed).log_y_hat[-1]
        assert np.isclose(shown.target[place, k], y[2], rtol=0, atol=1e-10)
        assert np.isclose(shown.rival[place, k], y[5], rtol=0, atol=1e-10)
        assert np.isclose(shown.log_odds[place, k], y[2] - y[5], rtol=0, atol=1e-10)
        assert shown.likeliest[place, k] == y.argmax()
        assert np.isclose(shown.p[place, k], np.exp(y.max()), rtol=0, atol=1e-10)


@pytest.mark.parametrize("lags", [LAGS, T])
def test_the_likeliest_others_are_the_replacements(question, lags):
    question = question.last(lags)
    reading, vocabulary = question.reading, question.reading.vocabulary
    for place in range(lags):
        t = question.start + place
        likely = np.exp(reading.log_y_hat[t - 1]) if t else vocabulary.counts + 1.0
        order = [k for k in np.argsort(-likely, kind="stable") if k != reading.ids[t]][:3]
        assert question.others[place].tolist() == order
        np.testing.assert_allclose(question.shares[place], likely[order] / likely[order].sum())


def test_a_swap_is_the_mean_of_what_is_lost(question):
    made = Why.of(question.reading, Options(at=str(T - 1), lags=LAGS))
    asked = made.question
    assert (asked.target, asked.lags) == (question.reading.ids[T], LAGS)
    shown = read_again(asked, asked.others)
    expected = (asked.shares * (made.local.log_odds - shown.log_odds)).sum(axis=1)
    np.testing.assert_allclose(made.swap, expected, rtol=0, atol=1e-12)


def test_a_change_is_the_best_of_those_tried(question):
    for at, quick in ((T - 1, False), (4, True), (T + 2, True)):
        made = Why.of(question.reading, Options(at=str(at), quick=quick))
        asked, F = made.question, made.local.log_odds
        assert made.replaced.ids.shape == (at + 1, 2 if quick else V - 1)
        everywhere = read_again(asked, np.tile(np.arange(V), (asked.lags, 1)))
        sign = 1 if F >= 0 else -1
        effects = [sign * change.log_odds for change in made.changes]
        assert effects == sorted(effects)
        assert sorted(change.lag for change in made.changes) == list(range(at + 1))
        for change in made.changes:
            place = asked.lags - 1 - change.lag
            others = np.delete(np.arange(V), asked.ids[place])
            tried = made.replaced.ids[place]
            assert asked.ids[place] not in tried
            assert change.to in tried
            shown = everywhere.log_odds[place]
            assert np.isclose(change.log_odds, shown[change.to], rtol=0, atol=1e-10)
            assert np.isclose(change.log_odds, sign * min(sign * shown[tried]), rtol=0, atol=1e-10)
            steepest = others[np.argmin(sign * made.local.changes[place, others])]
            assert steepest in tried or not quick
            assert np.isclose(change.estimate, F + made.local.changes[place, change.to])
            assert made.turns(change) == (change.log_odds * F < 0)
            assert np.isclose(
                np.log(change.p_target / change.p_rival), change.log_odds, rtol=0, atol=1e-9
            )


def test_what_was_read_before_counts(question):
    reading = question.reading
    made = Why.of(reading, Options(at=str(T - 1), lags=4))
    afresh = Reading.of(reading.network, reading.vocabulary, reading.ids[T - 4 : T]).log_y_hat[-1]
    d, g = made.question.target, made.question.rival
    assert made.question.start == T - 4
    expected = made.local.log_odds - (afresh[d] - afresh[g])
    assert np.isclose(made.before, expected, rtol=0, atol=1e-12)
    assert abs(made.before) > 1e-6
    assert abs(Why.of(reading, Options(at=str(T - 1))).before) < 1e-12


def test_who_is_asked_about(question):
    reading, vocabulary = question.reading, question.reading.vocabulary
    made = Why.of(reading)
    likeliest, second = np.argsort(-reading.log_y_hat[-1])[:2]
    assert (made.question.t, made.came) == (len(reading) - 1, False)
    assert (made.question.target, made.question.rival) == (likeliest, second)
    rival = vocabulary[(int(reading.ids[4]) + 1) % V]
    made = Why.of(reading, Options(at="3", rival=rival))
    assert (made.question.target, made.came) == (reading.ids[4], True)
    assert vocabulary[made.question.rival] == rival
    with pytest.raises(ConfigError, match="rival: "):
        Why.of(reading, Options(at="3", rival=vocabulary[reading.ids[4]]))
    with pytest.raises(ConfigError, match=r"^rival: '.'"):
        Why.of(reading, Options(rival="?"))
    with pytest.raises(ConfigError, match="at: 99"):
        Why.of(reading, Options(at="99"))


def test_agreement_is_spearmans(question):
    made = Why.of(question.reading, Options(at=str(T - 1)))

    def ranks(values):
        return np.argsort(np.argsort(values))

    def spearman(one, other):
        n, d = len(one), ranks(one) - ranks(other)
        return 1 - 6 * (d @ d) / (n * (n * n - 1))

    norm = made.local.norm
    assert made.agreement("swap", "norm") == pytest.approx(spearman(np.abs(made.swap), norm))
    expected = spearman(made.swap, made.local.times_input)
    assert made.agreement("swap", "times_input") == pytest.approx(expected)
    assert np.isnan(Why.of(question.reading, Options(lags=2)).agreement("swap", "norm"))


def test_what_is_drawn(make_checkpoint):
    checkpoint = make_checkpoint()
    text = "abcdeé\nab" * 3
    reading = Reading.of(
        checkpoint.network, checkpoint.vocabulary, checkpoint.vocabulary.encode(text)
    )
    made = Why.of(reading, Options(at="/cde/", rival="a"))
    said = "\n".join(line.plain for line in display.draw(made, Screen(80)))
    assert "after abcde" in said
    assert "came   é" in said
    assert "rival  a" in said
    F = made.local.log_odds
    assert f"log-odds {F:+.2f} nats" in said
    assert ("é is held" in said) == (F > 0)
    assert ("one change that turns" in said) == any(map(made.turns, made.changes))
    assert ("no one change" in said) != any(map(made.turns, made.changes))
    assert f"{made.swap[-1]:+.2f}" in said
    assert VIEWS["why"].explain().endswith("\n")
    assert max(map(len, VIEWS["why"].explain().splitlines())) < 80


@given(
    length=st.integers(1, 40), at=st.integers(-40, 39), lags=st.integers(1, 60),
    quick=st.booleans(), seed=st.integers(0, 9),
)  # fmt: skip
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_question_is_answered(make_checkpoint, length, at, lags, quick, seed):
    checkpoint = make_checkpoint(cell="gru", seed=seed)
    ids = np.random.default_rng(seed).integers(V, size=length)
    reading = Reading.of(checkpoint.network, checkpoint.vocabulary, ids)
    t = at % length
    made = Why.of(reading, Options(at=str(t), lags=lags, quick=quick))
    y = reading.log_y_hat[t].astype(np.float64)
    expected = y[made.question.target] - y[made.question.rival]
    assert np.isclose(made.local.log_odds, expected, rtol=0, atol=1e-4)
    data = json.loads(json.dumps(made.data(), allow_nan=False))
    heading, *rows = made.rows()
    assert len(rows) == len(data["text"]) == len(data["changes"]) == min(lags, t + 1)
    assert [row[heading.index("t")] for row in rows] == list(range(data["start"], t + 1))
    assert [row[heading.index("swap_nats")] for row in rows] == data["methods"]["swap"]
    arrays = made.arrays()
    np.testing.assert_array_equal(arrays["swap"], data["methods"]["swap"])
    assert arrays["ids"].tolist() == ids[data["start"] : t + 1].tolist()
    for line in display.draw(made, Screen(60)):
        assert line.cell_len <= 60
