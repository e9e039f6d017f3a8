"""The characters that a text may consist of, and sets of them.

Sets are tuples of ranges (start, stop) of places in `Alphabet.text`, in order and apart from one
another. A network of characters has its vocabulary as text, a place for each id. One of bytes has
all of Unicode, for its texts consist of characters, too, each of one to four bytes.
"""

import re
from functools import cached_property, lru_cache

from charrnn.text.vocabulary import CODE_POINTS, Vocabulary

Ranges = tuple[tuple[int, int], ...]

SURROGATES = range(0xD800, 0xE000)
"""Code points that are no characters."""


class Alphabet:
    """The characters that a network with a vocabulary can write."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.is_bytes = vocabulary.kind == "bytes"
        self._met: dict[tuple[str, int], Ranges] = {}

    @cached_property
    def text(self) -> str:
        """Every character once, in the order of code points."""
        return _unicode() if self.is_bytes else "".join(self.vocabulary)

    @property
    def everything(self) -> Ranges:
        """The set of all characters."""
        return ((0, len(self.text)),)

    def of(self, character: str) -> Ranges:
        """Return the set of one character, which is empty if it is not known."""
        if not self.is_bytes:
            place = self._place.get(character)
            return () if place is None else ((place, place + 1),)
        point = ord(character)
        if point in SURROGATES:
            return ()
        place = point if point < SURROGATES.start else point - len(SURROGATES)
        return ((place, place + 1),)

    def met(self, expression: str, flags: int) -> Ranges:
        """Return the set of characters that an expression of one character matches, as `re` does.

        expression: one character, escape or class.
        flags: those of `re`.
        """
        key = expression, flags
        if key not in self._met:
            found = re.finditer(f"(?:{expression})+", self.text, flags)
            self._met[key] = tuple(each.span() for each in found)
        return self._met[key]

    def without(self, ranges: Ranges, character: str) -> Ranges:
        """Return a set without one of its characters."""
        for hole, after in self.of(character):
            ranges = tuple(
                (start, stop)
                for begin, end in ranges
                for start, stop in ((begin, min(end, hole)), (max(begin, after), end))
                if start < stop
            )
        return ranges

    @cached_property
    def _place(self) -> dict[str, int]:
        return {character: k for k, character in enumerate(self.vocabulary)}


@lru_cache(maxsize=1)
def _unicode() -> str:
    return "".join(chr(point) for point in range(CODE_POINTS) if point not in SURROGATES)
