"""Votes: their sums are the scores of the network itself, and they are shown as they are."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError
from charrnn.inspection.methods.target_and_foil import rivals
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.votes import draw as display
from charrnn.inspection.views.votes.result import Votes, effective
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

TEXT = "\nabcdeé\nba\ncab\ndeed\néa"


@pytest.fixture
def make_reading(tiny_network, vocabulary, cell):
    def make(text=TEXT, dtype=np.float64, **network):
        made = tiny_network(cell, hidden_size=6, num_layers=2, dtype=dtype, **network)
        return Reading.of(made, vocabulary, vocabulary.encode(text))

    return make


@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_the_votes_and_the_bias_sum_to_the_scores(make_reading, dtype, close):
    reading = make_reading(dtype=dtype)
    network = reading.network
    for t in (0, 7, len(TEXT) - 1):
        found = Votes.of(reading, Options(at=str(t)))
        z_y = reading.states["a"][t, 1] @ network.W_ya + network.b_y
        assert np.allclose(found.scores, z_y - z_y.mean(), rtol=0, atol=close)
        log_y_hat = reading.log_y_hat[t]
        for d in range(7):
            for g in range(7):
                shown = found.scores[d] - found.scores[g]
                assert math.isclose(shown, log_y_hat[d] - log_y_hat[g], abs_tol=close)
        assert math.isclose(
            found.margin, log_y_hat[found.chosen] - log_y_hat[found.rival], abs_tol=close
        )
        assert found.gap < close


def test_a_vote_is_what_the_score_loses_without_the_unit(make_reading):
    reading = make_reading()
    found = Votes.of(reading, Options(at="5"))
    for j in range(6):
        a = reading.states["a"][5, 1].copy()
        a[j] = 0
        z_y = a @ reading.network.W_ya + reading.network.b_y
        without = z_y[found.chosen] - z_y[found.rival]
        assert math.isclose(found.margin - without, found.contest[j], abs_tol=1e-12)
    assert found.bias.sum() == pytest.approx(0, abs=1e-12)
    assert found.votes.sum(axis=1) == pytest.approx(np.zeros(6), abs=1e-12)


def test_what_came_is_weighed_against_the_likeliest_other(make_reading, vocabulary):
    reading = make_reading()
    for t in range(len(TEXT)):
        d, g = rivals(reading, t)
        y_hat = reading.log_y_hat[t].tolist()
        if t + 1 < len(TEXT):
            assert vocabulary[d] == TEXT[t + 1]
        else:
            assert y_hat[d] == max(y_hat)
        assert y_hat[g] == max(p for k, p in enumerate(y_hat) if k != d)
    found = Votes.of(reading, Options(at="0", rival="é"))
    assert (vocabulary[found.chosen], vocabulary[found.rival], found.came) == ("a", "é", True)
    assert not Votes.of(reading, Options(at="last")).came


def test_a_rival_that_is_none_is_refused(make_reading, tiny_network, rng):
    reading = make_reading()
    with pytest.raises(ConfigError, match=r"rival: 'a' is the character that is asked about"):
        Votes.of(reading, Options(at="0", rival="a"))
    with pytest.raises(ConfigError, match="rival: 'ab' is not one character"):
        Votes.of(reading, Options(rival="ab"))
    with pytest.raises(ConfigError, match=r"^rival: 'x' is not among the 7 .* nearest: [^;]*$"):
        Votes.of(reading, Options(rival="x"))
    alone = Reading.of(tiny_network(vocabulary_size=1), Vocabulary.of("a"), np.zeros(3, np.intp))
    with pytest.raises(ConfigError, match="knows one character only"):
        Votes.of(alone)
    as_bytes = Reading.of(
        tiny_network(vocabulary_size=256), Vocabulary.of_bytes(""), rng.integers(256, size=4)
    )
    assert Votes.of(as_bytes, Options(rival="\x00")).rival == 0
    with pytest.raises(ConfigError, match="is not one byte"):
        Votes.of(as_bytes, Options(rival="é"))


@given(st.lists(st.floats(-9, 9).filter(lambda v: abs(v) > 1e-3), min_size=1, max_size=9))
@settings(deadline=None, max_examples=50)
def test_effective_voters(votes):
    [found] = effective(np.array([votes]))
    assert found == pytest.approx(sum(map(abs, votes)) ** 2 / sum(v * v for v in votes))
    assert 1 - 1e-9 <= found <= len(votes) + 1e-9


def test_effective_voters_of_equal_votes_of_one_and_of_none():
    votes = np.array([[2.0, -2, 2, 2], [0, 0, -3, 0], [0, 0, 0, 0]])
    assert np.array_equal(effective(votes), [4, 1, np.nan], equal_nan=True)


def test_effective_voters_over_the_text(make_reading):
    reading = make_reading()
    found = Votes.of(reading)
    W = reading.network.W_ya
    for t in range(len(TEXT)):
        d, g = rivals(reading, t)
        votes = [(W[j, d] - W[j, g]) * reading.states["a"][t, 1, j] for j in range(6)]
        expected = sum(map(abs, votes)) ** 2 / sum(v * v for v in votes)
        assert found.voters_over_text[t] == pytest.approx(expected)


def test_the_table_is_ordered_and_sums_to_the_margin(make_reading):
    found = Votes.of(make_reading(), Options(at="3"))
    heading, *rows = found.rows()
    assert heading == ["unit", "a", "for_chosen", "for_rival", "vote"]
    sizes = [abs(row[4]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(row[4] for row in rows) + found.margin_bias == pytest.approx(found.margin)
    assert all(row[2] - row[3] == pytest.approx(row[4]) for row in rows)
    assert {row[0] for row in rows} == {f"1:{j}" for j in range(6)}
    assert sum(sizes[: found.half]) >= sum(sizes) / 2 > sum(sizes[: found.half - 1])


@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_screen_shows_both_sides(make_reading, width):
    found = Votes.of(make_reading(), Options(at="3", rows=2))
    lines = [line.plain for line in display.draw(found, Screen(width, ascii_only=True))]
    said = " ".join(" ".join(lines).split())
    contest = found.contest
    first = [
        max(range(6), key=lambda j: side * contest[j]) for side in (1, -1)
    ]  # of those for either
    assert re.search(rf"1:{first[0]} .*1:{first[1]} ", said)
    pro, con = contest[contest > 0], contest[contest < 0]
    more = [len(side) - 2 for side in (pro, con) if len(side) > 2]
    assert [int(n) for n in re.findall(r"(\d+) more", said)] == more
    assert len(re.findall(r"1:\d", said)) == min(2, len(pro)) + min(2, len(con))
    shown = re.search(
        r"margin (\S+) = (\S+) of (\d) units - (\S+) of (\d) ([+-]) bias (\S+);", said
    )
    margin, plus, n, minus, m, sign, bias = shown.groups()
    assert (int(n), int(m)) == (len(pro), len(con))
    numbers = float(margin), float(plus), float(minus), float(f"{sign}{bias}")
    expected = found.margin, pro.sum(), -con.sum(), found.margin_bias
    assert numbers == pytest.approx(expected, abs=0.006)
