"""The words of a command line, as a shell reads them and as people type them."""

import re
import sys

from charrnn.display.commands import command

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def unescaped(text: str) -> str:
    r"""Return a text with its \n, \t, \r and \\ put right; other backslashes are themselves."""
    return re.sub(r"\\([ntr\\])", lambda found: ESCAPES[found[1]], text)


def command_line(added: list[str]) -> str:
    """Return the command that is running, with more arguments, as a shell reads it."""
    return command(*sys.argv[1:2], *added, *sys.argv[2:])
