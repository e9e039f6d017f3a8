"""After anything went wrong a path holds the old file or the new one, with nothing beside it."""

import errno
import os
import pathlib
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import charrnn.errors
from charrnn.errors import CheckpointError
from charrnn.system import atomic
from charrnn.system.atomic import (
    Lock,
    check_writable,
    remove_stale_temporaries,
    write_atomically,
)

OLD, NEW = b"old" * 1000, b"new" * 2000
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
not_root = pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may do everything")


def writing(data):
    """Write in several calls, as the writer of an archive does."""

    def write(stream):
        for at in range(0, len(data), 1500):
            stream.write(data[at : at + 1500])

    return write


def beside(path):
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def printed_by(script, *arguments):
    """Run a script, which must end well, in another Python that knows what is tested."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(Path(charrnn.errors.__file__).parents[1])},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    ).stdout


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "last.npz"
    path.write_bytes(OLD)
    return path


class Calls:
    """Record every call for the operating system, and let the n-th of them fail."""

    def __init__(self, monkeypatch, fail_at=None, error=None):
        self.names = []
        self.fail_at, self.error = fail_at, error
        for place, name in ((pathlib.Path, "open"), (pathlib.Path, "replace"), (os, "fsync")):
            monkeypatch.setattr(place, name, self._watched(name, getattr(place, name)))

    def _watched(self, name, call):
        def watched(*arguments, **options):
            folder = name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode)
            self.names.append("fsync folder" if folder else name)
            if len(self.names) == self.fail_at:
                raise self.error
            result = call(*arguments, **options)
            return _Watched(result, self._watched) if name == "open" else result

        return watched


class _Watched:
    """A file whose calls are recorded."""

    def __init__(self, stream, watched):
        self._stream = stream
        for name in ("write", "flush", "close"):
            setattr(self, name, watched(name, getattr(stream, name)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.close()
        finally:
            self._stream.close()

    def fileno(self):
        return self._stream.fileno()


def test_writes(path):
    write_atomically(path, writing(NEW))
    assert path.read_bytes() == NEW
    new = path.with_name("new")
    write_atomically(new, writing(OLD))
    assert new.read_bytes() == OLD
    assert beside(path) == ["new"]


def test_order(path, monkeypatch):
    with monkeypatch.context() as patch:
        names = Calls(patch).names
        write_atomically(path, writing(NEW))
    assert names == [
        "open", "write", "write", "write", "write", "flush", "fsync", "close",
        "replace", "fsync folder",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES, None])
def test_the_nth_call_fails(path, monkeypatch, code):
    error = KeyboardInterrupt() if code is None else OSError(code, os.strerror(code))
    for n in range(1, 20):
        path.write_bytes(OLD)
        with monkeypatch.context() as patch:
            calls = Calls(patch, n, error)
            if n > 10:
                write_atomically(path, writing(NEW))
                assert len(calls.names) == 10
                break
            with pytest.raises(KeyboardInterrupt if code is None else CheckpointError) as caught:
                write_atomically(path, writing(NEW))
        assert path.read_bytes() == (NEW if calls.names[-1] == "fsync folder" else OLD)
        assert beside(path) == []
        if code is not None:
            assert str(path) in str(caught.value)
            assert caught.value.__cause__ is error
    assert path.read_bytes() == NEW


def test_a_folder_that_cannot_be_synced_is_no_failure(path, monkeypatch):
    calls = Calls(monkeypatch, 10, OSError(errno.EINVAL, "Invalid argument"))
    write_atomically(path, writing(NEW))
    assert calls.names[-1] == "fsync folder"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a bug"), CheckpointError("no")])
def test_an_error_of_the_writer_is_its_own(path, error):
    def write(stream):
        stream.write(NEW)
        raise error

    with pytest.raises(type(error)) as caught:
        write_atomically(path, write)
    assert caught.value is error
    assert path.read_bytes() == OLD
    assert beside(path) == []


WORDS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EROFS: "the disk is read-only; save somewhere else",
    errno.EACCES: "permission denied; save somewhere else",
    errno.EIO: "; save somewhere else",
}


@pytest.mark.parametrize(
    "save", [lambda path: write_atomically(path, writing(NEW)), check_writable]
)
@pytest.mark.parametrize("code", WORDS)
def test_messages_name_the_cause_and_the_way_out(path, monkeypatch, save, code):
    Calls(monkeypatch, 1, OSError(code, "strange"))
    with pytest.raises(CheckpointError, match=WORDS[code]) as caught:
        save(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: cannot be saved, ")
    assert message.isprintable()
    assert not message.endswith(".")


DEEDS = [
    lambda path: write_atomically(path, writing(NEW)),
    check_writable,
    lambda path: Lock(path).__enter__(),
]


@pytest.mark.parametrize("deed", DEEDS)
def test_places_where_nothing_can_be_saved(tmp_path, deed):
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(CheckpointError, match="its folder is a file"):
        deed(tmp_path / "file" / "last.npz")
    with pytest.raises(CheckpointError, match="is a folder"):
        deed(tmp_path)
    with pytest.raises(CheckpointError, match="name is too long"):
        deed(tmp_path / ("x" * 250))
    with pytest.raises(CheckpointError) as caught:
        deed(tmp_path / "file" / "\x1b[2J\n")
    assert str(caught.value).isprintable()
    assert beside(tmp_path / "file") == []


def test_a_missing_folder(tmp_path):
    path = tmp_path / "runs" / "june" / "last.npz"
    with pytest.raises(CheckpointError, match="its folder does not exist; create it"):
        write_atomically(path, writing(NEW))
    check_writable(path)
    assert beside(path) == []
    write_atomically(path, writing(NEW))
    assert path.read_bytes() == NEW


@posix
@pytest.mark.parametrize("deed", DEEDS)
def test_only_files_are_replaced(tmp_path, deed):
    os.mkfifo(tmp_path / "pipe")  # no true device: should this fail for root, it would be gone
    with pytest.raises(CheckpointError, match="not a file"):
        deed(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@not_root
@pytest.mark.parametrize("deed", DEEDS)
def test_without_permission(path, deed):
    path.chmod(0o444)
    with pytest.raises(CheckpointError, match="write-protected"):
        deed(path)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(CheckpointError, match="permission denied"):
            deed(path.with_name("new"))
    finally:
        path.parent.chmod(0o755)


def test_checking_changes_nothing(path):
    before = path.stat()
    check_writable(path)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert beside(path) == []


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_of_a_new_file_are_the_usual(tmp_path, mask):
    old_mask = os.umask(mask)
    try:
        (tmp_path / "plain").touch()
        write_atomically(tmp_path / "last.npz", writing(NEW))
    finally:
        os.umask(old_mask)
    assert (tmp_path / "last.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_permissions_of_a_replaced_file_stay(path, mode):
    path.chmod(mode)
    seen = []

    def write(stream):
        seen.append(stat.S_IMODE(os.fstat(stream.fileno()).st_mode))
        stream.write(NEW)

    write_atomically(path, write)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert seen == [mode]  # no reader in between


@posix
def test_a_link_stays_and_leads_to_the_new_file(tmp_path, path):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "best.npz"
    link.symlink_to(path)
    write_atomically(link, writing(NEW))
    assert link.is_symlink()
    assert path.read_bytes() == NEW
    with Lock(link), pytest.raises(CheckpointError), Lock(path):
        pass
    assert beside(link) == []


def test_windows_is_retried(path, monkeypatch):
    refusals, waits = [2], []
    replace = pathlib.Path.replace

    def held_open(new, target):
        if refusals[0]:
            refusals[0] -= 1
            raise PermissionError(errno.EACCES, "held by a scanner")
        return replace(new, target)

    monkeypatch.setattr(pathlib.Path, "replace", held_open)
    monkeypatch.setattr(atomic.time, "sleep", waits.append)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        write_atomically(path, writing(NEW))
        assert path.read_bytes() == NEW
        assert waits == [0.05, 0.1]
        refusals[0] = 99
        with pytest.raises(CheckpointError, match="permission denied"):
            write_atomically(path, writing(OLD))
        assert len(waits) == 6
    refusals[0] = 1
    with pytest.raises(CheckpointError, match="permission denied"):
        write_atomically(path, writing(OLD))
    assert len(waits) == 6
    assert path.read_bytes() == NEW
    assert beside(path) == []


def test_only_our_own_temporaries_are_removed(path):
    left = [".last.npz.0123456789abcdef.tmp", ".last.npz.ffffffffffffffff.tmp"]
    others = [
        ".last.npz.0123456789abcde.tmp",
        ".last.npz.lock",
        ".lastXnpz.0123456789abcdef.tmp",
        ".last.npz.0123456789abcdef.tmp.npz",
        ".other.npz.0123456789abcdef.tmp",
        "last.npz.0123456789abcdef.tmp",
    ]
    for name in left + others:
        path.with_name(name).touch()
    remove_stale_temporaries(path)
    assert beside(path) == sorted(others)
    assert path.read_bytes() == OLD


@pytest.mark.slow
@posix
def test_killed_while_saving(path):
    """A child saves one text after the other and is killed at any moment, twenty times."""
    killing = """
        import os, random, signal, sys, time
        from pathlib import Path
        from charrnn.system.atomic import write_atomically

        path, random = Path(sys.argv[1]), random.Random(1)
        size = 300_000
        for _ in range(20):
            child = os.fork()
            if not child:
                for letter in b"abcdefghijklmnopqrstuvwxyz" * 1000:
                    text = bytes([letter]) * size
                    def write(stream):
                        for at in range(0, size, 10_000):
                            stream.write(text[at : at + 10_000])
                    write_atomically(path, write)
            time.sleep(random.uniform(0.005, 0.04))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            found = path.read_bytes()
            if found != found[:1] * size:
                sys.exit(f"{len(found)} bytes of {set(found[:99])}")
        print(found[:1].decode())
    """
    path.write_bytes(b"z" * 300_000)
    assert printed_by(killing, path).strip().isalpha()
    with Lock(path):
        remove_stale_temporaries(path)
    assert beside(path) == []


@posix
def test_a_limit_on_the_size_of_files(path):
    limited = """
        import resource, sys
        from pathlib import Path
        from charrnn.system.atomic import check_writable, write_atomically
        from charrnn.errors import CheckpointError

        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        check_writable(Path(sys.argv[1]))
        try:
            write_atomically(Path(sys.argv[1]), lambda stream: stream.write(bytes(100_000)))
        except CheckpointError as error:
            print(error)
    """
    assert "files may not be so large here" in printed_by(limited, path)
    assert path.read_bytes() == OLD
    assert beside(path) == []
