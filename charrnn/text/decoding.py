"""Bytes to characters, a piece at a time: strict, with the exact place of an error.

Line ends are characters like any other and are not translated. No encoding is ever guessed for
reading: a text is UTF-8 unless a byte order mark or the user says otherwise. A guess is only made
for the advice in an error message.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from charrnn.errors import NotText, TextError, Way
from charrnn.text.guessing import guess

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

# Codecs with escapes, which can produce half a character (a lone surrogate).
_ESCAPING = {"unicode-escape", "raw-unicode-escape", "utf-7", "punycode", "idna", "undefined"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, its encoding, and notes for the user."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode_pieces(
    pieces: Iterable[bytes], name: str, *, encoding: str = "utf-8", errors: Errors = "strict"
) -> Decoded:
    """Decode a text that fits in memory; see `Decoding`."""
    decoding = Decoding(pieces, name, encoding=encoding, errors=errors)
    text = "".join(decoding)
    return Decoded(text, decoding.encoding, decoding.notes)


class Decoding:
    """An incremental decoder: takes bytes in pieces that are cut anywhere, yields characters.

    Iterating yields its characters, in pieces that are not empty, once.

    Parameters
    ----------
    pieces
        The bytes of one file, from its beginning.
    name
        Name of the file in messages.
    encoding
        Any text encoding of Python's. With "utf-8" a byte order mark of UTF-8, UTF-16 or UTF-32
        is obeyed and left out; any other encoding is used as given.
    errors
        "strict", or "replace" to put U+FFFD in the place of what cannot be decoded.
    keeps_line_ends
        Whether line ends are kept as they are, so that unusual ones get a note.

    Attributes
    ----------
    encoding
        The encoding; known once the first piece has been read.
    notes
        Notes for the user, a sentence each; complete once the last piece has been read.

    Raises
    ------
    TextError
        At once, if there is no such encoding, or it is not one for text, or it can produce half
        characters. On the way, if the bytes are not of that encoding, with the offset of the first
        that is not, counted from 0, and its line, counted from 1.
    """

    def __init__(
        self,
        pieces: Iterable[bytes],
        name: str,
        *,
        encoding: str,
        errors: Errors,
        keeps_line_ends: bool = True,
    ) -> None:
        if errors not in ("strict", "replace"):
            raise TextError(f"errors={errors!r} is no way to decode; use 'strict' or 'replace'")
        self._pieces, self._name, self._errors = pieces, name, errors
        self._codec = find_codec(encoding)
        self._tally = _Tally(keeps_line_ends=keeps_line_ends)
        self.notes: tuple[str, ...] = ()

    @property
    def encoding(self) -> str:
        """The name of the encoding."""
        return self._codec.name

    def __iter__(self) -> Iterator[str]:
        """Yield the characters."""
        head, rest = split_head(self._pieces, _LONGEST_MARK)
        mark, self._codec, notes = _read_mark(head, self._codec, self._name)
        if not mark:
            notes += _check_head(head[:_HEAD], self._codec, self._name)
        before = b""
        decoder = self._codec.incrementaldecoder(self._errors)
        fed = len(mark)
        for piece in chain(filter(None, chain([head[len(mark) :]], rest)), [b""]):
            state = decoder.getstate()
            fed += len(piece)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                pending = len(error.object) - len(piece)  # bytes of a character cut in two
                decoder.setstate(state)
                try:
                    self._tally.add(decoder.decode(piece[: max(error.start - pending, 0)]))
                except UnicodeError as other:  # a mark that is missing, noticed only now
                    raise _undecodable(self._name, self._codec, f"({other})", b"") from None
                where = (
                    f"at byte {fed - len(error.object) + error.start} "
                    f"(0x{error.object[error.start]:02x}, line {self._tally.lines})"
                )
                read = (error.object if piece else before) + next(rest, b"")
                is_cut = not piece and not self._tally.is_ascii
                raise _undecodable(self._name, self._codec, where, read, is_cut=is_cut) from None
            except UnicodeError as error:
                raise _undecodable(self._name, self._codec, f"({error})", b"") from None
            before = piece
            if text:
                self._tally.add(text)
                yield text
        self.notes = (*notes, *self._tally.oddities(self._name, self._errors))


class _Tally:
    """Integers the lines of a text and its unusual characters."""

    def __init__(self, *, keeps_line_ends: bool) -> None:
        self._keeps_line_ends = keeps_line_ends
        self.lines = 1
        self.is_ascii = True
        self._returns = self._pairs = self._nuls = self._marks = 0
        self._ends_in_return = False

    def add(self, text: str) -> None:
        self.is_ascii = self.is_ascii and text.isascii()
        self.lines += text.count("\n")
        if self._ends_in_return and text.startswith("\n"):
            self.lines -= 1  # CR LF, cut in two
            self._pairs += 1
        self._ends_in_return = text.endswith("\r")
        # A search is several times faster than a count (measured).
        if "\r" in text:
            returns = text.count("\r")
            pairs = text.count("\r\n")
            self.lines += returns - pairs
            self._returns += returns
            self._pairs += pairs
        if "\0" in text:
            self._nuls += text.count("\0")
        if "\ufffd" in text:
            self._marks += text.count("\ufffd")

    def oddities(self, name: str, errors: Errors) -> list[str]:
        """Return notes about characters that are legal but rarely intended."""
        notes = []
        if self._returns and self._keeps_line_ends:
            kinds = {"CR LF": self._pairs, "CR": self._returns - self._pairs}
            ends = " and ".join(kind for kind, n in kinds.items() if n)
            notes.append(f"{name} has {ends} line ends ({self._returns:,}), kept as they are")
        if self._nuls:
            notes.append(f"{name} holds {self._nuls} NUL characters; is it a text?")
        if errors == "replace" and self._marks:
            notes.append(
                f"{name} holds {self._marks} U+FFFD where it could not be decoded, or of its own"
            )
        return notes


def find_codec(encoding: str) -> codecs.CodecInfo:
    """Return the codec of an encoding of text.

    Raises
    ------
    TextError
        If there is none of that name, or it is not for text, or can produce half characters.
    """
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


def split_head(pieces: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """Return the first `size` bytes, if there are as many, and the pieces that follow."""
    rest = iter(pieces)
    head = b""
    for piece in rest:
        head += piece
        if len(head) >= size:
            break
    return head, rest


def _read_mark(
    head: bytes, codec: codecs.CodecInfo, name: str
) -> tuple[bytes, codecs.CodecInfo, list[str]]:
    for mark, encoding, spoken in _MARKS:
        if codec.name == "utf-8" and head.startswith(mark):
            note = f"{name} is {spoken} by its byte order mark, which is left out"
            return mark, codecs.lookup(encoding), [note]
    return b"", codec, []


def _check_head(head: bytes, codec: codecs.CodecInfo, name: str) -> list[str]:
    """Check that the beginning of a file without a mark is in the requested encoding.

    Raises
    ------
    TextError
        If it would pass for UTF-8, but is UTF-16, ISO-2022 or not a text.
    """
    if codec.name != "utf-8":
        if codec.name.startswith("utf") or head.isascii() or not is_utf8(head):
            return []
        return [f"{name} is valid UTF-8, and is read as {codec.name}, the encoding that was given"]
    if shift := next((shift for shift in _SHIFTS if shift in head), None):
        encoding = _SHIFTS[shift]
        raise TextError(
            f"{name}: changes its characters by escapes, so it seems to be {encoding.upper()}",
            Way("give its encoding with {encoding}", encoding=encoding),
        )
    controls = _controls(head)
    if len(head) < _ENOUGH or controls <= _MANY_CONTROLS * len(head):
        return []
    if found := _utf16(head):
        raise TextError(
            f"{name}: seems to be UTF-16 without a byte order mark",
            Way("give its encoding with {encoding}", encoding=found),
        )
    if controls > _MOST_CONTROLS * len(head):
        raise _binary(name)
    return []


def _utf16(head: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, or None if it is not UTF-16."""
    found = []
    for encoding, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        text = head.decode(encoding, "replace")
        seen = sum(letter.isprintable() or letter.isspace() for letter in text)
        if seen - 2 * text.count("\ufffd") > _SEEN * len(text):
            found.append((len(set(high)), encoding))
    # A text uses few blocks of 256 characters; in the wrong byte order it uses many.
    return min(found)[1] if found else None


