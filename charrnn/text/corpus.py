"""The corpus: every source read, decoded and joined to the one text that a network learns.

It is read once, a piece at a time, whatever its size: in memory are pieces of 64 KiB and
a table of the characters seen, and the text itself becomes ids in a file.
"""

import os
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from charrnn.errors import NotText, TextError
from charrnn.plurals import counted
from charrnn.text.decoding import Errors
from charrnn.text.encoder import Encoder
from charrnn.text.formats.opening import OpenedText
from charrnn.text.id_store import StoredIds
from charrnn.text.read_as import ReadAs
from charrnn.text.sources import (
    MAX_BYTES,
    PIECE,
    STANDARD_INPUT,
    Bound,
    Source,
    find_inputs,
    name_of,
)
from charrnn.text.vocabulary import Vocabulary

MOST_NOTES = 3
"""Notes of one kind that are shown in full; further ones are counted."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a corpus.

    Attributes
    ----------
    name
        Its name as it was typed or found, by which it opens again; `-` for standard input.
    characters
        Number of characters read from it.
    encoding
        The encoding it was read in, "bytes" where every byte is a character.
    start
        Index of its first character in the text.
    """

    name: str
    characters: int
    encoding: str
    start: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A text to learn from, and its sources.

    Attributes
    ----------
    ids
        The text: the files one after the other. Where one does not end its last line, a line end
        that is counted to neither file keeps it apart from the next; bytes are joined as they are.
    known
        The vocabulary that the ids belong to, with the counts of the text; None if it is empty.
    sources
        The files, in the order of the text.
    notes
        What the user should know about them, a sentence each.
    sha256
        The hexadecimal SHA-256 of the text as UTF-8, or of the bytes.
    read_as
        The options it was read with.
    """

    ids: StoredIds
    known: Vocabulary | None
    sources: tuple[SourceFile, ...]
    notes: tuple[str, ...]
    sha256: str
    read_as: ReadAs

    def __len__(self) -> int:
        """Return the number of characters of the text."""
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
    def is_piped(self) -> bool:
        """Whether part of the text came from standard input, which cannot be read again."""
        return any(source.name == STANDARD_INPUT for source in self.sources)

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
    field: str | None = None,
    extract: bool = True,
) -> Corpus:
    """Read and join files, folders, patterns and standard input (`-`).

    Of the files of a folder or pattern those that are no texts are left out, as are the models,
    states and logs that this program wrote; a note counts them.

    Parameters
    ----------
    sources
        See `charrnn.text.sources.find_inputs`. Files that end in .gz, .bz2 or .xz are unpacked.
    encoding, errors
        See `charrnn.text.decoding.decode_pieces`.
    as_bytes
        Read every byte as the character of that number.
    max_bytes
        Largest number of bytes to read in total, after unpacking.
    field
        Of a table (.csv, .tsv) the column, and of records (.jsonl, .json) the field, to read.
    extract
        Whether of .docx, .epub, .html, .srt, .vtt and .ipynb the text in them is read.

    Raises
    ------
    TextError
        If a source cannot be found, read, unpacked or decoded, or is no text, or there is too much
        of it. That there is enough of it is for `check_corpus` to say.
    """
    if not sources:
        raise TextError("no text is named; name a file, a folder or - for standard input")
    read_as = ReadAs(encoding, errors, as_bytes, max_bytes, field, extract)
    bound = Bound(max_bytes)
    numbering = Encoder(as_bytes=as_bytes)
    files: list[SourceFile] = []
    notes: list[tuple[str, str]] = []
    left_out: Counter[str] = Counter()
    has_field = False
    last = "\n"
    for source in find_inputs(sources):
        opened = OpenedText(source, read_as, bound)
        start = characters = 0
        try:
            for text in opened:
                if not characters:
                    if not (as_bytes or last in "\n\r"):
                        numbering.feed("\n")
                    start = numbering.length
                numbering.feed(text)
                characters, last = characters + len(text), text[-1]
        except NotText as error:
            if source.is_named or characters:
                raise
            left_out[error.kind] += 1
            continue
        has_field = has_field or opened.has_field
        notes += ((opened.name, note) for note in opened.notes)
        start = start if characters else numbering.length
        files.append(SourceFile(_named(source.path), characters, opened.encoding, start))
    kinds = ", ".join(f"{_plain(kind)} ({count})" for kind, count in left_out.most_common())
    if not files:
        raise TextError(f"no text is among the files that were found: {kinds}; name a text")
    if field is not None and not has_field:
        raise TextError(
            f"field {field!r}: none of the files has fields, as .csv, .tsv, .jsonl and .json do"
        )
    said = _counted(notes)
    if left_out:
        count = left_out.total()
        said.append(f"{count} {'file is' if count == 1 else 'files are'} left out: {kinds}")
    return _corpus(numbering, files, said, read_as)


def read_first(sources: Sequence[Source], ways: Sequence[ReadAs]) -> Corpus:
    """Read a text in the first of several ways that succeeds; note which, if not the first.

    Standard input, which cannot be read twice, is read in the first way.

    Raises
    ------
    TextError
        See `read_corpus`, of the last way.
    """
    if STANDARD_INPUT in [os.fspath(source) for source in sources]:
        ways = ways[:1]
    for way in ways[:-1]:
        with suppress(TextError):
            return read_corpus(sources, **asdict(way))
    corpus = read_corpus(sources, **asdict(ways[-1]))
    if len(ways) == 1:
        return corpus
    return replace(corpus, notes=(*corpus.notes, fallen_back(Path(sources[0]), ways)))


def fallen_back(path: Path | None, ways: Sequence[ReadAs]) -> str:
    """Return the note for a text that could only be read in the last of several ways."""
    first, last = ways[0], ways[-1]
    return f"{name_of(path)} is not {first}, and is read as the text of this network was: {last}"


def from_text(text: str) -> Corpus:
    """Make a corpus of a text in memory.

    Raises
    ------
    TextError
        If it holds half a character (a lone surrogate).
    """
    numbering = Encoder()
    try:
        numbering.feed(text)
    except UnicodeEncodeError as error:
        raise TextError(
            f"the text holds half a character at position {numbering.length + error.start}; "
            "remove lone surrogates"
        ) from None
    return _corpus(numbering, [SourceFile("text", len(text), "utf-8")], [], ReadAs())


def check_corpus(corpus: Corpus) -> None:
    """Raise an error for a text that is empty or has one symbol only.

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
            f"the text is {first!r} and nothing else, {counted(len(corpus), 'time')}, "
            f"so there is nothing to predict; {way_out}"
        )


