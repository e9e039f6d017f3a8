"""The background of a terminal, by a query: OSC 11, which xterm and most others answer."""

import os
import re
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from charrnn.cli.keys import can_be_read

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from charrnn.terminal.colours import Theme

PATIENCE = 0.5
"""Seconds to wait for an answer."""

_QUESTIONS = b"\x1b]11;?\x1b\\\x1b[c"
"""What its background is, and what terminal it is: all answer the second, so that the answer to the
first has come by then, or will not."""

_COLOUR = re.compile(rb"\x1b\]11;(?:rgba?:|#)([0-9a-fA-F/]+)")
_KIND = re.compile(rb"\x1b\[\?[0-9;]*c")


def background() -> "Theme | None":
    """Ask the terminal whether its background is dark or light; return None without an answer.

    It is asked only where both standard input and output are one, this process may use it, and
    nothing has been typed ahead, which would be lost.
    """
    if not _may_be_asked():
        return None
    answer = _answer(sys.stdin.fileno(), sys.stdout.fileno())
    found = _COLOUR.search(answer)
    return None if found is None else theme_of(found[1].decode())


def theme_of(colour: str) -> "Theme | None":
    """Return the theme for a background such as `ffff/ffff/dddd` or `ffffdd`."""
    parts = colour.split("/")
    if len(parts) == 1:
        third = len(colour) // 3
        parts = [colour[n * third : (n + 1) * third] for n in range(3)]
    if len(parts) < 3 or not all(parts[:3]):
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in parts[:3])
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "dark"


def _may_be_asked() -> bool:
    with suppress(OSError):  # in the background it would be stopped
        return can_be_read() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def _answer(typed: int, shown: int) -> bytes:
    """Return what the terminal answers, b"" if it is busy with something else."""
    answer = b""
    if _has_typed(typed):  # to change how lines are taken would spoil those that wait
        return b""
    with suppress(OSError, termios.error), _unechoed(typed):
        if _has_typed(typed):  # now part of a line counts too
            return b""
        sys.stdout.flush()
        os.write(shown, _QUESTIONS)
        end = time.monotonic() + PATIENCE
        while not _KIND.search(answer) and (left := end - time.monotonic()) > 0:
            if not select.select([typed], [], [], left)[0]:
                break
            if not (piece := os.read(typed, 1024)):
                break
            answer += piece
    return answer


def _has_typed(terminal: int) -> bool:
    return bool(select.select([terminal], [], [], 0)[0])


@contextmanager
def _unechoed(terminal: int) -> Iterator[None]:
    """Read a terminal unbuffered and without echo, and restore it."""
    before = termios.tcgetattr(terminal)
    raw: list[Any] = termios.tcgetattr(terminal)
    raw[3] &= ~(termios.ECHO | termios.ICANON)
    raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(terminal, termios.TCSADRAIN, raw)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
