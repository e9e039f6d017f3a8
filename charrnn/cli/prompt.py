"""The prompt, as it was typed or as a file holds it."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from charrnn.cli.notes import note
from charrnn.errors import ConfigError, TextError, counted

if TYPE_CHECKING:
    from charrnn.network.functions import Ids
    from charrnn.text.read_as import ReadAs
    from charrnn.text.vocabulary import Unknown, Vocabulary


class Prompt(NamedTuple):
    """A prompt in the two forms that it is wanted in.

    text: to be read and shown.
    data: its bytes, UTF-8 unless they come from a file for a network of bytes.
    """

    text: str
    data: bytes


def typed(text: str, option: str) -> Prompt:
    """Return a prompt from the command line.

    Raises
    ------
    ConfigError
        Its bytes were not UTF-8, so that Python put half characters in their place.
    """
    try:
        return Prompt(text, text.encode())
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"{option}: {text[error.start]!a} at position {error.start} is half a character; "
            f"give the text in UTF-8"
        ) from None


def from_file(path: Path, ways: "Sequence[ReadAs]", vocabulary: "Vocabulary") -> Prompt:
    """Return the prompt that a file holds, or standard input if it is called -.

    For a network of bytes it is not decoded: those very bytes are the prompt.

    ways: how to read it, in the order in which to try.

    Raises
    ------
    TextError
        It cannot be read or decoded.
    """
    from charrnn.text.sources import MAX_BYTES, STANDARD_INPUT, Bound, read_pieces

    source = None if str(path) == STANDARD_INPUT else path
    if source is None and sys.stdin is not None and sys.stdin.isatty():
        note("the prompt is what you type now, until Ctrl-D at the beginning of a line")
        data = sys.stdin.buffer.read()  # once: a terminal goes on after its end
    elif source is None or vocabulary.kind == "bytes":
        data = b"".join(read_pieces(source, Bound(MAX_BYTES)))
    else:
        data = b""
    if vocabulary.kind == "bytes":
        return Prompt(data.decode("utf-8", "replace"), data)
    text, remarks = _read(data, source, ways)
    for remark in remarks:
        note(remark)
    return Prompt(text, text.encode())


def _read(data: bytes, source: Path | None, ways: "Sequence[ReadAs]") -> tuple[str, list[str]]:
    """Return the text of a file, read in the first way in which it can be, and its notes.

    data: what the file holds, to be decoded where it comes from standard input; of a named file
        that is a document the text in it is read.
    """
    from charrnn.text.decoding import decode_pieces
    from charrnn.text.formats.opening import OpenedText
    from charrnn.text.reading import fallen_back
    from charrnn.text.sources import MAX_BYTES, Bound, Input, name_of

    def read(way: "ReadAs") -> tuple[str, list[str]]:
        if source is not None:
            opened = OpenedText(Input(source), way, Bound(MAX_BYTES))
            return "".join(opened), list(opened.notes)
        if way.as_bytes:
            return data.decode("latin-1"), []
        found = decode_pieces([data], name_of(source), encoding=way.encoding, errors=way.errors)
        return found.text, list(found.notes)

    for way in ways[:-1]:
        with suppress(TextError):
            return read(way)
    text, remarks = read(ways[-1])
    return text, [*remarks, fallen_back(source, ways)] if len(ways) > 1 else remarks


def encode(prompt: Prompt, vocabulary: "Vocabulary", unknown: "Unknown") -> "Ids":
    """Return the ids of a prompt, and tell what became of characters that are not known.

    Raises
    ------
    UnknownCharacter
        There is one, and `unknown` is "error".
    """
    import numpy as np

    if vocabulary.kind == "bytes":
        return np.frombuffer(prompt.data, np.uint8)
    ids = vocabulary.encode(prompt.text, unknown)
    strangers = sum(character not in vocabulary for character in prompt.text)
    if strangers:
        skipped = len(ids) == len(prompt.text) - strangers
        done = "left out" if skipped else "read as the nearest known, or left out"
        given, are = counted(len(prompt.text), "character"), "is" if strangers == 1 else "are"
        note(f"of the prompt's {given} {strangers} {are} unknown, and {done}")
    return ids
