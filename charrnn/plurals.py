"""Nouns in the number of a count: 1 character, 1,234 characters."""


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number with thousands separators and its noun in the right form.

    plural: of the noun, where it is not the noun and an s.
    """
    return f"{n:,} {agreeing(n, noun, plural)}"


def agreeing(n: int, word: str, plural: str | None = None) -> str:
    """Return the form of a word for a number: `unit` or `units`, `is` or `are`."""
    if n == 1:
        return word
    if plural is not None:
        return plural
    return f"{word}es" if word.endswith("s") else f"{word}s"
