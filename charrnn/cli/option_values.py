"""Values of options as they are typed, where Typer's own reading would take too much or too little.

Python's `int` and `float` also take 1_000, ٣ and nan.
"""

import re
from pathlib import Path

import typer

from charrnn.checkpoint.paths import expanded
from charrnn.system.pipes import STANDARD_OUTPUT

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")


def whole_number(text: str) -> int:
    """Parse the value of an option that counts something.

    Raises
    ------
    BadParameter
        It is not a whole number in decimal digits.
    """
    # A default passes through here too in some versions of Typer, and is a number already.
    if not _WHOLE.fullmatch(str(text)):
        raise typer.BadParameter(f"{text!a} is not a whole number")
    return int(text)


def number(text: str) -> float:
    """Parse the value of an option that measures something.

    Raises
    ------
    BadParameter
        It is not a finite number in decimal digits.
    """
    value = float(text) if _DECIMAL.fullmatch(str(text)) else float("nan")
    if not abs(value) < float("inf"):
        raise typer.BadParameter(f"{text!a} is not a number")
    return value


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
