"""Output to pipes, devices and open files, which are written to in place.

A path may name a file that this process has open already, as `/dev/stdout` and `/dev/fd/63` do;
a shell writes the latter for `>(command)`. That file is continued at its position: to open it
by its name again would truncate it, if it is on a disk.
"""

import os
import re
import stat
from io import FileIO
from pathlib import Path

STANDARD_OUTPUT = Path("/dev/stdout")
"""The name of standard output, also on systems without such a file."""

_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_OPEN = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")


def descriptor(path: Path) -> int | None:
    """Return the open file descriptor that a path names; None if it names none."""
    name = path.as_posix()
    found = _OPEN.fullmatch(name)
    return int(found[1]) if found else _STANDARD.get(name)


def is_pipe(path: Path) -> bool:
    """Return whether a path is a pipe or device, or a file that is open already."""
    if descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def open_pipe(path: Path) -> FileIO:
    """Open a path for which `is_pipe` is true for unbuffered writing; wait for a pipe's reader.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    number = descriptor(path)
    if number is None:
        return path.open("wb", buffering=0)
    return os.fdopen(os.dup(number), "wb", buffering=0)
