"""The memory that this process may take. Imports no NumPy."""

import os


def available_memory() -> float:
    """Return how many bytes of memory the machine has, infinity where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
