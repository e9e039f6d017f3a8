"""Which known character is meant by an unknown one: é by e, ” by a straight quote, Q by q."""

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# What a typist would write for characters that Unicode does not take apart.
_TYPED = {
    "'": "‘’‚‛′´ʼ‹›",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−",
    "*": "·•",
    "/": "÷",
    " ": "\t",
    "\n": "\r\v\f\x85\u2028\u2029",
    "a": "æ",
    "o": "œø",
    "d": "đð",
    "l": "ł",
    "t": "þ",
    "x": "×",
    "i": "ı",
}
_PLAIN = str.maketrans({other: plain for plain, others in _TYPED.items() for other in others})


@lru_cache(maxsize=1 << 16)
def fold(character: str) -> str:
    """Return the plain character that a character comes down to, without case and accent.

    Of one that comes down to several, such as the ligature ﬁ, it is the first.
    """
    # Before and after, since ´ is a quote to a typist, and a space with an accent to Unicode.
    plain = character.casefold().translate(_PLAIN)
    apart = unicodedata.normalize("NFKD", plain)
    bare = "".join(part for part in apart if not unicodedata.combining(part))
    return (bare or plain).translate(_PLAIN)[0]


class Nearness:
    """The order in which known characters are near to another.

    Those that fold to the same plain character come first, then those of the same general
    category of Unicode, each sorted by the distance of the code points; of two equally far, the
    one with the smaller code point.

    Parameters
    ----------
    characters
        The known characters.
    """

    def __init__(self, characters: tuple[str, ...]) -> None:
        self._points = np.array([ord(character) for character in characters], np.int64)
        self._folds = np.array([ord(fold(character)) for character in characters], np.int64)
        self._categories = np.array([unicodedata.category(c) for c in characters])

    def rank(self, character: str, n: int) -> NDArray[np.intp]:
        """Return the indices of the `n` known characters nearest to `character`, nearest first."""
        other_fold = self._folds != ord(fold(character))
        other_category = self._categories != unicodedata.category(character)
        distance = np.abs(self._points - ord(character))
        return np.lexsort((self._points, distance, other_category, other_fold))[:n]
