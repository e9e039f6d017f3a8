"""The index beside a model: what is saved is read again, and nothing in it is believed."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.checkpoint import load, save, write_file
from charrnn.checkpoint.finding import models
from charrnn.checkpoint.index import index_of, load_index, save_index
from charrnn.checkpoint.npz import read_arrays, write_arrays
from charrnn.checkpoint.paths import index_path, model_path, resume_path
from charrnn.errors import CheckpointError
from charrnn.text.copies import IndexedCorpus
from charrnn.text.corpus import from_text, read_corpus
from charrnn.text.verbatim import Match
from charrnn.text.vocabulary import Vocabulary

TEXT = "the crown is in the court\nthen the well\n" * 3 + "and so on"


def indexed(text=TEXT):
    corpus = from_text(text)
    return IndexedCorpus.of(corpus, corpus.vocabulary)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.index.npz"
    save_index(path, indexed())
    return path


def rewritten(path, change):
    """Write the file again after a change to its description and arrays."""
    arrays = read_arrays(path)
    meta = json.loads(arrays.pop("meta").tobytes())
    change(meta, arrays)
    members = {"meta": np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays}
    with path.open("wb") as stream:
        write_arrays(stream, members)


@pytest.mark.parametrize(
    "text", [TEXT, "a", "naïve – 𝄞\r\n" * 20, "".join(map(chr, range(99, 900)))]
)
def test_what_is_saved_is_read_again(tmp_path, text):
    path, before = tmp_path / "i.index.npz", indexed(text)
    save_index(path, before)
    again = load_index(path)
    assert again.vocabulary == before.vocabulary
    assert again.files == before.files
    assert np.array_equal(again.index.ids, before.index.ids)
    assert np.array_equal(again.index.order, before.index.order)
    assert again.sha256 == from_text(text).sha256
    match, end = Match(again.index), text[len(text) // 3 : len(text) // 3 + 30]
    match.accept(before.vocabulary.encode(end).tolist())
    assert match.run.length == len(end)


def test_any_numpy_opens_it_and_the_same_text_gives_the_same_bytes(path, tmp_path):
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found) == ["meta", "order", "text", "vocabulary"]
        text = found["text"][::-1].tolist()
        assert found["order"].tolist() == sorted(range(len(text)), key=lambda n: text[n:])
    save_index(tmp_path / "again", indexed())
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_text_of_bytes(tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(256)))
    corpus = read_corpus([tmp_path / "a"], as_bytes=True)
    path = tmp_path / "b.index.npz"
    save_index(path, IndexedCorpus.of(corpus, corpus.vocabulary))
    assert load_index(path).sha256 == corpus.sha256
    assert read_arrays(path)["text"].dtype == np.uint8


def swapped(arrays):
    arrays["order"][[3, 4]] = arrays["order"][[4, 3]]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda _, arrays: swapped(arrays), "order is not that of the text"),
        (lambda _, arrays: arrays["order"].fill(0), "order is not that of the text"),
        (lambda _, arrays: arrays["order"].fill(-1), "order is not that of the text"),
        (lambda _, arrays: arrays["order"].fill(2**31 - 1), "order is not that of the text"),
        (lambda _, arrays: arrays.update(order=arrays["order"][1:]), "order is not that"),
        (lambda _, arrays: arrays.update(order=arrays["order"].astype("i8")), "order is not that"),
        (lambda _, arrays: arrays["text"].fill(0), "order is not that of the text"),
        (lambda _, arrays: arrays["text"].fill(255), "text is not one of the vocabulary"),
        (lambda _, arrays: arrays.update(text=arrays["text"][None]), "text is not one of"),
        (lambda _, arrays: arrays.update(text=arrays["order"]), "text is not one of"),
        (lambda _, arrays: arrays.update(text=arrays["text"][:0]), "text is not one of"),
        (lambda _, arrays: arrays.update(more=arrays["text"]), "has other arrays than"),
        (lambda _, arrays: arrays.pop("order"), "has other arrays than"),
        (lambda _, arrays: arrays["vocabulary"].sort() or arrays["vocabulary"].fill(9), "increas"),
        (lambda _, arrays: arrays.update(vocabulary=np.zeros(3)), "must be a one-dimensional"),
        (lambda meta, _: meta.update(vocabulary="runes"), "of characters or of bytes"),
        (lambda meta, _: meta.update(vocabulary=["bytes"]), "of characters or of bytes"),
        (lambda meta, _: meta.update(vocabulary="bytes"), "has the code points 0 to 255"),
        (lambda meta, _: meta.update(files=[]), "names no file"),
        (lambda meta, _: meta.pop("files"), "names no file"),
        (lambda meta, _: meta.update(files=[["a"]]), "names its files in another way"),
        (lambda meta, _: meta.update(files=[[3, 0]]), "names its files in another way"),
        (lambda meta, _: meta.update(files=[["a", -1]]), "begins outside of the text"),
        (lambda meta, _: meta.update(files=[["a", True]]), "begins outside of the text"),
        (lambda meta, _: meta.update(files=[["a", 10**6]]), "begins outside of the text"),
        (lambda meta, _: meta.update(files=[["a", 9], ["b", 3]]), "not in the order"),
        (lambda meta, _: meta.update(version=2), "is of format 2"),
        (lambda meta, _: meta.update(kind="model"), "is a model; give model.index.npz"),
        (lambda meta, _: meta.update(kind=["x"]), "is another file of this program"),
    ],
)
def test_what_contradicts_itself_is_refused(path, change, found):
    rewritten(path, change)
    with pytest.raises(CheckpointError) as refusal:
        load_index(path)
    assert found in str(refusal.value)
    assert str(refusal.value).startswith("model.index.npz: ")
    assert "\n" not in str(refusal.value)


@given(st.binary(min_size=1, max_size=4), st.floats(0, 1, exclude_max=True))
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_is_found_or_does_no_harm(path, damage, share):
    whole = path.read_bytes()
    at = int(share * len(whole))
    broken = path.with_name("broken.index.npz")
    broken.write_bytes(whole[:at] + damage + whole[at + len(damage) :])
    try:
        found = load_index(broken)
    except CheckpointError:
        return
    assert found.sha256 == from_text(TEXT).sha256


@pytest.mark.parametrize("end", [0, 10, 300, -1])
def test_a_file_cut_short(path, end):
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(CheckpointError, match=r"model\.index\.npz"):
        load_index(path)


def test_an_index_is_that_of_its_model(tmp_path, make_checkpoint):
    model = tmp_path / "model.npz"
    make_checkpoint(model, Vocabulary.of(TEXT))
    checkpoint = load(model)
    with pytest.raises(
        CheckpointError,
        match=r"model\.index\.npz: there is no such index; `charrnn train --index` writes",
    ):
        index_of(model, checkpoint)
    save_index(index_path(model), indexed())
    with pytest.raises(CheckpointError, match=r"index of another text than model\.npz has"):
        index_of(model, checkpoint)
    object.__setattr__(checkpoint.training, "sha256", from_text(TEXT).sha256)
    save(model, checkpoint)
    assert index_of(model, load(model)).sha256 == from_text(TEXT).sha256


def test_an_index_is_no_model(path):
    with pytest.raises(CheckpointError, match=r"is an index of a text; give model\.npz"):
        load(path)
    assert models(path.parent) == []
    assert model_path(path) == path.with_name("model.npz")
    assert index_path(model_path(path)) == path
    assert resume_path(path.with_name("model.npz")) == path.with_name("model.resume.npz")


def test_other_files_of_this_program_are_no_index(tmp_path):
    path = tmp_path / "a.resume.npz"
    write_file(path, "resume", {}, {"a": np.zeros(3)})
    with pytest.raises(CheckpointError, match="is a training state; give a"):
        load_index(path)
