"""Holding units: against networks whose parameters say the same, and against their own trace."""

import numpy as np
import pytest

from charrnn.evaluation.score import score
from charrnn.inspection.methods.clamping import Clamp, Clamping, can_clamp, surprises
from charrnn.inspection.reading import Reading
from charrnn.network.forward import copy_weights, forward
from charrnn.network.trace import Trace


@pytest.fixture
def reading(tiny_network, vocabulary, cell, rng):
    network = tiny_network(cell, num_layers=2, hidden_size=5, dtype=np.float64)
    return Reading.of(network, vocabulary, rng.integers(7, size=150))


def test_nothing_held_is_the_reading_itself(reading):
    bits = surprises(reading, [[], []])
    assert np.isnan(bits[:, 0]).all()
    assert np.allclose(bits[:, 1:], reading.surprise[1:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer", [0, 1])
def test_a_unit_held_at_its_own_values_changes_nothing(reading, layer):
    for kind in reading.states:
        own = Clamp((layer, 2), reading.series(kind)[:, layer, 2], kind)
        [bits] = surprises(reading, [[own]])
        assert np.allclose(bits[1:], reading.surprise[1:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("value", [0.0, -0.6])
def test_a_held_unit_is_a_bias(reading, cell, value):
    """What is always the same may as well stand in the biases of those that read it."""
    held = {(0, 1): value, (1, 3): 0.25}
    network = reading.network
    folded = type(network)(network.config, dtype=np.float64)
    folded.params.flat[:] = network.params.flat
    for (layer, j), at in held.items():
        weights = folded.layers[layer]
        W = weights.W_aa[j]
        if cell == "gru":  # the candidate's part enters inside the bracket
            weights.b_a[:10] += at * W[:10]
            weights.b_n[:] += at * W[10:]
        else:
            weights.b_a[:] += at * W
        W[:] = 0
        if layer == 0:
            folded.layers[1].b_a[:] += at * folded.layers[1].W_ax[j]
            folded.layers[1].W_ax[j] = 0
        else:
            folded.b_y[:] += at * folded.W_ya[j]
            folded.W_ya[j] = 0
    expected = score(folded, reading.ids) / np.log(2)
    # The first step reads a(-1) = 0, the bias as if it had been held before: compare from when
    # that is forgotten, or exactly where 0 is what it is held at.
    rows = [[Clamp(unit, at) for unit, at in held.items()]]
    [bits] = surprises(reading, rows)
    assert np.allclose(bits[60:], expected[59:], rtol=0, atol=1e-6)


def test_a_unit_without_readers_may_be_clamped_anywhere(reading):
    network = reading.network
    network.layers[1].W_aa[4] = 0
    network.W_ya[4] = 0
    again = Reading.of(network, reading.vocabulary, reading.ids)
    free, held = surprises(again, [[], [Clamp((1, 4), 0.9)]])
    assert np.array_equal(free[1:], held[1:])


def test_many_readings_are_independent(reading):
    rows = [[Clamp((n % 2, n % 5), n / 40)] for n in range(35)]
    together = surprises(reading, rows)
    for n in (0, 31, 32, 34):
        assert np.allclose(together[n, 1:], surprises(reading, [rows[n]])[0, 1:], atol=1e-12)


def test_a_held_cell_state_is_seen_through_the_output_gate(tiny_network, vocabulary, rng):
    network = tiny_network("lstm", hidden_size=3, dtype=np.float64)
    ids = rng.integers(7, size=20)
    [bits] = surprises(Reading.of(network, vocabulary, ids), [[Clamp((0, 1), 1.5, "c")]])
    (weights,) = network.layers
    a, c = np.zeros(3), np.zeros(3)
    for t, k in enumerate(ids[:-1]):
        z = (weights.W_ax[k] + weights.b_a + a @ weights.W_aa).reshape(4, 3)
        i, f, o = 1 / (1 + np.exp(-z[:3]))
        c = f * c + i * np.tanh(z[3])
        c[1] = 1.5
        a = o * np.tanh(c)
        y = a @ network.W_ya + network.b_y
        p = np.exp(y - y.max())
        p /= p.sum()
        assert np.isclose(bits[t + 1], -np.log2(p[ids[t + 1]]), rtol=0, atol=1e-10)


def test_a_trace_of_any_length_continues_with_its_clamped_units(reading):
    """Values over the text are taken character by character, and the last of them stays."""
    T, units = len(reading), ((0, 2), (1, 0))
    rng = np.random.default_rng(3)
    clamps = [Clamp(unit, rng.uniform(-1, 1, size=T - 40)) for unit in units]
    found = []
    for window in (1, 7, T):
        trace = Trace(reading.network, window, 2)
        trace.after_step = Clamping(reading.network, [clamps, []], window)
        copy_weights(reading.network, trace)
        states = []
        for start in range(0, T - T % window, window):
            forward(
                reading.network,
                np.repeat(reading.ids[start : start + window, None], 2, 1),
                trace,
                reload=False,
            )
            states.append(trace.states[:, 0, 1:].copy())  # (L, window, 2, H)
            trace.carry()
        found.append(np.concatenate(states, axis=1)[:, : T - T % 7])
    for (layer, j), clamp in zip(units, clamps, strict=True):
        expected = np.append(clamp.value, np.repeat(clamp.value[-1], 40))[: T - T % 7]
        assert np.array_equal(found[0][layer, :, 0, j], expected)
    for other in found[1:]:
        assert np.allclose(other, found[0], rtol=0, atol=1e-12)
    assert np.allclose(found[0][:, :, 1], reading.states["a"][: T - T % 7].swapaxes(0, 1))


def test_constants_and_series_and_both_kinds_are_held_together(tiny_network, vocabulary, rng):
    network = tiny_network("lstm", hidden_size=4, dtype=np.float64)
    reading = Reading.of(network, vocabulary, rng.integers(7, size=30))
    series = rng.uniform(-2, 2, size=30)
    trace = Trace(network, 30, 3)
    rows = [
        [Clamp((0, 0), 0.5), Clamp((0, 1), series), Clamp((0, 2), -1.5, "c")],
        [],
        [Clamp((0, 3), series, "c")],
    ]
    trace.after_step = Clamping(network, rows, 30)
    forward(network, np.repeat(reading.ids[:, None], 3, 1), trace)
    a, c = trace.states[0, :, 1:]
    o = trace.zx[0, :, 2]
    assert (a[:, 0, 0] == 0.5).all()
    assert np.array_equal(a[:, 0, 1], series)
    assert (c[:, 0, 2] == -1.5).all()
    assert np.allclose(a[:, 0, 2], o[:, 0, 2] * np.tanh(-1.5))
    assert np.array_equal(c[:, 2, 3], series)
    assert np.allclose(a[:, 2, 3], o[:, 2, 3] * np.tanh(series))
    assert np.allclose(a[:, 1], reading.states["a"][:, 0])


def test_what_is_held_twice_is_held_as_said_last(reading):
    trace = Trace(reading.network, 5, 1)
    clamps = [Clamp((0, 1), 0.1), Clamp((0, 1), 0.2), Clamp((1, 1), 0.3)]
    trace.after_step = Clamping(reading.network, [clamps], 5)
    forward(reading.network, reading.ids[:5, None], trace)
    assert (trace.a(0)[1:, 0, 1] == 0.2).all()
    assert (trace.a(1)[1:, 0, 1] == 0.3).all()


def test_only_states_can_be_clamped(tiny_network):
    assert [can_clamp(tiny_network("lstm"), kind) for kind in "acif"] == [True, True, False, False]
    assert [can_clamp(tiny_network("gru"), kind) for kind in "acun"] == [True, False, False, False]
