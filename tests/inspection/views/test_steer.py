"""Steering: the free text is what sampling writes, and what changes nothing changes nothing."""

import math

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.inspection.methods.clamping import Clamp, Clamping, surprises
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.steer import draw as display
from charrnn.inspection.views.steer.paired_samples import write
from charrnn.inspection.views.steer.result import Steered
from charrnn.network.forward import forward
from charrnn.network.trace import Trace
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.filters.truncation import Temperature
from charrnn.sampling.generate import generate
from charrnn.terminal.screen import Screen


@pytest.fixture
def network(tiny_network, cell):
    made = tiny_network(cell, hidden_size=6, num_layers=2, dtype=np.float64)
    made.W_ya *= 3
    return made


@pytest.fixture
def reading(network, vocabulary):
    return Reading.of(network, vocabulary, vocabulary.encode("abc\nde"))


def silence(network, layer, j):
    """Let a unit be 0 whatever is read, for each cell: it is given nothing, or adds nothing."""
    H, weights = network.config.hidden_size, network.layers[layer]
    for gate in range(weights.b_a.size // H):
        for array in (weights.W_ax, weights.W_aa, weights.b_a):
            array[..., gate * H + j] = 0
    if weights.b_n.size:
        weights.b_n[j] = 0


def test_a_unit_held_at_its_own_value_changes_nothing(network, vocabulary):
    silence(network, 1, 2)
    silence(network, 0, 5)
    reading = Reading.of(network, vocabulary, vocabulary.encode("abc\nde"))
    assert not reading.states["a"][:, 1, 2].any()
    found = Steered.of(reading, Options(settings=(((1, 2), 0.0), ((0, 5), 0.0)), length=300))
    assert np.array_equal(found.free.ids, found.clamped.ids)
    assert found.first_difference is None
    for written in (found.free, found.clamped):
        assert not written.divergence.any()
        assert np.array_equal(written.free_bits, written.held_bits)
    assert not found.change.any()
    said = " ".join(line.plain for line in display.draw(found, Screen(80)))
    assert "all 300 characters are the same" in said
    assert "no character becomes likelier" in said


def test_a_unit_held_at_the_values_that_it_would_have_changes_nothing(reading, vocabulary):
    sampling = SamplingConfig(length=90, temperature=0.7)
    free, _ = write(reading, [], sampling, 3)
    whole = Reading.of(reading.network, vocabulary, np.concatenate([reading.ids, free.ids]))
    for kind in reading.states:
        own = whole.states[kind][len(reading) - 1 :, 1, 4]
        again, held = write(reading, [Clamp((1, 4), own, kind)], sampling, 3)
        assert np.array_equal(again.ids, held.ids)
        assert np.abs(held.divergence).max() < 1e-12


def test_the_free_text_is_that_of_sampling(reading, network):
    found = Steered.of(reading, Options(length=50, temperature=0.6, seed=9))
    config = SamplingConfig(length=50, temperature=0.6)
    filters = filters_of(config, reading.ids[None], reading.vocabulary)
    chosen = generate(network, reading.ids, filters, np.random.default_rng(9))
    assert found.free.ids.tolist() == [next(chosen).id for _ in range(50)]
    other = Steered.of(reading, Options(length=50, temperature=0.6, seed=8))
    assert not np.array_equal(found.free.ids, other.free.ids)
    greedy = Steered.of(reading, Options(length=50, temperature=1e-9, seed=8))
    likeliest = generate(network, reading.ids, Filters([Temperature(0)]), np.random.default_rng(0))
    assert greedy.free.ids.tolist() == [next(likeliest).id for _ in range(50)]


@pytest.mark.parametrize("prompt", ["a", "ab"])
def test_surprise_and_divergence_are_those_of_reading_the_text(network, vocabulary, prompt):
    reading = Reading.of(network, vocabulary, vocabulary.encode(prompt))
    settings = (((1, 2), 1.5), ((0, 0), -0.5))
    found = Steered.of(reading, Options(settings=settings, length=40))
    first = len(prompt) - 1  # from here on units are clamped
    for written in (found.free, found.clamped):
        whole = Reading.of(network, vocabulary, np.concatenate([reading.ids, written.ids]))
        assert np.allclose(written.free_bits, whole.surprise[len(prompt) :], atol=1e-10)
        clamps = []
        for (layer, j), value in settings:
            series = np.full(len(whole), value)
            series[:first] = whole.states["a"][:first, layer, j]
            clamps.append(Clamp((layer, j), series))
        [bits] = surprises(whole, [clamps])
        assert np.allclose(written.held_bits, bits[len(prompt) :], atol=1e-10)

        trace = Trace(network, len(whole), 1)
        trace.after_step = Clamping(network, [clamps], len(whole))
        forward(network, whole.ids[:, None], trace)
        for n in range(40):
            p, q = (np.exp(log_p[first + n]) for log_p in (whole.log_y_hat, trace.log_y_hat[:, 0]))
            kl = sum(p[k] * math.log2(p[k] / q[k]) for k in range(7))
            assert written.divergence[n] == pytest.approx(kl, abs=1e-10)


def test_the_change_is_the_mean_over_both_texts(reading):
    found = Steered.of(reading, Options(settings=(((1, 0), 2.0),), length=30))
    assert found.change.sum() == pytest.approx(0, abs=1e-12)
    for written in (found.free, found.clamped):
        assert written.free_p.sum() == pytest.approx(1)
        assert written.held_p.sum() == pytest.approx(1)
    gained = (
        found.free.held_p + found.clamped.held_p - found.free.free_p - found.clamped.free_p
    ) / 2
    assert np.allclose(found.change, gained)


def test_the_texts_differ_first_where_it_is_said(reading, vocabulary):
    found = Steered.of(reading, Options(settings=(((1, 0), 30.0),), length=60))
    n = found.first_difference
    assert n is not None
    assert np.array_equal(found.free.ids[:n], found.clamped.ids[:n])
    assert found.free.ids[n] != found.clamped.ids[n]
    data = found.data()
    assert data["free"]["text"] == vocabulary.decode(found.free.ids)
    assert data["settings"] == {"1:0": 30.0}
    _, *rows = found.rows()
    assert [row[2] for row in rows[:60]] == list(data["free"]["text"])
    assert [row[2] for row in rows[60:]] == list(data["held"]["text"])


def test_a_cell_state_may_be_clamped_where_there_is_one(reading, cell):
    settings = (((1, 0), 30.0),)
    if cell == "lstm":
        held = Steered.of(reading, Options(settings=settings, kind="c", length=9))
        assert held.clamped.divergence.max() > 0
    else:
        with pytest.raises(ConfigError, match="'c' cannot be clamped; of the"):
            Steered.of(reading, Options(settings=settings, kind="c"))
    with pytest.raises(ConfigError, match="'i' cannot be clamped"):
        Steered.of(reading, Options(kind="i"))
    with pytest.raises(ConfigError, match="1:6 is not there"):
        Steered.of(reading, Options(settings=(((1, 6), 1.0),)))


def test_without_settings_the_unit_of_largest_effect_is_clamped(reading, network):
    network.W_ya[3] *= 50
    found = Steered.of(reading, Options(length=5))
    [(unit, value)] = found.settings
    mean = reading.states["a"][:, 1, 3].mean()
    assert (unit, value) == ((1, 3), -1.0 if mean > 0 else 1.0)
    assert not found.asked


@pytest.mark.parametrize("width", [60, 100])
def test_the_screen_shows_both_texts(reading, width):
    found = Steered.of(reading, Options(settings=(((1, 0), 1.0),), length=25))
    lines = [line.plain for line in display.draw(found, Screen(width))]
    assert max(map(len, lines)) <= width
    said = "\n".join(lines)
    start = said.index("written freely")
    shown = said[start:].split("\n")[1:]
    text, digits, at = "", "", 0
    while len(text) < 25:
        text += shown[at]
        digits += shown[at + 1]
        at += 2
    assert text == found.data()["free"]["text"].replace("\n", "↵")
    assert digits == "".join(str(min(9, int(10 * bits))) for bits in found.free.divergence)
    assert "1:0 at +1" in said
