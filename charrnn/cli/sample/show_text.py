"""Generated text on its way to standard output: exact in a pipe, harmless on a terminal."""

import codecs
import os
from time import perf_counter
from typing import TextIO

from charrnn.sampling.generate import Choice
from charrnn.sampling.sample import Sample
from charrnn.terminal.safe import harmless
from charrnn.text.vocabulary import Vocabulary

PAUSE = 1 / 50
"""Seconds between two flushes, which cost time."""

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Writing:
    """Writes samples one after the other, their characters as they are made.

    prompt: bytes to write before each sample, UTF-8 unless the network is one of bytes.
    raw: write on a terminal, too, what a pipe gets: the bytes that were made, and no others.
    colour: whether the prompt is dimmed; by default on a terminal. Where it is, a pipe gets what a
        terminal does.
    separator, last: bytes to write between two samples, and after the last one.
    """

    def __init__(
        self,
        stdout: TextIO,
        vocabulary: Vocabulary,
        prompt: bytes,
        *,
        raw: bool = False,
        colour: bool | None = None,
        separator: bytes = b"\n----\n",
        last: bytes = b"",
    ) -> None:
        self._stdout, self._vocabulary, self._prompt = stdout, vocabulary, prompt
        self._separator, self._last = separator, last
        self._terminal = stdout.isatty()
        self._exact = raw or not (self._terminal or colour)
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self._dims = not plain if colour is None else colour
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending: list[int] = []
        self._kept = ""  # of a line end of two characters, the first
        self._due = 0.0
        self._begun = False
        self._line_ended = True

    def begin(self, *, beside: bool = False) -> None:
        """Write the separator from the sample before, and the prompt."""
        if self._begun:
            self._write(self._separator)
        self._begun = True
        self._write(self._prompt, dim=True)

    def take(self, choice: Choice) -> None:
        """Write the next character."""
        self._pending.append(choice.id)
        if perf_counter() >= self._due:
            self._flush()
            self._due = perf_counter() + PAUSE

    def end(self, sample: Sample) -> None:
        """Write what is left of a sample, half a character of bytes included."""
        self._flush(final=True)

    def close(self) -> None:
        """Write what is left after a failure, and end the line on a terminal."""
        self._flush(final=True)
        if self._begun:
            self._write(self._last, final=True)
        if self._terminal and not self._line_ended:
            self._write(b"\n", final=True)
        self._stdout.flush()

    def _flush(self, *, final: bool = False) -> None:
        self._write(self._vocabulary.decode_bytes(self._pending), final=final)
        self._pending.clear()
        self._stdout.flush()

    def _write(self, text: bytes, *, dim: bool = False, final: bool = False) -> None:
        if text:
            self._line_ended = text.endswith(b"\n")
        if self._exact:
            # Not by way of the text layer, which on some systems writes other line ends.
            self._stdout.buffer.write(text)
            return
        shown = self._kept + self._utf8.decode(text, final)
        self._kept = "\r" if shown.endswith("\r") and not final else ""
        shown = harmless(shown.removesuffix(self._kept))
        if shown and dim and self._dims:
            shown = f"{_DIM}{shown}{_PLAIN}"
        self._stdout.write(shown)
