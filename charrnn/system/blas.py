"""The number of threads of NumPy's matrix products.

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
from typing import NamedTuple, TypeVar

from charrnn.system.cores import cores
from charrnn.system.ways import Ways

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Environment variables that set the threads of BLAS, read when NumPy is imported."""

FUNCTIONS = (
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),  # NumPy's wheels
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),  # Linux distributions, conda
    ("openblas_get_num_threads64_", "openblas_set_num_threads64_"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
)
"""Names of the functions that read and set the number."""

LARGE = 2 * 2**20
"""Bytes of parameters above which they do not stay in one core's cache (of 1 to 2 MB on most
machines), so that reading a character waits for memory, and two cores wait half as long."""

MOST = 4
"""Threads at most; memory bandwidth does not serve more."""

AHEAD = 2e-3
"""Seconds of work done ahead per change of the number of threads."""

Made = TypeVar("Made")


class Control(NamedTuple):
    """The functions of a BLAS that read and set how many threads it uses."""

    get: Callable[[], int]
    set: Callable[[int], None]


def threads_for(size: int) -> int:
    """Return the best number of threads for reading one text with `size` bytes of weights."""
    return 1 if size < LARGE else min(MOST, cores())


def use_threads(number: int) -> None:
    """Set the number of threads for a NumPy not yet imported, unless the environment has it."""
    for variable in THREADS:
        os.environ.setdefault(variable, str(number))


def in_environment() -> int | None:
    """Return the number of threads set in the environment; None if not set."""
    asked = next((os.environ[name] for name in THREADS if name in os.environ), "")
    return int(asked) if asked.isdecimal() and int(asked) else None


def threads() -> int:
    """Return the current number of threads of a matrix product, as far as it is known."""
    found = control()
    return found.get() if found else in_environment() or cores()


@cache
def control() -> Control | None:
    """Return the thread functions of the BLAS that NumPy loaded; None if unknown."""
    module = import_module("numpy._core._multiarray_umath")
    own = Path(module.__file__ or "")
    # A symbol is found in a library and those it is linked with; on Windows in itself only.
    beside = own.parent.parent.with_name("numpy.libs").glob("*openblas*")
    for place in (own, *sorted(beside)):
        with suppress(OSError):
            library = ctypes.CDLL(str(place))
            for get, set_ in FUNCTIONS:
                if hasattr(library, get) and hasattr(library, set_):
                    return Control(getattr(library, get), getattr(library, set_))
    return None


class Limit:
    """A context in which matrix products use a given number of threads.

    The number is that of the whole process. Of several contexts at a time, nested or in Python
    threads, the last to enter sets it; once all have left, it is restored.

    number: threads; None changes nothing.
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

    def __exit__(self, *_: object) -> None:
        if self._number and self._control:
            with self._lock:
                Limit._inside -= 1
                self._control.set(self._before if Limit._inside else Limit._outside)

    def each(self, made: Generator[Made]) -> Generator[Made]:
        """Yield the items of a generator, each computed inside the context and yielded outside.

        Items are computed ahead for a millisecond or two: entering and leaving takes microseconds.
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
    """Chooses between one thread and all for matrix products, by which is faster.

    Threads that wait for each other in every product are far slower than one where another
    program uses one of their cores.
    """

    def __init__(self) -> None:
        self._ways, self._one = Ways(), Limit(1)
        self._several = threads() > 1

    @contextmanager
    def piece(self, units: int = 1) -> Iterator[None]:
        """Return a context for a piece of the work of `units` units, such as characters."""
        if not self._several:
            yield
            return
        began = time.perf_counter()
        with nullcontext() if self._ways.several else self._one:
            yield
        self._ways.took(time.perf_counter() - began, units)
