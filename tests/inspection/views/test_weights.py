"""The weights: norms and radii by other means, a fresh network by what its drawing promises."""

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import charrnn
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.weights import embedding_similarity as kinship
from charrnn.inspection.views.weights import result as weights
from charrnn.inspection.views.weights.draw import draw
from charrnn.inspection.views.weights.embedding_similarity import Kinship, cosines
from charrnn.inspection.views.weights.gate_blocks import blocks
from charrnn.inspection.views.weights.result import Weights
from charrnn.network.network import INPUT_SCALE, Network
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

GATES = {"rnn": 1, "lstm": 4, "gru": 3}


@pytest.fixture
def measured(make_checkpoint):
    def make(options=Options(), **network):
        checkpoint = make_checkpoint(**network)
        return checkpoint, Weights.of(checkpoint, options)

    return make


def said(found, width=80, **screen):
    return "\n".join(line.plain for line in draw(found, Screen(width, **screen)))


@pytest.mark.parametrize("embedding_size", [0, 5])
def test_the_blocks_are_all_the_parameters_once(tiny_network, cell, embedding_size):
    network = tiny_network(cell, num_layers=2, embedding_size=embedding_size)
    taken = 0
    for name, values in network.params.items():
        parts = [block for block in blocks(network) if block.name == name]
        together = np.concatenate([block.values for block in parts], axis=-1)
        assert np.array_equal(together, values)
        assert len({block.gate for block in parts}) == len(parts)
        assert {block.layer for block in parts} == {int(name[-1]) if name[-1].isdigit() else None}
        taken += together.size
    assert taken == network.params.flat.size


def test_sizes_by_other_means(measured, cell):
    _, found = measured(cell=cell, num_layers=2, hidden_size=6)
    for matrix in found.matrices:
        W = matrix.block.values.astype(np.float64)
        assert math.isclose(matrix.size.norm, math.sqrt(sum(w * w for w in W.flat)), rel_tol=1e-9)
        v = np.ones(W.shape[1])
        for _ in range(2000):  # the power method
            v = W.T @ (W @ v)
            v /= np.linalg.norm(v)
        assert math.isclose(matrix.size.spectral, np.linalg.norm(W @ v), rel_tol=1e-6)
        rank = matrix.size.norm**2 / matrix.size.spectral**2
        assert math.isclose(matrix.size.rank, rank, rel_tol=1e-9)
        assert 1 - 1e-9 <= matrix.size.rank <= min(W.shape) + 1e-9
        assert matrix.size.near_zero == sum(abs(w) < 1e-3 for w in W.flat) / W.size
        wanted = matrix.block.name[:4] == "W_aa" and matrix.block.gate in {"", "g", "n"}
        assert math.isfinite(matrix.radius) == wanted
        if wanted:
            power, logarithm = W.copy(), 0.0
            for _ in range(14):  # |W^(2^14)|^(1/2^14)
                power = power @ power
                size = np.linalg.norm(power)
                power, logarithm = power / size, 2 * logarithm + math.log(size)
            assert math.isclose(matrix.radius, math.exp(logarithm / 2**14), rel_tol=1e-3)


def test_a_fresh_network_is_what_its_drawing_promises(make_checkpoint, cell):
    checkpoint = make_checkpoint(cell=cell, num_layers=2, hidden_size=48)
    found = Weights.of(checkpoint)
    H, G, V = 48, GATES[cell], 7

    def norm(name):
        return math.hypot(*(m.fresh.norm for m in found.matrices if m.block.name == name))

    assert math.isclose(norm("W_aa_0"), math.sqrt(H), rel_tol=1e-5)  # orthonormal rows
    s = INPUT_SCALE
    assert math.isclose(norm("W_ax_0"), s * math.sqrt(V * G * H / 3), rel_tol=0.1)
    assert math.isclose(norm("W_ax_1"), math.sqrt(G * H / 3), rel_tol=0.1)
    assert math.isclose(norm("W_ya"), math.sqrt(V / 3), rel_tol=0.1)
    assert {bias.fresh for bias in found.biases} == ({0.0, 1.0} if cell == "lstm" else {0.0})
    for matrix in found.matrices:
        assert math.isclose(matrix.growth, matrix.size.norm / matrix.fresh.norm)


