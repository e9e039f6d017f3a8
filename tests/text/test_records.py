"""One column of a table, one field of records: the texts, and what is said of the others."""

import gzip
import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text.corpus import read_corpus
from charrnn.text.formats import lines as lines_module
from charrnn.text.formats import records as module
from charrnn.text.formats.lines import lines
from charrnn.text.formats.records import Records

TABLE = 'id,title,text\n1,a,"one, with ""marks"""\n2,b,"two\nlines"\n3,c,\n4\n'
LINES = (
    '{"id": 1, "text": "one", "who": {"name": "a"}}\n\n{"id": 2, "text": "two\\nlines"}\n'
    '{"id": 3, "text": null}\n{"id": 4, "other": "x"}\n'
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def field_of(data: str, form: str, field: str) -> str:
    return "".join(Records([data], "x", form, field))


@pytest.mark.parametrize(
    ("form", "data", "field", "text"),
    [
        ("csv", TABLE, "text", 'one, with "marks"\ntwo\nlines\n'),
        ("csv", TABLE, "title", "a\nb\nc\n"),
        ("csv", TABLE.replace("\n", "\r\n"), "title", "a\nb\nc\n"),
        ("csv", " id , text \n1,a\n", "text", "a\n"),
        ("csv", "id;text\n1;a,b\n", "text", "a,b\n"),
        ("csv", "a|b\n1|x\n", "b", "x\n"),
        ("csv", "text\none\ntwo\n", "text", "one\ntwo\n"),
        ("csv", "1,one\n2,two\n", "2", "one\ntwo\n"),
        ("csv", "id,2\n1,x\n", "2", "x\n"),
        ("csv", "", "text", ""),
        ("tsv", "id\ttext\n1\ta, b\n", "text", "a, b\n"),
        ("tsv", "31 Jan\t2020-01-31\n", "1", "31 Jan\n"),
        ("jsonl", LINES, "text", "one\ntwo\nlines\n"),
        ("jsonl", LINES, "who.name", "a\n"),
        ("jsonl", LINES, "id", "1\n2\n3\n4\n"),
        ("jsonl", '{"a.b": "x"}\n', "a.b", "x\n"),
        ("jsonl", '{"m": [{"c": "a"}, {"c": "b"}, 5]}\n', "m.c", "a\nb\n"),
        ("jsonl", '{"text": ["a", "b"]}\n', "text", "a\nb\n"),
        ("json", '[{"text": "a"}, {"text": "b"}]', "text", "a\nb\n"),
        ("json", '{"rows": [{"text": "a"}], "n": 1}', "text", "a\n"),
        ("json", '{"text": ["a", "b"]}', "text", "a\nb\n"),
    ],
)
def test_the_texts_of_a_field(form: str, data: str, field: str, text: str) -> None:
    assert field_of(data, form, field) == text


@pytest.mark.parametrize(
    ("form", "data", "field", "found"),
    [
        (
            "csv",
            TABLE,
            "txt",
            r"has no field 'txt', but 'id', 'title', 'text'; choose a column",
        ),
        ("csv", TABLE, "4", "has no field '4'"),
        ("csv", TABLE, "0", "has no field '0'"),
        ("jsonl", LINES, "txt", "has no field 'txt', but 'id', 'text', 'who', 'other'; choose one"),
        ("jsonl", "text\n", "text", r"line 1: is no JSON"),
        ("jsonl", '{"a": 1}\n\n{"a"\n', "a", r"line 3: is no JSON"),
        ("jsonl", "[" * 100_000, "a", "line 1: is no JSON"),
        ("json", "[", "a", "is no JSON"),
    ],
)
def test_a_missing_field_is_reported(form: str, data: str, field: str, found: str) -> None:
    with pytest.raises(TextError, match=f"^x: {found}") as refusal:
        field_of(data, form, field)
    assert str(refusal.value).isprintable()


def test_rows_left_out_are_counted(here: Path) -> None:
    Path("a.csv").write_text(TABLE)
    assert read_corpus(["a.csv"], field="text").notes == (
        "a.csv: 2 texts of the column 'text', 2 without it left out",
    )
    Path("a.jsonl.gz").write_bytes(gzip.compress(LINES.encode()))
    corpus = read_corpus(["a.jsonl.gz"], field="text")
    assert corpus.text == "one\ntwo\nlines\n"
    assert corpus.notes == ("a.jsonl.gz: 2 texts of the field 'text', 2 without it left out",)


def test_without_a_field_a_table_is_read_verbatim(here: Path) -> None:
    Path("a.csv").write_text(TABLE)
    corpus = read_corpus(["a.csv"])
    assert corpus.text == TABLE
    assert corpus.notes == (
        "a.csv is read as it stands, with its fields id, title, text; --field NAME reads one "
        "of them alone",
    )
    Path("b.csv").write_text("1,one\n2,two\n")
    assert read_corpus(["b.csv"]).notes == ()
    Path("c.csv").write_bytes("id,text\r\n1,one\r\n".encode("utf-16"))
    assert [note for note in read_corpus(["c.csv"]).notes if "fields" in note] == []
    (mark, texts) = read_corpus(["c.csv"], field="text").notes
    assert (mark[:15], texts) == ("c.csv is UTF-16", "c.csv: 1 text of the column 'text'")


def test_a_field_of_files_that_have_none_is_refused(here: Path) -> None:
    Path("a.txt").write_text("text")
    with pytest.raises(TextError, match=r"^field 'text': none of the files has fields, as"):
        read_corpus(["a.txt"], field="text")
    Path("b.csv").write_text("text\nx\n")
    assert read_corpus(["a.txt", "b.csv"], field="text").text == "text\nx\n"


@pytest.mark.parametrize("data", [TABLE, LINES])
def test_standard_input_is_taken_for_what_it_begins_as(data: str, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    assert read_corpus(["-"], field="text").text.endswith("two\nlines\n")


def test_a_long_text_is_no_error_and_an_endless_one_is(monkeypatch) -> None:
    long = "word " * 60_000  # beyond what the standard library takes by itself
    assert field_of(f"a,b\n1,{long}\n", "csv", "b") == long + "\n"
    monkeypatch.setattr(lines_module, "LONGEST_LINE", 1000)
    monkeypatch.setattr(module, "LARGEST_JSON", 1000)
    with pytest.raises(TextError, match="a line of more than 1000 characters"):
        list(lines(["x" * 400] * 4, "x"))
    with pytest.raises(TextError, match=r"is JSON of more than 1000 characters; write it as"):
        field_of(json.dumps(["x" * 2000]), "json", "a")


@settings(deadline=None, max_examples=200)
@given(st.text("ab\n\r", max_size=40), st.integers(1, 7))
def test_lines_do_not_depend_on_where_a_text_is_cut(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    assert list(lines(pieces, "x")) == whole.splitlines(keepends=True)


@settings(deadline=None, max_examples=200)
@given(st.text('ab,"\n\r{}[]:\\', max_size=40), st.sampled_from(["csv", "tsv", "jsonl", "json"]))
def test_any_text_is_read_or_refused(data: str, form: str) -> None:
    for field in ("1", "a", "a.b"):
        with suppress(TextError):
            field_of(data, form, field)