def _controls(data: bytes) -> int:
    """Count the control characters that a text does not use."""
    return len(data) - len(data.translate(None, _CONTROLS))


def _binary(name: str) -> NotText:
    return NotText(
        name,
        "binary data",
        Way("leave it out"),
        Way("read it as bytes with {as_bytes}", as_bytes=True),
    )


def is_utf8(head: bytes) -> bool:
    """Return whether the beginning of a file, which may end within a character, is UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


_HEAD = 1 << 16  # bytes at the beginning of a file that are examined
_ENOUGH = 64  # fewest bytes to judge a file by
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_MANY_CONTROLS = 0.05  # fraction of bytes; a text in any encoding but UTF-8 has fewer
_MOST_CONTROLS = 0.3  # fraction of bytes that no text reaches
_SEEN = 0.97  # least fraction of printable characters and spaces in a text
_SHIFTS = {
    b"\x1b$B": "iso2022_jp", b"\x1b$@": "iso2022_jp", b"\x1b$)C": "iso2022_kr",
}  # fmt: skip


def _undecodable(
    name: str, codec: codecs.CodecInfo, where: str, read: bytes, *, is_cut: bool = False
) -> TextError:
    """Return the error for bytes that are not valid in an encoding, with a guess of theirs.

    read: some of the text around that place, beginning before it.
    is_cut: whether that place is the last character of the file, which is not whole.
    """
    wrong = f"{name}: not {codec.name.upper()} {where}"
    as_bytes = Way("read it as bytes with {as_bytes}", as_bytes=True)
    replaced = Way("put U+FFFD there with {errors}", errors="replace")
    if codec.name != "utf-8":
        other = "utf-16-le" if codec.name == "utf-16" else "utf-8"
        return TextError(
            wrong, Way("give its encoding, such as {encoding}", encoding=other), as_bytes
        )
    if len(read) >= _ENOUGH and _controls(read) > _MANY_CONTROLS * len(read):
        return _binary(name)
    if is_cut:
        return TextError(
            f"{wrong}, which is its end, within a character, so it was cut short",
            Way("fetch it again"),
            replaced,
            as_bytes,
        )
    text = read.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if sum(not character.isascii() for character in text) > 4 * bad:
        return TextError(
            f"{wrong}, though all but about {bad} of its characters are", replaced, as_bytes
        )
    if found := guess(read):
        return TextError(
            f"{wrong}; it seems to be {found.name}, “{found.text}”",
            Way("give that with {encoding}", encoding=found.codec),
            as_bytes,
        )
    return TextError(wrong, Way("give its {encoding}"), replaced, as_bytes)
