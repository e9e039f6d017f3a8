"""Standard output that may be closed, full or cut short by `| head`."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from charrnn.errors import CharRNNError


@contextmanager
def standard_output() -> Iterator[None]:
    """Tell in one line why standard output cannot be written; end silently at a closed pipe.

    Raises
    ------
    CharRNNError
        It is closed, or its disk is full.
    Exit
        Nobody reads it any more: with 1, as Typer does.
    """
    if sys.stdout is None:
        raise CharRNNError("standard output is closed; redirect it to a file or to /dev/null")
    try:
        yield
    except OSError as error:
        _silence()
        if error.errno == errno.EPIPE:
            raise typer.Exit(1) from None
        reason = (error.strerror or str(error)).lower()
        raise CharRNNError(
            f"standard output: cannot be written ({reason}); send it elsewhere"
        ) from error


def _silence() -> None:
    """Let what is left in the buffer go nowhere, or Python would try and fail again at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
