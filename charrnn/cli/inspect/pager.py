"""A walk through pages on a terminal, which is restored however the walk ends."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

import typer

from charrnn.cli.keys import pressed
from charrnn.cli.signals import exit_code, handled
from charrnn.cli.stdout import standard_output

if TYPE_CHECKING:
    from charrnn.terminal.pager import Page
    from charrnn.terminal.screen import Screen

GLANCE = 0.1
"""Seconds between two looks at the size of the terminal, while no key is pressed."""

_ALTERNATE, _USUAL = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"  # the cursor with it


def walk(first: "Page", screen: "Screen", width: int | None = None) -> None:
    """Show a page, and go where keys lead, until q, Ctrl-D or a signal.

    width: columns to draw in; None for those of the terminal.

    Raises
    ------
    Exit
        A signal ended it, with its exit code.
    """
    from charrnn.terminal.console import results
    from charrnn.terminal.pager import Pager, frame
    from charrnn.terminal.screen import NARROWEST

    console, going = results(), Pager(first)
    with standard_output(), _signals(), pressed() as keys, _alternate_screen():
        shown, on = None, True
        while on:
            size = os.get_terminal_size(sys.stdout.fileno())
            columns, rows = size.columns or 80, size.lines or 24  # some do not know their size
            if shown != (columns, rows):
                shown = (columns, rows)
                screen = replace(screen, width=width or max(NARROWEST, columns))
                _write(frame(going.draw(screen, rows), columns, console, screen))
            found = keys.wait(GLANCE)
            if found is None:
                return
            for key in found:
                on = on and going.press(key)
            if found:
                shown = None


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def _alternate_screen() -> Iterator[None]:
    """Draw on the alternate screen, and show the usual one again at the end."""
    try:
        _write(_ALTERNATE)
        yield
    finally:
        _write(_USUAL)


@contextmanager
def _signals() -> Iterator[None]:
    """End the walk at the first signal to stop, so that the terminal is restored."""

    def end(number: int, frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise typer.Exit(exit_code(number))

    with handled(end) as numbers:
        yield
