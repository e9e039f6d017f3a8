r"""Line ends and tabs in a text on the command line, typed as `\n` and `\t`.

In a network of LaTeX or of C a backslash is also itself, so that `\newline` may mean two things.
"""

import re
from typing import TYPE_CHECKING

from charrnn.cli.messages import note
from charrnn.terminal.commands import quoted

if TYPE_CHECKING:
    from charrnn.text.vocabulary import Vocabulary

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}

_NAMES = {"n": "line end", "t": "tab", "r": "carriage return"}
_COMMAND = re.compile(r"\\[a-z]{3,}([{\[*].*)?", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:\\|([ntr])([A-Za-z]*))")


def unescaped(text: str) -> str:
    r"""Return a text with its \n, \t, \r and \\ replaced; other backslashes are kept."""
    return re.sub(r"\\([ntr\\])", lambda found: ESCAPES[found[1]], text)


def as_meant(written: str, option: str, vocabulary: "Vocabulary") -> str:
    r"""Return the text that is meant by one with escapes, for a network of this vocabulary.

    Where a network knows the backslash and a letter follows, as in `\newline`, a note says how
    that is read: as it was typed where all of the text is such a command, or where the network
    does not know what the escape means; else as an escape.
    """
    if not _learnt("\\", vocabulary):
        return unescaped(written)
    return _ESCAPE.sub(lambda found: _meant(found, written, option, vocabulary), written)


def _meant(found: re.Match[str], written: str, option: str, vocabulary: "Vocabulary") -> str:
    letter, word = found[1], found[2]
    if letter is None:
        return "\\"
    meant, name = ESCAPES[letter], _NAMES[letter]
    if not word:
        return meant
    if not _learnt(meant, vocabulary):
        note(f"{option}: {found[0]} is taken as typed, because the network knows no {name}")
        return found[0]
    if _COMMAND.fullmatch(written):
        note(f"{option}: {found[0]} is taken as typed, not as a {name} and {word!r}")
        return found[0]
    start = found.start()
    other = quoted(f"{written[:start]}\\{written[start:]}")
    note(
        f"{option}: {found[0]} is read as a {name} and {word!r}; for a backslash give "
        f"{option} {other}"
    )
    return meant + word


def _learnt(character: str, vocabulary: "Vocabulary") -> bool:
    """Return whether a character is known, and of bytes, which all are, whether it has occurred."""
    if vocabulary.kind == "characters":
        return character in vocabulary
    return bool(vocabulary.counts[ord(character)])
