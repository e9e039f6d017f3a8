"""The memory of this machine. Imports no NumPy."""

import os


def available_memory() -> float:
    """Return the machine's memory in bytes, infinity where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
