"""The memory that a process may use. Imports no NumPy."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from charrnn.system.groups import PROCESS, folders

LIMIT_FILES = {1: "memory.limit_in_bytes", 2: "memory.max"}
"""File of a control group's limit, by the version of control groups."""

_SIZE, _RESIDENT, _DATA = 0, 1, 5  # columns of /proc/self/statm, in pages
_RESOURCES = {"RLIMIT_AS": _SIZE, "RLIMIT_DATA": _DATA}


def available_memory() -> float:
    """Return the bytes of memory that this process may use; infinity where nothing limits it.

    It is the least of the machine's memory, the limits of the control groups that this process is
    in (of a container, or of a unit of systemd), and its own limits (`ulimit -v` and `-d`). What
    other processes use is not subtracted.
    """
    return min([_of_the_machine(), *group_limits(PROCESS), *own_limits(PROCESS)])


def group_limits(process: Path) -> Iterator[float]:
    """Yield the memory limits of a process's control groups, in bytes.

    Beyond one, the kernel kills processes of the group. Version 1 writes a number near 2⁶³
    where there is none.

    process: the folder in which the system describes it, as /proc/self does.
    """
    for version, folder in folders(process, "memory"):
        with suppress(OSError, ValueError):  # "max" is no number, and no limit
            yield float(int((folder / LIMIT_FILES[version]).read_text()))


def own_limits(process: Path) -> Iterator[float]:
    """Yield a process's own limits, in bytes of memory that it may use.

    They are of its address space, of which much is never used: code, and what libraries set
    aside. So what is in use now counts as used, and the addresses that are left as what is to come.

    process: the folder in which the system describes it, as /proc/self does.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    pages = []
    with suppress(OSError, ValueError):
        pages = [int(number) for number in (process / "statm").read_text().split()]
    for name, column in _RESOURCES.items():
        limit, _ = resource.getrlimit(getattr(resource, name))
        if limit == resource.RLIM_INFINITY:
            continue
        unused = pages[column] - pages[_RESIDENT] if len(pages) > column else 0
        yield max(0.0, float(limit - max(0, unused) * resource.getpagesize()))


def _of_the_machine() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
