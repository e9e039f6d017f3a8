"""How many threads NumPy's matrix products use.

A BLAS reads it from the environment when NumPy is first imported, which suits a command. In a
program that has imported NumPy already the BLAS itself is asked, by the functions that OpenBLAS
and MKL have for that; with another one the number stays as it is. Imports no NumPy.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TypeVar

from charrnn.system.cores import cores
from charrnn.system.ways import Ways

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What sets, before NumPy is imported, how many threads a matrix product may use."""

FUNCTIONS = (
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),  # NumPy's wheels
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),  # Linux distributions, conda
    ("openblas_get_num_threads64_", "openblas_set_num_threads64_"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
)
"""The names by which the number is read and set."""

LARGE = 2 * 2**20
"""Bytes of parameters above which they do not stay in one core's cache (of 1 to 2 MB on most
machines), so that reading a character waits for memory, and two cores wait half as long."""

MOST = 4
"""Threads: what more of them could read at a time, one memory does not give."""

AHEAD = 2e-3
"""Seconds for which what is made in a number of threads is made ahead."""

Made = TypeVar("Made")


class Control(NamedTuple):
    """The functions of a BLAS that read and set how many threads it uses."""

    get: Callable[[], int]
    set: Callable[[int], None]


def threads_for(size: int) -> int:
    """Return how many threads pay for reading one text by a network of so many bytes."""
    return 1 if size < LARGE else min(MOST, cores())


def use_threads(number: int) -> None:
    """Set the number of threads for a NumPy not yet imported, unless the environment has it."""
    for variable in THREADS:
        os.environ.setdefault(variable, str(number))


def in_environment() -> int | None:
    """Return how many threads the environment asks for; None if it leaves that open."""
    asked = next((os.environ[name] for name in THREADS if name in os.environ), "")
    return int(asked) if asked.isdecimal() and int(asked) else None


def threads() -> int:
    """Return how many threads a matrix product may use now, as far as that can be known."""
    found = control()
    return found.get() if found else in_environment() or cores()


@cache
def control() -> Control | None:
    """Return the control of the BLAS that NumPy has loaded; None if it has none that is known."""
    module = import_module("numpy._core._multiarray_umath")
    own = Path(module.__file__ or "")
    # A function is found in a library or in those it was linked with; on Windows in itself only.
    beside = own.parent.parent.with_name("numpy.libs").glob("*openblas*")
    for place in (own, *sorted(beside)):
        with suppress(OSError):
            library = ctypes.CDLL(str(place))
            for get, set_ in FUNCTIONS:
                if hasattr(library, get) and hasattr(library, set_):
                    return Control(getattr(library, get), getattr(library, set_))
    return None


class Limit:
    """Matrix products in so many threads, as long as one is inside.

    The number is that of the whole process. Of several that are inside at a time, one in another
    or in threads of Python's, the last to enter sets it; once all have left, it is what it was.

    number: None leaves it as it is.
    """

    _lock = threading.Lock()
    _inside = 0
    _outside = 0

    def __init__(self, number: int | None) -> None:
        self._number, self._control = number, control() if number else None
        self._before = 0

    def __enter__(self) -> None:
        if self._number and self._control:
            with self._lock:
                self._before = self._control.get()
                if not Limit._inside:
                    Limit._outside = self._before
                Limit._inside += 1
                self._control.set(self._number)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._number and self._control:
            with self._lock:
                Limit._inside -= 1
                self._control.set(self._before if Limit._inside else Limit._outside)

    def each(self, made: Generator[Made]) -> Generator[Made]:
        """Yield what a generator makes, made inside and handed out outside.

        It is made ahead for a millisecond or two: to enter and leave takes some microseconds.
        """
        with closing(made):
            while True:
                ready: list[Made] = []
                try:
                    with self:
                        end = time.perf_counter() + AHEAD
                        while not ready or time.perf_counter() < end:
                            ready.append(next(made))
                except StopIteration:
                    yield from ready
                    return
                except Exception:
                    yield from ready
                    raise
                yield from ready


class Threads:
    """Matrix products in as many threads as they may use now, or in one: whichever is faster.

    Threads that wait for each other in every product are slower than one by far where another
    program is on one of their cores.
    """

    def __init__(self) -> None:
        self._ways, self._one = Ways(), Limit(1)
        self._several = threads() > 1

    @contextmanager
    def piece(self, units: int = 1) -> Iterator[None]:
        """Do a piece of the work inside: so many units of it, such as characters."""
        if not self._several:
            yield
            return
        began = time.perf_counter()
        with nullcontext() if self._ways.several else self._one:
            yield
        self._ways.took(time.perf_counter() - began, units)
