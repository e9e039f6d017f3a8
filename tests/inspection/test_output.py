"""A result as a file: every form says the same, and none does harm."""

import csv
import io
import json
import math

import jsonschema
import numpy as np
import pytest

from charrnn.errors import ConfigError, TextError
from charrnn.inspection.options import Options
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.output.formats import choose_format
from charrnn.inspection.output.schema import schema
from charrnn.inspection.output.writers import write
from charrnn.inspection.reading import Reading
from charrnn.inspection.source import Source
from charrnn.inspection.views.probs.result import Probabilities
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.summary.result import Summary
from charrnn.text.vocabulary import Vocabulary

UNAVAILABLE = {("ledger", "rnn")}
TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def strict(text):
    def refuse(found):
        raise AssertionError(found)

    return json.loads(text, parse_constant=refuse)


def forms(result, checkpoint, path, source=None):
    """Return a result in every form, as bytes."""
    envelope = Envelope(path, checkpoint, source, Options())
    written = {}
    for form in ("json", "jsonl", "csv", "npz"):
        stream = io.BytesIO()
        write(result, envelope, form, stream)
        written[form] = stream.getvalue()
    return written


@pytest.mark.parametrize("name", VIEWS)
def test_every_form_says_the_same(make_checkpoint, tmp_path, name, cell):
    path, view = tmp_path / "model.npz", VIEWS[name]
    checkpoint = make_checkpoint(path, cell=cell, num_layers=2)
    source = Source.typed(checkpoint.vocabulary, TEXT, "error", 1000)
    reading = Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids)
    subject = (reading,) * view.models[0] if view.compares else reading
    if (name, cell) in UNAVAILABLE:
        with pytest.raises(ConfigError):
            view.compute(subject, Options())
        return
    made = view.compute(subject if view.reads_text else checkpoint, Options())
    found = forms(made, checkpoint, path, source if view.reads_text else None)

    whole = strict(found["json"].decode())
    assert whole["schema"] == "charrnn.inspect/1"
    assert whole["view"] == made.view
    assert whole["model"]["vocab"] == list("\nabcdeé")
    assert whole["model"]["cell"] == cell
    assert (whole["input"] is None) != view.reads_text
    assert whole["data"]
    jsonschema.Draft202012Validator(schema(VIEWS[name])).validate(whole)

    head, *objects = [strict(line) for line in found["jsonl"].decode().splitlines()]
    assert head == {key: value for key, value in whole.items() if key != "data"}
    heading, *rows = csv.reader(io.StringIO(found["csv"].decode(), newline=""), strict=True)
    assert found["csv"].endswith(b"\r\n")
    assert len(rows) == len(objects)
    for row, line in zip(rows, objects, strict=True):
        assert list(line) == heading
        assert row == ["" if cell is None else str(cell) for cell in line.values()]

    arrays = np.load(io.BytesIO(found["npz"]), allow_pickle=False)
    assert strict(arrays["meta"].tobytes().decode()) == head
    assert set(arrays) == {"meta", *made.arrays()}


def test_the_numbers_of_the_forms(make_checkpoint, tmp_path):
    path = tmp_path / "model.npz"
    checkpoint = make_checkpoint(path)
    source = Source.typed(checkpoint.vocabulary, TEXT, "error", 1000)
    reading = Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids)
    made = Probabilities.of(reading)
    found = forms(made, checkpoint, path, source)
    characters = strict(found["json"])["data"]["characters"]
    arrays = np.load(io.BytesIO(found["npz"]))
    assert [c["read"] for c in characters] == list(TEXT)
    assert [c["next"] for c in characters] == [*TEXT[1:], None]
    assert [c["bits"] for c in characters] == [*made.bits[:-1].tolist(), None]
    np.testing.assert_array_equal(arrays["bits"], made.bits)
    np.testing.assert_array_equal(arrays["codepoints"], [ord(c) for c in TEXT])
    assert arrays["next_ids"][-1] == -1
    table = list(csv.DictReader(io.StringIO(found["csv"].decode(), newline="")))
    assert [float(row["p"]) for row in table[:-1]] == made.p[:-1].tolist()
    assert [int(row["read_codepoint"]) for row in table] == [ord(c) for c in TEXT]
    assert [row["read"] for row in table] == list(TEXT)
    assert table[-1]["next"] == table[-1]["rank"] == ""


