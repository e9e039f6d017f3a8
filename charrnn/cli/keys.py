"""Single keys, as they are pressed, from a terminal (by termios: not on Windows)."""

import codecs
import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = tty = None  # type: ignore[assignment]

PATIENCE = 0.05
"""Seconds after which an escape character alone is the escape key."""

_SEQUENCE = re.compile(r"\x1b(?:\[([0-9;?<]*)([A-Za-z~])|O([A-Za-z]))")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?<]*|O)?")
_BY_LETTER = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
_BY_NUMBER = {
    "1": "home", "7": "home", "4": "end", "8": "end", "5": "page up", "6": "page down",
}  # fmt: skip
_BY_CHARACTER = {
    "\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\b": "backspace",
    "\x04": "q",
}  # fmt: skip


def can_be_read() -> bool:
    """Return whether standard input and output are a terminal that can show pages and read keys."""
    streams = (sys.stdin, sys.stdout)
    return (
        termios is not None
        and os.environ.get("TERM", "dumb") != "dumb"
        and all(stream is not None and stream.isatty() for stream in streams)
    )


class Keys:
    """The keys of a terminal that `pressed` has prepared."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._pending = ""

    def wait(self, seconds: float) -> list[str] | None:
        """Return the keys pressed within some time, which may be none; None once it is hung up.

        A key is a character, or has one of the names left, right, up, down, home, end, page up,
        page down, tab, enter, escape, backspace. Others are left out.
        """
        if not self._take(seconds):
            return None
        if _UNFINISHED.fullmatch(self._pending):  # the rest is on its way, or there is none
            if not self._take(PATIENCE):
                return None
            if _UNFINISHED.fullmatch(self._pending):
                self._pending = ""
                return ["escape"]
        return list(self._keys())

    def _take(self, seconds: float) -> bool:
        """Read what is typed within some time; return whether the terminal is still there."""
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return True
        try:
            typed = os.read(self._terminal, 1024)
        except OSError:
            typed = b""
        self._pending += self._decoder.decode(typed)
        return bool(typed)

    def _keys(self) -> Iterator[str]:
        """Yield the keys in what has been typed; the beginning of one more stays for later."""
        while self._pending and not _UNFINISHED.fullmatch(self._pending):
            if found := _SEQUENCE.match(self._pending):
                self._pending = self._pending[found.end() :]
                number, letter, other = found.groups()
                named = _BY_NUMBER.get(number) if letter == "~" else _BY_LETTER.get(letter or other)
                if named:
                    yield named
                continue
            character, self._pending = self._pending[0], self._pending[1:]
            named = "escape" if character == "\x1b" else _BY_CHARACTER.get(character, character)
            if len(named) > 1 or named.isprintable():
                yield named


@contextmanager
def pressed() -> Iterator[Keys]:
    """Read the keys of standard input one by one, and restore it at the end.

    Meanwhile they are not shown, Ctrl-C is a signal as ever, and Ctrl-Z nothing.
    """
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    single: list[Any] = termios.tcgetattr(terminal)
    single[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON)
    single[tty.CC][termios.VMIN], single[tty.CC][termios.VTIME] = 1, 0
    single[tty.CC][termios.VSUSP] = bytes([os.fpathconf(terminal, "PC_VDISABLE") & 0xFF])
    try:
        termios.tcsetattr(terminal, termios.TCSADRAIN, single)
        yield Keys(terminal)
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
