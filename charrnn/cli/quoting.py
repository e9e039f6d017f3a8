"""The words of a command line, as a shell reads them."""

import sys

from charrnn.terminal.commands import command


def command_line(added: list[str]) -> str:
    """Return the command that is running, with more arguments, as a shell reads it."""
    return command(*sys.argv[1:2], *added, *sys.argv[2:])
