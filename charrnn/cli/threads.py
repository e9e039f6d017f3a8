"""How many threads NumPy's matrix products may use: it has to be said before NumPy is imported."""

import os
from pathlib import Path

from charrnn.cores import THREADS, cores

LARGE = 2 * 2**20
"""Bytes of a model file from which on its weights do not stay in one core's cache (of 1 to 2 MB on
most machines), so that reading a character waits for memory, and two cores wait half as long."""

MOST = 4
"""Threads: what more of them could read at a time, one memory does not give."""


def use_threads(number: int) -> None:
    """Let matrix products use so many threads, unless the environment says otherwise already."""
    for variable in THREADS:
        os.environ.setdefault(variable, str(number))


def threads_for(model: Path) -> int:
    """Return how many threads pay for reading one text by a model; 1 if there is no such file."""
    try:
        size = model.stat().st_size
    except OSError:
        return 1
    return 1 if size < LARGE else min(MOST, cores())
