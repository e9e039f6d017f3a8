"""Gates, counted one by one, and the memory that they imply."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from charrnn.inspection.reading import Reading
from charrnn.inspection.views.gates.result import BINS, STEPS, Gates
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def read(network, vocabulary, text=TEXT, **options):
    return Reading.of(network, vocabulary, vocabulary.encode(text), **options)


def test_gates_are_counted_one_by_one(tiny_network, vocabulary, cell):
    network = tiny_network(cell, num_layers=2)
    network.params.flat[:] *= 4
    reading = read(network, vocabulary, TEXT * 8)
    assert len(reading) > 2 * STEPS
    found = Gates.of(reading)
    names = [gate.name for gate in found.gates if gate.layer == 1]
    assert names == {"rnn": ["a"], "lstm": [*"ifoga"], "gru": [*"runa"]}[cell]
    for gate in found.gates:
        signed = gate.name in "nga"
        low, high = (-0.9, 0.9) if signed else (0.1, 0.9)
        values = reading.series(gate.name)[:, gate.layer].astype(float)
        for j in range(4):
            column = values[:, j].tolist()
            assert gate.low[j] == pytest.approx(sum(v < low for v in column) / len(column))
            assert gate.high[j] == pytest.approx(sum(v > high for v in column) / len(column))
            assert gate.mean[j] == pytest.approx(sum(column) / len(column))
            assert gate.sd[j] == pytest.approx(np.std(column), abs=1e-7)
        least, most = gate.span
        bins = Counter(
            min(int(BINS * (v - least) / (most - least)), BINS - 1) for v in values.ravel().tolist()
        )
        assert gate.histogram.tolist() == [bins[n] for n in range(BINS)]
        over = np.sqrt((values**2).mean(1)) if signed else values.mean(1)
        assert gate.over_text == pytest.approx(over, rel=1e-5)
        for k, mean in zip(found.characters, gate.by_character, strict=True):
            after = [v for v, read in zip(over, reading.ids, strict=True) if read == k]
            assert mean == pytest.approx(sum(after) / len(after))
        for j in range(4):
            column = values[:, j].tolist()
            slopes = [1 - v * v if signed else v * (1 - v) for v in column]
            made_of_gates = gate.name == "a" and cell != "rnn"
            expected = math.nan if made_of_gates else sum(slopes) / len(slopes)
            assert gate.slope[j] == pytest.approx(expected, rel=1e-5, nan_ok=True)
        assert gate.open == sum(share > 0.9 for share in gate.high.tolist())
        assert gate.shut == sum(share > 0.9 for share in gate.low.tolist())
        means = {k: over[found.ids == k].mean() for k in range(7)}
        assert gate.high_on == tuple(sorted(means, key=means.get, reverse=True)[:3])
        assert gate.low_on == tuple(sorted(means, key=means.get)[:3])
    assert [memory.gate for memory in found.memories] == {
        "rnn": [], "lstm": ["f", "f"], "gru": ["u", "u"]
    }[cell]  # fmt: skip
    for memory in found.memories:
        values = reading.gates[memory.gate][:, memory.layer].astype(float)
        kept = np.prod(values ** (1 / len(values)), axis=0)  # the geometric mean
        assert memory.tau == pytest.approx(-1 / np.log(kept), rel=1e-4)


def with_gate(reading, name, values):
    """Return a reading whose gate has these values, (T, H), in its only layer."""
    gates = {**reading.gates, name: values.astype(np.float32)[:, None]}
    return replace(reading, gates=gates)


def test_stuck_units_integrators_and_endless_memory(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary)
    f = np.full((len(TEXT), 4), 0.5)
    f[:, 0], f[:, 1], f[:, 2] = 1, 0, 0.95
    f[:4, 2] = 0.5  # 71 of 75: an integrator, but not stuck
    found = Gates.of(with_gate(reading, "f", f))
    [gate] = [gate for gate in found.gates if gate.name == "f"]
    [memory] = found.memories
    assert gate.stuck.tolist() == [True, True, False, False]
    assert (gate.open, gate.shut) == (2, 1)
    assert memory.integrators.tolist() == [True, False, True, False]
    assert memory.forgetful.tolist() == [False, True, False, False]
    assert memory.tau[0] == np.inf
    assert 0 < memory.tau[1] < 0.02
    assert memory.tau[3] == pytest.approx(1 / math.log(2), rel=1e-6)
    table = list(found.rows())
    assert [row[-1] for row in table if row[2] == "f"] == [
        "stuck integrator", "stuck forgetful", "integrator", ""
    ]  # fmt: skip
    assert memory.hold.tolist() == [np.inf, 1, 20, 2]
    assert memory.reset.tolist() == [0, 1, 0, 0]
    tau = table[0].index("tau")
    assert next(row[tau] for row in table if row[2] == "f") is None


def test_units_that_never_move(vocabulary):
    found = Gates.of(read(Network(NetworkConfig(7, "gru", 3)), vocabulary))
    assert found.still(0) == [0, 1, 2]
    assert [row[-1] for row in found.rows() if row[2] == "a"] == ["still"] * 3


def test_rare_characters_are_not_said_to_move_a_gate(tiny_network, vocabulary):
    found = Gates.of(read(tiny_network("gru"), vocabulary, "abcdeé"))
    assert {gate.high_on for gate in found.gates} == {()}
    assert found.counts.tolist() == [1] * 6
    assert found.gates[0].by_character == pytest.approx(found.gates[0].over_text)
