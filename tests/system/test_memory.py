"""How much memory a process may use: the machine's, its control groups', and its own limit."""

import subprocess
import sys
from pathlib import Path

import pytest

import charrnn
from charrnn.system import memory as module
from charrnn.system.memory import available_memory, group_limits, own_limits

MB = 2**20
NO_LIMIT = 9223372036854771712  # of version 1
ROOT = Path(charrnn.__file__).parents[1]


def group(folder, name, limit):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"{limit}\n")


def test_version_2_and_the_groups_above(tmp_path, process, monkeypatch):
    mount = tmp_path / "cgroup"
    group(mount / "a", "memory.max", 300 * MB)
    group(mount / "a" / "b", "memory.max", "max")
    group(mount / "other", "memory.max", 1)
    found = process("0::/a/b\n", [("/", mount, "cgroup2", "rw")])
    assert list(group_limits(found)) == [300 * MB]
    monkeypatch.setattr(module, "PROCESS", found)
    assert available_memory() == 300 * MB


def test_version_1_beside_other_controllers(tmp_path, process):
    memory, cpu = tmp_path / "memory", tmp_path / "cpu"
    group(memory, "memory.limit_in_bytes", NO_LIMIT)
    group(memory / "box", "memory.limit_in_bytes", 400 * MB)
    group(cpu / "box", "memory.limit_in_bytes", 1)
    mounts = [("/", cpu, "cgroup", "rw,cpu"), ("/", memory, "cgroup", "rw,memory")]
    found = process("4:memory:/box\n3:cpu:/box\n1:name=systemd:/x\n0::/\n", mounts)
    assert list(group_limits(found)) == [NO_LIMIT, 400 * MB]


def test_a_container_that_sees_its_own_group_as_the_root(tmp_path, process):
    group(tmp_path / "cgroup", "memory.max", 256 * MB)
    found = process("0::/\n", [("/docker/abc", tmp_path / "cgroup", "cgroup2", "rw")])
    assert list(group_limits(found)) == [256 * MB]


@pytest.mark.parametrize("limit", ["max", "", "nonsense", "1 2", "\x00"])
def test_no_limit(tmp_path, process, limit):
    group(tmp_path / "cgroup", "memory.max", limit)
    found = process("0::/\n", [("/", tmp_path / "cgroup", "cgroup2", "rw")])
    assert list(group_limits(found)) == []
    assert list(group_limits(tmp_path / "nothing")) == []


@pytest.mark.parametrize("name", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_a_limit_of_its_own(tmp_path, monkeypatch, name):
    resource = pytest.importorskip("resource")
    page = resource.getpagesize()
    # 1000 pages of addresses, 200 in memory, 700 of them data.
    (tmp_path / "statm").write_text("1000 200 50 5 0 700 0\n")
    chosen = getattr(resource, name)
    limits = {chosen: (2000 * page, resource.RLIM_INFINITY)}
    no_limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits.get(which, no_limit))
    free = 2000 - {"RLIMIT_AS": 1000, "RLIMIT_DATA": 700}[name]
    assert list(own_limits(tmp_path)) == [(free + 200) * page]
    assert list(own_limits(tmp_path / "nothing")) == [2000 * page]
    limits.clear()
    assert list(own_limits(tmp_path)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address spaces are Linux's")
def test_what_is_available_can_be_had_and_little_more_cannot():
    code = """if True:
        import mmap, resource
        from charrnn.system.memory import available_memory
        resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20, -1))
        there = available_memory()
        resident = int(open("/proc/self/statm").read().split()[1]) * mmap.PAGESIZE
        left = int(there) - resident
        mmap.mmap(-1, left - 2**20).close()
        try:
            mmap.mmap(-1, left + 2**20)
        except OSError:
            print("right")
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "right\n"
