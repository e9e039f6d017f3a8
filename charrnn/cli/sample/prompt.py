"""The prompt: typed, from a file, or from another program by a pipe."""

import os
import re
import select
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from charrnn.cli.messages import note
from charrnn.cli.sample.escapes import as_meant
from charrnn.errors import ConfigError, TextError
from charrnn.plurals import agreeing, counted
from charrnn.system.pipes import is_pipe

if TYPE_CHECKING:
    from charrnn.array_types import Ids
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.checkpoint.pairs import PairCheckpoint
    from charrnn.cli.reading import Encoded
    from charrnn.text.read_as import ReadAs, Unknown
    from charrnn.text.vocabulary import Vocabulary

PATIENCE = 1.0
"""Seconds to wait for the first byte of a pipe."""

SHOWN = 40
"""Characters of a prompt that a note shows."""


class Prompt(NamedTuple):
    """A prompt as text and as bytes.

    text: to be read and shown.
    data: its bytes, UTF-8 unless they come from a file for a network of bytes.
    once: whether it came by a pipe, from which it cannot be read again.
    """

    text: str
    data: bytes
    once: bool = False


def prompt_of(
    written: str | None,
    file: Path | None,
    encoded: "Encoded",
    checkpoint: "Checkpoint | PairCheckpoint",
) -> Prompt:
    """Return the prompt from the command line, a file or standard input.

    Raises
    ------
    ConfigError, TextError
        It cannot be read or decoded.
    """
    vocabulary = checkpoint.vocabulary
    if file is not None:
        return from_file(file, encoded.ways(checkpoint), vocabulary)
    if written is None and is_handed_over():
        return from_standard_input(encoded.ways(checkpoint), vocabulary)
    encoded.no_file()
    return typed(as_meant(written or "", "--prompt", vocabulary), "--prompt")


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

    The line end that editors and `echo` put at the end is no part of it; one before it is. For a
    network of bytes it is not decoded: those very bytes are the prompt.

    ways: how to read it, in the order in which to try.

    Raises
    ------
    TextError
        It cannot be read or decoded.
    """
    from charrnn.text.sources import MAX_BYTES, STANDARD_INPUT, Bound, read_pieces

    source = None if str(path) == STANDARD_INPUT else path
    once = source is None or is_pipe(source)
    if source is None and sys.stdin is not None and sys.stdin.isatty():
        note("the prompt is what you type now, until Ctrl-D at the beginning of a line")
        data = sys.stdin.buffer.read()  # once: a terminal can be read again after its end
    elif once or vocabulary.kind == "bytes":
        data = b"".join(read_pieces(source, Bound(MAX_BYTES)))
    else:
        data = b""
    if vocabulary.kind == "bytes":
        data = re.sub(rb"\r?\n\Z", b"", data)
        return Prompt(data.decode("utf-8", "replace"), data, once)
    text, remarks = _read(data, source, ways, once=once)
    for remark in remarks:
        note(remark)
    text = re.sub(r"\r?\n\Z", "", text)
    return Prompt(text, text.encode(), once)


def _read(
    data: bytes, source: Path | None, ways: "Sequence[ReadAs]", *, once: bool
) -> tuple[str, list[str]]:
    """Return the text of a file, read in the first way in which it can be, and its notes.

    data: what the file holds, to be decoded where it can be read `once`; of a file on a disk that
        is a document the text in it is read.
    """
    from charrnn.text.corpus import fallen_back
    from charrnn.text.decoding import decode_pieces
    from charrnn.text.formats.opening import OpenedText
    from charrnn.text.sources import MAX_BYTES, Bound, Input, name_of

    def read(way: "ReadAs") -> tuple[str, list[str]]:
        if source is not None and not once:
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


def is_handed_over() -> bool:
    """Return whether a text waits on standard input, from a pipe or a file.

    A terminal is not asked, nor a file that has been read from: a script that its shell reads, or
    the list of a loop. A pipe is waited for no longer than `PATIENCE`.
    """
    try:
        number = sys.stdin.fileno()
        mode = os.fstat(number).st_mode
        if stat.S_ISREG(mode):
            return os.lseek(number, 0, os.SEEK_CUR) == 0
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return False
        if select.select([number], [], [], PATIENCE)[0]:
            return True
    except (AttributeError, OSError, ValueError):  # closed, or of a kind that cannot be queried
        return False
    note(
        f"nothing has come on standard input for {PATIENCE:g} s, so there is no prompt; "
        f"--prompt-file - waits for one"
    )
    return False


def from_standard_input(ways: "Sequence[ReadAs]", vocabulary: "Vocabulary") -> Prompt:
    """Return the prompt from standard input, and show it.

    Raises
    ------
    TextError
        It cannot be read or decoded.
    """
    given = from_file(Path("-"), ways, vocabulary)
    if given.text:
        more = "..." if len(given.text) > SHOWN else ""
        note(f"the prompt comes from standard input: {given.text[:SHOWN]!r}{more}")
    return given._replace(once=bool(given.data))


def encode(prompt: Prompt, vocabulary: "Vocabulary", unknown: "Unknown") -> "Ids":
    """Return the ids of a prompt, and note what became of unknown characters.

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
        are, given = agreeing(strangers, "is", "are"), counted(len(prompt.text), "character")
        note(f"of the prompt's {given} {strangers:,} {are} unknown, and {done}")
    return ids
