"""Files, folders, patterns and standard input: what is found, in which order, what refused."""

import bz2
import gzip
import io
import lzma
import os
import re
import socket
import sys
from itertools import islice
from pathlib import Path

import pytest

from charrnn.errors import TextError
from charrnn.text import sources
from charrnn.text.sources import Bound, find_inputs, name_of, read_pieces

SECRET = "the quick brown fox\n" * 500


def files(sources):
    """The paths that sources name."""
    return [found.path for found in find_inputs(sources) if found.path is not None]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def found(*names: str) -> list[str]:
    return [path.as_posix() for path in files(names)]


def read(path: Path | None, max_bytes: int = 1 << 40) -> bytes:
    return b"".join(read_pieces(path, Bound(max_bytes)))


# What is found


def test_files_keep_the_order_of_the_command_and_their_names(here: Path) -> None:
    lay("b.txt", "a.txt", "sub/c")
    assert found("b.txt", "sub/c", "a.txt") == ["b.txt", "sub/c", "a.txt"]
    assert found(str(here / "a.txt")) == [(here / "a.txt").as_posix()]
    assert files([Path("a.txt")]) == [Path("a.txt")]


def test_a_folder_gives_every_visible_file_below_it_sorted(here: Path) -> None:
    lay("in/b", "in/a.txt", "in/a/z.md", "in/.hidden", "in/.git/config", "in/c/d/e.gz", "out.txt")
    assert found("in") == ["in/a/z.md", "in/a.txt", "in/b", "in/c/d/e.gz"]
    assert found("in/") == found("./in") == found("in")


def test_a_pattern_gives_files_only_sorted(here: Path) -> None:
    lay("b1.txt", "a1.txt", "a2.md", "deep/er/a3.txt", "a9.txt/inside", ".a0.txt")
    assert found("*.txt") == ["a1.txt", "b1.txt"]
    assert found("a?.*") == ["a1.txt", "a2.md"]
    assert found("[b-z]*.txt") == ["b1.txt"]
    assert found("**/*.txt") == ["a1.txt", "b1.txt", "deep/er/a3.txt"]


def test_a_file_of_that_very_name_is_no_pattern(here: Path) -> None:
    lay("a[1].txt", "a1.txt")
    assert found("a[1].txt") == ["a[1].txt"]


def test_no_file_comes_twice_by_whatever_way(here: Path) -> None:
    lay("in/a", "in/b")
    Path("link").symlink_to("in/b")
    assert found("in/b", "in", "in/../in/a", "link", "in/*", str(here / "in" / "a")) == [
        "in/b",
        "in/a",
    ]


def test_a_link_to_a_folder_is_not_followed_and_cannot_loop(here: Path) -> None:
    lay("in/a")
    Path("in/again").symlink_to("..", target_is_directory=True)
    Path("in/nowhere").symlink_to("missing")
    assert found("in") == ["in/a"]


def test_standard_input_is_read_once_where_it_was_named(here: Path) -> None:
    lay("a", "-")
    assert find_inputs(["-", "a", "-", "./-"]) == [
        (None, True),
        (Path("a"), True),
        (Path("-"), True),
    ]
    assert found("./-") == ["-"]


# What is refused


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("corpus.tx", "corpus.tx: no such file or folder; did you mean corpus.txt"),
        ("in/aa.md", "in/aa.md: no such file or folder; did you mean in/a.md"),
        ("zzz", "zzz: no such file or folder; name a file, a folder, a pattern or - for standard"),
        ("", "'': no such file or folder; name a file"),
        ("nul\0.txt", r"nul\x00.txt: no such file or folder"),
        ("nul\0*", r"nul\x00*: no such file or folder"),
        ("new\nline", r"new\nline: no such file or folder"),
        ("n\udce9", r"n\udce9: no such file or folder"),
        ("corpus.txt/", "corpus.txt/: no such file or folder"),
        ("*.nothing", "*.nothing: no file matches this pattern; name a file"),
        ("bare", "bare: a folder without a file in it, hidden ones left out; name another"),
        ("bar?", "bar?: no file matches this pattern"),
        ("x" * 5000, "x: cannot be read (file name too long); check"),
    ],
)
def test_a_missing_source_is_refused_in_one_line(here: Path, source: str, message: str) -> None:
    lay("corpus.txt", "in/a.md", "bare/.hidden", "bare/deep/.er/a")
    with pytest.raises(TextError, match=re.escape(message)) as refusal:
        files([source])
    assert str(refusal.value).isprintable()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_sockets_and_devices_are_refused_before_they_are_opened(here: Path) -> None:
    os.mkfifo("pipe")
    assert files(["pipe"]) == [Path("pipe")]  # without a wait for its writer
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("plug")
        for name in ("plug", "/dev/zero"):
            with pytest.raises(TextError, match=rf"^{name}: neither a file nor a folder; .* < "):
                files([name])


