"""Ablation: exact where it says so, to first order where it says so, and nothing from nothing."""

import math

import numpy as np
import pytest

from charrnn.errors import ConfigError, TextError
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.ablate import draw as display
from charrnn.inspection.views.ablate import result as ablate_module
from charrnn.inspection.views.ablate.first_order import first_order
from charrnn.inspection.views.ablate.result import Ablated
from charrnn.network.forward import forward
from charrnn.network.trace import Trace
from charrnn.terminal.screen import Screen


@pytest.fixture
def make_reading(tiny_network, vocabulary, cell):
    def make(N=120, L=2, H=5, seed=1, **network):
        made = tiny_network(cell, hidden_size=H, num_layers=L, dtype=np.float64, **network)
        return Reading.of(made, vocabulary, np.random.default_rng(seed).integers(7, size=N))

    return make


def units_of(found):
    return [loss.units[0] for loss in found.single]


def test_a_unit_without_readers_costs_nothing(make_reading):
    reading = make_reading()
    network = reading.network
    network.layers[1].W_aa[3] = 0
    network.W_ya[3] = 0
    network.layers[0].W_aa[2] = 0
    network.layers[1].W_ax[2] = 0
    reading = Reading.of(network, reading.vocabulary, reading.ids)
    found = Ablated.of(reading, Options(how="zero", units=((1, 3), (0, 2), (1, 0))))
    top, lower, other = found.single
    for loss in (top, lower):
        assert not loss.of_character.any()
        assert loss.bits.mean == loss.bits.error == 0
        assert not any(mean.mean for mean in loss.by_class if mean.count)
        assert not loss.where()
    assert top.approx == lower.approx == 0
    assert top.direct.mean == pytest.approx(0, abs=1e-15)
    assert lower.direct is None
    assert other.bits.mean != 0


def test_the_exact_cost_is_that_of_reading_the_text_with_the_unit_clamped(make_reading):
    reading = make_reading()
    found = Ablated.of(reading, Options(units=((0, 1), (1, 4))))
    mean = reading.states["a"].mean(axis=0)
    clamps = [Clamp((0, 1), mean[0, 1]), Clamp((1, 4), mean[1, 4])]
    expected = surprises(reading, [[clamps[0]], [clamps[1]], clamps])[:, 1:]
    expected -= reading.surprise[1:]
    losses = [*found.single, found.together]
    assert [loss.units for loss in losses] == [((0, 1),), ((1, 4),), ((0, 1), (1, 4))]
    for loss, each in zip(losses, expected, strict=True):
        assert np.allclose(loss.of_character, each, rtol=0, atol=1e-12)
        assert loss.bits.mean == pytest.approx(each.mean())
        means = [each[places.start : places.stop].mean() for places in found.segments]
        assert loss.bits.error == pytest.approx(np.std(means, ddof=1) / len(means) ** 0.5, rel=0.1)
    assert losses[2].approx == pytest.approx(losses[0].approx + losses[1].approx)


@pytest.mark.parametrize("how", ["mean", "zero"])
def test_the_direct_cost_is_that_of_another_state_at_the_readout(make_reading, how):
    reading = make_reading(40)
    for kind in reading.states:
        found = Ablated.of(reading, Options(how=how, kind=kind, units=((1, 4), (0, 0), (1, 2))))
        values = reading.states[kind]
        bits = []
        for t, following in enumerate(reading.ids[1:]):
            a = reading.states["a"][t, 1].copy()
            for j in (4, 2):
                held = values[:, 1, j].mean() if how == "mean" else 0.0
                if kind == "c":
                    held = reading.gates["o"][t, 1, j] * math.tanh(held)
                a[j] = held
            y = a @ reading.network.W_ya + reading.network.b_y
            bits.append(-math.log2(np.exp(y[following]) / np.exp(y).sum()))
        expected = np.mean(bits) - reading.surprise[1:].mean()
        assert found.together.direct.mean == pytest.approx(expected, abs=1e-12)
        assert found.single[1].direct is None


