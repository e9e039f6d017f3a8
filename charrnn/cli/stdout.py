"""Where results go: standard output, which may be closed or cut short by `| head`, files, pipes."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stdout,
    suppress,
)
from io import BufferedWriter, BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import typer

from charrnn.errors import CharRNNError
from charrnn.system.pipes import descriptor, is_pipe, open_pipe


@contextmanager
def standard_output() -> Iterator[None]:
    """Report in one line why standard output cannot be written; end silently at a closed pipe.

    Raises
    ------
    CharRNNError
        It is closed, or its disk is full.
    Exit
        It is a pipe without a reader: with 1, as Typer does.
    """
    if sys.stdout is None:
        raise CharRNNError("standard output is closed; redirect it to a file or to /dev/null")
    with _os_errors_reported("standard output", "send it elsewhere"):
        try:
            yield
        except OSError:
            silence()
            raise


def help_output() -> AbstractContextManager[None]:
    """Do the same for help, but nothing where standard output is closed."""
    return nullcontext() if sys.stdout is None else standard_output()


def silence() -> None:
    """Discard what is left in the buffer: Python would fail to write it again at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def file_for(path: Path | None) -> Path | None:
    """Return the file to write to; None for standard output, by whatever name it is called."""
    return None if path is None or descriptor(path) == 1 else path


@contextmanager
def written_to(path: Path | None) -> Iterator[None]:
    """Write to a file, as it comes, what goes to standard output, if one is named.

    Raises
    ------
    CharRNNError
        It cannot be written.
    Exit
        It is a pipe without a reader.
    """
    if path is None:
        with standard_output():
            yield
        return
    with _os_errors_reported(str(path)):
        raw = open_pipe(path) if is_pipe(path) else path.open("wb", buffering=0)
        with (
            TextIOWrapper(BufferedWriter(raw), "utf-8", "backslashreplace", newline="") as file,
            redirect_stdout(file),
        ):
            yield


def deliver(path: Path, put: Callable[[BinaryIO], object]) -> None:
    """Write a whole file at once, or to what takes bytes as they come: a pipe, a device.

    put: writes to a file in which one can seek.

    Raises
    ------
    CharRNNError
        It cannot be written.
    Exit
        It is a pipe without a reader.
    """
    from charrnn.system.atomic import write_atomically

    if not is_pipe(path):
        write_atomically(path, put)
        return
    whole = BytesIO()
    put(whole)
    with _os_errors_reported(str(path)), BufferedWriter(open_pipe(path)) as stream:
        stream.write(whole.getbuffer())


@contextmanager
def _os_errors_reported(name: str, way_out: str = "choose another file") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise typer.Exit(1) from None
        reason = (error.strerror or str(error)).lower()
        raise CharRNNError(f"{name}: cannot be written ({reason}); {way_out}") from error
