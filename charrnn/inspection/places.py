"""Parsers of places in a text and of regular expressions."""

import re
import warnings

import numpy as np

from charrnn.errors import ConfigError
from charrnn.inspection.reading import Reading


def place(reading: Reading, at: str | None, default: str = "last") -> int:
    """Return the index t of a place in the text from its name.

    An index counts from 0, or from the end if it is negative. `last` is the last character; `worst`
    the one before the largest surprise, whose prediction was the worst; `/regex/` the last
    character of the first match.

    Raises
    ------
    ConfigError
        If there is no such place.
    """
    T, named = len(reading), default if at is None else at
    if re.fullmatch(r"-?[0-9]{1,12}", named, re.ASCII):
        t = int(named)
        if not -T <= t < T:
            raise ConfigError(
                f"{t} is not there; the text has characters 0 to {T - 1}", argument="at"
            )
        return t % T
    if named == "last":
        return T - 1
    if named == "worst":
        surprise = reading.surprise[1:]
        return int(np.argmax(surprise)) if len(surprise) else T - 1
    if len(named) > 2 and named.startswith("/") and named.endswith("/"):
        return _match(reading, named[1:-1])
    raise ConfigError(
        f"{named!r} is no place; write an index, last, worst or /regex/", argument="at"
    )


def _match(reading: Reading, pattern: str) -> int:
    found = compiled(pattern, f"/{pattern}/", argument="at").search(reading.text)
    if not found or not found.end():
        raise ConfigError(f"/{pattern}/ matches nothing in the text", argument="at")
    return found.end() - 1


def compiled(
    pattern: str, named: str, flags: int = 0, *, argument: str | None = None
) -> re.Pattern[str]:
    """Compile a regular expression.

    named: its name in an error.
    argument: the option that it was given as.

    Raises
    ------
    ConfigError
        If it is invalid, or beyond the library's limits.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FutureWarning about `[[`
            return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(
            f"{named} is no regular expression ({error})", argument=argument
        ) from error
