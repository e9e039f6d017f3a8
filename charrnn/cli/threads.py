"""How many threads NumPy's matrix products may use: set before NumPy is imported."""

import os
from pathlib import Path

from charrnn.system import blas


def use_threads(number: int) -> None:
    """Let matrix products use `number` threads, unless the environment sets it already."""
    for variable in blas.THREADS:
        os.environ.setdefault(variable, str(number))


def threads_for(model: Path) -> int:
    """Return how many threads pay for reading one text by a model; 1 if there is no such file."""
    try:
        return blas.threads_for(model.stat().st_size)
    except OSError:
        return 1
