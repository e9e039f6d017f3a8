"""The corpus: every source read, decoded and joined to the one text that a network learns."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

from charrnn.errors import TextError
from charrnn.text.decoding import Decoded, Errors, decode_pieces
from charrnn.text.sources import (
    MAX_BYTES,
    STANDARD_INPUT,
    Bound,
    Source,
    find_inputs,
    name_of,
    read_pieces,
)

BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a corpus.

    Attributes
    ----------
    name
        Its name as it was typed or found, `-` for standard input.
    characters
        How many characters it gave.
    encoding
        The encoding it was read in, "bytes" where every byte is a character.
    """

    name: str
    characters: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """A text to learn from, and where it came from.

    Attributes
    ----------
    text
        The files one after the other. Where one does not end its last line, a line end that is
        counted to neither file keeps it apart from the next; bytes are joined as they are.
    sources
        The files, in the order of the text.
    notes
        What the user should be told about them, a sentence each.
    sha256
        The hexadecimal SHA-256 of the text as UTF-8, or of the bytes.
    """

    text: str
    sources: tuple[SourceFile, ...]
    notes: tuple[str, ...]
    sha256: str


def read_corpus(
    sources: Sequence[Source],
    *,
    encoding: str = "utf-8",
    as_bytes: bool = False,
    errors: Errors = "strict",
    max_bytes: int = MAX_BYTES,
) -> Corpus:
    """Read and join the files, folders, patterns and standard input (`-`) that are named.

    Parameters
    ----------
    sources
        See `charrnn.text.sources.find_files`. Files that end in .gz, .bz2 or .xz are unpacked.
    encoding, errors
        See `charrnn.text.decoding.decode_pieces`.
    as_bytes
        Take every byte for the character of that number, whatever the file holds.
    max_bytes
        The most that may be read in all, after unpacking.

    Raises
    ------
    TextError
        If a source cannot be found, read, unpacked or decoded, or there is too much of it. That
        there is enough of it is for `check_corpus` to say.
    """
    if not sources:
        raise TextError("no text is named; name a file, a folder or - for standard input")
    bound = Bound(max_bytes)
    parts: list[str] = []
    files: list[SourceFile] = []
    notes: list[str] = []
    for path in find_inputs(sources):
        name = name_of(path)
        with closing(read_pieces(path, bound)) as pieces:
            if as_bytes:
                decoded = _take_bytes(pieces)
            else:
                decoded = decode_pieces(pieces, name, encoding=encoding, errors=errors)
        if not decoded.text:
            notes.append(f"{name} is empty")
        elif not as_bytes and parts and not parts[-1].endswith(("\n", "\r")):
            parts.append("\n")
        parts += filter(None, [decoded.text])
        notes += decoded.notes
        typed = STANDARD_INPUT if path is None else name
        files.append(SourceFile(typed, len(decoded.text), decoded.encoding))
    text = "".join(parts)
    return Corpus(
        text, tuple(files), tuple(notes), _digest(text, "latin-1" if as_bytes else "utf-8")
    )


def from_text(text: str) -> Corpus:
    """Make a corpus of a text that is in memory already.

    Raises
    ------
    TextError
        If it holds half a character (a lone surrogate).
    """
    try:
        digest = _digest(text, "utf-8")
    except UnicodeEncodeError as error:
        raise TextError(
            f"the text holds half a character at position {error.start}; remove lone surrogates"
        ) from None
    return Corpus(text, (SourceFile("text", len(text), "utf-8"),), (), digest)


def check_corpus(text: str) -> None:
    """Refuse a text from which nothing can be learnt: empty, or of one symbol.

    Raises
    ------
    TextError
        With what was found and what to give instead.
    """
    way_out = "give one of at least a few thousand characters"
    if not text:
        raise TextError(f"the text is empty; {way_out}")
    if len(text) == 1:
        raise TextError(f"the text is a single character, {text!a}; {way_out}")
    if text.count(text[0]) == len(text):
        raise TextError(
            f"the text is {text[0]!a} and nothing else, {len(text)} times, "
            f"so there is nothing to predict; {way_out}"
        )


def _take_bytes(pieces: Iterable[bytes]) -> Decoded:
    return Decoded("".join(piece.decode("latin-1") for piece in pieces), BYTES)


def _digest(text: str, encoding: str) -> str:
    digest = hashlib.sha256()
    piece = 1 << 20
    for start in range(0, len(text), piece):
        digest.update(text[start : start + piece].encode(encoding))
    return digest.hexdigest()