def nudged_loss(reading, layer, j, kind, away):
    """Return the mean surprise where away[t] is added to the state at each step."""
    T = len(reading) - 1
    trace = Trace(reading.network, T, 1)

    def nudge(at, t, after, gates):
        if at == layer and kind == "c":
            after[1, 0, j] += away[t]
            after[0, 0, j] = gates[2, 0, j] * np.tanh(after[1, 0, j])
        elif at == layer:
            after[0, 0, j] += away[t]

    trace.after_step = nudge
    forward(reading.network, reading.ids[:-1, None], trace)
    return trace.loss(reading.ids[1:, None]) / math.log(2)


@pytest.mark.parametrize("how", ["mean", "zero"])
def test_the_shortlist_agrees_with_finite_differences(make_reading, how):
    reading = make_reading(30)
    for kind in reading.states:
        states = reading.states[kind]
        values = states.mean(axis=0) * (how == "mean")
        found = first_order(reading, values, kind)
        for layer in range(2):
            for j in range(5):
                away = values[layer, j] - states[:, layer, j]
                step = 1e-5
                up, down = (
                    nudged_loss(reading, layer, j, kind, sign * step * away) for sign in (1, -1)
                )
                assert found[layer, j] == pytest.approx((up - down) / (2 * step), abs=1e-8)


def test_those_are_measured_that_change_most_to_first_order(make_reading, monkeypatch):
    monkeypatch.setattr(ablate_module, "FEWEST", 4)
    monkeypatch.setattr(ablate_module, "WORK", 0)
    reading = make_reading()
    found = Ablated.of(reading)
    order = sorted(np.ndindex(2, 5), key=lambda unit: -abs(found.approx[unit]))
    assert sorted(units_of(found)) == sorted(order[:4])
    costs = [loss.bits.mean for loss in found.single]
    assert costs == sorted(costs, reverse=True)
    assert not found.all_measured
    layered = Ablated.of(reading, Options(layer=1))
    assert sorted(units_of(layered)) == sorted([unit for unit in order if unit[0] == 1][:4])
    assert all(layer == 1 for loss in layered.random for layer, _ in loss.units)


def test_all_of_a_small_network_are_measured(make_reading):
    found = Ablated.of(make_reading())
    assert found.all_measured
    assert sorted(units_of(found)) == list(np.ndindex(2, 5))
    assert -1 <= found.agreement <= 1


