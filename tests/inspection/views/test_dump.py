"""The arrays of a reading: one made of the others, as the equations say."""

import io
import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner

import charrnn
from charrnn.cli import app
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.dump import result as dump
from charrnn.inspection.views.dump.draw import draw
from charrnn.inspection.views.dump.result import Dump
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

TEXT = "abc\nbad\ncaé\n" * 4


@pytest.fixture
def read(tiny_network, vocabulary):
    def make(cell="lstm", text=TEXT, **network):
        return Reading.of(tiny_network(cell, **network), vocabulary, vocabulary.encode(text))

    return make


def test_the_arrays_are_made_of_each_other(read, cell):
    reading = read(cell, num_layers=2)
    d = Dump.of(reading).arrays()
    T, L, H, V = len(TEXT), 2, 4, 7
    gates = {"rnn": "", "lstm": "cifog", "gru": "run"}[cell]
    for name in ("a", *gates):
        assert d[name].shape == (T, L, H)
        assert d[name].dtype == np.float32
    assert d["log_y_hat"].shape == (T, V)
    before = {name: np.vstack([np.zeros((1, L, H)), d[name][:-1]]) for name in "ac" if name in d}
    if cell == "lstm":
        assert np.allclose(d["c"], d["f"] * before["c"] + d["i"] * d["g"], atol=1e-6)
        assert np.allclose(d["a"], d["o"] * np.tanh(d["c"]), atol=1e-6)
    if cell == "gru":
        assert np.allclose(d["a"], (1 - d["u"]) * d["n"] + d["u"] * before["a"], atol=1e-6)
    scores = d["a"][:, 1] @ reading.network.W_ya + reading.network.b_y
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert np.allclose(np.exp(d["log_y_hat"]), shares, atol=1e-6)


def test_the_columns_by_hand(read):
    d = Dump.of(read()).arrays()
    assert "".join(map(chr, d["vocabulary"][d["ids"]])) == TEXT
    assert "".join(map(chr, d["codepoints"])) == TEXT
    for t in range(len(TEXT)):
        shares = [math.exp(one) for one in d["log_y_hat"][t].tolist()]
        given = -sum(p * math.log2(p) for p in shares)
        assert math.isclose(d["entropy"][t], given, abs_tol=1e-5)
        if t + 1 < len(TEXT):
            assert math.isclose(d["bits"][t], -math.log2(shares[d["ids"][t + 1]]), abs_tol=1e-5)
    assert math.isnan(d["bits"][-1])


def test_entropy_is_the_same_in_pieces(read, monkeypatch):
    reading = read()
    whole = Dump.of(reading).entropy
    monkeypatch.setattr(dump, "_PIECE", 20)
    assert np.array_equal(Dump.of(reading).entropy, whole)


def test_one_layer_is_written(read):
    reading = read(num_layers=3)
    found = Dump.of(reading, Options(layer=1))
    assert found.arrays()["c"].shape == (len(TEXT), 1, 4)
    assert np.array_equal(found.arrays()["f"][:, 0], reading.gates["f"][:, 1])
    with pytest.raises(ConfigError, match="layer: 3"):
        Dump.of(reading, Options(layer=3))


def test_every_array_is_named_with_its_meaning(read, cell):
    found = Dump.of(read(cell, num_layers=2))
    for width in (40, 60, 80, 200):
        lines = [line.plain for line in draw(found, Screen(width))]
        assert max(map(len, lines)) <= width
        for name, values in found.arrays().items():
            *rows, given = (line for line in lines if line.startswith(f"{name} "))
            row = " ".join(rows)  # two on a narrow screen
            assert {str(values.dtype), f"{values.nbytes:,}"} <= set(row.split())
            assert f" {' x '.join(map(str, values.shape))} " in f"{row} "
            meaning = next(each.meaning for each in found.described if each.name == name)
            assert meaning.startswith(given[len("codepoints") :].strip())
    assert found.size == sum(values.nbytes for values in found.arrays().values())


def test_the_forms_agree(read, cell):
    schema = json.loads(
        (Path(charrnn.__file__).parent / "inspection/views/dump/schema.json").read_bytes()
    )
    found = Dump.of(read(cell))
    data = found.data()
    jsonschema.Draft202012Validator(schema).validate(data)
    assert {given["name"]: tuple(given["shape"]) for given in data["arrays"]} == {
        name: values.shape for name, values in found.arrays().items()
    }
    heading, *rows = found.rows()
    assert [row[1] for row in rows] == list(TEXT) == data["characters"]["read"]
    assert [row[heading.index("bits")] for row in rows] == data["characters"]["bits"]
    assert data["characters"]["bits"][-1] is None
    assert rows[3][2] == ord("\n")


def test_one_character(read):
    found = Dump.of(read(text="a"))
    assert found.data()["characters"]["bits"] == [None]
    assert list(draw(found, Screen(80)))


def test_as_it_is_typed(make_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_checkpoint(Path("m.npz"), vocabulary=Vocabulary.of_bytes("a"), cell="gru")
    done = CliRunner().invoke(
        app, ["inspect", "m.npz", "aé", "--view", "dump", "--output", "trace.npz"]
    )
    assert done.exit_code == 0, done.output
    with np.load("trace.npz", allow_pickle=False) as trace:
        assert trace["codepoints"].tolist() == [*"aé".encode()]
        assert trace["a"].shape == (3, 1, 4)
        assert json.loads(trace["meta"].tobytes())["view"] == "dump"
    said = CliRunner().invoke(app, ["inspect", "m.npz", "aé" * 400, "--view", "dump"])
    assert said.exit_code == 0
    assert "shown:" not in said.stdout  # it draws no part of the text
    piped = CliRunner().invoke(app, ["inspect", "m.npz", "ab", "--view", "dump", "--format", "npz"])
    assert np.load(io.BytesIO(piped.stdout_bytes))["n"].shape == (2, 1, 4)


def test_the_explanation_fits():
    assert VIEWS["dump"].explain().endswith("\n")
    assert max(map(len, VIEWS["dump"].explain().splitlines())) <= 79
