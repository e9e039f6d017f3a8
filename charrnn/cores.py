"""The cores of this machine, and how work is shared among them. Imports no NumPy."""

import os

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What tells a BLAS, before NumPy is imported, how many threads a matrix product may use."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def blas_threads() -> int:
    """Return how many threads a matrix product may use, as far as the environment tells."""
    told = next((os.environ[name] for name in THREADS if name in os.environ), "")
    return int(told) if told.isdecimal() and int(told) else cores()


def bounds(size: int, parts: int) -> list[int]:
    """Return where each part of a batch begins, and where the last one ends."""
    return [round(part * size / parts) for part in range(parts + 1)]
