"""Matches closing brackets and quotes with their opening ones."""

import numpy as np

from charrnn.array_types import Integers

BRACKETS = {")": "(", "]": "[", "}": "{", "\u201d": "\u201c", "\u00bb": "\u00ab"}
"""Opening brackets and quotes by their closing ones."""

STRAIGHT = '"'
"""A symmetric quote: every other one closes; the count restarts after an empty line."""


def closings(text: str) -> Integers:
    """Return (closing, opening) places of brackets and quotes, (n, 2).

    A closing one matches the last open one of its kind. Unmatched ones are left out.
    and one that is never closed.
    """
    opened: dict[str, list[int]] = {}
    found: list[tuple[int, int]] = []
    blank = -1
    special = {*BRACKETS, *BRACKETS.values(), STRAIGHT}
    for t, character in enumerate(text):
        if character == "\n" and text[max(0, t - 2) : t].endswith(("\n", "\n\r")):
            blank = t
        if character not in special:
            continue
        if character == STRAIGHT:
            before = opened.setdefault(character, [])
            if before and before[-1] > blank:
                found.append((t, before.pop()))
            else:
                before[:] = [t]
        elif character in BRACKETS:
            if before := opened.get(BRACKETS[character], []):
                found.append((t, before.pop()))
        else:
            opened.setdefault(character, []).append(t)
    return np.array(found, np.int64).reshape(-1, 2)