def test_a_folder_that_cannot_be_listed_is_not_passed_over(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay("in/a", "in/locked/b")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(TextError, match=r"in.locked: cannot be read \(permission denied\)"):
        files(["in"])


def test_a_file_that_cannot_be_opened_or_read_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay("a")
    for name in ("gone", "gone.gz", "gone.bz2", "gone.xz"):
        with pytest.raises(TextError, match=rf"^{name}: cannot be read \(no such file"):
            read(Path(name))

    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", lambda self, mode: io.BufferedReader(Broken()))
    with pytest.raises(TextError, match=r"^a: cannot be read \(input/output error\)"):
        read(Path("a"))


# What is read


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        ("", lambda data: data),
        (".gz", gzip.compress),
        (".GZ", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
    ],
)
def test_bytes_come_out_as_they_went_in(
    here: Path, suffix: str, compress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PIECE", 64)
    data = os.urandom(1000) + b"\r\n\0\x1a"
    path = Path("a" + suffix)
    path.write_bytes(compress(data) + compress(b"more") if suffix else data + b"more")
    pieces = list(read_pieces(path, Bound(2000)))
    assert b"".join(pieces) == data + b"more"
    assert max(map(len, pieces)) <= 64


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_a_damaged_archive_is_a_text_error_wherever_it_is_damaged(
    here: Path, suffix: str, compress
) -> None:
    whole = compress(SECRET.encode())
    path = Path("a.txt" + suffix)
    refused = 0
    cut = [whole[:length] for length in range(1, len(whole))]
    flipped = [
        whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        for place in range(len(whole))
    ]
    for damaged in (*cut, *flipped, b"plain text", SECRET.encode()):
        path.write_bytes(damaged)
        try:
            # The header of gzip holds a time and a name that no sum protects.
            assert read(path) == SECRET.encode()
        except TextError as error:
            refused += str(error).startswith(f"a.txt{suffix}: damaged, or not what its suffix says")
    assert refused >= len(cut) + 2 + len(flipped) * 3 // 4


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_a_bomb_is_stopped_at_the_bound(here: Path, suffix: str, compress) -> None:
    Path("a" + suffix).write_bytes(compress(bytes(8 << 20)))
    pieces = read_pieces(Path("a" + suffix), Bound(3 << 20))
    assert list(map(len, islice(pieces, 48))) == [sources.PIECE] * 48
    with pytest.raises(TextError, match=rf"^a{suffix}: here the text grows beyond 3,145,728 bytes"):
        next(pieces)


def test_the_bound_is_over_all_files_and_exact(here: Path) -> None:
    Path("a").write_bytes(bytes(10))
    Path("b").write_bytes(bytes(5))
    bound = Bound(15)
    assert len(b"".join([*read_pieces(Path("a"), bound), *read_pieces(Path("b"), bound)])) == 15
    bound = Bound(14)
    list(read_pieces(Path("a"), bound))
    with pytest.raises(TextError, match=r"^b: here the text grows beyond 14 bytes.*max_bytes"):
        list(read_pieces(Path("b"), bound))


def test_standard_input_is_read_as_bytes_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"\xff\r\n\x00"), encoding="ascii")
    monkeypatch.setattr(sys, "stdin", stream)
    assert read(None) == b"\xff\r\n\x00"
    assert not stream.closed
    assert name_of(None) == "standard input"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless device here")
def test_an_endless_standard_input_ends_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/zero", encoding="latin-1") as endless:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", endless)
        with pytest.raises(
            TextError, match=r"^standard input: here the text grows beyond 5,000,000"
        ):
            read(None, 5_000_000)


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(TextError, match="standard input is closed; name a file"):
        read(None)


def test_an_unpacker_that_this_python_lacks_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.xz").write_bytes(lzma.compress(b"a"))
    monkeypatch.setitem(sys.modules, "lzma", None)
    with pytest.raises(TextError, match=r"^a\.xz: this Python cannot unpack it .*; unpack it"):
        read(Path("a.xz"))
