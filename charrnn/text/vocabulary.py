"""The vocabulary: the characters that a network knows, and their ids.

There are two kinds. One of *characters* has those of its corpus, numbered in the order of
their code points. One of *bytes* always knows the 256 values of a byte, and its text is a string
in which each character represents the byte of that number (Latin-1). Two pairs of methods must
not be confused:

- `encode` and `decode` are exact inverses between a corpus, as it was read, and ids;
- `encode_prompt` and `decode_output` are between ids and what people type and see. For
  characters they do the same as the other pair, for bytes they go by way of UTF-8.
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from charrnn.array_types import Array, Ids, Integers
from charrnn.errors import TextError, UnknownCharacter
from charrnn.text.confusables import Confusables
from charrnn.text.read_as import Unknown

Kind = Literal["characters", "bytes"]

CODE_POINTS = 0x110000
BYTE_VALUES = 256
# Characters processed at a time; their arrays fit a processor's cache.
_PIECE = 1 << 16


class Decoder(Protocol):
    """Decodes ids one at a time, for text that is shown while it is generated."""

    def feed(self, k: int) -> str:
        """Return the text that one more id completes, which may be empty."""

    def finish(self) -> str:
        """Return the text of an unfinished character, and start over."""


@dataclass(frozen=True, eq=False, repr=False)
class Vocabulary:
    """The characters, or bytes, that a network knows.

    Two vocabularies are equal if they number the same characters alike; how often each character
    occurred plays no part.

    Parameters
    ----------
    code_points : array of int, shape (V,)
        The known code points, strictly increasing, none of them a surrogate.
    counts : array of int, shape (V,), optional
        How often each occurred in the corpus that the vocabulary was made from, else zeros.
    kind
        "characters" or "bytes"; that of bytes has the code points 0 to 255.

    Raises
    ------
    ValueError
        If the arrays are not as described here.
    """

    code_points: NDArray[np.uint32]
    counts: Integers
    kind: Kind

    def __init__(
        self, code_points: ArrayLike, counts: ArrayLike | None = None, kind: Kind = "characters"
    ) -> None:
        points = _whole_numbers(code_points, "code points", CODE_POINTS)
        if not points.size or np.any(points[1:] <= points[:-1]):
            raise ValueError("a vocabulary needs code points, strictly increasing")
        if np.any((points >= 0xD800) & (points <= 0xDFFF)):
            raise ValueError("a surrogate (U+D800 to U+DFFF) is no character")
        if kind not in ("characters", "bytes"):
            raise ValueError(f"a vocabulary is of characters or of bytes, not of {kind!r}")
        if kind == "bytes" and not np.array_equal(points, np.arange(BYTE_VALUES)):
            raise ValueError("a vocabulary of bytes has the code points 0 to 255")
        if counts is None:
            counts = np.zeros(points.size, np.int64)
        occurrences = _whole_numbers(counts, "counts", 1 << 63)
        if occurrences.size != points.size:
            raise ValueError(f"{occurrences.size} counts for {points.size} code points")
        object.__setattr__(self, "code_points", _fixed(points.astype(np.uint32)))
        object.__setattr__(self, "counts", _fixed(occurrences.astype(np.int64)))
        object.__setattr__(self, "kind", kind)

    @classmethod
    def of(cls, text: str) -> Self:
        """Make the vocabulary of the characters that occur in a text.

        Raises
        ------
        TextError
            If the text is empty or holds half a character (a lone surrogate).
        """
        if not text:
            raise TextError("an empty text has no vocabulary; give one with characters in it")
        counts = _count(text)
        points = np.flatnonzero(counts)
        return cls(points, counts[points])

    @classmethod
    def of_bytes(cls, text: str) -> Self:
        """Make the vocabulary of all bytes, with the counts of a text of bytes."""
        counts = _count(text)
        if counts[BYTE_VALUES:].any():
            raise ValueError("a text of bytes has no character beyond U+00FF")
        return cls(np.arange(BYTE_VALUES), counts[:BYTE_VALUES], kind="bytes")

    def __len__(self) -> int:
        """Return V, the number of known characters."""
        return self.code_points.size

    def __getitem__(self, k: int) -> str:
        """Return the character whose id is k."""
        if not 0 <= k < len(self):
            raise IndexError(f"no id {k} in a vocabulary of {len(self)}")
        return chr(self.code_points[k])

    def __iter__(self) -> Iterator[str]:
        """Yield the known characters in the order of their ids."""
        return iter(self.characters)

    def __contains__(self, character: object) -> bool:
        """Return whether a character is known."""
        return (
            isinstance(character, str)
            and len(character) == 1
            and bool(self._id_of[ord(character)] >= 0)
        )

    def __eq__(self, other: object) -> bool:
        """Return whether the same characters have the same ids."""
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.kind == other.kind and np.array_equal(self.code_points, other.code_points)

    def __hash__(self) -> int:
        """Return a number that equal vocabularies share."""
        return hash((self.kind, self.code_points.tobytes()))

    def __repr__(self) -> str:
        """Return the size and kind."""
        return f"<Vocabulary of {len(self)} {self.kind}>"

    @cached_property
    def characters(self) -> tuple[str, ...]:
        """The known characters, in the order of their ids."""
        return tuple(map(chr, self.code_points.tolist()))

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The smallest unsigned type that holds every id."""
        return np.min_scalar_type(len(self) - 1)

    def nearest(self, character: str, n: int = 3) -> list[str]:
        """Return the `n` known characters nearest to another, nearest first; see `Confusables`."""
        return [self[k] for k in self._confusables.rank(character, n)]

    def encode(self, text: str, unknown: Unknown = "error") -> Ids:
        """Return the ids of the characters of a text, as it was read from a corpus.

        Parameters
        ----------
        text
            In a vocabulary of bytes, a text of characters U+0000 to U+00FF.
        unknown
            What becomes of a character that is not known: "error", or "skip" to leave it out, or
            "nearest" to read known ones in its place; see `Confusables.replaced`.

        Returns
        -------
        ndarray of uint8, uint16 or uint32, shape (n,)
            One for each character of the text, unless some were skipped or replaced.

        Raises
        ------
        UnknownCharacter
            With its position and the nearest known ones, if `unknown` is "error".
        TextError
            If the text holds half a character (a lone surrogate).
        """
        if unknown not in ("error", "skip", "nearest"):
            raise ValueError(f"unknown must be error, skip or nearest, not {unknown!r}")
        if unknown == "nearest":
            text = self._replaced(text)
        ids = np.empty(len(text), self.dtype)
        end = 0
        for start, points in _pieces(text):
            found = self._id_of[points]
            if found.min() < 0:
                missing = found < 0
                if unknown == "error":
                    self._refuse(text, start + int(missing.argmax()))
                found = found[~missing]
            ids[end : end + found.size] = found
            end += found.size
        return ids[:end]

    def decode(self, ids: Ids | Sequence[int]) -> str:
        """Return the text whose ids these are, such that `decode(encode(text))` is `text`.

        Raises
        ------
        IndexError
            If an id is negative or not less than V.
        """
        ids = np.asarray(ids).ravel()
        return "".join(
            self._take(ids[start : start + _PIECE]).astype("<u4").tobytes().decode("utf-32-le")
            for start in range(0, ids.size, _PIECE)
        )

    def encode_prompt(self, text: str, unknown: Unknown = "error") -> Ids:
        """Return the ids of a text that was typed: of its UTF-8 where ids are of bytes."""
        if self.kind == "characters":
            return self.encode(text, unknown)
        return np.frombuffer(_encoded(text, 0, "utf-8"), np.uint8).copy()

    def decode_output(self, ids: Ids | Sequence[int]) -> str:
        """Return the text to show for ids: U+FFFD for bytes that are not UTF-8."""
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def decode_bytes(self, ids: Ids | Sequence[int]) -> bytes:
        """Return the bytes whose ids these are, or the characters as UTF-8."""
        return self.decode(ids).encode("latin-1" if self.kind == "bytes" else "utf-8")

    def decoder(self) -> Decoder:
        """Return an incremental decoder, whose output joined is that of `decode_output`."""
        return _ByteDecoder() if self.kind == "bytes" else _CharacterDecoder(self)

    @cached_property
    def _id_of(self) -> NDArray[np.int32]:
        """The id of each Unicode code point, -1 where it has none."""
        table = np.full(CODE_POINTS, -1, np.int32)
        table[self.code_points] = np.arange(len(self))
        return table

    @cached_property
    def _confusables(self) -> Confusables:
        return Confusables(self.characters)

    def _take(self, ids: Ids) -> NDArray[np.uint32]:
        if ids.min() < 0 or ids.max() >= len(self):
            raise IndexError(f"ids must be from 0 to {len(self) - 1}")
        return self.code_points[ids]

    def _refuse(self, text: str, position: int) -> None:
        character = text[position]
        raise UnknownCharacter(character, position, len(self), self.nearest(character))

    def _replaced(self, text: str) -> str:
        """Return a text with its unknown characters replaced by known ones."""
        for _ in _pieces(text):  # raises at half a character
            pass
        return self._confusables.replaced(text)


