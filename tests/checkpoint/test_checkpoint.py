"""Model files: written and read again, and anything else refused in one line."""

import json
import re
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.checkpoint import checkpoint as module
from charrnn.checkpoint.checkpoint import (
    load,
    load_state,
    save,
    save_state,
    this_program,
)
from charrnn.checkpoint.paths import model_path, resume_path
from charrnn.errors import CheckpointError
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.trace import Trace
from charrnn.option_fields import described
from charrnn.text.vocabulary import Vocabulary

LARGEST = {name: said.range.most for name, said in described(NetworkConfig).items() if said.range}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def contents(path):
    """The arrays of a file, and its description, by NumPy and json alone."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    return arrays, json.loads(arrays.pop("meta").tobytes())


def rewrite(path, arrays, meta):
    text = meta if isinstance(meta, bytes) else json.dumps(meta).encode()
    np.savez(path, meta=np.frombuffer(text, np.uint8), **arrays)


def refusal(path, read=load):
    with pytest.raises(CheckpointError) as refused:
        read(path)
    message = str(refused.value)
    assert message.startswith(f"{path.name}: ")
    assert "\n" not in message
    assert not message.endswith(".")
    return message


def assert_same(found, made):
    assert found.network.config == made.network.config
    assert found.network.params.flat.tobytes() == made.network.params.flat.tobytes()
    assert list(found.network.params) == list(made.network.params)
    assert found.vocabulary == made.vocabulary
    np.testing.assert_array_equal(found.vocabulary.counts, made.vocabulary.counts)
    assert found.training == made.training
    np.testing.assert_array_equal(found.history, made.history)
    assert found.versions == made.versions


@pytest.mark.parametrize("stack", [{}, {"num_layers": 3}, {"num_layers": 2, "embedding_size": 5}])
def test_a_saved_checkpoint_is_read_back(make_checkpoint, path, cell, stack):
    made = make_checkpoint(path, cell=cell, **stack)
    found = load(path)
    assert_same(found, made)
    x = np.random.default_rng(0).integers(7, size=(5, 2))
    predictions = []
    for network in (made.network, found.network):
        trace = Trace(network, 5, 2)
        forward(network, x, trace)
        predictions.append(trace.log_y_hat.tobytes())
    assert predictions[0] == predictions[1]


@pytest.mark.parametrize(
    "vocabulary",
    [
        Vocabulary.of("\0\n\U0010ffff"),
        Vocabulary.of("a"),
        Vocabulary.of("\0"),
        Vocabulary.of_bytes("a text \xff of bytes"),
        Vocabulary.of("".join(map(chr, range(0x4E00, 0x4E00 + 3000)))),
    ],
    ids=["extremes", "one", "nul", "bytes", "large"],
)
def test_any_vocabulary(make_checkpoint, path, vocabulary):
    made = make_checkpoint(path, vocabulary)
    assert_same(load(path), made)


def test_values_of_a_record(make_checkpoint, path):
    made = make_checkpoint()
    record = replace(
        made.training,
        sources=("-", "ä\n\udc80.txt", 'a "quoted" \\ name'),
        val_loss=None,
        baselines={},
        config={"a": None, "b": 1, "c": 1.5, "d": "x", "e": True},
        seconds=0,
        best_step=0,
    )
    made = replace(made, training=record, history=np.zeros((0, 3)))
    save(path, made)
    assert_same(load(path), made)


def test_a_corpus_of_many_files(make_checkpoint, path):
    made = make_checkpoint()
    names = tuple(f"letters/{k:05}-from-one-to-another.txt" for k in range(40_000))
    made = replace(made, training=replace(made.training, sources=names))
    save(path, made)
    assert load(path).training.sources == names


def test_a_description_that_could_not_be_read_is_not_written(make_checkpoint, path, monkeypatch):
    made = make_checkpoint(path)
    before = path.read_bytes()
    monkeypatch.setattr(module, "LARGEST_META", 100)
    with pytest.raises(CheckpointError, match="not saved"):
        save(path, made)
    assert path.read_bytes() == before


def test_the_deepest_network_can_be_saved(make_checkpoint, path, cell):
    made = make_checkpoint(path, cell=cell, hidden_size=1, num_layers=LARGEST["num_layers"])
    assert_same(load(path), made)


def test_a_loaded_network_is_its_own(make_checkpoint, path):
    make_checkpoint(path)
    found = load(path)
    path.write_bytes(b"")
    found.network.params.flat[:] = 1
    found.vocabulary.decode([0, 1])
    assert found.history.tolist()


def test_numpy_reads_it_without_pickle(make_checkpoint, path, cell):
    made = make_checkpoint(path, cell=cell)
    arrays, meta = contents(path)
    assert sorted(arrays) == sorted(["vocabulary", "counts", "history", *made.network.params])
    for name, array in made.network.params.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == np.float32
    assert arrays["vocabulary"].dtype == np.uint32
    assert "".join(map(chr, arrays["vocabulary"])) == "\nabcdeé"
    assert meta["format"] == "charrnn"
    assert meta["version"] == 1
    assert meta["kind"] == "model"
    assert meta["network"]["cell"] == cell
    assert meta["versions"]["charrnn"] == version("charrnn")


def test_the_same_checkpoint_is_the_same_bytes(make_checkpoint, tmp_path, cell):
    paths = [tmp_path / "a.npz", tmp_path / "b.npz", tmp_path / "c.npz"]
    make_checkpoint(paths[0], cell=cell)
    make_checkpoint(paths[1], cell=cell)
    save(paths[2], load(paths[0]))
    assert paths[0].read_bytes() == paths[1].read_bytes() == paths[2].read_bytes()


def test_no_path_of_a_machine_is_inside(make_checkpoint, path, monkeypatch):
    monkeypatch.chdir(path.parent)
    make_checkpoint(path)
    data = path.read_bytes()
    for part in (str(path.parent), f"{Path.home()}/"):
        assert part.encode() not in data
    assert not re.search(rb'"/[a-zA-Z]', data)


def test_a_network_that_is_not_finite_is_not_saved(make_checkpoint, path):
    made = make_checkpoint(path)
    before = path.read_bytes()
    for bad in (np.nan, np.inf, -np.inf):
        made.network.params["W_ya"][1, 2] = bad
        with pytest.raises(CheckpointError, match="not finite") as refused:
            save(path, made)
        assert "\n" not in str(refused.value)
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["model.npz"]


@pytest.mark.parametrize("cell_of", ["rnn", "lstm", "gru"])
def test_every_array_must_be_there_in_its_shape_and_type(make_checkpoint, path, cell_of):
    make_checkpoint(path, cell=cell_of, num_layers=2, embedding_size=3)
    arrays, meta = contents(path)
    for name in arrays:
        rewrite(path, {other: arrays[other] for other in arrays if other != name}, meta)
        assert name in refusal(path)
        for wrong in (
            np.concatenate([arrays[name], arrays[name][:1]]),
            arrays[name][:-1],
            arrays[name][None],
            arrays[name][:, None],
            np.float32(1),
        ):
            if name != "history" or wrong.ndim != 2:  # which may have any number of rows
                rewrite(path, arrays | {name: wrong}, meta)
                refusal(path)
        for kind in ("f4", "f8", "i4", "u1", "?"):
            wrong = np.zeros(arrays[name].shape, kind)
            if kind != arrays[name].dtype and name not in ("vocabulary", "counts"):
                rewrite(path, arrays | {name: wrong}, meta)
                assert name in refusal(path)
        if arrays[name].dtype.kind == "f":
            for bad in (np.nan, np.inf, -np.inf):
                wrong = arrays[name].copy()
                wrong.reshape(-1)[-1] = bad
                rewrite(path, arrays | {name: wrong}, meta)
                assert name in refusal(path)
    for extra in ("W_ax_2", "b_n_7", "x"):
        rewrite(path, arrays | {extra: np.zeros(3, np.float32)}, meta)
        assert extra in refusal(path)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("vocabulary", np.array([10, 97, 98, 99, 100, 233, 101], np.uint32)),
        ("vocabulary", np.array([10, 97, 97, 99, 100, 101, 233], np.uint32)),
        ("vocabulary", np.array([10, 97, 98, 99, 100, 101, 0xD800], np.uint32)),
        ("vocabulary", np.array([10, 97, 98, 99, 100, 101, 0x110000], np.uint32)),
        ("vocabulary", np.array([10, 97, 98, 99, 100, 101, 233], np.float64)),
        ("vocabulary", np.array([-1, 97, 98, 99, 100, 101, 233], np.int64)),
        ("counts", np.array([1, 1, 1, 1, 1, 1, -1], np.int64)),
        ("counts", np.ones(7, np.float64)),
        ("counts", np.ones(7, bool)),
    ],
)
def test_an_invalid_vocabulary(make_checkpoint, path, name, wrong):
    make_checkpoint(path)
    arrays, meta = contents(path)
    rewrite(path, arrays | {name: wrong}, meta)
    assert name in refusal(path)


def test_arrays_of_another_cell(make_checkpoint, path):
    make_checkpoint(path, cell="lstm")
    arrays, meta = contents(path)
    for cell in ("rnn", "gru"):
        rewrite(path, arrays, meta | {"network": meta["network"] | {"cell": cell}})
        refusal(path)


DROPPED = object()
MUTATIONS = [
    ("format", DROPPED),
    ("format", "charRNN"),
    ("format", None),
    ("version", 2),
    ("version", 0),
    ("version", "1"),
    ("version", DROPPED),
    ("version", "x" * 10_000),
    ("kind", "resume"),
    ("kind", DROPPED),
    ("kind", []),
    ("network", DROPPED),
    ("network", []),
    ("network.cell", "transformer"),
    ("network.cell", ["lstm"]),
    ("network.cell", DROPPED),  # it has a default, but the file does not say it
    ("network.hidden_size", 0),
    ("network.hidden_size", 4.0),
    ("network.hidden_size", 65_536),
    ("network.hidden_size", 10**400),
    ("network.hidden_size", {"a": "b" * 10_000}),
    ("network.num_layers", 32),
    ("network.num_layers", True),
    ("network.vocabulary_size", 8),
    ("network.vocabulary_size", DROPPED),
    ("network.embedding_size", 3),
    ("network.dropout", 0.5),
    ("network.", 1),
    ("vocabulary", DROPPED),
    ("vocabulary", "words"),
    ("vocabulary", "bytes"),
    ("vocabulary", ["characters"]),
    ("vocabulary", None),
    ("versions", DROPPED),
    ("versions", {"numpy": 2}),
    ("versions", "1.0"),
    ("training", DROPPED),
    ("training", []),
    ("training", {}),
    ("training.steps", -1),
    ("training.steps", 1.5),
    ("training.steps", True),
    ("training.steps", 10**400),
    ("training.sources", "text.txt"),
    ("training.sources", [1]),
    ("training.sha256", 5),
    ("training.encoding", None),
    ("training.val_loss", "1.25"),
    ("training.val_loss", 10**400),
    ("training.seconds", None),
    ("training.seconds", 10**400),
    ("training.baselines", []),
    ("training.baselines.uniform", "1.9"),
    ("training.baselines.uniform", 10**400),
    ("training.baselines.uniform", True),
    ("training.config", None),
    ("training.config.batch_size", [4]),
    ("training.config.batch_size", 10**400),
    ("training.ended", DROPPED),
    ("training.more", 1),
]


@pytest.mark.parametrize(
    ("field", "value"), MUTATIONS, ids=lambda part: "gone" if part is DROPPED else f"{part!r:.20}"
)
def test_a_description_that_is_wrong_anywhere(make_checkpoint, path, field, value):
    make_checkpoint(path)
    arrays, meta = contents(path)
    *parents, name = field.split(".")
    inner = meta
    for parent in parents:
        inner = inner[parent]
    if value is DROPPED:
        del inner[name]
    else:
        inner[name] = value
    rewrite(path, arrays, meta)
    assert len(refusal(path)) < 1000


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
@pytest.mark.parametrize("field", [b'"val_loss": 1.25', b'"uniform": 1.9', b'"seconds": 1.5'])
def test_numbers_that_json_does_not_know(make_checkpoint, path, field, number):
    make_checkpoint(path)
    arrays, meta = contents(path)
    text = json.dumps(meta).encode()
    assert text.count(field) == 1
    rewrite(path, arrays, text.replace(field, field.split(b":")[0] + b": " + number))
    refusal(path)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"null", b"5", b'"charrnn"', b"\xff\xfe", b"[" * 100_000, b"not json",
        b'{"format": "charrnn"}', b'{"format": "charrnn", "version": 1}', b"9" * 5000,
    ],
)  # fmt: skip
def test_a_description_that_is_none(make_checkpoint, path, text):
    make_checkpoint(path)
    arrays, _ = contents(path)
    rewrite(path, arrays, text)
    refusal(path)


@pytest.mark.parametrize(
    "meta",
    [
        np.array("{}"),
        np.frombuffer(b"{}", np.uint8)[None],
        np.frombuffer(b"{}", np.int8),
        np.zeros(2, np.float64),
        np.zeros(2**24 + 1, np.uint8),
    ],
    ids=["text", "table", "signed", "floats", "huge"],
)
def test_a_description_of_another_type(make_checkpoint, path, meta):
    make_checkpoint(path)
    arrays, _ = contents(path)
    np.savez(path, meta=meta, **arrays)
    refusal(path)


def test_other_files(tmp_path, path):
    np.savez(path, weights=np.zeros(3))
    assert "charrnn" in refusal(path)
    path.write_bytes(b"")
    refusal(path)
    path.write_text("a text")
    refusal(path)
    assert "charrnn train" in refusal(tmp_path / "none.npz")
    (tmp_path / "folder.npz").mkdir()
    refusal(tmp_path / "folder.npz")


def test_a_newer_file_says_how_to_read_it(make_checkpoint, path):
    make_checkpoint(path)
    arrays, meta = contents(path)
    rewrite(path, arrays, meta | {"version": 2})
    assert "upgrade" in refusal(path)


def test_a_name_over_two_lines_makes_no_message_over_two_lines(make_checkpoint, tmp_path):
    path = tmp_path / "a\nb.npz"
    make_checkpoint(path)
    arrays, meta = contents(path)
    for change in ({"version": 2}, {"kind": "resume"}, {"format": ""}, {"network": 1}):
        rewrite(path, arrays, meta | change)
        for read in (load, load_state):
            with pytest.raises(CheckpointError) as refused:
                read(path)
            assert "\n" not in str(refused.value)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.mark.slow
@given(data=st.data(), value=anything)
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_value_anywhere_is_read_or_refused(make_checkpoint, tmp_path, data, value):
    path = tmp_path / "any.npz"
    if not path.exists():
        make_checkpoint(path)
        path.rename(tmp_path / "good.npz")
    arrays, meta = contents(tmp_path / "good.npz")
    inner, name = meta, data.draw(st.sampled_from(sorted(meta)))
    while isinstance(inner[name], dict) and inner[name] and data.draw(st.booleans()):
        inner = inner[name]
        name = data.draw(st.sampled_from(sorted(inner)))
    inner[name] = value
    rewrite(path, arrays, meta)
    try:
        found = load(path)
    except CheckpointError:
        refusal(path)
    else:
        save(path, found)


def test_a_training_state(path):
    arrays = {"params": np.arange(5, dtype=np.float32), "best": np.ones((2, 3))}
    save_state(path, arrays, {"rng": {"state": 2**127 + 1}, "seconds": 0.1, "text": "ä"})
    found, meta = load_state(path)
    assert meta == {"rng": {"state": 2**127 + 1}, "seconds": 0.1, "text": "ä"}
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    with np.load(path, allow_pickle=False) as file:
        assert set(file) == {"meta", "params", "best"}


def test_a_model_is_no_training_state_and_the_reverse(make_checkpoint, tmp_path):
    model, state = tmp_path / "a.npz", tmp_path / "a.resume.npz"
    make_checkpoint(model)
    save_state(state, {"params": np.zeros(3)}, {})
    assert "a.npz" in refusal(state, load)[len("a.resume.npz: ") :]
    assert "a.resume.npz" in refusal(model, load_state)


@pytest.mark.parametrize("state", [None, 5, [], "x"])
def test_a_training_state_that_holds_none(path, state):
    head = {"format": "charrnn", "kind": "resume", "version": 1}
    rewrite(path, {}, head | ({} if state is None else {"state": state}))
    refusal(path, load_state)


def test_where_the_training_state_lies(tmp_path):
    for name in ("a.npz", "a.resume.npz"):
        assert resume_path(tmp_path / name) == tmp_path / "a.resume.npz"
        assert model_path(tmp_path / name) == tmp_path / "a.npz"
    assert resume_path(tmp_path / "a.b.npz") == tmp_path / "a.b.resume.npz"


def test_the_versions_that_wrote_it():
    program = this_program()
    assert program["numpy"] == np.__version__
    assert set(program) == {"charrnn", "numpy", "python"}