def test_a_network_that_has_not_learnt_is_like_a_fresh_one(make_checkpoint, cell):
    checkpoint = make_checkpoint(cell=cell, hidden_size=32)
    drawn = Network(checkpoint.network.config, np.random.default_rng(5))
    checkpoint.network.params.flat[:] = drawn.params.flat
    found = Weights.of(checkpoint)
    for matrix in found.matrices:
        assert 0.8 < matrix.growth < 1.25
        assert 0.7 < matrix.size.rank / matrix.fresh.rank < 1.4
    for scale in found.timescales:
        assert np.allclose(scale.tau, scale.fresh)


def test_timescales_are_those_of_the_gate(measured):
    for cell, kept in (("lstm", "f"), ("gru", "u")):
        checkpoint, found = measured(cell=cell, num_layers=2, hidden_size=5)
        assert [(scale.layer, scale.gate) for scale in found.timescales] == [(0, kept), (1, kept)]
        for scale in found.timescales:
            first = {"f": 5, "u": 5}[kept]
            b = checkpoint.network.params[f"b_a_{scale.layer}"][first : first + 5].tolist()
            for tau, one in zip(scale.tau, b, strict=True):
                m = 1 / (1 + math.exp(-one))
                assert math.isclose(m**tau, math.exp(-1), rel_tol=1e-9)  # 1/e is left after tau
        assert math.isclose(
            found.timescales[0].fresh, 3.19 if cell == "lstm" else 1.44, abs_tol=0.01
        )
    assert not measured(cell="rnn")[1].timescales


def test_a_gate_that_never_shuts_remembers_for_ever(measured):
    checkpoint, _ = measured(cell="lstm")
    checkpoint.network.params["b_a_0"][4:8] = [800, 0, -800, 3]
    found = Weights.of(checkpoint)
    [scale] = found.data()["timescales"]
    assert scale["tau"][0] is None
    assert scale["tau"][2] < 0.01
    assert "inf" in said(found)


def test_cosines_by_loops(rng):
    vectors = rng.normal(size=(5, 3))
    found = cosines(vectors)
    mean = [sum(vectors[:, n]) / 5 for n in range(3)]
    for m in range(5):
        for n in range(5):
            one, other = ([v - c for v, c in zip(vectors[k], mean, strict=True)] for k in (m, n))
            given = sum(a * b for a, b in zip(one, other, strict=True))
            given /= math.hypot(*one) * math.hypot(*other)
            assert math.isnan(found[m, n]) if m == n else math.isclose(found[m, n], given)


def test_planted_twins_are_found_and_chance_is_not(rng):
    V, n = 40, 200
    vectors, fresh = rng.normal(size=(V, n)), rng.normal(size=(V, n))
    vectors[7] = vectors[31] + 0.3 * rng.normal(size=n)
    counts = np.arange(V)
    found = Kinship.of("W", vectors, fresh, counts)
    assert found.ids.tolist() == list(range(V))[::-1]
    near = dict(zip(found.ids.tolist(), found.above(3), strict=True))
    assert [k for k, _ in near[7]] == [31]
    assert [k for k, _ in near[31]] == [7]
    assert near[7][0][1] > 0.9
    others = [pair for k, pairs in near.items() if k not in (7, 31) for pair in pairs]
    assert len(others) <= 4  # by chance, of 780 pairs
    places = found.nearest(3)
    assert places.shape == (V, 3)
    assert found.ids[places[V - 1 - 7, 0]] == 31


def test_what_all_characters_share_makes_none_alike(rng):
    vectors = rng.normal(size=(30, 100))
    shifted = Kinship.of("W", vectors + 50, vectors, np.zeros(30, np.int64))
    assert np.allclose(shifted.cosine, cosines(vectors), equal_nan=True)
    assert shifted.ids.tolist() == list(range(30))


def test_of_many_characters_the_most_frequent_are_compared(rng, monkeypatch):
    monkeypatch.setattr(kinship, "MOST", 4)
    counts = np.array([1, 9, 3, 9, 7, 0])
    found = Kinship.of("W", rng.normal(size=(6, 8)), rng.normal(size=(6, 8)), counts)
    assert found.ids.tolist() == [1, 3, 4, 2]
    assert found.cosine.shape == (4, 4)


