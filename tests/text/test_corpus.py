"""The corpus: files joined to one text, with its fingerprint, its sources and its notes."""

import gzip
import hashlib
import io
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text.corpus import SourceFile, check_corpus, from_text, read_corpus


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(**files: bytes) -> None:
    for name, data in files.items():
        Path(name).write_bytes(data)


def test_one_file_is_its_text_exactly(here: Path) -> None:
    text = "\tNaïve – 𝄞\r\n\0\u2028end"
    lay(a=text.encode())
    corpus = read_corpus(["a"])
    assert corpus.text == text
    assert corpus.sources == (SourceFile("a", len(text), "utf-8"),)
    assert corpus.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert len(corpus.notes) == 2


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ([b"a", b"b"], "a\nb"),
        ([b"a\n", b"b\n"], "a\nb\n"),
        ([b"a\r", b"b"], "a\rb"),
        ([b"a\r\n", b"b"], "a\r\nb"),
        ([b"a", b"", b"b"], "a\nb"),
        ([b"", b"a"], "a"),
        ([b"a", b""], "a"),
        ([b"", b""], ""),
        ([b"a\n", b"\nb"], "a\n\nb"),
    ],
)
def test_files_are_kept_apart_by_a_line_end_where_one_is_missing(
    here: Path, files: list[bytes], text: str
) -> None:
    names = [f"f{number}" for number in range(len(files))]
    lay(**dict(zip(names, files, strict=True)))
    corpus = read_corpus(names)
    assert corpus.text == text
    assert [source.characters for source in corpus.sources] == [len(data) for data in files]
    assert corpus.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_sources_of_every_kind_in_the_order_they_were_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("drei\n".encode("utf-16"))))
    Path("in").mkdir()
    Path("in/2").write_bytes(b"two\n")
    lay(one=b"one\n", **{"four.txt.gz": gzip.compress(b"four\n")})
    corpus = read_corpus(["one", "in", "-", "*.gz"])
    assert corpus.text == "one\ntwo\ndrei\nfour\n"
    assert [source.name for source in corpus.sources] == ["one", "in/2", "-", "four.txt.gz"]
    assert corpus.sources[2].encoding == f"utf-16-{sys.byteorder[0]}e"
    (note,) = corpus.notes
    assert note.startswith("standard input is UTF-16")


def test_notes_name_their_file(here: Path) -> None:
    lay(dos=b"a\r\nb\r\n", empty=b"", plain=b"a\n")
    assert read_corpus(["dos", "empty", "plain"]).notes == (
        "dos has CR LF line ends (2), kept as they are",
        "empty is empty",
    )


@settings(deadline=None, max_examples=30)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_as_bytes_any_file_is_taken_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for number, data in enumerate(files):
        (folder / str(number)).write_bytes(data)
    corpus = read_corpus([folder], as_bytes=True)
    whole = b"".join(files)
    assert corpus.text.encode("latin-1") == whole
    assert corpus.sha256 == hashlib.sha256(whole).hexdigest()
    assert {source.encoding for source in corpus.sources} == {"bytes"}
    assert len(corpus.notes) == files.count(b"")


def test_an_encoding_is_used_for_every_file(here: Path) -> None:
    lay(a="“café.”".encode("cp1252"))
    with pytest.raises(TextError, match=r"^a: not UTF-8 at byte 0 \(0x93, line 1\)"):
        read_corpus(["a"])
    corpus = read_corpus(["a"], encoding="cp1252")
    assert corpus.text == "“café.”"
    assert corpus.sources[0].encoding == "cp1252"
    assert read_corpus(["a"], errors="replace").text == "\ufffdcaf\ufffd.\ufffd"


def test_a_wrong_byte_far_into_a_large_file_is_found_at_its_place(here: Path) -> None:
    line = "été\n".encode()
    before = line * 700_000  # over four pieces, characters cut between them
    lay(a=before + b"\xe9" + line)
    with pytest.raises(TextError, match=rf"at byte {len(before)} \(0xe9, line 700001\)"):
        read_corpus(["a"])


def test_the_bound_counts_what_is_unpacked(here: Path) -> None:
    lay(**{"a.gz": gzip.compress(b"a" * 1000)})
    assert len(read_corpus(["a.gz"], max_bytes=1000).text) == 1000
    with pytest.raises(TextError, match=r"^a\.gz: here the text grows beyond 999 bytes"):
        read_corpus(["a.gz"], max_bytes=999)


@pytest.mark.parametrize("line", ["0123456789abcde\n", "été à la plage €\n"])
def test_a_larger_text_takes_no_more_memory(here: Path, line: str) -> None:
    peaks = []
    for size in (1 << 20, 16 << 20):
        lay(a=line.encode() * (size // len(line)))
        tracemalloc.start()
        try:
            read_corpus(["a"])
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + (1 << 16)
    assert peaks[1] < 8 << 20


def test_no_source_is_refused() -> None:
    with pytest.raises(TextError, match="no text is named; name a file"):
        read_corpus([])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "the text is empty; give"),
        ("a", "the text is a single character, 'a'; give"),
        ("\n", r"a single character, '\\n'; give"),
        ("aaaa", "the text is 'a' and nothing else, 4 times, so there is nothing to predict; give"),
        ("\x1b" * 9, r"the text is '\\x1b' and nothing else, 9 times"),
    ],
)
def test_a_text_without_anything_to_learn_is_refused(text: str, found: str) -> None:
    with pytest.raises(TextError, match=found) as refusal:
        check_corpus(from_text(text))
    assert str(refusal.value).isprintable()


def test_two_different_characters_are_enough() -> None:
    check_corpus(from_text("ab"))
    check_corpus(from_text("a" * 1000 + "b"))
