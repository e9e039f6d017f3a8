"""Classes of characters: letters by their place in a word, digits, punctuation and so on.

A word is a run of letters. An apostrophe between two letters does not end it, so `don't` is one
word of four letters and a mark. Nothing here looks ahead: what a character is said to be depends on
it and on those before it, so it can be compared with what a network knew when it read it. Only
`words` knows where a word will end.

Of a text of bytes, each standing for a character of its number (Latin-1), the characters are those
of its UTF-8: all bytes of one are of its class, and bytes that are no UTF-8 are of the last class.
"""

import unicodedata
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Codes, Flags, Integers

CLASSES = (
    "word start",
    "letter 2",
    "letter 3",
    "letter 4+",
    "digit",
    "punctuation",
    "space",
    "newline",
    "other",
)
"""The classes; `other` are control characters and the like."""

_LETTER, _DIGIT, _PUNCTUATION, _SPACE, _NEWLINE, _OTHER = range(3, 9)  # as in CLASSES
_NEWLINES = "\n\r\v\f\x85\u2028\u2029"
_APOSTROPHES = "'\u2019"


def classes(text: str, *, as_bytes: bool = False) -> Codes:
    """Return the class of each character, (T,), as its index in `CLASSES`."""
    characters, lengths = _characters(text, as_bytes)
    kinds = _kinds(characters)
    seen = _seen(characters, kinds == _LETTER)
    found = np.where(kinds == _LETTER, np.minimum(seen, _LETTER), kinds)
    return np.repeat(found, lengths).astype(np.int8)


def letters_seen(text: str, *, as_bytes: bool = False) -> Integers:
    """Return the number of letters before each letter in its word, (T,); -1 elsewhere."""
    characters, lengths = _characters(text, as_bytes)
    is_letter = _kinds(characters) == _LETTER
    return np.repeat(np.where(is_letter, _seen(characters, is_letter), -1), lengths)


def words(text: str, *, as_bytes: bool = False) -> Integers:
    """Return (start, end) of each word, (n, 2)."""
    characters, lengths = _characters(text, as_bytes)
    is_letter = _kinds(characters) == _LETTER
    letters = np.flatnonzero(is_letter)
    firsts = np.flatnonzero(_seen(characters, is_letter)[letters] == 0)
    lasts = np.append(firsts[1:], len(letters))[: len(firsts)] - 1
    places = np.concatenate([[0], np.cumsum(lengths)])
    return np.stack([places[letters[firsts]], places[letters[lasts] + 1]], axis=1)


def capitals(text: str, *, as_bytes: bool = False) -> Flags:
    """Return which characters are capital letters, (T,)."""
    characters, lengths = _characters(text, as_bytes)
    return np.repeat(_described(characters, lambda c: c.isupper() or c.istitle()), lengths) > 0


def line_starts(text: str, *, as_bytes: bool = False) -> Flags:
    """Return which characters are the first of a line, empty lines left out, (T,)."""
    characters, lengths = _characters(text, as_bytes)
    ends = _kinds(characters) == _NEWLINE
    return np.repeat(~ends & np.concatenate([[True], ends[:-1]])[: len(ends)], lengths)


def _characters(text: str, as_bytes: bool) -> tuple[str, Integers]:
    """Return a text as characters, and the number of ids of each."""
    if not as_bytes:
        return text, np.ones(len(text), np.int64)
    characters = text.encode("latin-1").decode("utf-8", "surrogateescape")
    points = _points(characters)
    lengths = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
    lengths[(points >= 0xD800) & (points < 0xE000)] = 1  # a byte that is not UTF-8
    return characters, lengths.astype(np.int64)


def _points(characters: str) -> NDArray[np.uint32]:
    return np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), "<u4")


def _described(characters: str, question: Callable[[str], bool | int]) -> Integers:
    """Return the value of each character, computed once for each distinct one."""
    distinct, which = np.unique(_points(characters), return_inverse=True)
    return np.array([int(question(chr(point))) for point in distinct], np.int64)[which]


def _kinds(characters: str) -> Integers:
    """Return the class of each character, with one class for all letters."""
    return _described(characters, _kind)


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if character.isalpha() or category in ("Mn", "Mc"):
        return _LETTER
    if character in _NEWLINES:
        return _NEWLINE
    if character.isspace():
        return _SPACE
    if character.isnumeric():
        return _DIGIT
    return _PUNCTUATION if category[0] in "PS" else _OTHER


def _seen(characters: str, is_letter: Flags) -> Integers:
    """Return the number of letters of the current word before each character."""
    before: Integers = np.cumsum(is_letter) - is_letter
    after_letter = np.concatenate([[False], is_letter[:-1]])[: len(is_letter)]
    goes_on = is_letter | (after_letter & (_described(characters, lambda c: c in _APOSTROPHES) > 0))
    begun: Integers = np.maximum.accumulate(np.where(goes_on, 0, before))
    return before - begun
