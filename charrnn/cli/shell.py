"""The words of a command line, as a shell reads them and as people type them."""

import re
import shlex
import sys

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def unescaped(text: str) -> str:
    r"""Return a text with its \n, \t, \r and \\ put right; other backslashes are themselves."""
    return re.sub(r"\\([ntr\\])", lambda found: ESCAPES[found[1]], text)


def command_line(added: list[str]) -> str:
    """Return the command that is running, with more arguments, as a shell reads it."""
    return " ".join(map(quoted, ["charrnn", *sys.argv[1:2], *added, *sys.argv[2:]]))


def quoted(word: str) -> str:
    """Quote a word for a shell, control characters in the form that bash and zsh read."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = word.replace("\\", r"\\").replace("'", r"\'")
    return "$'" + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + "'"
