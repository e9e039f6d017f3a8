"""The corpus: every source read, decoded and joined to the one text that a network learns.

It is read once, a piece at a time, whatever its size: what is held are pieces of 64 KiB and
a table of the characters met, and the text itself becomes ids in a file.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from charrnn.errors import TextError
from charrnn.text.decoding import Decoding, Errors
from charrnn.text.numbering import Numbering
from charrnn.text.sources import (
    MAX_BYTES,
    PIECE,
    STANDARD_INPUT,
    Bound,
    Source,
    find_inputs,
    name_of,
    read_pieces,
)
from charrnn.text.stored import StoredIds
from charrnn.text.vocabulary import Vocabulary

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


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A text to learn from, and where it came from.

    Attributes
    ----------
    ids
        The text: the files one after the other. Where one does not end its last line, a line end
        that is counted to neither file keeps it apart from the next; bytes are joined as they are.
    known
        The vocabulary that the ids belong to, with the counts of the text; None of no characters.
    sources
        The files, in the order of the text.
    notes
        What the user should be told about them, a sentence each.
    sha256
        The hexadecimal SHA-256 of the text as UTF-8, or of the bytes.
    """

    ids: StoredIds
    known: Vocabulary | None
    sources: tuple[SourceFile, ...]
    notes: tuple[str, ...]
    sha256: str

    def __len__(self) -> int:
        """Return how many characters the text has."""
        return len(self.ids)

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that the ids belong to, with the counts of the text.

        Raises
        ------
        TextError
            The text is empty, and not one of bytes.
        """
        if self.known is None:
            raise TextError("an empty text has no vocabulary; give one with characters in it")
        return self.known

    @property
    def text(self) -> str:
        """The text, all of it in memory; for part of it, `vocabulary.decode(ids[a:b])`."""
        if self.known is None:
            return ""
        starts = range(0, len(self), PIECE)
        return "".join(self.known.decode(self.ids[start : start + PIECE]) for start in starts)


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
    numbering = Numbering(as_bytes=as_bytes)
    files: list[SourceFile] = []
    notes: list[str] = []
    last = "\n"
    for path in find_inputs(sources):
        name, characters = name_of(path), 0
        with closing(read_pieces(path, bound)) as pieces:
            decoding = (
                _Bytes(pieces)
                if as_bytes
                else Decoding(pieces, name, encoding=encoding, errors=errors)
            )
            for text in decoding:
                if not (characters or as_bytes or last in "\n\r"):
                    numbering.feed("\n")
                numbering.feed(text)
                characters, last = characters + len(text), text[-1]
        if not characters:
            notes.append(f"{name} is empty")
        notes += decoding.notes
        typed = STANDARD_INPUT if path is None else name
        files.append(SourceFile(typed, characters, decoding.encoding))
    return _corpus(numbering, files, notes)


def from_text(text: str) -> Corpus:
    """Make a corpus of a text that is in memory already.

    Raises
    ------
    TextError
        If it holds half a character (a lone surrogate).
    """
    numbering = Numbering()
    try:
        numbering.feed(text)
    except UnicodeEncodeError as error:
        raise TextError(
            f"the text holds half a character at position {numbering.length + error.start}; "
            "remove lone surrogates"
        ) from None
    return _corpus(numbering, [SourceFile("text", len(text), "utf-8")], [])


def check_corpus(corpus: Corpus) -> None:
    """Refuse a text from which nothing can be learnt: empty, or of one symbol.

    Raises
    ------
    TextError
        With what was found and what to give instead.
    """
    way_out = "give one of at least a few thousand characters"
    if not len(corpus):
        raise TextError(f"the text is empty; {way_out}")
    vocabulary = corpus.vocabulary
    first = vocabulary.decode(corpus.ids[:1])
    if len(corpus) == 1:
        raise TextError(f"the text is a single character, {first!r}; {way_out}")
    if vocabulary.counts.max() == len(corpus):
        raise TextError(
            f"the text is {first!r} and nothing else, {len(corpus)} times, "
            f"so there is nothing to predict; {way_out}"
        )


class _Bytes:
    """Each byte as the character of that number: what `Decoding` is to a text."""

    encoding = BYTES
    notes = ()

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[str]:
        return (piece.decode("latin-1") for piece in self._pieces)


def _corpus(numbering: Numbering, files: list[SourceFile], notes: list[str]) -> Corpus:
    known = numbering.vocabulary() if numbering.length or numbering.as_bytes else None
    return Corpus(numbering.ids(), known, tuple(files), tuple(notes), numbering.sha256())