def test_one_layer_is_requested(measured):
    _, found = measured(Options(layer=1), num_layers=2)
    assert {m.block.name for m in found.matrices} == {"W_ax_1", "W_aa_1", "W_ya"}
    assert [scale.layer for scale in found.timescales] == [1]
    with pytest.raises(ConfigError, match="layer: 2"):
        measured(Options(layer=2), num_layers=2)


@pytest.mark.parametrize("text", ["a", "ab", "abc"])
def test_few_characters(make_checkpoint, cell, text):
    checkpoint = make_checkpoint(cell=cell, vocabulary=Vocabulary.of(text), hidden_size=1)
    found = Weights.of(checkpoint)
    assert bool(found.kinships) == (len(text) == 3)
    assert ("alike" in said(found)) == (len(text) == 3)
    json.dumps(found.data(), allow_nan=False)


def test_weights_of_nothing_are_reported_of(make_checkpoint, cell):
    checkpoint = make_checkpoint(cell=cell)
    checkpoint.network.params.flat[:] = 0
    found = Weights.of(checkpoint)
    assert all(matrix.size.near_zero == 1 for matrix in found.matrices)
    assert "Many weights near 0: W_ax_0" in said(found)
    json.dumps(found.data(), allow_nan=False)
    checkpoint.network.params.flat[:] = 3e38
    assert "e+" in said(Weights.of(checkpoint))


def test_radii_of_large_layers_are_left_out_and_it_is_said(make_checkpoint, monkeypatch):
    monkeypatch.setattr(weights, "LARGEST", 3)
    found = Weights.of(make_checkpoint())
    assert all(math.isnan(matrix.radius) for matrix in found.matrices)


def test_findings_name_the_right_blocks(make_checkpoint):
    checkpoint = make_checkpoint(hidden_size=32, num_layers=2)
    drawn = Network(checkpoint.network.config, np.random.default_rng(5))
    params = checkpoint.network.params
    params.flat[:] = drawn.params.flat
    params["W_aa_1"][:, 64:96] *= 7
    params["W_ax_0"][:, 32:64] *= 0.1
    params["W_ax_1"][:] = np.outer(np.ones(32), params["W_ax_1"][0])
    params["W_ya"][::4] *= 1e-9
    shown = said(Weights.of(checkpoint), 200)
    assert "Grown most: W_aa_1 o, to 7" in shown
    assert "least: W_ax_0 f, 0.1" in shown
    assert "Narrowest: W_ax_1" in shown
    assert "along about 1 of its directions" in shown
    assert "Many weights near 0: W_ya (25%)." in shown
    assert "Radius of W_aa_0 g: 0." in shown
    assert "state would fade." in shown
    params["W_aa_0"][:, 96:] *= 9
    assert "would grow until tanh bounds it; the gates hold it back" in said(
        Weights.of(checkpoint), 200
    )


def test_the_forms_agree(measured, cell):
    schema = json.loads(
        (Path(charrnn.__file__).parent / "inspection/views/weights/schema.json").read_bytes()
    )
    for others in ({}, {"num_layers": 2, "embedding_size": 3}):
        _, found = measured(cell=cell, **others)
        data = found.data()
        jsonschema.Draft202012Validator(schema).validate(data)
        heading, *rows = found.rows()
        assert len(rows) == len(found.matrices) + len(found.biases)
        for row, matrix in zip(rows, data["matrices"], strict=False):
            cells = dict(zip(heading, row, strict=True))
            assert cells["norm"] == matrix["trained"]["norm"]
            assert cells["fresh_radius"] == matrix["fresh"]["radius"]
        arrays = found.arrays()
        for matrix in found.matrices:
            assert matrix.singular.max() in arrays[f"{matrix.block.name}.singular_values"]
        read = "W_ex" if others else "W_ax_0"
        assert arrays[f"{read}.cosine"].shape == (7, 7)
        assert len(data["alike"][0]["characters"][0]["nearest"]) == 5


def test_the_explanation_fits():
    assert VIEWS["weights"].explain().endswith("\n")
    assert max(map(len, VIEWS["weights"].explain().splitlines())) <= 79
