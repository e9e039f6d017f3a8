"""Every error that the person at the keyboard can put right, each in its own words.

    CharRNNError
    ├── TextError                a corpus, prompt or text that cannot be read as asked
    │   ├── NotText              a file of another kind: a picture, an archive, a program
    │   └── UnknownCharacter     a character that the network has never seen
    ├── ConfigError              options that do not fit together, or a value out of range
    ├── CheckpointError          a file that is not a checkpoint, or not one to be trusted
    └── TrainingError            a run that cannot start or cannot go on

A message names the thing, what was found and the way out, in one line without a full stop. A way
out names arguments, and a command line spells each as the option that it has for it. Anything else
that is raised is a bug of the program's and keeps its traceback.
"""

import unicodedata
from collections.abc import Callable
from string import Formatter

Spelling = Callable[[str, object], str | None]
"""How an argument is written, from its name and its value, None for the name alone; None where
there is no such argument."""


class Way:
    """A way out of an error, in words that name arguments in braces: "a smaller {batch_size}".

    values: what arguments are to be set to, by name; of any other only the name is written.
    """

    def __init__(self, words: str, **values: object) -> None:
        self.words, self.values = words, values

    def spelled(self, spelling: Spelling) -> str | None:
        """Return it with its arguments written out; None where one of them is not there."""
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
    """Spell an argument as Python has it: `max_steps`, or `encoding='cp1252'`."""
    return name if value is None else f"{name}={value!r}"


class CharRNNError(Exception):
    """Something the user can put right. `exit_code` is what the command line ends with.

    message: the thing and what was found.
    ways: out of it; joined by "or".
    argument: the name of the one that is wrong, if it is one argument.
    """

    exit_code = 1

    def __init__(self, message: str = "", *ways: Way, argument: str | None = None) -> None:
        super().__init__(message, *ways)
        self.message, self.ways, self.argument = message, ways, argument

    def __str__(self) -> str:
        return self.spelled(as_argument)

    def spelled(self, spelling: Spelling) -> str:
        """Return the message and those ways out of whose arguments all can be spelled."""
        named = self.argument and (spelling(self.argument, None) or self.argument)
        message = f"{named}: {self.message}" if named else self.message
        *others, last = [way for each in self.ways if (way := each.spelled(spelling))] or [""]
        ways = f"{', '.join(others)}, or {last}" if others else last
        return f"{message}; {ways}" if ways else message


class TextError(CharRNNError):
    """A corpus, prompt or text that cannot be read as asked."""


class NotText(TextError):  # noqa: N818 - it is the file that is named
    """A file that is no text; `kind` says what it is, with its article."""

    def __init__(self, name: str, kind: str, *ways: Way) -> None:
        super().__init__(f"{name}: is {kind}, not a text", *ways)
        self.kind = kind


class ConfigError(CharRNNError):
    """Options that do not fit together, or a value out of its range."""

    exit_code = 2


class CheckpointError(CharRNNError):
    """A file that is no checkpoint, a damaged one, or one that asks for more than it may."""


class TrainingError(CharRNNError):
    """A training run that cannot start or cannot go on."""


class UnknownCharacter(TextError):  # noqa: N818 - it is the character that is named
    """A character that the network does not know, with the nearest that it knows."""

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
    """Return a character as itself, with its code point; as an escape only what has no shape."""
    # A mark would be drawn on the quote before it.
    on_a_circle = "\u25cc" if unicodedata.category(character) in ("Mn", "Mc", "Me") else ""
    return f"{on_a_circle + character!r} (U+{ord(character):04X})"
