"""What is written to as it stands: standard output, pipes and devices, which nothing replaces.

A path may name a file that this process has open already, as `/dev/stdout` and `/dev/fd/63` do;
a shell writes the latter for `>(command)`. That file is written on from where it is: to open it
by its name again would cut it short, if it lies on a disk.
"""

import os
import re
import stat
from io import FileIO
from pathlib import Path

STANDARD_OUTPUT = Path("/dev/stdout")
"""The name of standard output, on systems that have no such file too."""

_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_OPEN = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")


def descriptor(path: Path) -> int | None:
    """Return which open file of this process a path names, None if it names none."""
    name = path.as_posix()
    found = _OPEN.fullmatch(name)
    return int(found[1]) if found else _STANDARD.get(name)


def is_pipe(path: Path) -> bool:
    """Return whether a path leads to no file or folder on a disk, or to what is open already."""
    if descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def open_pipe(path: Path) -> FileIO:
    """Open what `is_pipe` is true of, for writing, without a buffer; a pipe waits for a reader.

    Raises
    ------
    OSError
        It cannot be written.
    """
    number = descriptor(path)
    if number is None:
        return path.open("wb", buffering=0)
    return os.fdopen(os.dup(number), "wb", buffering=0)
