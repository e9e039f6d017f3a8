"""A child process with two pipes, which ends when its parent does.

    the parent  sends an order, with descriptors of shared memory
    the child   reads the order, then commands, and writes its replies

Each reads from a pipe of the other, so each learns that the other has ended, in whatever way.
"""

import json
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from charrnn.system.blas import THREADS

ONE_THREAD = dict.fromkeys(THREADS, "1")
PATIENCE = 5.0
"""Seconds in which a process must exit before it is killed."""

_ALL: "weakref.WeakSet[ChildProcess]" = weakref.WeakSet()


class EndedError(Exception):
    """A child process has exited; the message says how."""


class ChildProcess:
    """A process that runs a module, with one BLAS thread, until it is closed.

    module: its name; its main code calls `read_order()` first.
    order: a JSON object.
    descriptors: file descriptors of shared memory, passed under the same numbers.

    Raises
    ------
    EndedError
        If it exited before it read its order.
    """

    def __init__(self, module: str, order: Mapping[str, Any], *descriptors: int) -> None:
        # -P: the files of the current folder are not imported.
        path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
        with _block_signals():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                pass_fds=descriptors,
                env=os.environ | ONE_THREAD | {"PYTHONPATH": path},
            )
        _ALL.add(self)
        try:
            self.send(json.dumps(order).encode() + b"\n")
        except EndedError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process number."""
        return self._process.pid

    def send(self, data: bytes) -> None:
        """Write bytes to the process.

        Raises
        ------
        EndedError
            If the process has exited.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
        except OSError:
            raise self._ended() from None

    def receive(self, size: int) -> bytes:
        """Return the next `size` bytes from the process.

        Raises
        ------
        EndedError
            If the process has exited.
        """
        assert self._process.stdout is not None
        received = b""
        while len(received) < size:
            more = self._process.stdout.read(size - len(received))
            if not more:
                raise self._ended()
            received += more
        return received

    def widen(self, size: int) -> None:
        """Let it write so many bytes before they are read, where the system allows that."""
        assert self._process.stdout is not None
        with suppress(ImportError, AttributeError, OSError):
            import fcntl  # noqa: PLC0415 - not on every system

            fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, size)

    def wake(self) -> None:
        """Continue it, if it was stopped."""
        self._process.send_signal(signal.SIGCONT)

    def has_ended(self) -> bool:
        """Return whether it is gone."""
        return self._process.poll() is not None

    def ensure_alive(self) -> None:
        """Raise an error if the process has exited.

        Raises
        ------
        EndedError
            If it has.
        """
        if self.has_ended():
            raise self._ended()

    def close(self) -> None:
        """End it: nothing more is sent or received."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ended(self) -> EndedError:
        code = self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return EndedError(f"a worker process {how}")


def wake() -> None:
    """Continue all child processes that were stopped, so that waiting for them can end."""
    for child in list(_ALL):
        child.wake()


@contextmanager
def _block_signals() -> Iterator[None]:
    """Block the signals that stop a program while a process is started.

    They go to all processes of a terminal or a service, and the parent decides when to stop.
    The child inherits the blocked signals and never unblocks them.
    """
    stops = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def read_order() -> Any:
    """Return the order of this child process; None if its parent has exited."""
    line = b""
    while (byte := os.read(sys.stdin.fileno(), 1)) not in (b"\n", b""):
        line += byte
    return json.loads(line) if byte else None
