"""Places of a text where the same follows the same, so that a list can name one of them."""

from typing import NamedTuple

ALIKE = 3
"""Characters before a predicted one by which places are alike."""


class Place(NamedTuple):
    """A place t in the text, and how often the text has what is alike there."""

    t: int
    times: int


def passages(text: str) -> list[str]:
    """Return for each predicted character, (T - 1,), itself behind the `ALIKE` before it."""
    return [text[max(0, t + 1 - ALIKE) : t + 2] for t in range(len(text) - 1)]
