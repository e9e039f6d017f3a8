"""Commands shown for the user to copy, by the name this program was called by."""

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "charrnn"


def command(*words: object) -> str:
    """Return a command line of this program, quoted for a POSIX shell."""
    return " ".join(quoted(str(word)) for word in (*program(), *words))


def command_line(added: list[str]) -> str:
    """Return the command that is running, with more arguments, as a POSIX shell reads it."""
    return command(*sys.argv[1:2], *added, *sys.argv[2:])


def program() -> list[str]:
    """Return the words that started this program, or its name where a shell finds it by that.

    A script is called by its path, and `python -m` by the interpreter's. Where another program
    started it, there are no words to repeat.
    """
    called = Path(sys.argv[0])
    if called.stem == NAME and called.is_file():
        found = shutil.which(NAME)
        is_found = found is not None and called.samefile(found)
        return [NAME] if is_found else [_as_path(sys.argv[0])]
    if called.name == "__main__.py" and called.parent.name == NAME:
        return sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    return [NAME]


def file_word(path: Path) -> str:
    """Return a path as an argument that cannot be read as an option."""
    name = str(path)
    return f"./{name}" if name.startswith("-") else name


def quoted(word: str) -> str:
    r"""Quote a word for a POSIX shell, in characters that are harmless on a terminal.

    A word with invisible characters is written with printf: `"$(printf '\033')"`. The shell drops
    line ends at the end of its output, so those follow it verbatim.
    """
    if word.isprintable():
        return shlex.quote(word)
    kept = word.rstrip("\n")
    ends = "\n" * (len(word) - len(kept))
    printed = "".join(_byte(byte) for byte in os.fsencode(kept))
    if printed.startswith("-"):  # which would begin an option of printf
        printed = f"\\055{printed[1:]}"
    return (f"\"$(printf '{printed}')\"" if kept else "") + (f"'{ends}'" if ends else "")


def _byte(byte: int) -> str:
    r"""Return a byte in a format of printf: itself, or as in `\033`."""
    character = chr(byte)
    plain = character.isascii() and (character.isalnum() or character in " ._-+,/:=")
    return character if plain else f"\\{byte:03o}"


def _as_path(name: str) -> str:
    """Return a file's name with a slash, which a shell needs to run it."""
    return name if "/" in name else f"./{name}"
