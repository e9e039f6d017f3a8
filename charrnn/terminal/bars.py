"""Bars along a line, to an eighth of a cell, and bars upright, one to a cell."""

from collections.abc import Iterable

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
_ASCII_HEIGHTS = ".:-=+*%#"


def bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """Return a bar of a share, 0 to 1, of `width` cells; what is not a number has none.

    A share that is more than nothing shows something.
    """
    if not share > 0:
        return ""
    if ascii_only:
        return "#" * max(1, round(min(share, 1) * width))
    eighths = max(1, round(min(share, 1) * width * 8))
    whole, part = divmod(eighths, 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[part] if part else "")


def height(share: float, *, ascii_only: bool = False) -> str:
    """Return one cell filled from below to a share, 0 to 1, in eight steps; a space for nan."""
    if share != share:  # noqa: PLR0124 - nan alone is unlike itself
        return " "
    heights = _ASCII_HEIGHTS if ascii_only else _HEIGHTS
    return heights[max(0, min(7, int(share * 8)))]


def histogram(counts: Iterable[int], *, ascii_only: bool = False) -> str:
    """Return a cell for each count, the largest full; a space where the count is 0."""
    numbers = list(counts)
    largest = max(numbers, default=0)
    return "".join(
        height((n - 0.5) / largest, ascii_only=ascii_only) if n else " " for n in numbers
    )
