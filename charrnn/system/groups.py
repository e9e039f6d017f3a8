"""The control groups of a process, by which Linux gives a container its share. Imports no NumPy."""

from collections.abc import Iterator
from pathlib import Path

PROCESS = Path("/proc/self")
"""Folder in which Linux describes this process."""


def folders(process: Path, controller: str) -> Iterator[tuple[int, Path]]:
    """Yield the folders of a process's control groups, each with its version, 1 or 2.

    What a group may use applies to the groups below it, too: those above come first. Where there
    are none, or the system does not say, nothing is yielded.

    process: the folder in which the system describes it, as /proc/self does.
    controller: what the groups share out, `cpu` or `memory`.
    """
    try:
        groups = (process / "cgroup").read_text("utf-8", "replace").splitlines()
        mounts = (process / "mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for _, controllers, group in (line.split(":", 2) for line in groups if line.count(":") > 1):
        if controllers and controller not in controllers.split(","):
            continue
        for mount in mounts:
            place, _, kind = mount.partition(" - ")
            root, point = place.split(" ")[3:5]
            system, _, options = kind.split(" ", 2)
            if system == "cgroup2" and not controllers:
                version = 2
            elif system == "cgroup" and controllers and controller in options.split(","):
                version = 1
            else:
                continue
            # In a container the root of the mount is often its own group.
            inner = Path(group).relative_to(root) if Path(group).is_relative_to(root) else Path()
            folder = Path(point)
            for name in ("", *inner.parts):
                folder /= name
                yield version, folder
