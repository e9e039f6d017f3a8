"""How much of a text is copied from a corpus: its longest verbatim run, and its new n-grams."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.errors import TextError
from charrnn.text.corpus import Corpus
from charrnn.text.verbatim import Index, Match, Run
from charrnn.text.vocabulary import Vocabulary

GRAM = 20
"""Characters of the n-grams that are counted."""

_PIECE = 1 << 20  # characters of a text that are decoded at a time


class IndexedFile(NamedTuple):
    """A file of a corpus: its name, and where in the text it begins."""

    name: str
    start: int


class Place(NamedTuple):
    """A place in a corpus: the name of a file, and a line from 1; None where none can be known."""

    name: str
    line: int | None


@dataclass(frozen=True, slots=True, eq=False)
class IndexedCorpus:
    """A corpus in which runs of characters are found.

    vocabulary: of the network; characters that it does not have are part of no run.
    files: in the order of the text; there is one at least.
    """

    index: Index
    vocabulary: Vocabulary
    files: tuple[IndexedFile, ...]

    @classmethod
    def of(cls, corpus: Corpus, vocabulary: Vocabulary) -> "IndexedCorpus":
        """Index a corpus for a network of a vocabulary.

        Raises
        ------
        TextError
            It is empty, too long, or not read as the network reads: as bytes, or as characters.
        """
        if corpus.vocabulary.kind != vocabulary.kind:
            raise TextError(
                f"the corpus was read as {corpus.vocabulary.kind}, and the network knows "
                f"{vocabulary.kind}; read it as {vocabulary.kind}"
            )
        V = len(vocabulary)
        own, known = corpus.vocabulary.code_points, vocabulary.code_points
        near = np.minimum(np.searchsorted(known, own), V - 1)
        id_of = np.where(known[near] == own, near, V)
        id_of = id_of.astype(np.min_scalar_type(id_of.max()))
        files = tuple(IndexedFile(source.name, source.start) for source in corpus.sources)
        return cls(Index(id_of[corpus.ids[:]], V), vocabulary, files)

    @property
    def sha256(self) -> str | None:
        """The hexadecimal SHA-256 of the text, as `Corpus` has it; None if not all is known."""
        ids, sha256 = self.index.ids, hashlib.sha256()
        if len(ids) and int(ids.max()) >= len(self.vocabulary):
            return None
        for start in range(0, len(ids), _PIECE):
            sha256.update(self.vocabulary.decode_bytes(ids[start : start + _PIECE]))
        return sha256.hexdigest()

    def place(self, start: int) -> Place:
        """Return the file and the line of a character of the text.

        Of a document the lines are those of the text in it.
        """
        starts = [file.start for file in self.files]
        file = self.files[max(0, int(np.searchsorted(starts, start, "right")) - 1)]
        if "\n" not in self.vocabulary:
            return Place(file.name, None)
        before = self.index.ids[file.start : start]
        return Place(
            file.name, int(np.count_nonzero(before == self.vocabulary.encode("\n")[0])) + 1
        )

    def text(self, run: Run) -> str:
        """Return the characters of a run."""
        return self.vocabulary.decode_output(self.index.ids[run.start : run.start + run.length])


class Copies:
    """Counts what texts copy from a corpus, while they are made, in constant memory.

    longest: the longest run of any of the texts that stands in the corpus, the first of several.
    grams: runs of `GRAM` characters in the texts.
    new: how many of them do not stand in the corpus.
    """

    def __init__(self, corpus: IndexedCorpus) -> None:
        self.corpus = corpus
        self.longest = Run(0, 0)
        self.grams = self.new = 0
        self.begin()

    def begin(self) -> None:
        """Begin a text."""
        self._match, self._length = Match(self.corpus.index), 0

    def accept(self, k: int) -> None:
        """Count the next character of it."""
        self._match.accept([k])
        self._length += 1
        run = self._match.run
        if run.length > self.longest.length:
            self.longest = run
        if self._length >= GRAM:
            self.grams += 1
            self.new += run.length < GRAM
