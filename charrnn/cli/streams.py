"""The standard streams as a command needs them: none of them closed, and no error from messages.

A process may be started with standard input, output or error closed. What it opens next would get
that number, and be read or written for the stream: so the numbers are filled first. And messages
are worth less than what they are about: a terminal that is closed, a reader of a log that has
left and a full disk end no training.
"""

import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any


class _Messages(FileIO):
    """Standard error, unbuffered; what cannot be written is dropped."""

    def write(self, data: Any, /) -> int:
        """Write as much as the system takes; report all of it as written where it takes none."""
        with suppress(OSError):
            written = super().write(data)
            if written is not None:  # it is, where writing would have to wait
                return written
        return memoryview(data).nbytes


def prepare_streams() -> None:
    """Fill the numbers of closed streams, and let no error of standard error end the program.

    What is closed stays so for who uses it: `sys.stdin` and `sys.stdout` are None, and neither
    number can be read or written as its stream is.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            mode = os.O_RDONLY if number == 1 else os.O_WRONLY
            nowhere = os.open(os.devnull, mode)  # the lowest free number, which is this one
            os.set_inheritable(nowhere, True)
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        # What a network writes is not limited to what a locale can encode.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stderr = TextIOWrapper(
        BufferedWriter(_Messages(2, "w", closefd=False)),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
