"""Formats of numbers: counts, durations, sizes, losses."""

import math


def count(number: float) -> str:
    """Return a whole number with thousands separators: 1,234,567."""
    return f"{number:,.0f}"


def short(number: float) -> str:
    """Return a number to two or three digits: 950, 12.3 k, 5.1 M."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.{0 if number >= 100 * size else 1}f} {unit}"
    return f"{number:.0f}"


def duration(seconds: float) -> str:
    """Return a time in its two largest units: 41 s, 1 min 15 s, 2 h 5 min."""
    seconds = max(0.0, seconds)
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if seconds >= 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def memory(size: float) -> str:
    """Return a number of bytes in kB, of 10**3, MB or GB; of less than one kB, in bytes."""
    if size < 999.5:
        return f"{size:.0f} B"
    unit, one = next(
        (u, s) for u, s in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)) if size >= 0.9995 * s
    )
    return f"{size / one:.{0 if size >= 10 * one and unit != 'GB' else 1}f} {unit}"


def nats(loss: float) -> str:
    """Return a loss to two or three digits: 1.91, 0.171, 6.4e-05."""
    if 0 < loss < 1e-3:
        return f"{loss:.1e}"
    return f"{loss:.{2 if loss >= 1 else 3}f}"


def place(step: int) -> str:
    """Return a step in few characters: 155, 1,476, 12k."""
    return (
        f"{step:,}" if step < 1e4 else f"{step / 1e3:.0f}k" if step < 1e6 else f"{step / 1e6:.1f}M"
    )


def bits(nats: float) -> float:
    """Convert a loss from nats to bits."""
    return nats / math.log(2)


def loss(nats: float) -> str:
    """Return a loss in nats and in bits a character: 1.612 nats (2.326 bits)."""
    return f"{nats:.3f} nats ({bits(nats):.3f} bits)"
