"""Ctrl-C, SIGTERM and SIGHUP: the first is a request to stop, the second ends the process."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # not every system has the last


class Stopped(Exception):  # noqa: N818 - it is a request, and no error
    """Raised by a request to stop, inside `Stop.ends_work`."""


@dataclass
class Stop:
    """Whether a stop was requested, and by the number of which signal."""

    requested: int | None = None
    _ends_work: bool = False

    @property
    def exit_code(self) -> int:
        """Exit code of the program: 130 after Ctrl-C, 143 after SIGTERM, 0 without a request."""
        return 0 if self.requested is None else exit_code(self.requested)

    @contextmanager
    def ends_work(self) -> Iterator[None]:
        """End the work inside at the first request, by raising Stopped there."""
        self._ends_work = True
        try:
            if self.requested is not None:
                raise Stopped
            yield
        finally:
            self._ends_work = False

    def ask(self, number: int) -> None:
        """Record a request."""
        self.requested = number
        if self._ends_work:
            raise Stopped


def exit_code(number: int) -> int:
    """Return the exit code that shells report for a program ended by a signal."""
    return 128 + number


@contextmanager
def stopping(then: Callable[[], None] | None = None) -> Iterator[Stop]:
    """Record the first SIGINT, SIGTERM or SIGHUP, for a loop to end between two steps.

    The second ends the process at once, with the signal's exit code and without cleaning up. A
    signal that the process was started to ignore, as by nohup, stays ignored. Outside of the main
    thread, where Python handles no signals, nothing is changed and nothing will be requested.

    then: called at the first, so that the loop can end.
    """
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.requested is not None:
            os._exit(exit_code(number))
        if then:
            then()
        stop.ask(number)

    # Python handles signals in the main thread only.
    is_main = threading.current_thread() is threading.main_thread()
    with handled(handle) if is_main else nullcontext():
        yield stop


@contextmanager
def handled(handle: Callable[[int, FrameType | None], None]) -> Iterator[Iterable[int]]:
    """Handle SIGINT, SIGTERM and SIGHUP, but those that the process ignores; yield which."""
    before: dict[int, Any] = {}
    try:
        for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
            # None is a handler that was not set from Python, and could not be set again.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handle)
        yield before
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
