"""The consoles of rich: results on standard output, everything else on standard error.

rich itself obeys NO_COLOR, FORCE_COLOR, TERM=dumb and COLUMNS. Its markup, its emoji codes and
its colouring of numbers are off: the printed text may come from a corpus.
"""

import sys
from typing import TextIO

from rich.console import Console


def results(colour: bool | None = None) -> Console:
    """Return a console on standard output.

    colour: whether it has colours; None: only if it is a terminal.
    """
    if colour is None:
        return _console(sys.stdout)
    return _console(sys.stdout, force_terminal=colour or None, no_color=not colour)


def notes() -> Console:
    """Return a console on standard error."""
    return _console(sys.stderr)


def _console(
    file: TextIO, force_terminal: bool | None = None, no_color: bool | None = None
) -> Console:
    return Console(
        file=file, markup=False, emoji=False, highlight=False,
        force_terminal=force_terminal, no_color=no_color,
    )  # fmt: skip
