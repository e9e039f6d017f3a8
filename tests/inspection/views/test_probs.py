"""Probabilities of the next characters, counted one by one."""

import math

import numpy as np
import pytest

from charrnn.evaluation.score import score
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.probs import greedy_branches as branching
from charrnn.inspection.views.probs.result import Probabilities
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.text.vocabulary import Vocabulary

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def read(network, vocabulary, text=TEXT, **options):
    return Reading.of(network, vocabulary, vocabulary.encode(text), **options)


def test_probabilities_are_counted_one_by_one(tiny_network, vocabulary, naive):
    network = tiny_network("lstm", dtype=np.float64)
    found = Probabilities.of(read(network, vocabulary), Options(top=3))
    expected = naive(network, found.ids.tolist())
    bits = []
    for t, (_, log_y_hat) in enumerate(expected):
        y_hat = [math.exp(v) for v in log_y_hat]
        order = sorted(range(7), key=lambda k: (-y_hat[k], k))
        assert found.entropy[t] == pytest.approx(-sum(p * math.log2(p) for p in y_hat))
        assert found.margin[t] == pytest.approx(math.log2(y_hat[order[0]] / y_hat[order[1]]))
        assert found.top_ids[t].tolist() == order[:3]
        assert found.top_p[t] == pytest.approx([y_hat[k] for k in order[:3]])
        if t + 1 < len(expected):
            x = found.ids[t + 1]
            bits.append(-math.log2(y_hat[x]))
            assert found.p[t] == pytest.approx(y_hat[x])
            assert found.bits[t] == pytest.approx(bits[-1])
            assert found.rank[t] == found.place[t] == 1 + order.index(x)
            assert found.excess[t] == pytest.approx(bits[-1] - found.entropy[t])
    assert np.isnan([found.p[-1], found.bits[-1], found.excess[-1]]).all()
    assert found.rank[-1] == found.place[-1] == 0
    means = found.means
    assert means.predictions == len(TEXT) - 1
    assert means.bits == pytest.approx(sum(bits) / len(bits))
    assert means.perplexity == pytest.approx(math.prod(2**b for b in bits) ** (1 / len(bits)))
    assert means.top1 == pytest.approx(sum(r == 1 for r in found.rank) / len(bits))
    assert means.top5 == pytest.approx(sum(0 < r <= 5 for r in found.rank) / len(bits))
    assert means.excess == pytest.approx(np.mean(bits) - np.mean(found.entropy[:-1]))


def test_the_mean_is_the_score(tiny_network, vocabulary, cell):
    network = tiny_network(cell)
    nats = score(network, vocabulary.encode(TEXT)).mean()
    assert Probabilities.of(read(network, vocabulary)).means.bits == pytest.approx(
        nats / math.log(2), rel=1e-6
    )


def test_equals_share_a_rank_and_not_a_place(vocabulary):
    network = Network(NetworkConfig(7, "rnn", 4))  # all parameters 0: every character as likely
    found = Probabilities.of(read(network, vocabulary, "abcdeé\n"))
    assert found.rank.tolist() == [1] * 6 + [0]
    assert found.place.tolist() == [3, 4, 5, 6, 7, 1, 0]  # the line end has id 0
    assert found.top_ids[0].tolist() == [0, 1, 2, 3, 4]
    assert found.bits[:-1] == pytest.approx([math.log2(7)] * 6)
    assert found.margin == pytest.approx([0.0] * 7)
    assert found.means.top1 == pytest.approx(1 / 6)
    assert found.means.top5 == pytest.approx(4 / 6)
    # One bin, confidence 1/7 each, of which one in six came true.
    assert found.means.calibration_error == pytest.approx(1 / 6 - 1 / 7)


def test_calibration_is_that_of_its_definition(tiny_network, vocabulary):
    network = tiny_network("lstm")
    network.params["W_ya"][:] *= 25
    found = Probabilities.of(read(network, vocabulary))
    n, error = len(TEXT) - 1, 0.0
    for k in range(10):
        inside = [
            t for t in range(n) if k <= 10 * found.top_p[t, 0] < k + 1 or
            (k == 9 and found.top_p[t, 0] == 1)
        ]  # fmt: skip
        if inside:
            right = sum(found.place[t] == 1 for t in inside) / len(inside)
            sure = sum(found.top_p[t, 0] for t in inside) / len(inside)
            error += len(inside) / n * abs(right - sure)
    assert np.count_nonzero(found.calibration.count) > 3
    assert found.means.calibration_error == pytest.approx(error)


def test_one_character_is_not_predicted(tiny_network, vocabulary):
    found = Probabilities.of(read(tiny_network(), vocabulary, "a"))
    assert found.means is None
    assert found.calibration is None
    assert found.top_p.shape == (1, 5)
    assert found.data()["means"] is None
    assert len(list(found.rows())) == 2


