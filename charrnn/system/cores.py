"""The cores that this process may use, and the split of a batch over them. Imports no NumPy."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

from charrnn.system.groups import PROCESS, folders


def cores() -> int:
    """Return the number of cores this process may use, by its affinity and its quota.

    A quota of one and a half cores counts as two: both are kept busy most of the time.
    """
    if hasattr(os, "sched_getaffinity"):
        there = len(os.sched_getaffinity(0))
    else:
        there = os.cpu_count() or 1
    return max(1, math.ceil(min([there, *quotas(PROCESS)])))


def quotas(process: Path) -> Iterator[float]:
    """Yield the CPU quotas of a process's control groups, in cores.

    A container that may use two cores of a large machine sees all of them, and is paused for
    the rest of each period once it has used two cores' worth.

    process: the folder in which the system describes it, as /proc/self does.
    """
    for version, folder in folders(process, "cpu"):
        yield from _quota_1(folder) if version == 1 else _quota_2(folder)


def _quota_2(folder: Path) -> Iterator[float]:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        yield int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max" is no number, and no quota
        return


def _quota_1(folder: Path) -> Iterator[float]:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
        if quota > 0:  # -1 is none
            yield quota / period
    except (OSError, ValueError, ZeroDivisionError):
        return


def bounds(size: int, parts: int) -> list[int]:
    """Return the boundaries of the parts of a batch, (parts + 1)."""
    return [round(part * size / parts) for part in range(parts + 1)]
