"""The screen: its width, colours and characters, and the part of a text to show.

A view is drawn as lines, each of them a `rich.text.Text` that fits the width, and never as markup,
since a corpus may contain `[/]`. Where there are no colours, characters show what colours
would.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from charrnn.errors import ConfigError
from charrnn.terminal.colours import NONE, Palette, Theme, choose_palette

NARROWEST = 40
"""Columns of the narrowest screen."""

LINES = 24
"""Lines of a screen that is not a terminal, for views that fill one."""

SHOWN = 320
"""Characters of a longer text that are shown by default."""


@dataclass(frozen=True)
class Screen:
    """The screen that a view is drawn on.

    palette: the colours; `NONE` where there are none.
    ascii_only: draw with the 95 characters that every terminal has.
    span: the first character of the text to show, and the end (None: the text's).
    rows: lines of the terminal; None for a file, which has no end.
    left: lines available to a view that fills the screen.
    """

    width: int = 80
    palette: Palette = NONE
    ascii_only: bool = False
    span: tuple[int, int | None] = (0, SHOWN)
    rows: int | None = None
    left: int = LINES - 1

    @property
    def coloured(self) -> bool:
        """Whether there are colours."""
        return self.palette is not NONE

    def pick(self, drawn: str, ascii_drawn: str) -> str:
        """Return `ascii_drawn` if the screen is ASCII only, else `drawn`."""
        return ascii_drawn if self.ascii_only else drawn

    def shown(self, characters: int) -> range:
        """Return the places of a text to show."""
        start, end = self.span
        return range(min(start, characters), characters if end is None else min(end, characters))


def screen_of(
    console: Console | None,
    *,
    width: int | None = None,
    theme: Theme | None = None,
    ascii_only: bool = False,
    span: tuple[int, int | None] = (0, SHOWN),
    narrowest: int = NARROWEST,
) -> Screen:
    """Return the screen of a console, or of a file where there is none.

    narrowest: least width to draw for; a narrower console cuts the lines.

    Raises
    ------
    ConfigError
        If the given width is less than `NARROWEST`.
    """
    if width is not None and width < NARROWEST:
        raise ConfigError(f"{width} is less than {NARROWEST}", argument="width")
    if console is None:
        return Screen(width or 80, NONE, ascii_only, span)
    palette = choose_palette(console, theme, os.environ.get("COLORFGBG", ""))
    rows = console.height if console.file.isatty() and not console.is_dumb_terminal else None
    return Screen(max(narrowest, width or console.width), palette, ascii_only, span, rows)


def parse_span(written: str | None) -> tuple[int, int | None]:
    """Parse START:END, either of which may be left out.

    Raises
    ------
    ConfigError
        If it is not of that form.
    """
    if written is None:
        return 0, SHOWN
    found = re.fullmatch(r"([0-9]{0,12}):([0-9]{0,12})", written, re.ASCII)
    if not found:
        raise ConfigError(
            f"{written!a} is no span; write START:END, as in 100:200 or 100:", argument="span"
        )
    start, end = int(found[1] or 0), int(found[2]) if found[2] else None
    if end is not None and end <= start:
        raise ConfigError(
            f"{written} ends before anything is drawn; write START:END", argument="span"
        )
    return start, end


def show(lines: Iterable[Text], screen: Screen, console: Console, rest: str = "") -> None:
    """Print lines, without styles where there are no colours; a narrow terminal cuts them.

    Of more lines than the terminal has, print the first, and the command that shows all.

    rest: that command; without one all lines are printed.
    """
    if not console.file.isatty():
        console.width = screen.width  # rich assumes 80 columns for a file
    below = ""
    if rest and screen.rows is not None:
        lines = list(lines)
        seen = screen.rows - 1  # the last one is for the shell's prompt
        if len(lines) > seen:
            below = f"of {len(lines)} lines; all of them: {rest}"
            widest = f"{seen} {below}"  # it may take several lines, and contain line ends
            taken = sum(max(1, -(-len(line) // screen.width)) for line in widest.split("\n"))
            shown = max(1, seen - taken)
            lines, below = lines[:shown], f"{shown} {below}"
    for line in lines:
        if screen.coloured:
            console.print(line, no_wrap=True, overflow="crop")
        else:
            console.file.write(line.plain.rstrip() + "\n")
    if below:
        console.print(Text(below, screen.palette.bold), soft_wrap=True)
