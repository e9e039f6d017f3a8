"""Sources of text: files, folders, patterns and standard input, as bounded pieces of bytes.

A source is what a user types after a command: the name of a file, of a folder, a pattern, or
`-` for standard input. Whatever it is, its bytes arrive in pieces of at most 64 KiB, and a
compressed file is unpacked on the way, with one piece of it in memory.
"""

import glob
import os
import stat
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import IO, NamedTuple

from charrnn.errors import TextError, Way, printable
from charrnn.plurals import counted

STANDARD_INPUT = "-"
PIECE = 1 << 16  # bytes; fits a cache, and the allocator keeps many larger ones (measured)
MAX_BYTES = 2 << 30

Source = str | os.PathLike[str]

_PACKED = (".gz", ".bz2", ".xz")


class Input(NamedTuple):
    """A file, or standard input, and how it was found.

    path: None for standard input.
    is_named: whether it was named itself, and not found in a folder or by a pattern.
    """

    path: Path | None
    is_named: bool = True


@dataclass(slots=True)
class Bound:
    """Limit of the bytes read in total, over all files of a corpus, after unpacking."""

    max_bytes: int
    used: int = 0

    def take(self, count: int, name: str) -> None:
        """Count `count` more bytes, read from `name`."""
        self.used += count
        if self.used > self.max_bytes:
            raise TextError(
                f"{name}: here the text grows beyond {counted(self.max_bytes, 'byte')}",
                Way("use less of it"),
                Way("raise the bound with {max_bytes}"),
            )


def find_inputs(sources: Sequence[Source]) -> list[Input]:
    """List the files that the sources name, in the order of the sources and no file twice.

    Parameters
    ----------
    sources
        Each `-`, for standard input; the name of a file, or of a pipe; of a folder, which stands
        for every regular file below it, but for hidden ones and those behind links to other
        folders; or, where nothing of that very name exists, a pattern with `*`, `?`, `[` or `**`.
        The files of one folder or pattern are sorted by name.

    Raises
    ------
    TextError
        A source is missing, cannot be listed, is neither file nor folder, or yields no file.
    """
    names = [os.fspath(source) for source in sources]
    return _once([[Input(None)] if name == STANDARD_INPUT else _expand(name) for name in names])


def name_of(path: Path | None) -> str:
    r"""Return the name to call an input by in a message, in one line: `\n` and the like escaped."""
    return "standard input" if path is None else printable(path)


def read_pieces(path: Path | None, bound: Bound) -> Generator[bytes]:
    """Yield the bytes of a file, or of standard input, unpacked if its name ends in .gz .bz2 .xz.

    Raises
    ------
    TextError
        If the file cannot be read, is damaged, or there is more of it than `bound` allows.
    """
    name = name_of(path)
    opened, damages = _open(path, name)
    try:
        with opened as stream:
            while piece := stream.read(PIECE):
                bound.take(len(piece), name)
                yield piece
    except damages as damage:
        raise _damaged(name, damage) from None
    except OSError as error:
        # An error of the unpacker about the data itself has no errno.
        raise _damaged(name, error) if error.errno is None else _unreadable(name, error) from None


def suffixes_of(path: Path | None) -> tuple[str, str]:
    """Return the suffix of the compression and the one before it: .gz, .txt."""
    suffix = path.suffix.lower() if path else ""
    return (suffix, Path(path.stem).suffix.lower()) if path and suffix in _PACKED else ("", suffix)


def _once(expanded: Iterable[Sequence[Input]]) -> list[Input]:
    """Drop duplicates, also those that reach a file by another path."""
    first: dict[Path | None, Input] = {}
    for inputs in expanded:
        for path, is_named in inputs:
            place = path and path.resolve()
            found = first.setdefault(place, Input(path, is_named))
            first[place] = found._replace(is_named=found.is_named or is_named)
    return list(first.values())


def _expand(source: str) -> list[Input]:
    try:
        mode = os.stat(source).st_mode  # noqa: PTH116 - Path("") would be the working folder
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return [Input(path, is_named=False) for path in _matches(source)]
    except OSError as error:
        raise _unreadable(printable(source), error) from None
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):  # a pipe by name is what a shell makes of <(...)
        return [Input(Path(source))]
    if stat.S_ISDIR(mode):
        return [Input(path, is_named=False) for path in _files_below(Path(source))]
    name = printable(source)
    raise TextError(f"{name}: neither a file nor a folder; hand it over with: - < {name}")


def _files_below(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise _unreadable(printable(error.filename), error) from None

    files: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        visible = [Path(place, name) for name in names if not name.startswith(".")]
        files += [path for path in visible if _is_file(path)]
    if not files:
        raise TextError(
            f"{name_of(folder)}: a folder without a file in it, hidden ones left out; "
            "name another folder, or the files themselves"
        )
    return sorted(files, key=lambda path: path.parts)


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises at a link it may not follow


def _matches(pattern: str) -> list[Path]:
    name = printable(pattern) or "''"
    if not glob.has_magic(pattern) or "\0" in pattern:
        raise TextError(f"{name}: no such file or folder; {_way_to(pattern)}")
    paths = (Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207
    if files := sorted((path for path in paths if _is_file(path)), key=lambda path: path.parts):
        return files
    raise TextError(f"{name}: no file matches this pattern; name a file, a folder or - for input")


def _way_to(missing: str) -> str:
    """Return a hint for a missing path: a similar name beside it, if there is one."""
    wanted = Path(missing)
    try:
        neighbours = [path.name for path in wanted.parent.iterdir()]
    except (OSError, ValueError):
        neighbours = []
    import difflib  # noqa: PLC0415 - help does not wait for it

    if alike := difflib.get_close_matches(wanted.name, neighbours, n=1, cutoff=0.75):
        return f"did you mean {name_of(wanted.with_name(alike[0]))}"
    return "name a file, a folder, a pattern or - for standard input"


Stream = IO[bytes] | BufferedIOBase
Opened = tuple[AbstractContextManager[Stream], tuple[type[Exception], ...]]


def _open(path: Path | None, name: str) -> Opened:
    """Open an input, with the errors of its unpacker that mean damaged data."""
    if path is None:
        if sys.stdin is None:
            raise TextError("standard input is closed; name a file instead of -")
        # Unbuffered: filling a buffer would need a second Ctrl-D in a terminal.
        return nullcontext(getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)), ()
    try:
        return _open_by_suffix(path)
    except ImportError as error:
        raise TextError(
            f"{name}: this Python cannot unpack it ({error}); unpack it first"
        ) from None
    except OSError as error:
        raise _unreadable(name, error) from None


def _open_by_suffix(path: Path) -> Opened:
    # Some builds of Python lack one of these, and most runs need none.
    match path.suffix.lower():
        case ".gz":
            import gzip  # noqa: PLC0415
            import zlib  # noqa: PLC0415

            return gzip.open(path), (EOFError, zlib.error)
        case ".bz2":
            import bz2  # noqa: PLC0415

            return bz2.open(path), (EOFError,)
        case ".xz":
            import lzma  # noqa: PLC0415

            return lzma.open(path), (EOFError, lzma.LZMAError)
        case _:
            return path.open("rb"), ()


def _damaged(name: str, error: Exception) -> TextError:
    return TextError(
        f"{name}: damaged, or not what its suffix says ({printable(error)}); "
        "fetch it again, or rename it if it is not compressed"
    )


def _unreadable(name: str, error: OSError) -> TextError:
    reason = (error.strerror or str(error)).lower()
    return TextError(f"{name}: cannot be read ({reason}); check its name and its permissions")
