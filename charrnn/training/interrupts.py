"""Defers Ctrl-C to the end of a step, where a run can be resumed."""

import signal
import threading
from types import FrameType
from typing import Self


class Interrupts:
    """A context that delays the first Ctrl-C until `check`; a second one is immediate.

    Where Ctrl-C has another handler than Python's, or outside of the main thread,
    nothing changes.
    """

    def __init__(self) -> None:
        self._asked = self._handling = False

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
            self._handling = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._handling:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if one has been delayed."""
        if self._asked:
            self._asked = False
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
