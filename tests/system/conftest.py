"""A process as Linux describes it."""

import pytest


@pytest.fixture
def process(tmp_path):
    """Describe a process, its control groups in folders of the test's own."""

    def describe(groups, mounts):
        folder = tmp_path / "proc"
        folder.mkdir()
        (folder / "cgroup").write_text(groups)
        lines = [
            f"3{n} 23 0:2{n} {root} {point} rw,relatime shared:{n} - {system} {system} {options}\n"
            for n, (root, point, system, options) in enumerate(mounts)
        ]
        root = "22 1 8:1 / / rw - ext4 /dev/a rw\n"
        (folder / "mountinfo").write_text(root + "".join(lines))
        return folder

    return describe
