"""The cores that this process may use, and the split of a batch over them. Imports no NumPy."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

PROCESS = Path("/proc/self")
"""Folder in which Linux describes this process."""


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
    the rest of each period once it has used two cores' worth. A quota of a group applies to the
    groups below it too. Both versions of control groups are read; where there are none, nothing is
    yielded.

    process: the folder in which the system describes it, as /proc/self does.
    """
    try:
        groups = (process / "cgroup").read_text("utf-8", "replace").splitlines()
        mounts = (process / "mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for _, controllers, group in (line.split(":", 2) for line in groups if line.count(":") > 1):
        if controllers and "cpu" not in controllers.split(","):
            continue
        for mount in mounts:
            place, _, kind = mount.partition(" - ")
            root, point = place.split(" ")[3:5]
            system, _, options = kind.split(" ", 2)
            if system == "cgroup2" and not controllers:
                read = _quota_2
            elif system == "cgroup" and controllers and "cpu" in options.split(","):
                read = _quota_1
            else:
                continue
            # In a container the root of the mount is often its own group.
            inner = Path(group).relative_to(root) if Path(group).is_relative_to(root) else Path()
            folder = Path(point)
            for name in ("", *inner.parts):
                folder /= name
                yield from read(folder)


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
