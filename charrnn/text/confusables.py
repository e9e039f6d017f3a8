"""Look-alike characters: the known ones to read for unknown ones (e for é, TM for ™)."""

import re
import unicodedata
from functools import lru_cache

import numpy as np

from charrnn.array_types import Places

# Plain spellings of characters that Unicode does not decompose.
_TYPED = {
    "'": "‘’‚‛′´ʼ‹›",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−",
    "*": "·•",
    "/": "÷⁄∕",
    " ": "\t\u1680",
    "\n": "\r\v\f\x85\u2028\u2029",
    "ae": "æ",
    "oe": "œ",
    "o": "ø",
    "d": "đð",
    "l": "ł",
    "th": "þ",
    "ss": "ß",
    "x": "×",
    "i": "ı",
}
_PLAIN = {
    ord(other): plain
    for lower, others in _TYPED.items()
    for plain, row in ((lower.capitalize(), others.upper()), (lower, others))
    for other in row
    if not other.isascii() or other.isspace()
}

_MARKS = {"Mn", "Mc", "Me"}
_UNSEEN = {"Cc", "Cf", "Cn", "Co"}  # no glyph, or none that fonts agree on
# Letters that are blank, and the skin tones, which are drawn into the character before them.
_UNSEEN_TOO = {*"\u115f\u1160\u3164\uffa0\u2800", *map(chr, range(0x1F3FB, 0x1F400))}


@lru_cache(maxsize=1 << 16)
def bare(character: str) -> str:
    """Return a character without accent and style: TM for ™, e for é.

    The case is kept. A combining mark or an invisible character becomes "".
    """
    # Before and after, since ´ is a quote to a typist, and a space with an accent to Unicode.
    plain = character.translate(_PLAIN)
    if plain == character and _is_unseen(character):
        return ""
    apart = unicodedata.normalize("NFKD", plain)
    kept = "".join(part for part in apart if unicodedata.category(part) not in _MARKS)
    if digit := _digit(kept):
        return digit
    return kept.translate(_PLAIN) or plain


@lru_cache(maxsize=1 << 16)
def fold(character: str) -> str:
    """Return a character without case, accent and style.

    Where that is several, as for the ligature ﬁ, it is the first; a mark is returned as it is.
    """
    plain = bare(character) or character
    return "".join(bare(part) for part in plain.casefold())[:1] or character


class Confusables:
    """Ranks the known characters by their similarity to another.

    Those with the same plain character come first, those of the same case before the
    others; then those of the same general category of Unicode, then those of the same kind
    (letters, numbers, other signs), each sorted by the distance of the code points; of two equally
    far, the one with the smaller code point.

    Parameters
    ----------
    characters
        The known characters.
    """

    def __init__(self, characters: tuple[str, ...]) -> None:
        self._characters = characters
        self._known = frozenset(characters)
        self._points = np.array([ord(character) for character in characters], np.int64)
        self._bares = np.array([bare(character) for character in characters])
        self._folds = np.array([ord(fold(character)) for character in characters], np.int64)
        self._categories = np.array([unicodedata.category(c) for c in characters])
        self._kinds = np.array([_kind(character) for character in characters])

    def rank(self, character: str, n: int) -> Places:
        """Return the indices of the `n` known characters nearest to `character`, nearest first."""
        other_fold = self._folds != ord(fold(character))
        other_case = other_fold | (self._bares != bare(character))
        other_category = self._categories != unicodedata.category(character)
        other_kind = self._kinds != _kind(character)
        distance = np.abs(self._points - ord(character))
        keys = (self._points, distance, other_kind, other_category, other_case, other_fold)
        return np.lexsort(keys)[:n]

    def replaced(self, text: str) -> str:
        """Return a text with its unknown characters replaced by known ones.

        CR LF becomes one line end where CR is not known. Marks that are not known are composed
        with their base character, or left out, as invisible ones are; one character may become
        several, as ™ does.
        """
        if "\r" not in self._known:
            text = text.replace("\r\n", "\n")
        if any(mark not in self._known for mark in _marks(text)):
            clusters = re.compile(f".[{''.join(map(re.escape, _marks(text)))}]+", re.DOTALL)
            text = clusters.sub(self._composed, text)
        unknown = set(text) - self._known
        return text.translate({ord(character): self._meant(character) for character in unknown})

    def _composed(self, cluster: re.Match[str]) -> str:
        """Return a character and its marks composed, if one of the marks is not known."""
        found: str = cluster[0]
        return found if self._has(found[1:]) else unicodedata.normalize("NFC", found)

    def _meant(self, character: str) -> str:
        """Return the known characters to read for an unknown one."""
        if not (plain := bare(character)):
            return ""
        apart = unicodedata.normalize("NFD", character)
        with_fewer_marks = (
            unicodedata.normalize("NFC", apart[:end]) for end in range(len(apart) - 1, 0, -1)
        )
        for form in (apart, *with_fewer_marks, plain):
            if self._has(form):
                return form
        nearest = "".join(map(self._nearest, plain))
        like = all(fold(near) == fold(part) for near, part in zip(nearest, plain, strict=True))
        return nearest if like else self._nearest(character)

    def _nearest(self, character: str) -> str:
        return self._characters[int(self.rank(character, 1)[0])]

    def _has(self, text: str) -> bool:
        return self._known.issuperset(text)


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    unseen = category in _MARKS or category in _UNSEEN or character in _UNSEEN_TOO
    return unseen and character != "\n"


def _marks(text: str) -> list[str]:
    return sorted(c for c in set(text) if unicodedata.category(c) in _MARKS)


def _digit(text: str) -> str:
    """Return 0 to 9 for a digit of any script, and nothing for another text."""
    value = unicodedata.decimal(text, -1) if len(text) == 1 else -1
    return str(value) if value >= 0 else ""


def _kind(character: str) -> str:
    """Return a character's kind: a letter, a number, a space or another sign."""
    major = unicodedata.category(character)[0]
    if major in "LN":
        return major
    return "Z" if character.isspace() else "S"