def test_the_control_is_drawn_at_random_and_can_be_drawn_again(make_reading):
    reading = make_reading(40, H=12)
    drawn = [
        [loss.units for loss in Ablated.of(reading, Options(random=6, seed=seed)).random]
        for seed in (0, 0, 1)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 6
    assert len(Ablated.of(reading).random) == ablate_module.CONTROL
    group = ((0, 1), (0, 2), (1, 7))
    found = Ablated.of(reading, Options(units=group, random=5))
    assert len(found.random) == 5
    for loss in found.random:
        assert len(set(loss.units)) == 3
        assert sorted(layer for layer, _ in loss.units) == [0, 0, 1]
    assert len({loss.units for loss in found.random}) > 1
    alone = Ablated.of(reading, Options(units=((1, 3),), random=99))
    assert alone.together is None
    assert sorted(loss.units for loss in alone.random) == [((1, j),) for j in range(12)]
    for units in ((), group):
        without = Ablated.of(reading, Options(units=units, random=0))
        assert without.random == ()
        said = "\n".join(line.plain for line in display.draw(without, Screen(80)))
        assert "no unit was drawn at random" in said


def test_segments_of_a_long_text_are_read_and_its_whole_averaged(make_reading):
    reading = make_reading(5000)
    found = Ablated.of(reading, Options(units=((1, 0),), random=0))
    places = found.arrays()["places"]
    assert np.array_equal(found.ids, reading.ids)
    assert len(found.segments) == 16
    assert places[-1] > 4800
    assert np.allclose(found.held_at, reading.states["a"].mean(axis=0))
    clamp = Clamp((1, 0), float(reading.states["a"][:, 1, 0].mean()))
    whole = surprises(reading, [[clamp]])[0] - reading.surprise
    [loss] = found.single
    assert np.allclose(loss.of_character, whole[places + 1], rtol=0, atol=1e-6)
    assert found.baseline.mean == pytest.approx(reading.surprise[places + 1].mean())
    quick = Ablated.of(reading, Options(units=((1, 0),), random=0, quick=True))
    assert len(quick.segments) == 4
    approx = first_order(reading, found.held_at, "a", found.segments)
    assert np.array_equal(found.approx, approx)


def test_the_first_order_of_segments_is_that_of_their_predictions(make_reading):
    """Later characters change nothing, so segments of one beginning add up to all of it."""
    reading = make_reading(120)
    values = reading.states["a"].mean(axis=0)
    parts = [first_order(reading, values, "a", [some]) for some in (range(50), range(50, 119))]
    whole = first_order(reading, values)
    assert np.allclose((50 * parts[0] + 69 * parts[1]) / 119, whole, rtol=0, atol=1e-12)


def test_a_unit_of_negative_first_order_is_measured(make_reading, monkeypatch):
    monkeypatch.setattr(ablate_module, "FEWEST", 1)
    monkeypatch.setattr(ablate_module, "WORK", 0)
    approx = np.full((2, 5), 0.1)
    approx[1, 3] = -0.9
    monkeypatch.setattr(ablate_module, "first_order", lambda *_: approx)
    assert units_of(Ablated.of(make_reading(40))) == [(1, 3)]


def test_classes_are_of_the_character_that_is_predicted(make_reading):
    reading = make_reading()
    [loss] = Ablated.of(reading, Options(units=((1, 0),))).single
    sorts = classes(reading.text)[1:]
    assert sum(mean.count for mean in loss.by_class) == len(sorts)
    for k, mean in enumerate(loss.by_class):
        if mean.count:
            assert mean.mean == pytest.approx(loss.of_character[sorts == k].mean())
    for label, mean in loss.where():
        assert mean.mean > 3 * mean.error
        assert loss.by_class[CLASSES.index(label)] is mean


def test_a_gradient_that_is_no_number_chooses_nothing(make_reading, monkeypatch):
    def lost(reading, values, kind, segments):
        return np.full(values.shape, np.nan)

    monkeypatch.setattr(ablate_module, "first_order", lost)
    found = Ablated.of(make_reading(30))
    assert math.isnan(found.agreement)
    assert found.data()["approx_bits"][0][0] is None
    assert list(display.draw(found, Screen(80)))


def test_what_cannot_be_ablated_is_refused(make_reading, cell):
    reading = make_reading(20)
    for kind in ("i", "u", "x", "" if cell == "lstm" else "c"):
        with pytest.raises(ConfigError, match="cannot be ablated; of the"):
            Ablated.of(reading, Options(kind=kind))
    with pytest.raises(ConfigError, match="0:5 is not there"):
        Ablated.of(reading, Options(units=((0, 5),)))
    with pytest.raises(TextError, match="one character"):
        Ablated.of(Reading.of(reading.network, reading.vocabulary, reading.ids[:1]))


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_the_screen_shows_the_costs(make_reading, width):
    found = Ablated.of(make_reading(), Options(units=((1, 0), (0, 3)), random=2))
    lines = [line.plain for line in display.draw(found, Screen(width))]
    assert max(map(len, lines)) <= width
    for label, loss in (("1:0", found.single[0]), ("all 2", found.together)):
        row = " ".join(line for line in lines if line.startswith(label))
        assert f"{loss.bits.mean:+.4f}" in row
        assert f"{loss.direct.mean:+.4f}" in row
        assert f"{loss.approx:+.4f}" in row
    said = " ".join(" ".join(lines).split())
    assert f"with all units: {found.baseline.mean:.3f} ±" in said
    assert "2 groups of 2 drawn at random" in said
    assert "over 119 predictions in 4 segments of the text" in said
