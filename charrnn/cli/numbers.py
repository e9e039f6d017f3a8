"""Numbers as people write them; Python's own `int` and `float` also take 1_000, ٣ and nan."""

import re

import typer

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)


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
