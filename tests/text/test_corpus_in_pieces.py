"""A corpus that is read a piece at a time against one that is decoded whole and then encoded."""

import codecs
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text import encoder as numbering
from charrnn.text import sources
from charrnn.text.corpus import SourceFile, from_text, read_corpus
from charrnn.text.decoding import _SHIFTS as SHIFTS
from charrnn.text.formats.signatures import recognise
from charrnn.text.vocabulary import Vocabulary

MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
SPOKEN = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16 (little-endian)", "utf-16-be": "UTF-16 (big-endian)",
    "utf-32-le": "UTF-32 (little-endian)", "utf-32-be": "UTF-32 (big-endian)",
}  # fmt: skip
PARTS = ["a", "bc ", "\n", "\r\n", "\r", "é", "€", "日本", "𝄞", "\0", "\ufeff", "\ufffd", "\u2028"]
WRONG = [b"\xff", b"\xe2\x82", b"\xf0\x9d", b"\xc0\xaf", b"\xed\xa0\x80", b"\x81", b"\xd8\x00"]

TEXTS = st.lists(st.sampled_from(PARTS), max_size=30).map("".join)
PLAIN = TEXTS.map(str.encode)
MARKED = st.tuples(TEXTS, st.sampled_from(list(MARKS))).map(
    lambda t: MARKS[t[1]] + t[0].encode(t[1])
)
BROKEN = st.tuples(PLAIN | MARKED, st.sampled_from(WRONG), PLAIN).map(b"".join)
FILES = st.lists(PLAIN | MARKED | BROKEN | st.binary(max_size=30), min_size=1, max_size=3)
ENCODINGS = st.sampled_from(
    ["utf-8", "utf-8", "utf-8", "utf-16-le", "shift_jis", "gb18030", "cp1252"]
)


