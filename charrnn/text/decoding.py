"""From bytes to characters: strictly, a piece at a time, and exact about what is wrong where.

Line ends are characters like any other and are not translated. No encoding is ever guessed: a
text is UTF-8 unless a byte order mark or the user says otherwise.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from charrnn.errors import TextError

Errors = Literal["strict", "replace"]

# The mark of UTF-32 begins with that of UTF-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 (little-endian)"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 (big-endian)"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 (little-endian)"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 (big-endian)"),
)
_LONGEST_MARK = 4

# They write characters as escapes, so that half a character (a lone surrogate) can come out.
_ESCAPING = {"unicode-escape", "raw-unicode-escape", "utf-7", "punycode", "idna", "undefined"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was found to be in, and what its reader should know of it."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode_pieces(
    pieces: Iterable[bytes], name: str, *, encoding: str = "utf-8", errors: Errors = "strict"
) -> Decoded:
    """Decode a text that fits in memory, and arrives in pieces; see `Decoding`."""
    decoding = Decoding(pieces, name, encoding=encoding, errors=errors)
    text = "".join(decoding)
    return Decoded(text, decoding.encoding, decoding.notes)


class Decoding:
    """A text that arrives in pieces, cut anywhere, also within a character, decoded on the way.

    Iterating yields its characters, in pieces that are not empty, once.

    Parameters
    ----------
    pieces
        The bytes of one file, from its beginning.
    name
        What to call the file in messages.
    encoding
        Any text encoding of Python's. With "utf-8" a byte order mark of UTF-8, UTF-16 or UTF-32
        is heeded and left out; any other encoding is taken as asked.
    errors
        "strict", or "replace" to put U+FFFD in the place of what cannot be decoded.

    Attributes
    ----------
    encoding
        The encoding that it is in, when the first piece has come.
    notes
        What its reader should know of it, a sentence each, when the last piece has come.

    Raises
    ------
    TextError
        At once, if there is no such encoding, or it is not one for text, or it can produce half
        characters. On the way, if the bytes are not of that encoding, with the offset of the first
        that is not, counted from 0, and its line, counted from 1.
    """

    def __init__(
        self, pieces: Iterable[bytes], name: str, *, encoding: str, errors: Errors
    ) -> None:
        if errors not in ("strict", "replace"):
            raise TextError(f"errors={errors!r} is no way to decode; use 'strict' or 'replace'")
        self._pieces, self._name, self._errors = pieces, name, errors
        self._codec = _find_codec(encoding)
        self._tally = _Tally()
        self.notes: tuple[str, ...] = ()

    @property
    def encoding(self) -> str:
        """The name of the encoding."""
        return self._codec.name

    def __iter__(self) -> Iterator[str]:
        """Yield the characters."""
        head, rest = _split_head(self._pieces)
        mark, self._codec, notes = _heed_mark(head, self._codec, self._name)
        decoder = self._codec.incrementaldecoder(self._errors)
        fed = len(mark)
        for piece in chain(filter(None, chain([head[len(mark) :]], rest)), [b""]):
            state = decoder.getstate()
            fed += len(piece)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                held = len(error.object) - len(piece)  # of a character begun in an earlier piece
                decoder.setstate(state)
                self._tally.add(decoder.decode(piece[: max(error.start - held, 0)]))
                where = (
                    f"at byte {fed - len(error.object) + error.start} "
                    f"(0x{error.object[error.start]:02x}, line {self._tally.lines})"
                )
                raise _undecodable(self._name, self._codec, where) from None
            except UnicodeError as error:
                raise _undecodable(self._name, self._codec, f"({error})") from None
            if text:
                self._tally.add(text)
                yield text
        self.notes = (*notes, *self._tally.oddities(self._name, self._errors))


class _Tally:
    """What is counted of a text on the way: its lines, and characters seldom meant."""

    def __init__(self) -> None:
        self.lines = 1
        self._returns = self._nuls = self._marks = 0
        self._ends_in_return = False

    def add(self, text: str) -> None:
        self.lines += text.count("\n")
        if self._ends_in_return and text.startswith("\n"):
            self.lines -= 1  # CR LF, cut in two
        self._ends_in_return = text.endswith("\r")
        # To look for one is several times faster than to count them (measured).
        if "\r" in text:
            returns = text.count("\r")
            self.lines += returns - text.count("\r\n")
            self._returns += returns
        if "\0" in text:
            self._nuls += text.count("\0")
        if "\ufffd" in text:
            self._marks += text.count("\ufffd")

    def oddities(self, name: str, errors: Errors) -> list[str]:
        """Tell of characters that are legal, and kept, and seldom meant."""
        notes = []
        if self._returns:
            notes.append(f"{name} holds {self._returns} CR line ends, kept as they are")
        if self._nuls:
            notes.append(f"{name} holds {self._nuls} NUL characters; is it a text?")
        if errors == "replace" and self._marks:
            notes.append(
                f"{name} holds {self._marks} U+FFFD where it could not be decoded, or of its own"
            )
        return notes


def _find_codec(encoding: str) -> codecs.CodecInfo:
    known = "give one such as utf-8, utf-16, latin-1, cp1252 or shift_jis"
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise TextError(f"{encoding!a} is no encoding that Python knows; {known}") from None
    if codec.name in _ESCAPING:
        raise TextError(f"{encoding!a} can produce half characters; {known}")
    try:
        b"a".decode(encoding, "replace")
    except (LookupError, UnicodeError):
        raise TextError(f"{encoding!a} is not an encoding of text; {known}") from None
    return codec


def _split_head(pieces: Iterable[bytes]) -> tuple[bytes, Iterable[bytes]]:
    """Gather pieces until a byte order mark would be whole; the rest is left unread."""
    rest = iter(pieces)
    head = b""
    for piece in rest:
        head += piece
        if len(head) >= _LONGEST_MARK:
            break
    return head, rest


def _heed_mark(
    head: bytes, codec: codecs.CodecInfo, name: str
) -> tuple[bytes, codecs.CodecInfo, list[str]]:
    for mark, encoding, spoken in _MARKS:
        if codec.name == "utf-8" and head.startswith(mark):
            note = f"{name} is {spoken}, told by its byte order mark, which is left out"
            return mark, codecs.lookup(encoding), [note]
    return b"", codec, []


def _undecodable(name: str, codec: codecs.CodecInfo, where: str) -> TextError:
    other = {"utf-8": "cp1252", "utf-16": "utf-16-le"}.get(codec.name, "utf-8")
    return TextError(
        f"{name}: not {codec.name.upper()} {where}; give its encoding with --encoding, "
        f"e.g. {other}, or read it as bytes with --bytes"
    )
