"""The errors that a user can correct.

    CharRNNError
    ├── TextError                a corpus, prompt or text that cannot be read as requested
    │   ├── NotText              a file of another kind: a picture, an archive, a program
    │   └── UnknownCharacter     a character that the network has never seen
    ├── ConfigError              options that do not fit together, or a value out of range
    ├── CheckpointError          a file that is not a checkpoint, or not a valid one
    └── TrainingError            a run that cannot start or cannot continue

A message names the thing, what was found and a way out, in one line without a full stop. A way
out names arguments, and a command line spells each as the option that it has for it. Anything else
that is raised is a bug of the program and keeps its traceback.
"""

import unicodedata
from collections.abc import Callable
from string import Formatter

Spelling = Callable[[str, object], str | None]
"""A function from an argument's name and value (None: the name alone) to its spelling; None where
there is no such argument."""


class Way:
    """A way out of an error, in words that name arguments in braces: "a smaller {batch_size}".

    values: values of arguments by name; of others only the name is written.
    """

    def __init__(self, words: str, **values: object) -> None:
        self.words, self.values = words, values

    def spelled(self, spelling: Spelling) -> str | None:
        """Return the text with its arguments spelled; None where one of them does not exist."""
        spelled: list[str] = []
        for words, name, _, _ in Formatter().parse(self.words):
            spelled.append(words)
            if name is not None:
                argument = spelling(name, self.values.get(name))
                if argument is None:
                    return None
                spelled.append(argument)
        return "".join(spelled)


def as_argument(name: str, value: object) -> str:
    """Spell an argument as in Python: `max_steps`, or `encoding='cp1252'`."""
    return name if value is None else f"{name}={value!r}"


class CharRNNError(Exception):
    """An error that the user can correct. `exit_code` is that of the command line.

    message: the thing and what was found.
    ways: out of it; joined by "or".
    argument: the name of the wrong argument, if it is one.
    """

    exit_code = 1

    def __init__(self, message: str = "", *ways: Way, argument: str | None = None) -> None:
        super().__init__(message, *ways)
        self.message, self.ways, self.argument = message, ways, argument

    def __str__(self) -> str:
        return self.spelled(as_argument)

    def spelled(self, spelling: Spelling) -> str:
        """Return the message and the ways out whose arguments can all be spelled."""
        named = self.argument and (spelling(self.argument, None) or self.argument)
        message = f"{named}: {self.message}" if named else self.message
        *others, last = [way for each in self.ways if (way := each.spelled(spelling))] or [""]
        ways = f"{', '.join(others)}, or {last}" if others else last
        return f"{message}; {ways}" if ways else message


class TextError(CharRNNError):
    """A corpus, prompt or text that cannot be read as requested."""


class NotText(TextError):  # noqa: N818 - it is the file that is named
    """A file that is not a text; `kind` is its format, with an article."""

    def __init__(self, name: str, kind: str, *ways: Way) -> None:
        super().__init__(f"{name}: is {kind}, not a text", *ways)
        self.kind = kind


class ConfigError(CharRNNError):
    """Options that do not fit together, or a value out of its range."""

    exit_code = 2


class CheckpointError(CharRNNError):
    """A file that is not a checkpoint, or a damaged or oversized one."""


class TrainingError(CharRNNError):
    """A training run that cannot start or cannot continue."""


class UnknownCharacter(TextError):  # noqa: N818 - it is the character that is named
    """A character unknown to the network, with the nearest known ones."""

    exit_code = 2

    def __init__(self, character: str, position: int, size: int, nearest: list[str]) -> None:
        self.character, self.position, self.nearest = character, position, nearest
        known = " ".join(_shown(near) for near in nearest)
        super().__init__(
            f"{_shown(character)} at position {position} is not among the {size} characters that "
            f"this network knows; nearest: {known}",
            Way("choose {unknown}", unknown="skip"),
            Way("{unknown}", unknown="nearest"),
        )


def printable(name: object) -> str:
    """Return the name of a file on one line: it may hold line ends and control characters."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in str(name)
    )


def _shown(character: str) -> str:
    """Return a character with its code point; one without a glyph as an escape."""
    # A combining mark would be drawn on the quote before it.
    on_a_circle = "\u25cc" if unicodedata.category(character) in ("Mn", "Mc", "Me") else ""
    return f"{on_a_circle + character!r} (U+{ord(character):04X})"
