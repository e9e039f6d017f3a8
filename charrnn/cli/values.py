"""Values of options that Typer does not know."""

import re
from pathlib import Path

import typer

from charrnn.checkpoint.paths import expanded
from charrnn.cli.numbers import number
from charrnn.system.pipes import STANDARD_OUTPUT

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")


def duration(text: str) -> float:
    """Return the seconds that `90s`, `10m`, `1h30m` or plain `90` mean.

    Raises
    ------
    BadParameter
        It is no time, or none that ever passes: zero, less, or more than a number can hold.
    """
    written = str(text).strip().lower()
    parts = _PART.findall(written)
    if parts and "".join(size + unit for size, unit in parts) == written:
        seconds = sum(float(size) * _UNITS[unit] for size, unit in parts)
    else:
        try:
            seconds = number(written)
        except typer.BadParameter:
            seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise typer.BadParameter(f"{text!a} is not a time such as 90s, 10m or 1h30m")
    return seconds


def file(text: str) -> Path:
    """Return the path of a file, in which ~ is the home folder."""
    return Path(expanded(str(text)))


def output(text: str) -> Path:
    """Return the path of a file to be written; - is standard output, and ./- a file."""
    return STANDARD_OUTPUT if text == "-" else file(text)


def source(text: str) -> str:
    """Return where a text is to be read from, as it was typed, but for ~."""
    return expanded(str(text))
