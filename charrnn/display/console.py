"""Where rich draws: results on standard output, everything else on standard error.

rich itself heeds NO_COLOR, FORCE_COLOR, TERM=dumb and COLUMNS. Its markup, its emoji codes and
its colouring of numbers are off: what is printed may come from a corpus.
"""

import sys
from typing import TextIO

from rich.console import Console


def results() -> Console:
    """Return a console on standard output."""
    return _console(sys.stdout)


def notes() -> Console:
    """Return a console on standard error."""
    return _console(sys.stderr)


def _console(file: TextIO) -> Console:
    return Console(file=file, markup=False, emoji=False, highlight=False)