def decoded(data: bytes, name: str, encoding: str, errors: str) -> tuple[str, str, list[str]]:
    """Decode a file whole; return the text, its encoding and the notes on it."""
    notes, offset = [], 0
    for marked, mark in MARKS.items():
        if encoding == "utf-8" and data.startswith(mark):
            encoding, offset = marked, len(mark)
            notes.append(f"{name} is {SPOKEN[marked]} by its byte order mark, which is left out")
            break
    try:
        text = data[offset:].decode(encoding, errors)
    except UnicodeDecodeError as error:
        before = data[offset : offset + error.start].decode(encoding)
        line = len(before.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        at = offset + error.start
        raise TextError(
            f"{name}: not {encoding.upper()} at byte {at} (0x{data[at]:02x}, line {line})"
        ) from None
    if "\r" in text:
        pairs, lone = text.count("\r\n"), text.replace("\r\n", "").count("\r")
        ends = "CR LF and CR" if pairs and lone else "CR LF" if pairs else "CR"
        notes.append(f"{name} has {ends} line ends ({pairs + lone:,}), kept as they are")
    if "\0" in text:
        notes.append(f"{name} holds {text.count(chr(0))} NUL characters; is it a text?")
    if not encoding.startswith("utf") and not data.isascii() and is_utf8(data):
        notes.insert(
            0, f"{name} is valid UTF-8, and is read as {encoding}, the encoding that was given"
        )
    if errors == "replace" and "\ufffd" in text:
        marks = text.count("\ufffd")
        notes.append(f"{name} holds {marks} U+FFFD where it could not be decoded, or of its own")
    return text, encoding, notes


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


class Whole:
    """What `read_corpus` returned when it read a text whole."""

    def __init__(self, files: dict[str, bytes], encoding: str, errors: str, as_bytes: bool) -> None:
        self.text, self.notes, self.sources = "", [], []
        for name, data in files.items():
            text, found, notes = (
                (data.decode("latin-1"), "bytes", [])
                if as_bytes
                else decoded(data, name, encoding, errors)
            )
            if not text:
                self.notes.append(f"{name} is empty")
            elif not as_bytes and self.text and not self.text.endswith(("\n", "\r")):
                self.text += "\n"
            start = len(self.text)
            self.text += text
            self.notes += notes
            self.sources.append(SourceFile(name, len(text), found, start))
        encoded = self.text.encode("latin-1" if as_bytes else "utf-8")
        self.sha256 = hashlib.sha256(encoded).hexdigest()
        if as_bytes:
            self.vocabulary = Vocabulary.of_bytes(self.text)
        elif self.text:
            self.vocabulary = Vocabulary.of(self.text)


@pytest.mark.slow
@settings(deadline=None, max_examples=500)
@given(
    FILES, ENCODINGS, st.sampled_from(["strict", "replace"]), st.booleans(), st.integers(1, 9),
    st.integers(1, 9),
)  # fmt: skip
@example([b"a\r", b"\nb"], "utf-8", "strict", False, 2, 1)
@example([b"\xef\xbb\xbf"], "utf-8", "strict", False, 1, 1)
@example(["\r\n\r\n€".encode() + b"\xe2\x82"], "utf-8", "strict", False, 3, 1)
def test_in_pieces_as_whole(
    tmp_path_factory, data, encoding, errors, as_bytes, piece, numbered
) -> None:
    # What shifts its characters by escapes is refused, as test_guessing shows.
    assume(not any(shift in content for shift in SHIFTS for content in data))
    assume(not any(map(recognise, data)))  # the beginning of a file of another kind
    folder = tmp_path_factory.mktemp("texts")
    files = {str(folder / f"f{k}"): content for k, content in enumerate(data)}
    for name, content in files.items():
        Path(name).write_bytes(content)
    how = {"encoding": encoding, "errors": errors, "as_bytes": as_bytes}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "PIECE", piece)
        patch.setattr(numbering, "_PIECE", numbered)
        try:
            expected = Whole(files, **how)
        except TextError as error:
            with pytest.raises(TextError, match=f"^{re.escape(str(error))}[;,] |: is binary data"):
                read_corpus(list(files), **how)
            return
        found = read_corpus(list(files), **how)
    assert found.text == expected.text
    assert len(found) == len(expected.text)
    assert found.sources == tuple(expected.sources)
    # What is HTML by its beginning is noted, however it is read.
    notes = tuple(note for note in found.notes if "is HTML" not in note)
    assert notes == tuple(expected.notes)
    assert found.sha256 == expected.sha256
    if not (expected.text or as_bytes):
        with pytest.raises(TextError, match="an empty text has no vocabulary"):
            found.vocabulary  # noqa: B018
        return
    assert found.vocabulary == expected.vocabulary
    assert found.vocabulary.counts.tolist() == expected.vocabulary.counts.tolist()
    ids = np.asarray(found.ids)
    assert ids.dtype == expected.vocabulary.dtype
    assert ids.tolist() == expected.vocabulary.encode(expected.text).tolist()


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40), st.integers(1, 9))
def test_a_text_in_memory_is_taken_as_it_is_or_refused(text, piece) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbering, "_PIECE", piece)
        halves = [k for k, character in enumerate(text) if "\ud800" <= character <= "\udfff"]
        if halves:
            with pytest.raises(TextError, match=f"half a character at position {halves[0]};"):
                from_text(text)
            return
        corpus = from_text(text)
    assert corpus.text == text
    assert corpus.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert corpus.sources == (SourceFile("text", len(text), "utf-8"),)


def test_pieces_of_the_size_that_they_have(tmp_path) -> None:
    """Characters of two to four bytes across the ends of pieces, and the 257th character late."""
    rng = np.random.default_rng(0)
    letters = [*"abc \n", "é", "€", "𝄞"]
    text = "".join(rng.choice(letters, 150_000))
    text += "".join(map(chr, range(0x4E00, 0x4E00 + 400))) + text[:1000]
    path = tmp_path / "text"
    path.write_bytes(text.encode())
    corpus = read_corpus([path])
    vocabulary = Vocabulary.of(text)
    assert corpus.vocabulary == vocabulary
    np.testing.assert_array_equal(np.asarray(corpus.ids), vocabulary.encode(text))
    assert corpus.text == text
