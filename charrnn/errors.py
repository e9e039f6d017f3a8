"""Every error that the person at the keyboard can put right, each in its own words.

    CharRNNError
    ├── TextError                a corpus, prompt or text that cannot be read as asked
    │   ├── NotText              a file of another kind: a picture, an archive, a program
    │   └── UnknownCharacter     a character that the network has never seen
    ├── ConfigError              options that do not fit together, or a value out of range
    ├── CheckpointError          a file that is not a checkpoint, or not one to be trusted
    └── TrainingError            a run that cannot start or cannot go on

A message names the thing, what was found and the way out, in one line without a full stop.
Anything else that is raised is a bug of the program's and keeps its traceback.
"""

import unicodedata


class CharRNNError(Exception):
    """Something the user can put right. `exit_code` is what the command line ends with."""

    exit_code = 1


class TextError(CharRNNError):
    """A corpus, prompt or text that cannot be read as asked."""


class NotText(TextError):  # noqa: N818 - it is the file that is named
    """A file that is no text; `kind` says what it is, with its article."""

    def __init__(self, name: str, kind: str, way_out: str) -> None:
        self.kind = kind
        super().__init__(f"{name}: is {kind}, not a text; {way_out}")


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
            f"this network knows; nearest: {known}; or choose --unknown skip or --unknown nearest"
        )


def _shown(character: str) -> str:
    """Return a character as itself, with its code point; as an escape only what has no shape."""
    # A mark would be drawn on the quote before it.
    on_a_circle = "\u25cc" if unicodedata.category(character) in ("Mn", "Mc", "Me") else ""
    return f"{on_a_circle + character!r} (U+{ord(character):04X})"
