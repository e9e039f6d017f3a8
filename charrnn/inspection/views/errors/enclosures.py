"""Where brackets and quotes are closed, and how far back they were opened."""

import numpy as np
from numpy.typing import NDArray

BRACKETS = {")": "(", "]": "[", "}": "{", "\u201d": "\u201c", "\u00bb": "\u00ab"}
"""What closes each, with what opens it."""

STRAIGHT = '"'
"""A quote that opens and closes alike: every other one closes, counted anew after an empty line."""


def closings(text: str) -> NDArray[np.int64]:
    """Return where a bracket or quote is closed and where it was opened, (n, 2).

    A closing one goes with the last of its kind that is open. One that closes nothing is left out,
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
