"""Horizontal bars, to an eighth of a cell, and vertical bars of one cell."""

from collections.abc import Iterable

from rich.text import Text

from charrnn.terminal.screen import Screen

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
_ASCII_HEIGHTS = ".:-=+*%#"


def bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """Return a bar of a share, 0 to 1, of `width` cells; nan has none.

    A share above 0 has a visible bar.
    """
    if not share > 0:
        return ""
    if ascii_only:
        return "#" * max(1, round(min(share, 1) * width))
    eighths = max(1, round(min(share, 1) * width * 8))
    whole, part = divmod(eighths, 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[part] if part else "")


def bar_text(share: float, width: int, style: str, screen: Screen) -> Text:
    """Return a bar in a style, as `bar` draws it."""
    return Text(bar(share, width, ascii_only=screen.ascii_only), style)


def height(share: float, *, ascii_only: bool = False) -> str:
    """Return a vertical bar of one cell for a share, 0 to 1, in eight steps; a space for nan."""
    if share != share:  # noqa: PLR0124 - nan alone is unlike itself
        return " "
    heights = _ASCII_HEIGHTS if ascii_only else _HEIGHTS
    return heights[max(0, min(7, int(share * 8)))]


def histogram(counts: Iterable[int], *, ascii_only: bool = False) -> str:
    """Return a vertical bar for each count, relative to the largest; a space for 0."""
    numbers = list(counts)
    largest = max(numbers, default=0)
    return "".join(
        height((n - 0.5) / largest, ascii_only=ascii_only) if n else " " for n in numbers
    )
