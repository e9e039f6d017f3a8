"""Nouns that agree with their number: 1 character, 1,234 characters."""


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number, its thousands apart, with a noun in the form that it asks for.

    plural: of the noun, where it does not end in s; of an adjective and noun, write both.
    """
    return f"{n:,} {agreeing(n, noun, plural)}"


def agreeing(n: int, word: str, plural: str | None = None) -> str:
    """Return a word as a number asks for it: `unit` or `units`, `is` or `are`."""
    if n == 1:
        return word
    if plural is not None:
        return plural
    return f"{word}es" if word.endswith("s") else f"{word}s"
