"""A process of this program that another one has started, and that is gone when that one is.

    the one that starts     hands it an order, descriptors of shared memory among it
    the one that is started reads the order, and then bytes that tell it what to do, or writes

Each reads what the other writes through a pipe, so each learns that the other has ended, however.
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
"""Seconds that a process has to end by itself."""

_ALL: "weakref.WeakSet[Started]" = weakref.WeakSet()


class EndedError(Exception):
    """A process that was started is gone; the message tells how."""


class Started:
    """A process that runs a module, one thread to a matrix product, until it is ended.

    module: its name; it begins with `read_order()`.
    order: what JSON can hold.
    descriptors: those of shared memory, which keep their numbers.

    Raises
    ------
    EndedError
        It was gone before it could be handed its order.
    """

    def __init__(self, module: str, order: Mapping[str, Any], *descriptors: int) -> None:
        # A folder's files are not for it to import, only because it is started there.
        path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
        with _deaf():
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
            self.tell(json.dumps(order).encode() + b"\n")
        except EndedError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def tell(self, what: bytes) -> None:
        """Write to it.

        Raises
        ------
        EndedError
            It is gone.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(what)
        except OSError:
            raise self._ended() from None

    def hear(self, size: int) -> bytes:
        """Return the next bytes that it writes.

        Raises
        ------
        EndedError
            It is gone.
        """
        assert self._process.stdout is not None
        heard = b""
        while len(heard) < size:
            more = self._process.stdout.read(size - len(heard))
            if not more:
                raise self._ended()
            heard += more
        return heard

    def wake(self) -> None:
        """Let it go on, if it was stopped."""
        self._process.send_signal(signal.SIGCONT)

    def has_ended(self) -> bool:
        """Return whether it is gone."""
        return self._process.poll() is not None

    def check(self) -> None:
        """Do nothing, if it is there.

        Raises
        ------
        EndedError
            It is gone.
        """
        if self.has_ended():
            raise self._ended()

    def close(self) -> None:
        """End it: nothing more is told to it or heard of it."""
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
    """Let all that were started go on, were one of them stopped: what waits for it can end then."""
    for started in list(_ALL):
        started.wake()


@contextmanager
def _deaf() -> Iterator[None]:
    """Hold back the signals that ask to stop, as long as it takes to start a process.

    They go to all processes of a terminal or a service, and when to stop is for the first one to
    say. A process starts with what is held back and never lets it through.
    """
    stops = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def read_order() -> Any:
    """Return the order that this process was started with; None if who started it is gone."""
    line = b""
    while (byte := os.read(sys.stdin.fileno(), 1)) not in (b"\n", b""):
        line += byte
    return json.loads(line) if byte else None
