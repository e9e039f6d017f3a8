"""Opening a file takes at most twice its size and 50 MB, whatever is in it."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from charrnn.checkpoint.checkpoint import describe_state, load, load_state, save, save_state
from charrnn.checkpoint.description import LARGEST_META, is_model
from charrnn.checkpoint.npz import read_arrays
from charrnn.errors import CheckpointError
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.stopped import load_run, text_of

GOLDEN = Path(__file__).parents[1] / "golden"
MB = 10**6
HEAD = {"format": "charrnn", "kind": "model", "version": 1}
READERS = {"model": load, "state": load_state, "run": load_run, "arrays": read_arrays}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.npz"


def peak(read, path):
    """Bytes allocated at most while a file is read, and its error."""
    refused = ""
    tracemalloc.start()
    try:
        read(path)
    except CheckpointError as error:
        refused = str(error)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most, refused


def as_bytes(text):
    return np.frombuffer(text if isinstance(text, bytes) else json.dumps(text).encode(), np.uint8)


def of(path):
    """The arrays and the description of a file, by NumPy and json alone."""
    with np.load(path) as file:
        arrays = dict(file)
    return arrays, json.loads(arrays.pop("meta").tobytes())


def test_a_model_takes_its_size(make_checkpoint, path):
    make_checkpoint(path, hidden_size=1024)
    most, refused = peak(load, path)
    assert not refused
    assert most < 1.3 * path.stat().st_size + MB


@pytest.mark.parametrize("save_arrays", [np.savez, np.savez_compressed])
def test_a_file_of_all_characters_takes_what_is_promised(make_checkpoint, path, save_arrays):
    every = np.r_[0:0xD800, 0xE000:0x110000]
    made = make_checkpoint(path, Vocabulary(every), hidden_size=1)
    arrays, meta = of(path)
    save_arrays(path, meta=as_bytes(meta), **arrays)
    most, refused = peak(load, path)
    assert not refused
    assert most <= 2 * path.stat().st_size + 50 * MB
    assert load(path).vocabulary == made.vocabulary


def test_a_state_takes_its_size(path):
    save_state(path, {"params": np.ones(10**6, np.float32), "best": np.zeros(10**6)}, {})
    most, refused = peak(load_state, path)
    assert not refused
    assert most < path.stat().st_size + MB
    assert peak(describe_state, path)[0] < MB


SMALL_LISTS = b"[" + b"[]," * 5_500_000 + b"[]]"


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("save_arrays", [np.savez, np.savez_compressed])
def test_a_description_of_millions_of_lists(path, save_arrays, reader):
    save_arrays(path, meta=as_bytes(b'{"format": "charrnn", "a": ' + SMALL_LISTS + b"}"))
    assert not is_model(path)
    most, refused = peak(reader, path)
    assert most < 2 * MB or not refused
    if reader is not read_arrays:
        assert f"may take {LARGEST_META}" in refused


@pytest.mark.parametrize("value", [b"{}", b"[]", b"0", b"1.5", b'"\\u4e00"', b'"aa"'])
def test_the_costliest_description(path, value):
    inside = (LARGEST_META - 1000) // (len(value) + 1) * (value + b",")
    np.savez_compressed(path, meta=as_bytes(b'{"a": [' + inside + value + b"]}"))
    for read in (load, load_state, is_model):
        most, _ = peak(read, path)
        assert most < 50 * MB


@pytest.mark.parametrize("megabytes", [30, 400])
def test_arrays_that_inflate(path, megabytes):
    rng = np.random.default_rng(0)
    size = 12_000 * megabytes
    noise = np.frombuffer(rng.bytes(size), np.uint8)  # so that nothing grows a hundred times
    zeros = np.zeros(megabytes * MB, np.uint8)
    np.savez_compressed(path, meta=as_bytes(HEAD), noise=noise, zeros=zeros)
    del zeros
    for read in READERS.values():
        most, refused = peak(read, path)
        assert "would grow" in refused
        assert most < 2 * MB


def test_a_network_that_deflates_a_little_is_read(make_checkpoint, path):
    made = make_checkpoint(path, hidden_size=512)
    arrays, meta = of(path)
    np.savez_compressed(path, meta=as_bytes(meta), **arrays)
    found = load(path)
    np.testing.assert_array_equal(found.network.params.flat, made.network.params.flat)


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_size": 65_536},
        {"num_layers": 32},
        {"vocabulary_size": 0x110000},
        {"embedding_size": 65_536},
        {"hidden_size": 65_536, "num_layers": 32, "vocabulary_size": 0x110000},
    ],
)
def test_a_description_of_more_than_there_is(make_checkpoint, path, change):
    make_checkpoint(path, hidden_size=512)
    arrays, meta = of(path)
    meta["network"] |= change
    np.savez(path, meta=as_bytes(meta), **arrays)
    most, refused = peak(load, path)
    assert refused
    assert most < 2 * MB


def test_arrays_that_do_not_belong_are_not_read(make_checkpoint, path):
    make_checkpoint(path)
    arrays, meta = of(path)
    for name, array in {
        "x": np.zeros(10**6),
        "b_y": np.zeros(10**6),
        "history": np.zeros(10**6),
    }.items():
        np.savez(path, meta=as_bytes(meta), **arrays | {name: array})
        most, refused = peak(load, path)
        assert name in refused
        assert most < 2 * MB


@pytest.mark.parametrize(
    ("field", "twice"),
    [
        (b'"format"', b'"format": "charrnn", "format"'),
        (b'"version": 1', b'"version": 2, "version": 1'),
        (b'"kind"', b'"kind": "resume", "kind"'),
        (b'"hidden_size"', b'"hidden_size": 9, "hidden_size"'),
        (b'"uniform"', b'"uniform": 1.9, "uniform"'),
        (b'"uniform"', b'"u\\u006eiform": 1.0, "uniform"'),
        (b'"epochs"', b'"epochs": null, "epochs"'),
    ],
)
def test_a_name_that_is_there_twice(make_checkpoint, path, field, twice):
    make_checkpoint(path)
    arrays, meta = of(path)
    text = json.dumps(meta).encode()
    assert text.count(field) == 1
    np.savez(path, meta=as_bytes(text.replace(field, twice)), **arrays)
    assert "JSON" in peak(load, path)[1]
    assert not is_model(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_state_with_numbers_that_json_does_not_know(path, number):
    head = json.dumps(HEAD | {"kind": "resume"})[:-1]
    np.savez(path, meta=as_bytes(f'{head}, "state": {{"seconds": {number}}}}}'.encode()))
    assert "JSON" in peak(load_state, path)[1]


def test_a_state_has_the_arrays_of_its_description(tmp_path):
    arrays, meta = load_state(GOLDEN / "stopped.resume.npz")
    path = tmp_path / "m.resume.npz"
    save_state(path, arrays, meta)
    found, again = load_run(path)
    assert (list(found), again) == (list(arrays), meta)
    _, described = of(path)
    for name, array in arrays.items():
        for wrong in (
            None,
            array[:-1],
            array[None],
            array.astype("f8" if array.itemsize == 4 else "f4"),
        ):
            changed = arrays | {name: wrong}
            if name == "history" and wrong is not None and wrong.shape[1:] == (3,):
                changed[name] = wrong.astype("f4")  # it may have any number of rows
            there = {n: a for n, a in changed.items() if a is not None}
            np.savez(path, meta=as_bytes(described), **there)
            assert name in peak(load_run, path)[1]
    save_state(path, arrays | {"x": np.zeros(10**6)}, meta)
    most, refused = peak(load_run, path)
    assert "x is missing or does not belong" in refused
    assert most < MB


@pytest.mark.parametrize("change", [
    {"network": None}, {"network": {}}, {"network": {"vocabulary_size": 0}}, {"training": 5},
    {"training": {"batch_size": 10**30}}, {"training": {"batch_size": 10**18}},
])  # fmt: skip
def test_a_state_of_no_run(tmp_path, change):
    arrays, meta = load_state(GOLDEN / "stopped.resume.npz")
    path = tmp_path / "m.resume.npz"
    save_state(path, arrays, meta | change)
    most, refused = peak(load_run, path)
    assert refused
    assert most < 2 * MB


NAMES = tuple(f"letters/{k:05}-\udc80-é\n.txt" for k in range(40_000))


def test_names_of_many_files(make_checkpoint, path):
    made = make_checkpoint()
    save(path, replace(made, training=replace(made.training, sources=NAMES)))
    assert load(path).training.sources == NAMES
    arrays, meta = of(path)
    assert meta["training"]["sources"] == len(NAMES)
    assert arrays["sources"].tobytes().decode("utf-8", "surrogatepass").split("\0") == list(NAMES)

    about = {"sources": list(NAMES), "encoding": "utf-8", "errors": "strict", "max_bytes": 9}
    state = path.with_name("m.resume.npz")
    save_state(state, {"params": np.zeros(3, np.float32)}, about)
    assert load_state(state)[1] == about
    assert list(load_state(state)[0]) == ["params"]
    assert text_of(path)[0] == list(NAMES)


def test_too_many_names(make_checkpoint, path):
    made = make_checkpoint(path)
    before = path.read_bytes()
    for names in (("x",) * (2**17 + 1), ("x" * 2**22, "y")):
        with pytest.raises(CheckpointError, match="join"):
            save(path, replace(made, training=replace(made.training, sources=names)))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (2, b"a"), (1, b"a\0b"), (0, b""), (3, None), (2**17 + 1, bytes(2**17)), (2**62, b"a"),
        (-1, b""), (True, b"a"), (1.0, b"a"), (1, b"\xff"), (1, bytes(2**22 + 1)),
    ],
)  # fmt: skip
def test_names_that_are_none(make_checkpoint, path, number, names):
    make_checkpoint(path)
    arrays, meta = of(path)
    meta["training"]["sources"] = number
    named = {} if names is None else {"sources": np.frombuffer(names, np.uint8)}
    np.savez(path, meta=as_bytes(meta), **arrays, **named)
    assert peak(load, path)[1]