def test_a_vocabulary_of_one(tiny_network):
    network = tiny_network(vocabulary_size=1)
    found = Probabilities.of(read(network, Vocabulary.of("a"), "aaa"))
    assert found.p[:-1] == pytest.approx([1, 1])
    assert np.isnan(found.margin).all()
    assert found.top_ids.shape == (3, 1)
    assert found.data()["characters"][0]["margin_bits"] is None


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_a_temperature_divides_the_scores(tiny_network, vocabulary, temperature):
    network = tiny_network("gru", dtype=np.float64)
    reading = read(network, vocabulary, TEXT[:20])
    found = Probabilities.of(reading, Options(temperature=temperature, top=7))
    bits = []
    for t in range(20):
        scores = (reading.states["a"][t, 0] @ network.W_ya + network.b_y).tolist()
        powers = [math.exp(score / temperature) for score in scores]
        y_hat = [power / sum(powers) for power in powers]
        assert sorted(y_hat, reverse=True) == pytest.approx(found.top_p[t].tolist())
        assert found.entropy[t] == pytest.approx(-sum(p * math.log2(p) for p in y_hat))
        first, second = sorted(scores, reverse=True)[:2]
        assert found.margin[t] == pytest.approx((first - second) / temperature / math.log(2))
        if t < 19:
            bits.append(-math.log2(y_hat[found.ids[t + 1]]))
    assert found.bits[:-1] == pytest.approx(bits)
    assert found.means.bits == pytest.approx(sum(bits) / 19)
    usual = Probabilities.of(reading, Options(top=7))
    for column in ("rank", "place", "top_ids"):
        np.testing.assert_array_equal(getattr(found, column), getattr(usual, column))


def test_a_temperature_of_next_to_nothing_and_of_very_much(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary)
    cold = Probabilities.of(reading, Options(temperature=5e-324))
    right = cold.place[:-1] == 1
    assert (cold.p[:-1] == right).all()
    assert (cold.bits[:-1][right] == 0).all()
    assert (cold.bits[:-1][~right] > 1e100).all()
    assert (cold.entropy == 0).all()
    assert cold.means.perplexity == math.inf
    assert math.isfinite(cold.means.bits_error)
    hot = Probabilities.of(reading, Options(temperature=1e308))
    assert hot.bits[:-1] == pytest.approx(math.log2(7))
    assert hot.entropy == pytest.approx(math.log2(7))


def test_branches_are_what_reading_on_would_be(tiny_network, vocabulary, cell, monkeypatch, naive):
    monkeypatch.setattr(branching, "side_by_side", lambda network: 4)  # so that 25 are in 7 parts
    network = tiny_network(cell, dtype=np.float64, num_layers=2, embedding_size=3)
    reading = read(network, vocabulary, TEXT[:9])
    before = {kind: reading.series(kind).copy() for kind in reading.kinds}
    found = Probabilities.of(reading, Options(top=5, branch=3))
    places = [0, 3, 4, 7, 8]
    branches = found.branches(np.array(places))
    assert branches.shape == (5, 5, 3)
    for t, of_guesses in zip(places, branches, strict=True):
        for guess, branch in zip(found.top_ids[t].tolist(), of_guesses.tolist(), strict=True):
            ids = [*reading.ids[: t + 1].tolist(), guess]
            for _ in range(3):
                log_y_hat = naive(network, ids)[-1][1]
                ids.append(log_y_hat.index(max(log_y_hat)))
            assert branch == ids[-3:]
    for kind, values in before.items():
        np.testing.assert_array_equal(values, reading.series(kind))


def test_branches_in_every_form(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary, "abcde")
    found = Probabilities.of(reading, Options(top=2, branch=4))
    branches = found.branches(np.arange(5))
    np.testing.assert_array_equal(found.arrays()["branch_ids"], branches)
    heading, *rows = found.rows()
    assert heading[-6:] == ["top1", "top1_p", "top1_branch", "top2", "top2_p", "top2_branch"]
    for t, character in enumerate(found.data()["characters"]):
        for n, guess in enumerate(character["top"]):
            assert guess["branch"] == vocabulary.decode(branches[t, n])
            assert rows[t][heading.index(f"top{n + 1}_branch")] == guess["branch"]
    assert "branch" not in Probabilities.of(reading).data()["characters"][0]["top"][0]


def test_of_equally_likely_characters_a_branch_takes_the_first(vocabulary):
    network = Network(NetworkConfig(7, "rnn", 4))  # all parameters 0: every character as likely
    found = Probabilities.of(read(network, vocabulary), Options(branch=2))
    assert not found.branches(np.arange(5)).any()


def test_each_character_is_painted_by_what_was_reported_before_it(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary)
    for paint in ("bits", "rank", "excess"):
        found = Probabilities.of(reading, Options(paint=paint))
        assert math.isnan(found.painted_by[0])
        assert found.painted_by[1:].tolist() == getattr(found, paint)[:-1].tolist()
