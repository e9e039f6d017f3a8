"""One trainer for a path: the lock, between processes and when its holder is killed."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import charrnn.errors
from charrnn.errors import CheckpointError
from charrnn.system import atomic
from charrnn.system.atomic import Lock

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "last.npz"
    path.write_bytes(b"old")
    return path


def beside(path):
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def script(text, *arguments):
    """Start another Python that knows what is tested."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(Path(charrnn.errors.__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


HOLDING = """
    import sys
    from pathlib import Path
    from charrnn.system.atomic import Lock

    with Lock(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.read()
"""


def test_two_trainers(path):
    with script(HOLDING, path) as first:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(
            CheckpointError, match=f"process {first.pid} is training it; "
        ) as caught:
            Lock(path).__enter__()
        assert caught.value.exit_code == 2
        assert str(caught.value).startswith(str(path))
        with Lock(path.with_name("other.npz")):
            pass
        first.stdin.close()
        assert first.wait(60) == 0
    assert beside(path) == []
    with Lock(path):
        assert path.with_name(".last.npz.lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(CheckpointError, match=f"process {os.getpid()} "), Lock(path):
            pass
    assert beside(path) == []
    assert CheckpointError.exit_code == 1


@posix
def test_a_killed_trainer_leaves_no_lock(path):
    with script(HOLDING, path) as first:
        assert first.stdout.readline() == "held\n"
        first.send_signal(signal.SIGKILL)
        first.wait(60)
    assert beside(path) == [".last.npz.lock"]
    with Lock(path):
        assert path.with_name(".last.npz.lock").read_text() == f"{os.getpid()}\n"
    assert beside(path) == []


@posix
def test_never_two_at_once(path):
    """Four processes take and leave the lock as fast as they can; inside there is one at a time."""
    contending = """
        import os, sys
        from pathlib import Path
        from charrnn.system.atomic import Lock
        from charrnn.errors import CheckpointError

        path, inside = Path(sys.argv[1]), Path(sys.argv[1] + ".inside")
        for _ in range(3):
            if not os.fork():
                break
        held = 0
        while held < 30:
            try:
                with Lock(path):
                    os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
                    inside.unlink()
                    held += 1
            except CheckpointError:
                continue
        os.write(1, b"%d\\n" % held)  # in one go, as all four write to one pipe
    """
    with script(contending, path) as process:
        held = [int(number) for number in process.communicate()[0].split()]
    assert held == [30] * 4
    assert beside(path) == []


def test_an_error_releases_the_lock(path):
    with pytest.raises(ValueError, match="inside"), Lock(path):
        raise ValueError("inside")
    with Lock(path):
        pass


@posix
def test_a_link_for_a_lock_is_not_followed(path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"old")
    path.with_name(".last.npz.lock").symlink_to(victim)
    with pytest.raises(CheckpointError), Lock(path):
        pass
    assert victim.read_bytes() == b"old"


@posix
def test_foreign_content_of_the_lock_is_not_shown(path):
    with Lock(path):
        path.with_name(".last.npz.lock").write_bytes(b"\x1b[2J1234")
        with pytest.raises(CheckpointError, match="another process is training it"), Lock(path):
            pass


@posix
def test_a_disk_without_locks(path, monkeypatch):
    def unsupported(_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(atomic, "_seize", unsupported)
    with Lock(path), Lock(path):
        pass
    assert beside(path) == []
