"""Atomic file replacement: a path has the whole old file or the whole new one.

What is to be saved goes to a temporary file in the same folder, is handed to the disk, and takes
the old file's place in one step. A program that opens the path at any instant, also after a crash
or a loss of power, finds one of the two. A lock beside the file keeps a second trainer away.
"""

import errno
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from charrnn.errors import CheckpointError, printable

if sys.platform == "win32":
    import msvcrt

    def _seize(descriptor: int) -> None:
        # Windows makes a locked range unreadable, so lock a byte beyond the process number.
        os.lseek(descriptor, 2**20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _seize(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_TAKEN = {errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
_UNSUPPORTED = {
    errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.ENOLCK,
}  # fmt: skip
_ELSEWHERE = "save somewhere else"
_WAYS_OUT = {
    errno.ENOSPC: f"the disk is full; free some space or {_ELSEWHERE}",
    errno.EDQUOT: f"the disk quota is used up; free some space or {_ELSEWHERE}",
    errno.EFBIG: f"files may not be so large here; raise `ulimit -f` or {_ELSEWHERE}",
    errno.EACCES: f"permission denied; {_ELSEWHERE}",
    errno.EPERM: f"permission denied; {_ELSEWHERE}",
    errno.EROFS: f"the disk is read-only; {_ELSEWHERE}",
    errno.ENOENT: "its folder does not exist; create it",
    errno.ENOTDIR: "its folder is a file; name another",
    errno.EEXIST: "its folder is a file; name another",
    errno.EISDIR: "it is a folder; name a file in it",
    errno.ENAMETOOLONG: "its name is too long; choose a shorter one",
}

_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
_ATTEMPTS = 100
_WINDOWS_WAITS = (0.05, 0.1, 0.2, 0.4)  # seconds


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Replace a file by what `write` writes, or leave everything as it was.

    When this returns, the new file is on the disk. If anything is raised, by `write` also and be it
    KeyboardInterrupt, the temporary file is gone and the path holds what it held (a failure
    to make the new name permanent is reported after the new file has taken its place).
    A new file has the usual permissions and a replaced one keeps its own. A symbolic link
    stays and the file that it leads to is replaced.

    Parameters
    ----------
    path
        The file. Its folder must exist.
    write
        Called once, with a new and empty file open for writing.

    Raises
    ------
    CheckpointError
        For every OSError, with the cause and a way out.
    """
    with _os_errors_as_checkpoint_error(path):
        target = _target(path)
        with _temporary(target) as temporary:
            _write_through(temporary, write, _permissions(target))
            _replace(temporary, target)
            _sync_folder(target.parent)


def check_writable(path: Path) -> None:
    """Check that a file can be saved at a path, and create its folder if missing.

    A few bytes are written beside the path and removed; the file itself is not touched.

    Raises
    ------
    CheckpointError
        With the message that `write_atomically` would have.
    """
    with _os_errors_as_checkpoint_error(path):
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(target) as temporary:
            _write_through(temporary, lambda stream: stream.write(b"charrnn"), _permissions(target))


def remove_stale_temporaries(path: Path) -> None:
    """Remove the temporary files that killed processes left beside a path.

    The caller needs the path's `Lock`: the files of running processes look the same.

    Raises
    ------
    CheckpointError
        If one of them cannot be removed.
    """
    with _os_errors_as_checkpoint_error(path):
        target = _target(path)
        ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}\.tmp")
        for beside in target.parent.iterdir():
            if ours.fullmatch(beside.name):
                beside.unlink(missing_ok=True)


class Lock:
    """Lock a path for one training run: `with Lock(path): ...`.

    The operating system locks a file beside the path, `.{name}.lock`, which has the number of the
    locking process in it, and releases the lock when the process ends, in whatever way.
    Where files cannot be locked (some network disks) there is no lock.

    Raises
    ------
    CheckpointError
        On entering, if another process, or another `Lock` of this one, has the lock; the message
        gives its number and `exit_code` is 2. Also if the file beside it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Acquire the lock."""
        with _os_errors_as_checkpoint_error(self._path):
            target = _target(self._path)
            self._beside = target.with_name(f".{target.name}.lock")
            self._descriptor = self._acquire()
        return self

    def __exit__(self, *_: object) -> None:
        """Release the lock and remove its file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        # Removed while still locked, so that no other lock is removed; Windows removes no open
        # file, and there the removal after closing fails if another process has it open.
        if sys.platform != "win32":
            with suppress(OSError):
                self._beside.unlink()
        os.close(descriptor)
        if sys.platform == "win32":
            with suppress(OSError):
                self._beside.unlink()

    def _acquire(self) -> int:
        """Open and lock the lock file, and write this process's number into it."""
        for _ in range(_ATTEMPTS):
            descriptor = os.open(self._beside, _LOCK_FLAGS, 0o666)
            with ExitStack() as unless_locked:
                unless_locked.callback(os.close, descriptor)
                try:
                    _seize(descriptor)
                except OSError as error:
                    if error.errno in _TAKEN:
                        raise self._taken(os.read(descriptor, 16)) from None
                    if error.errno not in _UNSUPPORTED:
                        raise
                # The previous owner may have removed the file after it was opened here.
                if _same_file(descriptor, self._beside):
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, f"{os.getpid()}\n".encode())
                    unless_locked.pop_all()
                    return descriptor
        raise self._taken(b"")

    def _taken(self, said: bytes) -> CheckpointError:
        number = re.fullmatch(rb"([0-9]{1,10})\n", said)
        holder = f"process {number[1].decode()}" if number else "another process"
        taken = CheckpointError(
            f"{printable(self._path)}: {holder} is training it; wait for it to end, or {_ELSEWHERE}"
        )
        taken.exit_code = 2
        return taken


def _target(path: Path) -> Path:
    """Follow symbolic links, and raise for a target that is not a regular or new file."""
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise CheckpointError(f"{printable(path)}: is not a file on a disk; {_ELSEWHERE}")
    if not os.access(target, os.W_OK):
        raise CheckpointError(
            f"{printable(path)}: is write-protected; allow writing or {_ELSEWHERE}"
        )
    return target


def _permissions(target: Path) -> int | None:
    try:
        return stat.S_IMODE(target.stat().st_mode) & 0o777
    except FileNotFoundError:
        return None


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Give a unique name beside the target, and see that no such file remains."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink()


def _write_through(new: Path, write: Callable[[BinaryIO], object], permissions: int | None) -> None:
    """Create and write a file, and sync it to the disk."""
    with new.open("xb") as stream:
        # Before there is content to read. A disk without permissions gives all files the same.
        if permissions is not None and permissions != _permissions(new):
            new.chmod(permissions)
        write(stream)
        stream.flush()
        os.fsync(stream.fileno())


def _replace(new: Path, target: Path) -> None:
    """Rename; retry on Windows, where scanners and readers keep files open."""
    for wait in _WINDOWS_WAITS if sys.platform == "win32" else ():
        try:
            new.replace(target)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    new.replace(target)


def _sync_folder(folder: Path) -> None:
    """Sync a folder, so that a new name in it is permanent, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


@contextmanager
def _os_errors_as_checkpoint_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        found = _WAYS_OUT.get(error.errno or 0, f"{error.strerror or error}; {_ELSEWHERE}")
        raise CheckpointError(f"{printable(path)}: cannot be saved, {found}") from error
