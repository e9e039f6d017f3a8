"""Values of options that Typer does not know."""

import math
import re

import typer

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)([smhd]))+")


def duration(text: str) -> float:
    """Return the seconds that `90s`, `10m`, `1h30m` or plain `90` mean."""
    written = text.strip().lower()
    if _DURATION.fullmatch(written):
        parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", written)
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        try:
            seconds = float(written)
        except ValueError:
            seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise typer.BadParameter(f"{text!r} is not a time such as 90s, 10m or 1h30m")
    return seconds
