"""What a file is by its first bytes: named, left out of a folder, and no text taken for another."""

import gzip
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import NotText, TextError
from charrnn.text.corpus import read_corpus
from charrnn.text.formats.signatures import recognise

ROOT = Path(__file__).parents[2]

KINDS = {
    "a PNG image": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "a JPEG image": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "a GIF image": b"GIF89a\1\0",
    "a WebP image": b"RIFF\0\1\0\0WEBPVP8 ",
    "a BMP image": b"BM\x36\0\0\0\0\0\0\0\x36",
    "a TIFF image": b"II*\0\x08\0\0\0",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\n",
    "an RTF document": rb"{\rtf1\ansi some text}",
    "an Office document of before 2007": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99),
    "a Kindle book": b"name".ljust(60, b"\0") + b"BOOKMOBI",
    "gzip data": gzip.compress(b"text"),
    "a pickle": pickle.dumps({"a": [1]}),
    "a program": b"\x7fELF\2\1\1" + bytes(9),
    "a font": b"\0\1\0\0\0\x0f\0\x80",
    "a file of compiled Python": b"\xa7\r\r\n" + bytes(12),
    "a file of NumPy arrays": b"\x93NUMPY\1\0v\0",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n",
    "a table of binary data": b"PAR1\x15\4",
    "a sound or film": b"RIFF\0\1\0\0WAVEfmt ",
    "an MP4 film or sound": b"\0\0\0\x20ftypisom",
    "the log of a run of this program": b'{"event": "start", "sources": ["a.txt"]}\n',
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(name: str, **how: object) -> str:
    with pytest.raises(NotText) as refused:
        read_corpus([name], **how)
    said = str(refused.value)
    assert said.isprintable()
    assert said.startswith(f"{name}: is ")
    return said


@pytest.mark.parametrize(("kind", "head"), KINDS.items(), ids=KINDS)
def test_binary_files_are_named_with_a_way_out(here: Path, kind: str, head: bytes) -> None:
    Path("file.txt").write_bytes(head)
    assert refusal("file.txt").startswith(f"file.txt: is {kind}, not a text; ")
    assert len(read_corpus(["file.txt"], as_bytes=True)) == len(head)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_protocol_that_is_not_text(here: Path, protocol: int) -> None:
    for value in ({"a": 1}, [1, 2], ("text",), {"k": [("a", 1)]}):
        Path("p").write_bytes(pickle.dumps(value, protocol))
        assert "is a pickle" in refusal("p")


def test_archives_are_named_by_what_is_in_them(here: Path) -> None:
    members = {
        "a ZIP archive": {"a.txt": b"text"},
        "an Excel workbook": {"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"},
        "an OpenDocument file": {"mimetype": b"application/vnd.oasis.opendocument.text"},
        "a pickle of PyTorch's": {"model/data.pkl": b"\x80\2}q\0."},
        "a file of NumPy arrays": {"x.npy": b""},
    }
    for kind, files in members.items():
        with zipfile.ZipFile("file", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        assert f"is {kind}, " in refusal("file")
    with tarfile.open("t.tar.gz", "w:gz") as tar:
        tar.add("file")
    assert "is an archive, not a text; unpack it" in refusal("t.tar.gz")
    Path("t.tar.gz").rename("t.tgz")
    assert "is an archive, not a text; unpack it" in refusal("t.tgz")
    with sqlite3.connect("db") as base:
        base.execute("create table t (a)")
    base.close()
    assert "is an SQLite database" in refusal("db")


def test_a_model_is_named_as_what_it_is(here: Path) -> None:
    model = ROOT / "checkpoints" / "playwright.npz"
    Path("m.npz").write_bytes(model.read_bytes())
    assert refusal("m.npz") == (
        "m.npz: is a model of this program, not a text; name the text that it learnt"
    )
    assert read_corpus(["m.npz"], as_bytes=True).text  # named by the user, it is read


@pytest.mark.parametrize(
    "text",
    [
        "BMW is a car", "PKware", "PK", "MZ was a man", "II", "GIF is a format", "RIFF raff",
        "%PDF", "{rtf}", '{"event": "party", "sources": []}', "version 1 of the text",
        "ID3 tags", "P6 is a number\n", "\x00\x01", "OTTO", "II*", "Obj", "Rar!", "true",
    ],
)  # fmt: skip
def test_texts_that_begin_alike_are_texts(here: Path, text: str) -> None:
    assert recognise(text.encode()) is None
    Path("t").write_text(text)
    assert read_corpus(["t"]).text == text


def test_no_text_of_this_project_is_taken_for_anything_else() -> None:
    for path in [*ROOT.glob("charrnn/**/*.py"), *ROOT.glob("corpora/*.*"), ROOT / "README.md"]:
        assert recognise(path.read_bytes()[:512]) is None, path


# In a folder


def test_a_folder_leaves_binary_files_out_and_counts_them(here: Path) -> None:
    for number in range(2):
        Path(f"{number}.png").write_bytes(KINDS["a PNG image"])
    Path("b.pdf").write_bytes(KINDS["a PDF"])
    Path("c.bin").write_bytes(bytes(range(256)))
    Path("d.txt").write_text("text\n")
    corpus = read_corpus(["."])
    assert corpus.text == "text\n"
    assert corpus.notes == ("4 files are left out: PNG image (2), PDF (1), binary data (1)",)
    assert read_corpus(["*"]).notes == corpus.notes
    with pytest.raises(NotText, match=r"^0\.png: is a PNG image"):
        read_corpus(["0.png", "."])
    Path("d.txt").unlink()
    with pytest.raises(TextError, match=r"no text is among the files .*PNG image \(2\)"):
        read_corpus(["."])


def test_files_of_this_program_are_left_out_of_a_folder_also_as_bytes(here: Path) -> None:
    Path("checkpoints").mkdir()
    model = (ROOT / "checkpoints" / "playwright.npz").read_bytes()
    Path("checkpoints/m.npz").write_bytes(model)
    with Path("checkpoints/m.resume.npz").open("wb") as state:
        np.savez(state, meta=np.zeros(2, np.uint8), params=np.zeros(2))
    Path("run.jsonl").write_bytes(KINDS["the log of a run of this program"])
    Path("a.txt").write_text("text\n")
    for as_bytes in (False, True):
        corpus = read_corpus(["."], as_bytes=as_bytes)
        assert corpus.text == "text\n"
        assert corpus.notes == (
            "3 files are left out: model of this program (1), stopped run of this program (1), "
            "log of a run of this program (1)",
        )
    Path("x.png").write_bytes(KINDS["a PNG image"])
    assert len(read_corpus(["."], as_bytes=True)) == 5 + len(KINDS["a PNG image"])


def test_a_file_that_is_no_text_from_its_second_piece_on_is_not_half_read(here: Path) -> None:
    Path("a.txt").write_bytes(b"text\n" * 20_000 + b"\xff\xfe" * 9)
    with pytest.raises(TextError, match=r"a\.txt: not UTF-8 at byte 100000"):
        read_corpus(["."])


def test_notes_that_many_files_have_in_common_are_counted(here: Path) -> None:
    for number in range(9):
        Path(f"{number}.txt").write_bytes(b"a\r\n" * (number + 1))
    Path("empty").touch()
    assert read_corpus(["."]).notes == (
        "0.txt has CR LF line ends (1), kept as they are; 8 more files likewise",
        "empty is empty",
    )
