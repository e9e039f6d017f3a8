"""The card of a unit, against the same numbers worked out one at a time."""

import json
import math
from dataclasses import replace
from itertools import chain
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import charrnn
from charrnn.errors import ConfigError
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.neuron.autocorrelation import autocorrelation, rhythm
from charrnn.inspection.views.neuron.card import Card
from charrnn.inspection.views.neuron.draw import draw
from charrnn.inspection.views.neuron.responses import APART, change, highest, responses
from charrnn.inspection.views.neuron.result import CONTROLS, Neuron
from charrnn.inspection.views.neuron.wiring import pushes, wiring
from charrnn.inspection.views.registry import VIEWS
from charrnn.network.cells import CELLS
from charrnn.terminal import colours
from charrnn.terminal.coloured_text import coloured_text, diverging
from charrnn.terminal.heat_map import ascii_symbol
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import folded
from charrnn.text.vocabulary import Vocabulary

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 12


@pytest.fixture
def read(tiny_network, vocabulary):
    def make(text=TEXT, vocabulary=vocabulary, **network):
        made = tiny_network(vocabulary_size=len(vocabulary), **network)
        return Reading.of(made, vocabulary, vocabulary.encode(text))

    return make


# Rhythm -----------------------------------------------------------------------------------------


@given(st.integers(1, 90), st.integers(0, 2**32 - 1), st.floats(-1e3, 1e3))
@settings(deadline=None, max_examples=40)
def test_autocorrelation_is_the_sum_over_pairs(n, seed, offset):
    u = np.random.default_rng(seed).normal(0, 1, n) + offset
    d = u - u.mean()
    expected = [sum(d[t] * d[t + k] for t in range(n - k)) for k in range(n // 4 + 1)]
    found = autocorrelation(u)
    if n > 1:
        np.testing.assert_allclose(found, np.array(expected) / expected[0], atol=1e-9)
    else:
        assert found.tolist() == [0]


def test_what_does_not_vary_has_no_rhythm():
    for constant in (0.0, 0.1, 1e6 / 3):
        found = rhythm(np.full(100, constant))
        assert not found.r.any()
        assert not found.comes_back
        assert math.isnan(found.lasts)


def test_what_comes_back_is_reported_and_after_how_long(rng):
    t = np.arange(2000)
    found = rhythm(np.sin(2 * np.pi * t / 38) + rng.normal(0, 1, 2000))
    assert found.period in range(37, 40)
    assert found.comes_back
    assert found.peak == found.r[int(found.period)]
    assert rhythm(np.sin(2 * np.pi * t / 38)).period == 38


def test_noise_that_swings_back_at_once_rarely_comes_back(rng):
    """r(1) is all that it has, and the dip is there: a floor without it is too low."""
    e = rng.normal(size=(200, 1500))
    assert sum(rhythm(one).comes_back for one in e[:, 1:] - 0.9 * e[:, :-1]) <= 10


@pytest.mark.parametrize("slowness", [0.0, 0.8, 0.95])
def test_noise_rarely_comes_back_however_slow(slowness):
    rng = np.random.default_rng(5)
    u = slow(rng.normal(0, 1, (1500, 200)), slowness)
    assert sum(rhythm(one).comes_back for one in u.T) <= 20


def test_how_long_it_lasts(rng):
    u = slow(rng.normal(0, 1, 40_000), 0.9)
    assert rhythm(u).lasts in (9, 10, 11)  # r(k) = .9^k is 1/e at 9.5


def slow(steps, slowness):
    u = steps.copy()
    for t in range(1, len(u)):
        u[t] += slowness * u[t - 1]
    return u


# Responses --------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(1, 6))
@settings(deadline=None, max_examples=60)
def test_the_highest_places_are_far_apart(values, most):
    u, expected = np.array(values, float), []
    for t in sorted(range(len(u)), key=lambda t: (-u[t], t)):
        if len(expected) < most and all(abs(t - other) >= APART for other in expected):
            expected.append(t)
    assert highest(u, most) == expected


def test_far_apart_is_either_way():
    u = np.zeros(100)
    u[[40, 0, 1, 80, 79]] = 9, 7, 8, 5, 6
    assert highest(u, 3) == [40, 0, 80]


def test_the_response_is_the_mean_change_at_each_character(rng):
    ids, u = rng.integers(0, 4, 300), rng.normal(0, 1, 300).astype(np.float32)
    ids[17] = 5  # once is too rarely
    for is_state in (True, False):
        rises = {}
        for t in range(0 if is_state else 1, 300):
            before = float(u[t - 1]) if t else 0.0
            rises.setdefault(int(ids[t]), []).append(float(u[t]) - before)
        found = responses(change(u, is_state=is_state), ids)
        assert {one.k for one in found} == {0, 1, 2, 3}
        assert [one.mean for one in found] == sorted((one.mean for one in found), reverse=True)
        for one in found:
            assert one.count == len(rises[one.k])
            assert one.mean == pytest.approx(np.mean(rises[one.k]), abs=1e-12)
            assert one.error == pytest.approx(np.std(rises[one.k]) / one.count**0.5, rel=0.6)


# Weights ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("embedding_size", [0, 3])
@pytest.mark.parametrize("layer", [0, 1])
def test_what_drives_a_unit_is_what_its_gates_are_given(read, cell, layer, embedding_size):
    reading = read(cell=cell, num_layers=2, embedding_size=embedding_size)
    p, gates, H, j = reading.network.params, CELLS[cell].gates, 4, 2
    found = wiring(reading, (layer, j), "a")
    assert found.gates == gates
    a = reading.states["a"].astype(float)
    before = np.concatenate([np.zeros((1, H)), a[:-1, layer]])
    one_hot = np.eye(7)[reading.ids]
    e = one_hot @ p["W_ex"] if embedding_size else one_hot
    x = a[:, 0] if layer else e
    for g in range(len(gates)):
        column = g * H + j
        za = before @ p[f"W_aa_{layer}"][:, column]
        zx = x @ p[f"W_ax_{layer}"][:, column]
        assert found.own.sd[g] == pytest.approx(za.std())
        assert found.below.sd[g] == pytest.approx(zx.std())
        for i in range(H):
            reported = p[f"W_aa_{layer}"][i, column] * before[:, i].std()
            assert found.own.weights[i, g] == pytest.approx(reported)
        # Of each character its weight, less the mean, as it comes and goes.
        for k in range(0 if layer else 7):
            row = zx[reading.ids == k][0] - zx.mean()
            assert found.below.weights[k, g] == pytest.approx(row * one_hot[:, k].std(), abs=1e-6)
        for i in range(H if layer else 0):
            reported = p["W_ax_1"][i, column] * a[:, 0, i].std()
            assert found.below.weights[i, g] == pytest.approx(reported)
    order = found.own.strongest(3)
    strength = np.abs(found.own.weights).sum(axis=1)
    assert order == sorted(range(H), key=lambda i: -strength[i])[:3]


def test_a_gate_is_driven_by_its_own_weights(read):
    reading = read(cell="lstm")
    whole, forget = wiring(reading, (0, 1), "c"), wiring(reading, (0, 1), "f")
    assert forget.gates == ("f",)
    np.testing.assert_array_equal(forget.own.weights, whole.own.weights[:, 1:2])
    np.testing.assert_allclose(forget.below.sd, whole.below.sd[1:2])


def test_a_push_is_what_one_sd_of_the_unit_does_to_the_scores(read):
    reading = read(num_layers=2)
    W, b = reading.network.W_ya.astype(float), reading.network.b_y.astype(float)
    a = reading.states["a"][:, 1].astype(float)
    j = 3
    moved = a[5].copy()
    moved[j] += a[:, j].std()
    reported = (moved @ W + b) - (a[5] @ W + b)
    np.testing.assert_allclose(pushes(reading, (1, j)), reported - reported.mean(), rtol=1e-5)
    assert pushes(reading, (0, j)) is None


# The card ---------------------------------------------------------------------------------------


def test_a_card_shows_what_a_unit_is_like(read, cell):
    reading = read(cell=cell)
    if cell == "lstm":
        reading.states["c"][:] *= 9  # beyond 1
    for kind in reading.kinds:
        card = Card.of(reading, (0, 2), kind)
        u = reading.series(kind)[:, 0, 2].astype(float)
        assert (card.mean, card.sd) == (pytest.approx(u.mean()), pytest.approx(u.std()))
        squashed = np.tanh(u) if kind == "c" else u
        least = 0.1 if kind in "iforu" else -0.9
        assert card.low == np.mean(squashed < least)
        assert card.high == np.mean(squashed > 0.9)
        assert card.histogram.sum() == len(u)
        assert card.span[0] <= u.min() <= u.max() <= card.span[1]
        edges = np.linspace(*card.span, 21)
        assert card.histogram[0] == np.sum(u < edges[1])
        if cell == "rnn":
            assert math.isnan(card.tau)
            assert math.isnan(card.hold)
        else:
            memory = reading.gates["f" if cell == "lstm" else "u"][:, 0, 2].astype(float)
            left = [
                np.flatnonzero(np.cumprod(memory[t:]) < 1 / math.e)[:1]
                for t in range(1, len(memory))
            ]
            ends = sorted(found[0] + 1 if len(found) else np.inf for found in left)
            assert ends[len(ends) // 2 - 1] <= card.hold <= ends[len(ends) // 2]
            assert card.reset == np.mean(memory < 0.1)
            assert card.tau == pytest.approx(-1 / np.log(memory).mean(), rel=1e-5)
        assert u[card.top[0]] == u.max()
        assert u[card.bottom[0]] == u.min()
        assert (card.pushes is None) == (kind not in ("a", "c"))


def test_the_cost_is_that_of_holding_the_unit_at_its_mean(read, cell):
    reading = read(cell=cell)
    made = Neuron.of(reading, Options(units=((0, 1),), features=("common=[a-e]",)))
    [reported] = made.units
    assert reported.role == "asked"
    clamp = Clamp((0, 1), float(reading.states["a"][:, 0, 1].mean(dtype=float)))
    bits = surprises(reading, [[], [clamp]])
    extra_bits = (bits[1] - bits[0])[1:]
    assert made.counted == len(TEXT) - 1
    assert reported.cost.whole.mean == pytest.approx(extra_bits.mean(), abs=1e-9)
    kinds = classes(TEXT)[1:]
    for k, mean in enumerate(reported.cost.by_class):
        assert mean.count == np.sum(kinds == k)
        if mean.count:
            assert mean.mean == pytest.approx(extra_bits[kinds == k].mean(), abs=1e-9)
    assert reported.follows
    for one in reported.follows:
        values = one.feature.values
        on = (values > (0.5 if one.feature.binary else np.median(values)))[:-1]
        name = one.feature.name
        assert reported.cost.on[name].count == on.sum()
        if on.any():
            assert reported.cost.on[name].mean == pytest.approx(extra_bits[on].mean(), abs=1e-9)
        assert reported.cost.off[name].count == (~on).sum()
    assert len(made.by_random) == 3  # the others of a layer of four


def test_the_unit_that_follows_something_is_chosen(read, rng):
    words = rng.choice(["ab", "cad", "deed", '"', "é"], 900)
    text = " ".join(words) + "\n"
    vocabulary = Vocabulary.of('\n abcdeé"')
    reading = read(text, vocabulary, cell="lstm", hidden_size=8)
    inside = np.cumsum([c == '"' for c in text]) % 2
    states = {kind: values.copy() for kind, values in reading.states.items()}
    noise = rng.normal(0, 0.2, len(text))
    states["c"][:, 0, 5] = 1 - 2 * inside + noise
    planted = replace(reading, states=states)
    [reported] = Neuron.of(planted).units
    assert (reported.card.unit, reported.card.kind, reported.role) == ((0, 5), "c", "chosen")
    first = reported.follows[0]
    assert (first.feature.name, first.sign, first.verdict) == ('inside "..."', -1, "follows")
    assert first.score > 0.99
    [of_a] = Neuron.of(planted, Options(kind="a")).units
    assert of_a.card.kind == "a"
    [asked] = Neuron.of(planted, Options(units=((0, 2),), kind="c")).units
    of_other = [one for one in asked.follows if one.feature.name == 'inside "..."']
    assert of_other[0].score < 0.9


def test_where_none_follows_the_one_that_varies_most_is_chosen(read):
    reading = read("ab")
    [reported] = Neuron.of(reading).units
    variance = reading.states["a"].astype(float).var(axis=0)[0]
    assert reported.card.unit == (0, int(variance.argmax()))
    assert reported.follows == ()


def test_units_drawn_at_random_are_others_and_the_same_each_time(read):
    reading = read(hidden_size=20, num_layers=2)
    asked = ((0, 3), (1, 4))
    drawn = []
    for seed in (0, 0, 1):
        made = Neuron.of(reading, Options(units=asked, random=9, seed=seed))
        assert [reported.role for reported in made.units] == ["asked"] * 2 + ["random"] * 9
        assert [reported.card.unit for reported in made.units[:2]] == list(asked)
        drawn.append([reported.card.unit for reported in made.units[2:]])
        assert len({*asked, *drawn[-1]}) == 11
        assert len(made.by_random) == 9
        costs = [reported.cost.whole.mean for reported in made.units[2:]]
        assert costs == pytest.approx(made.by_random, abs=1e-6)  # read in other batches
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(Neuron.of(reading, Options(units=asked)).by_random) == CONTROLS
    few = Neuron.of(read(), Options(random=9))
    assert [reported.role for reported in few.units] == ["chosen"] + ["random"] * 3


def test_a_gate_cannot_be_held_and_pushes_nothing(read):
    made = Neuron.of(read(cell="gru"), Options(units=((0, 1),), kind="u"))
    [reported] = made.units
    assert reported.cost is None
    assert made.by_random == ()
    data = made.data()["units"][0]
    assert data["cost"] is None
    assert data["pushes"] is None
    assert data["driven_by"]["gates"] == ["u"]


def test_a_layer_or_an_eighth_is_all_that_is_looked_at(read):
    reading = read(num_layers=2)
    [reported] = Neuron.of(reading, Options(layer=1)).units
    assert reported.card.unit[0] == 1
    made = Neuron.of(reading, Options(quick=True))
    assert len(made.ids) == len(TEXT) // 8
    assert len(made.units[0].card.values) == len(TEXT) // 8


def test_what_is_not_there_is_refused(read):
    for options, said in (
        (Options(units=((0, 4),)), "units: 0:4 is not there"),
        (Options(kind="x"), "kind: 'x' is none of"),
        (Options(layer=2), "layer: 2 is not there"),
        (Options(features=("x",)), "features: 'x'"),
    ):
        with pytest.raises(ConfigError, match=said):
            Neuron.of(read(), options)


# Drawn and written ------------------------------------------------------------------------------


def test_the_data_are_as_the_schema_says(read, cell):
    path = Path(charrnn.__file__).parent / "inspection" / "views" / "neuron" / "schema.json"
    check = jsonschema.Draft202012Validator(json.loads(path.read_bytes()))
    for text in (TEXT, "ab", "a"):
        reading = read(text, cell=cell, num_layers=2)
        for options in (Options(random=2), Options(units=((0, 1),), kind=reading.kinds[-1])):
            made = Neuron.of(reading, options)
            check.validate(json.loads(json.dumps(made.data(), allow_nan=False)))
            heading, *rows = made.rows()
            card = made.units[0].card
            assert heading[3] == f"{card.unit[0]}:{card.unit[1]}.{card.kind}"
            assert [row[3] for row in rows] == card.values.tolist()
            arrays = made.arrays()
            assert arrays["values"].shape == (len(made.units), len(text))
            [units] = (arrays["units"].tolist(),)
            assert units == [list(reported.card.unit) for reported in made.units]
    with pytest.raises(jsonschema.ValidationError):
        check.validate(made.data() | {"more": 1})


def test_contexts_and_responses_are_written_with_their_characters(read):
    made = Neuron.of(read(), Options(units=((0, 1),)))
    data = made.data()["units"][0]
    for place in (*data["top"], *data["bottom"]):
        t = place["t"]
        assert place["char"] == TEXT[t]
        assert TEXT[:t].endswith(place["left"])
        assert TEXT[t + 1 :].startswith(place["right"])
        assert place["value"] == pytest.approx(data["values"][t])
    card, vocabulary = made.units[0].card, made.vocabulary
    assert [one["char"] for one in data["moved_by"]] == [vocabulary[r.k] for r in card.moved_by]
    assert list(data["pushes"]) == list(vocabulary)
    assert set(data["cost"]["by_class"]) <= set(CLASSES)
    assert {one["source"] for one in data["driven_by"]["below"]} <= set(vocabulary)
    arrays = made.arrays()
    reported = {vocabulary[k]: v for k, v in enumerate(arrays["moved_by"][0]) if np.isfinite(v)}
    assert reported == {one["char"]: one["change"] for one in data["moved_by"]}


def test_every_character_is_at_its_value(vocabulary):
    text = "abc\n\nd\neé"
    ids, values = vocabulary.encode(text), np.linspace(-1, 1, len(text))
    colouring = diverging("a")
    shown = range(len(text))
    lines = coloured_text(vocabulary, ids, shown, values, Screen(60), colouring=colouring)
    lines = [line.plain for line in lines]
    assert [line[2:] for line in lines[::2]] == ["abc↵↵", "d↵", "eé"]
    assert [line[:2] for line in lines] == ["0 ", "a ", "5 ", "a ", "7 ", "a "]
    assert "".join(line[2:] for line in lines[1::2]) == "".join(map(ascii_symbol, values))
    screen = Screen(60, colours._DARK)
    lines = list(coloured_text(vocabulary, ids, shown, values, screen, colouring=colouring))
    assert [line.plain[2:] for line in lines] == ["abc↵↵", "d↵", "eé"]
    styles = [str(span.style) for line in lines for span in line.spans if span.start >= 2]
    assert styles == [style for v in values if (style := colours._DARK.diverging(v))]
    assert (
        len(
            list(
                coloured_text(vocabulary, ids, shown, values, screen, colouring=colouring, lines=2)
            )
        )
        == 2
    )
    narrow = coloured_text(
        vocabulary,
        vocabulary.encode("a" * 150),
        range(150),
        np.zeros(150),
        Screen(60),
        colouring=colouring,
    )
    assert [len(line.plain) for line in narrow][::2] == [60, 60, 42]


@pytest.mark.slow
def test_what_is_drawn_fits_and_says_what_it_is(read, cell):
    reading = read(cell=cell, num_layers=2, hidden_size=12)
    for width in (40, 60, 80, 160):
        for screen in (Screen(width), Screen(width, ascii_only=True)):
            made = Neuron.of(reading, Options(units=((0, 1), (1, 2)), random=1))
            drawn = (folded(line, width) for line in draw(made, screen))
            lines = [line.plain for line in chain.from_iterable(drawn)]
            assert max(map(len, lines)) <= width
    said = "\n".join(lines)
    assert "unit 0:1, hidden state a" in said
    assert "drawn at random" in said
    assert said.count("the readout does not see this layer") == 1
    assert said.count("held at its mean it costs") == 3
    assert "pushes up" in said
    assert max(map(len, VIEWS["neuron"].explain().splitlines())) < 80


def test_no_number_is_reported_of_what_is_below_noise(read):
    made = Neuron.of(read(), Options(units=((0, 1),)))
    [reported] = made.units
    said = "\n".join(line.plain for line in draw(made, Screen(160)))
    noise = [one for one in reported.follows if one.verdict == "below noise"]
    assert noise
    assert f"{len(noise)} features below noise" in said
    for one in noise:
        assert f"\n{one.feature.name} " not in said
