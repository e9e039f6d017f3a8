"""Survival, holds and resets, against products written out, and against built memories."""

import math

import numpy as np
import pytest

from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.methods.effects import segments_of
from charrnn.inspection.methods.survival import LAGS, clamped_correlation, hold_of, survival
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.memory.result import Memories, _places
from charrnn.network.stepper import Stepper


def test_survival_is_the_product_of_the_gate(rng):
    keep = rng.uniform(0, 1, (150, 3)) ** 0.05
    curves, holds = survival(keep)
    for j in range(3):
        for n, k in enumerate(LAGS):
            left = [np.prod(keep[t + 1 : t + 1 + k, j]) for t in range(150 - k)]
            assert curves[n, j] == pytest.approx(np.mean(left))
        each = []
        for t in range(150):
            left = 1.0
            for k in range(1, 150 - t):
                left *= keep[t + k, j]
                if left < 1 / math.e:
                    each.append((t, k))
                    break
        middle = sorted(k for _, k in each)[len(each) // 2]
        assert abs(holds[j] - middle) <= 1


def test_a_unit_that_holds_and_is_then_reset_holds_long():
    """Its geometric mean is short: of 20 steps at 1 and one at 1e-6 it is 1.5 characters."""
    keep = np.ones((2100, 2))
    keep[20::21, 0] = 1e-6
    _, holds = survival(keep)
    tau = -2100 / np.log(keep[:, 0]).sum()
    assert tau < 1.6
    assert 9 <= holds[0] <= 12  # from a place between two resets, 1 to 20 characters
    assert holds[1] == np.inf


def test_what_resets_a_unit_is_the_character_at_which_its_gate_shuts(make_checkpoint, vocabulary):
    network = make_checkpoint(hidden_size=6).network
    ids = vocabulary.encode("abcde\nabé" * 60)
    reading = Reading.of(network, vocabulary, ids)
    gate = reading.gates["f"][:, 0]
    gate[:] = 0.999
    gate[ids == vocabulary.encode("\n")[0], 2] = 0.01
    gate[::9, 3] = 0.05  # at an a, and at every one of them but those after a line end
    found = Memories.of(reading, Options(units=((0, 2), (0, 3))))
    [(c, share, times)] = found.resetting((0, 2))
    assert vocabulary[int(found.characters[c])] == "\n"
    assert (share, times) == (1.0, 60)
    [(c, share, times)] = found.resetting((0, 3))
    assert vocabulary[int(found.characters[c])] == "a"
    assert (share, times) == (0.5, 60)
    assert found.layers[0].reset[[2, 3, 4]] == pytest.approx([60 / 540, 60 / 540, 0])


def test_the_places_of_resets_end_the_longest_times():
    dropped = np.zeros((100, 2), bool)
    dropped[[5, 6, 50, 60], 0] = True
    assert _places(dropped).tolist() == [[50, 60, 5], [-1, -1, -1]]


def test_saturated_units_come_last(make_checkpoint, vocabulary):
    network = make_checkpoint(hidden_size=6).network
    reading = Reading.of(network, vocabulary, vocabulary.encode("abcde" * 80))
    reading.gates["f"][:] = 0.5
    reading.gates["f"][:, 0, [1, 4]] = 0.97
    reading.states["c"][:, 0, 1] = 5.0
    found = Memories.of(reading, Options(rows=6))
    assert found.shown[0] == (0, 4)
    assert found.shown[-1] == (0, 1)
    assert found.is_stuck((0, 1))


def test_worth_is_what_clamping_costs(make_checkpoint, vocabulary, rng):
    network = make_checkpoint(hidden_size=6, dtype=np.float64).network
    ids = rng.integers(7, size=900)
    reading = Reading.of(network, vocabulary, ids)
    found = Memories.of(reading, Options(units=((0, 3),)))
    mean = float(reading.states["c"][:, 0, 3].mean())
    bits = surprises(reading, [[], [Clamp((0, 3), mean, "c")]])
    whole = bits[1] - bits[0]
    each = [whole[places.start + 1 : places.stop + 1].mean() for places in segments_of(900)]
    assert found.segments == len(each) == 16
    assert found.worth[0, 3].mean == pytest.approx(np.mean(each), abs=2e-3)
    assert found.worth[0, 3].error == pytest.approx(np.std(each, ddof=1) / 4, abs=1e-3)


def test_a_simple_network_is_read_on_with_one_character(tiny_network, vocabulary, rng):
    network = tiny_network("rnn", num_layers=2, hidden_size=5, dtype=np.float64)
    ids = np.array([1] * 50 + [2] * 40 + [3] * 30 + [4] * 20 + [5] * 5)
    rng.shuffle(ids)
    reading = Reading.of(network, vocabulary, ids)
    found = clamped_correlation(reading, [0, 1])
    expected = np.zeros((2, len(LAGS), 5))
    for k in (1, 2, 3, 4):
        after = []
        for t in range(len(ids)):
            stepper, later = Stepper(network), []
            stepper.move(reading.states["a"][t][:, None, None])  # (L, S, B, H)
            for _ in range(LAGS[-1]):
                stepper.read(np.array([k]))
                later.append(stepper.state[:, 0, 0].copy())
            after.append([later[lag - 1] for lag in LAGS])
        after = np.array(after)  # (T, K, L, H)
        for layer in range(2):
            for n in range(len(LAGS)):
                for j in range(5):
                    x, y = reading.states["a"][:, layer, j], after[:, n, layer, j]
                    if x.std() > 1e-9 and y.std() > 1e-9:
                        expected[layer, n, j] += np.corrcoef(x, y)[0, 1] / 4
    for layer in range(2):
        near = expected[layer][:3]  # later the states are all but the same
        np.testing.assert_allclose(found[layer][:3], near, atol=1e-6)


def test_a_network_that_forgets_its_past_holds_nothing(tiny_network, vocabulary, rng):
    network = tiny_network("rnn", hidden_size=5)
    network.params["W_aa_0"][:] = 0
    reading = Reading.of(network, vocabulary, rng.integers(7, size=200))
    curves = clamped_correlation(reading, [0])[0]
    assert np.abs(curves).max() < 1e-6
    assert hold_of(curves).tolist() == [1.0] * 5
    network.params["W_aa_0"][:] = np.eye(5) * 1.02
    network.params["W_ax_0"][:] *= 0.01
    reading = Reading.of(network, vocabulary, rng.integers(7, size=200))
    assert hold_of(clamped_correlation(reading, [0])[0]).min() > 8
