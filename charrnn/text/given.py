"""A text given to the library: the text itself, or the path of its file."""

import os

from charrnn.array_types import Ids
from charrnn.errors import TextError
from charrnn.plurals import counted
from charrnn.text.corpus import Corpus, from_text, read_corpus
from charrnn.text.names import is_one_line, is_there, looks_like_path
from charrnn.text.read_as import Unknown
from charrnn.text.vocabulary import Vocabulary

Given = str | os.PathLike[str] | Corpus
"""A text, the name of a file, folder or pattern, or what `read_corpus` returns."""

SHORTEST = 100
"""Characters on a single line that is accepted as a text to learn from: a name has fewer."""


def corpus_of(given: Given) -> Corpus:
    """Return the text to learn from.

    A str that names an existing file or folder is read as a path, whatever its ending.

    Raises
    ------
    TextError
        It looks like a path and nothing is there, is too short to be a text, or cannot be read.
    """
    if isinstance(given, Corpus):
        return given
    if isinstance(given, os.PathLike):
        return read_corpus([os.fspath(given)])
    if not isinstance(given, str):
        raise TextError(
            f"a text of type {type(given).__name__} cannot be learnt; give a str, a Path, or what "
            f"read_corpus returns"
        )
    if is_there(given) or looks_like_path(given):
        return read_corpus([given])
    if 1 < len(given) < SHORTEST and is_one_line(given):
        raise TextError(
            f"{given!a} names no file or folder, and {counted(len(given), 'character')} are too "
            f"few to learn from; check the name and the folder, or give a longer text"
        )
    return from_text(given)


def ids_of(given: Given, vocabulary: Vocabulary, unknown: Unknown = "error") -> Ids:
    """Return the ids, (N,), of a text to be scored or read, in a network's vocabulary.

    A str is read as a path only if it looks like one and the file exists: a single word
    may be the text.

    Raises
    ------
    TextError
        The network does not know a character of it, or a file cannot be read.
    """
    if isinstance(given, str) and not (looks_like_path(given) and is_there(given)):
        return vocabulary.encode_prompt(given, unknown)
    if not isinstance(given, Corpus):
        given = read_corpus([os.fspath(given)], as_bytes=vocabulary.kind == "bytes")
    return vocabulary.encode(given.text, unknown)
