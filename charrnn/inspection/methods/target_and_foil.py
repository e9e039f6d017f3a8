"""Target and foil: two characters that are compared at one place of a text."""

import numpy as np

from charrnn.errors import ConfigError, UnknownCharacter
from charrnn.inspection.reading import Reading
from charrnn.text.vocabulary import Vocabulary


def favourite(reading: Reading, t: int) -> int:
    """Return the target: the id of the character after t, or after the last the likeliest one."""
    if t + 1 < len(reading):
        return int(reading.ids[t + 1])
    return int(np.argmax(reading.log_y_hat[t]))


def rivals(reading: Reading, t: int, rival: str | None = None) -> tuple[int, int]:
    """Return the ids of the target after t and of its foil.

    rival: the foil; None for the likeliest other, of equals the one of smaller id.

    Raises
    ------
    ConfigError
        If the network knows no other character, or `rival` is the target itself, unknown,
        or not one character.
    """
    d = favourite(reading, t)
    if len(reading.vocabulary) == 1:
        raise ConfigError("this network knows one character only; there is none to weigh it with")
    if rival is not None:
        g = _id(reading.vocabulary, rival)
        if g == d:
            raise ConfigError(
                f"{rival!r} is the character that is asked about; give another", argument="rival"
            )
        return d, g
    others = reading.log_y_hat[t].copy()
    others[d] = -np.inf
    return d, int(np.argmax(others))


def _id(vocabulary: Vocabulary, character: str) -> int:
    try:
        ids = vocabulary.encode_prompt(character)
    except UnknownCharacter as error:
        nearest = " ".join(ascii(near) for near in error.nearest)
        raise ConfigError(
            f"{error.character!r} is not among the {len(vocabulary)} characters that this "
            f"network knows; nearest: {nearest}",
            argument="rival",
        ) from error
    if len(ids) != 1:
        what = "byte" if vocabulary.kind == "bytes" else "character"
        raise ConfigError(f"{character!r} is not one {what}; give one", argument="rival")
    return int(ids[0])
