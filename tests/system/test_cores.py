"""How many cores a process may use: by its affinity, and by the quotas of its control groups."""

import pytest

from charrnn.system import cores as module
from charrnn.system.cores import bounds, cores, quotas

V2 = "0::{group}\n"
V1 = "5:memory:/elsewhere\n4:cpu,cpuacct:{group}\n1:name=systemd:/x\n0::/\n"


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def test_version_2_and_the_groups_above(tmp_path, process):
    mount = tmp_path / "cgroup"
    group(mount)
    group(mount / "a", cpu__max="350000 100000")
    group(mount / "a" / "b", cpu__max="max 100000")
    group(mount / "other", cpu__max="1000 100000")
    found = process(V2.format(group="/a/b"), [("/", mount, "cgroup2", "rw")])
    assert list(quotas(found)) == [3.5]


def test_version_1_of_a_container_that_sees_its_own_group_as_the_root(tmp_path, process):
    mount = tmp_path / "cpu,cpuacct"
    group(mount, cpu__cfs_quota_us=200000, cpu__cfs_period_us=100000)
    group(tmp_path / "memory", cpu__cfs_quota_us=1, cpu__cfs_period_us=100000)
    mounts = [
        ("/docker/abc", tmp_path / "memory", "cgroup", "rw,memory"),
        ("/docker/abc", mount, "cgroup", "rw,cpu,cpuacct"),
        ("/", tmp_path / "unified", "cgroup2", "rw"),
    ]
    assert list(quotas(process(V1.format(group="/docker/abc"), mounts))) == [2.0]


def test_a_group_outside_of_what_is_mounted(tmp_path, process):
    group(tmp_path / "cgroup", cpu__max="50000 100000")
    mounts = [("/../..", tmp_path / "cgroup", "cgroup2", "rw")]
    assert list(quotas(process(V2.format(group="/../other"), mounts))) == [0.5]


def test_no_quota_and_nothing_that_can_be_read(tmp_path, process):
    assert list(quotas(tmp_path / "nothing")) == []
    group(tmp_path / "one", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    group(tmp_path / "two", cpu__max="nonsense")
    mounts = [
        ("/", tmp_path / "one", "cgroup", "rw,cpu"),
        ("/", tmp_path / "two", "cgroup2", "rw"),
    ]
    assert list(quotas(process(V1.format(group="/"), mounts))) == []


@pytest.mark.parametrize(
    ("there", "quota", "cores_"),
    [(16, 2.0, 2), (16, 1.5, 2), (2, 8.0, 2), (4, 0.2, 1), (3, None, 3)],
)
def test_the_scarcer_counts(monkeypatch, there, quota, cores_):
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: set(range(there)), raising=False)
    monkeypatch.setattr(module, "quotas", lambda _: iter([quota] if quota else []))
    assert cores() == cores_


def test_parts_of_a_batch():
    assert bounds(10, 3) == [0, 3, 7, 10]
