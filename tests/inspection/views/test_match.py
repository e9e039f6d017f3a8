"""Matching states: cosines and patterns as plain loops find them, and what came after."""

import io
import math
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.npz import write_arrays
from charrnn.errors import ConfigError
from charrnn.inspection.methods.spaced_places import apart
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.match import draw as display
from charrnn.inspection.views.match.result import APART, Match
from charrnn.inspection.views.match.similar_states import (
    ENOUGH,
    THRESHOLDS,
    Pattern,
    cosines,
)
from charrnn.terminal import colours
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

WORD = "abcde\nédcba"


@pytest.fixture
def make_reading(tiny_network, vocabulary, cell):
    def make(ids, H=6, **network):
        made = tiny_network(cell, hidden_size=H, num_layers=2, dtype=np.float64, **network)
        return Reading.of(made, vocabulary, np.asarray(ids))

    return make


@pytest.fixture
def reading(make_reading, rng):
    return make_reading(rng.integers(7, size=300), H=24)


def test_cosines_are_those_of_the_definition(rng):
    states = rng.normal(size=(40, 5)) * [1, 10, 0.1, 1, 1] + [0, 5, 0, 0, 0]
    states[:, 3] = 0.25  # never moves
    found = cosines(states, 7)
    z = [(states[:, j] - states[:, j].mean()) / states[:, j].std() for j in (0, 1, 2, 4)]
    for t in range(40):
        u, v = [column[7] for column in z], [column[t] for column in z]
        dot = sum(a * b for a, b in zip(u, v, strict=True))
        assert found[t] == pytest.approx(dot / math.hypot(*u) / math.hypot(*v))
    assert found[7] == pytest.approx(1)
    assert not cosines(np.full((4, 3), 0.5), 1).any()