def _counted(notes: list[tuple[str, str]]) -> list[str]:
    """Return the notes about files, those of one kind merged where there are many.

    notes: the name of a file, and a note that begins with it.
    """
    kinds = [re.sub(r"[0-9,]*[0-9]", "0", note.removeprefix(name)) for name, note in notes]
    counts, said = Counter(kinds), {}
    for kind, (_, note) in zip(kinds, notes, strict=True):
        if counts[kind] <= MOST_NOTES:
            said[note] = note
        else:
            said.setdefault(kind, f"{note}; {counts[kind] - 1} more files likewise")
    return list(said.values())


def _plain(kind: str) -> str:
    """Return the name of a kind of file without its article."""
    return re.sub(r"^(?:an?|the) ", "", kind)


def _named(path: Path | None) -> str:
    """Return the name that opens an input again; a file that is called `-` becomes ./-."""
    if path is None:
        return STANDARD_INPUT
    name = str(path)
    return f"./{name}" if name == STANDARD_INPUT else name


def _corpus(
    numbering: Encoder, files: list[SourceFile], notes: list[str], read_as: ReadAs
) -> Corpus:
    known = numbering.vocabulary() if numbering.length or numbering.as_bytes else None
    ids, sha256 = numbering.ids(), numbering.sha256()
    return Corpus(ids, known, tuple(files), tuple(notes), sha256, read_as)