HOSTILE = (
    "\x00\x1b\x7f\x9b\r\n\t ,\"'\\[/]=@\u202e\u2066\u200b\u2028\u2029\ufeff\u0301漢é\U000e0041😀"
)


def test_hostile_characters_come_back_and_do_no_harm(make_checkpoint, tmp_path):
    path = tmp_path / "model.npz"
    checkpoint = make_checkpoint(path, vocabulary=Vocabulary.of(HOSTILE))
    source = Source.typed(checkpoint.vocabulary, HOSTILE, "error", 1000)
    reading = Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids)
    found = forms(Probabilities.of(reading), checkpoint, path, source)
    for form in ("json", "jsonl", "csv"):
        text = found[form].decode()
        harmful = "\x00\x1b\x7f\x9b\u202e\u2066\u200b\u2028\u2029\ufeff\U000e0041"
        assert not set(text) & set(harmful), form
    assert "".join(c["read"] for c in strict(found["json"])["data"]["characters"]) == HOSTILE
    table = list(csv.DictReader(io.StringIO(found["csv"].decode(), newline=""), strict=True))
    assert "".join(chr(int(row["read_codepoint"])) for row in table) == HOSTILE
    assert table[1]["read"] == r"\x1b"


def test_a_record_that_says_nan_is_written_as_null(make_checkpoint, tmp_path):
    path = tmp_path / "model.npz"
    checkpoint = make_checkpoint(path)
    checkpoint.training.baselines["uniform"] = math.nan
    checkpoint.history[0, 1] = math.inf
    data = strict(forms(Summary.of(checkpoint), checkpoint, path)["json"])["data"]
    assert data["training"]["baselines"]["uniform"] is None
    assert data["history"][0]["train_loss"] is None


def test_the_suffix_chooses_the_format(tmp_path):
    assert choose_format(None, None) == "text"
    assert choose_format(None, tmp_path / "a.CSV") == "csv"
    assert choose_format(None, tmp_path / "a.txt") == "text"
    assert choose_format("json", tmp_path / "a.csv") == "json"
    with pytest.raises(ConfigError, match=r"'a.png': its suffix is none of \.text \.json"):
        choose_format(None, tmp_path / "a.png")


# Sources ----------------------------------------------------------------------------------------


def test_what_is_left_out_is_reported(vocabulary, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("abxcyx", encoding="utf-8")
    source = Source.file(vocabulary, str(file), "skip", 4)
    assert vocabulary.decode(source.ids) == "abc"
    assert (source.given, source.taken, source.unknown) == (6, 4, 1)
    first, second = source.remarks()
    assert first == "the first 4 of 6 characters are read; --limit 6 reads all"
    assert second == "1 character unknown to this network: skipped"
    nearest = Source.typed(vocabulary, "axE", "nearest", 10)
    assert len(nearest.ids) == 3
    assert nearest.remarks() == [
        "2 characters unknown to this network: read as the nearest that it knows, or left out"
    ]
    assert not Source.typed(vocabulary, "abc", "error", 10).remarks()
    assert vocabulary.decode(Source.typed(vocabulary, "abx", "error", 2).ids) == "ab"
    with pytest.raises(TextError, match="position 1"):
        Source.typed(vocabulary, "a\ud800", "skip", 10)


def test_bytes_are_read_as_bytes(tmp_path):
    vocabulary = Vocabulary.of_bytes("a")
    typed = Source.typed(vocabulary, "é", "error", 10)
    assert typed.ids.tolist() == list("é".encode())
    file = tmp_path / "text.bin"
    file.write_bytes(b"\xff\xc3\xa9")
    assert Source.file(vocabulary, str(file), "error", 10).ids.tolist() == [0xFF, 0xC3, 0xA9]
    with pytest.raises(TextError, match="half a character"):
        Source.typed(vocabulary, "\udcff", "error", 10)