@given(
    st.lists(st.integers(0, 60), unique=True, max_size=40),
    st.integers(0, 8),
    st.integers(1, 12),
    st.integers(0, 60),
)
@settings(deadline=None, max_examples=60)
def test_places_keep_their_distance(order, most, distance, taken):
    found = apart(np.array(order, np.intp), most, distance, taken)
    expected = []
    for place in order:
        if len(expected) < most and all(abs(place - p) >= distance for p in [taken, *expected]):
            expected.append(place)
    assert found == expected


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(
            st.just(n), st.integers(1, n), st.integers(0, 2**32 - 1), st.sampled_from([1, 4, 12])
        )
    ),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_patterns_are_those_of_the_definition(drawn, data):
    T, n, seed, H = drawn
    rng = np.random.default_rng(seed)
    states = np.repeat(rng.uniform(-1, 1, size=(-(-T // 3), H)), 3, axis=0)[:T]
    start = data.draw(st.integers(0, T - n))
    found = Pattern.of(states, range(start, start + n))

    def on(first, threshold):
        part = states[first : first + n]
        return {
            (j, side)
            for j in range(H)
            for side in (-1, 1)
            if all(side * value > threshold for value in part[:, j])
        }

    enough = [limit for limit in THRESHOLDS if len(on(start, limit)) >= ENOUGH]
    assert found.threshold == max(enough, default=min(THRESHOLDS))
    wanted = on(start, found.threshold)
    assert {(j, int(side)) for j, side in enumerate(found.on) if side} == wanted
    for first in range(T - n + 1):
        here = on(first, found.threshold)
        assert found.shared[first] == len(here & wanted)
        assert found.either[first] == len(here | wanted)
    order = found.order().tolist()
    keys = [(-found.shared[p], found.either[p], p) for p in order]
    assert keys == sorted(keys)
    assert set(order) == set(np.flatnonzero(found.shared))


def test_the_same_state_is_found_again(make_reading, vocabulary):
    reading = make_reading(np.tile(vocabulary.encode(WORD), 20))
    t = 15 * len(WORD) + 4
    found = Match.of(reading, Options(at=str(t)))
    assert found.layer == 1
    at_same = [each.t % len(WORD) for each in found.found[:5]]
    assert at_same == [t % len(WORD)] * 5
    assert found.found[0].cos > 0.999
    places = [each.t for each in found.found] + [t]
    assert min(abs(a - b) for a in places for b in places if a != b) >= APART
    assert [each.cos for each in found.found] == sorted(
        (each.cos for each in found.found), reverse=True
    )
    assert found.found[0].same == min(t, found.found[0].t) + 1


def test_what_came_is_counted(reading, vocabulary):
    found = Match.of(reading, Options(at="40", rows=6, top=3))
    assert len(found.found) == 6
    counts = Counter(int(reading.ids[each.t + 1]) for each in found.found if each.t < 299)
    assert {each.id: each.count for each in found.following if each.count} == dict(counts)
    y_hat = np.exp(reading.log_y_hat)
    for each in found.following:
        assert each.here == pytest.approx(y_hat[40, each.id])
        assert each.there == pytest.approx(np.mean([y_hat[f.t, each.id] for f in found.found]))
    likeliest = np.argsort(-y_hat[40])[:3].tolist()
    assert set(likeliest) <= {each.id for each in found.following}
    assert [each.count for each in found.following] == sorted(
        (each.count for each in found.following), reverse=True
    )
    text = reading.text
    for each in found.found:
        same = 0
        while same <= min(40, each.t) and text[40 - same] == text[each.t - same]:
            same += 1
        assert each.same == same


def test_a_pattern_is_found_and_written(reading):
    found = Match.of(reading, Options(pattern=(100, 103), rows=5, layer=0))
    assert found.cosines is None
    assert (found.t, found.layer) == (102, 0)
    assert found.pattern.shared[100] == np.count_nonzero(found.pattern.on)
    shared = [each.shared for each in found.found]
    assert shared == sorted(shared, reverse=True)
    assert all(abs(each.part.start - 100) >= APART for each in found.found)
    assert all(len(each.part) == 3 for each in found.found)
    _, *rows = found.rows()
    for row, each in zip(rows, found.found, strict=True):
        text = reading.text
        assert row[6:] == [
            text[max(0, each.part.start - 30) : each.part.start],
            text[each.part.start : each.part.stop],
            text[each.part.stop : each.part.stop + 30],
        ]
    write_arrays(io.BytesIO(), found.arrays())
    assert found.data()["units_on"]
    write_arrays(io.BytesIO(), Match.of(reading).arrays())


def test_gates_have_two_sides(reading, cell):
    if cell == "rnn":
        return
    gate = "i" if cell == "lstm" else "u"
    values = reading.gates[gate][:, 1]
    found = Match.of(reading, Options(pattern=(50, 51), kind=gate))
    on = found.pattern.on
    assert (on == -1).any()
    for j, side in enumerate(on.tolist()):
        assert side == np.sign(2 * values[50, j] - 1) * (
            abs(2 * values[50, j] - 1) > found.pattern.threshold
        )


def test_what_cannot_be_looked_for_is_refused(reading, make_reading):
    with pytest.raises(ConfigError, match="leave one of them out"):
        Match.of(reading, Options(at="3", pattern=(3, 4)))
    with pytest.raises(ConfigError, match="299:301 is not in the text, of 300 characters"):
        Match.of(reading, Options(pattern=(299, 301)))
    quiet = make_reading(reading.ids)
    quiet.states["a"][:] = 0
    with pytest.raises(ConfigError, match=r"no unit of layer 1 is beyond 0.05 throughout 0:9"):
        Match.of(quiet, Options(pattern=(0, 9)))
    with pytest.raises(ConfigError, match="kind"):
        Match.of(reading, Options(kind="x"))


def test_a_short_text_has_no_other_place(make_reading):
    found = Match.of(make_reading([1, 2, 3]))
    assert not found.found
    said = " ".join(line.plain for line in display.draw(found, Screen(60)))
    assert "no other place" in said
    assert found.data()["next"][0]["p_there"] is None


@pytest.mark.parametrize("pattern", [None, (100, 102), (30, 90)])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_places_are_aligned_and_harmless(tiny_network, rng, pattern, width):
    hostile = Vocabulary.of("ab\n\t \x1b\u202e漢字\u0301\U0001f1ecé")
    network = tiny_network(vocabulary_size=len(hostile), hidden_size=12)
    reading = Reading.of(network, hostile, rng.integers(len(hostile), size=250))
    if pattern == (30, 90):
        reading.states["a"][20:240] = 0.9
    found = Match.of(reading, Options(at="77" if pattern is None else None, pattern=pattern))
    for screen in (Screen(width), Screen(width, colours._DARK), Screen(width, ascii_only=True)):
        lines = list(display.draw(found, screen))
        for line in lines:
            assert line.cell_len <= width
            assert not any(unicodedata.category(c) in {"Cc", "Cf"} for c in line.plain)
            assert screen.ascii_only <= line.plain.isascii()
        rows = [line for line in lines if "[" in line.plain]
        assert len(rows) == 1 + len(found.found) > 1
        assert len({row[: row.plain.index("[")].cell_len for row in rows}) == 1