class _CharacterDecoder:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def feed(self, k: int) -> str:
        return self._vocabulary[k]

    def finish(self) -> str:
        return ""


class _ByteDecoder:
    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, k: int) -> str:
        return self._utf8.decode(bytes((k,)))

    def finish(self) -> str:
        return self._utf8.decode(b"", final=True)


def _pieces(text: str) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Yield a text's code points in pieces, each with the position of its first."""
    for start in range(0, len(text), _PIECE):
        piece = _encoded(text[start : start + _PIECE], start, "utf-32-le")
        yield start, np.frombuffer(piece, "<u4")


def _encoded(text: str, start: int, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        half = f"{text[error.start]!a} at position {start + error.start}"
        raise TextError(
            f"{half} is half a character (a lone surrogate); the text was decoded wrongly, "
            "so give it in UTF-8"
        ) from None


def _count(text: str) -> Integers:
    """Count how often each of Unicode's code points occurs in a text."""
    counts = np.zeros(CODE_POINTS, np.int64)
    for _, points in _pieces(text):
        found = np.bincount(points)
        counts[: found.size] += found
    return counts


def _whole_numbers(values: ArrayLike, what: str, limit: int) -> Ids:
    numbers = np.asarray(values)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise ValueError(f"{what} must be a one-dimensional array of whole numbers")
    if numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) < limit:
        raise ValueError(f"{what} must be from 0 to {limit - 1:#x}")
    return numbers


def _fixed(array: Array) -> Array:
    array.setflags(write=False)
    return array
