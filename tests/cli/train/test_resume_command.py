"""`train --resume` as the screen prints it: whatever the text was, and however it was read."""

import codecs
import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.checkpoint.checkpoint import load, load_state, save_state
from charrnn.cli import app
from charrnn.text.read_as import ReadAs
from charrnn.training.stopped import text_of

TEXT = "the cat sät on the mat\nand the dög sat on the lög\n" * 20
SHORT = (
    "--hidden-size", "8", "--batch-size", "4", "--seq-length", "16", "--evaluations", "2",
    "--max-steps", "3", "-o", "m.npz",
)  # fmt: skip
GO_ON = ("--resume", "m.npz", "--max-steps", "5")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, quick):
    """Work in a folder of one's own, without what a plan measures: half a second."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*arguments, stdin=b""):
    result = CliRunner().invoke(app, ["train", *map(str, arguments)], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def goes_on(*arguments, **options):
    result = train(*arguments, *GO_ON, **options)
    assert result.exit_code == 0, result.stderr
    assert load(Path("m.npz")).training.steps == 5
    return result


MARKED = {
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16 LE": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-32 LE": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "UTF-32 BE": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
}


@pytest.mark.parametrize("data", MARKED.values(), ids=MARKED)
@pytest.mark.parametrize("others", [[], ["utf8.txt"]], ids=["alone", "then UTF-8"])
def test_a_text_with_a_mark(data, others):
    Path("marked.txt").write_bytes(data)
    Path("utf8.txt").write_text(TEXT, encoding="utf-8")
    assert train("marked.txt", *others, *SHORT).exit_code == 0
    assert text_of(Path("m.npz")) == (["marked.txt", *others], ReadAs())
    goes_on()


@pytest.mark.parametrize(
    ("data", "asked", "read_as"),
    [
        (TEXT.encode("latin-1"), ["--errors", "replace"], ReadAs(errors="replace")),
        (TEXT.encode("cp1252"), ["--encoding", "cp1252"], ReadAs("cp1252")),
        (TEXT.encode("utf-16-le"), ["--encoding", "utf-16-le"], ReadAs("utf-16-le")),
        (
            codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), ["--encoding", "UTF-16-LE"],
            ReadAs("UTF-16-LE"),
        ),
        (
            TEXT.encode("cp1252") + b"\x81", ["--encoding", "cp1252", "--errors", "replace"],
            ReadAs("cp1252", "replace"),
        ),
        (TEXT.encode() + b"\xff", ["--bytes"], ReadAs(as_bytes=True)),
        (gzip.compress(TEXT.encode()), ["--max-bytes", "9999"], ReadAs(max_bytes=9999)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_how_it_was_read_is_part_of_the_run(data, asked, read_as):
    name = "text.gz" if data.startswith(b"\x1f\x8b") else "text.txt"
    Path(name).write_bytes(data)
    assert train(name, *asked, *SHORT).exit_code == 0
    assert text_of(Path("m.npz")) == ([name], read_as)
    model = load(Path("m.npz")).training.read_as
    assert (model.name, model.errors) == (read_as.name, read_as.errors)
    goes_on()


NAMES = {
    "no-break space": "Prix\u00a0: 5.txt",
    "narrow no-break space": "Notes 3.00\u202fPM.txt",
    "ideographic space": "日本語\u3000本文.txt",
    "joiners": "می\u200cخواهم 👩\u200d🚀.txt",
    "soft hyphen": "a\u00adb.txt",
    "direction": "a\u202eb.txt",
    "line ends": "a\nb\r\n.txt",
    "escape": "a\x1b[31m.txt",
    "an escape that is none": r"a\u202f\n.txt",
    "no UTF-8": os.fsdecode(b"M\xe4rchen.txt"),
    "magic": "a[1]*?.txt",
    "quotes": 'it\'s "$(x)".txt',
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_of_any_name(name):
    Path(name).write_text(TEXT, encoding="utf-8")
    Path("a1b.txt").write_text("another text " * 50)  # which the pattern would match
    result = train(name, *SHORT)
    assert result.exit_code == 0
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", result.stderr)
    assert load(Path("m.npz")).training.sources == (name,)
    goes_on()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_of_any_name_in_a_folder_and_by_a_pattern(name):
    Path("texts").mkdir()
    Path("texts", name).write_text(TEXT, encoding="utf-8")
    for source in ("texts", "texts/*.txt"):
        assert train(source, *SHORT, "--overwrite").exit_code == 0
        # What has come into the folder since is not part of the text.
        Path("texts", "later.txt").write_text("later")
        goes_on()
        Path("texts", "later.txt").unlink()


def test_a_file_that_is_called_as_standard_input_is():
    Path("-").write_text(TEXT, encoding="utf-8")
    assert train("?", *SHORT).exit_code == 0
    goes_on(stdin=b"another text")


def as_an_earlier_one(change):
    """Let a training state say what those of earlier versions said."""
    arrays, meta = load_state(Path("m.resume.npz"))
    del meta["errors"], meta["max_bytes"]
    save_state(Path("m.resume.npz"), arrays, meta | change)


def marked_as(data):
    """Return the encoding that a mark stands for, as earlier states name it."""
    names = ("utf-8", "utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
    return next(name for name in names if data == ("\ufeff" + TEXT).encode(name))


@pytest.mark.parametrize("data", MARKED.values(), ids=MARKED)
def test_an_earlier_state_of_a_text_with_a_mark(data):
    Path("text.txt").write_bytes(data)
    assert train("text.txt", *SHORT).exit_code == 0
    as_an_earlier_one({"encoding": marked_as(data)})
    goes_on()


@pytest.mark.parametrize("encoding", ["utf-16-be", "cp1252"])
def test_an_earlier_state_of_a_text_whose_encoding_was_asked_for(encoding):
    Path("text.txt").write_bytes(TEXT.encode(encoding))
    assert train("text.txt", "--encoding", encoding, *SHORT).exit_code == 0
    as_an_earlier_one({})
    goes_on()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_an_earlier_state_with_names_as_they_were_shown(name):
    Path(name).write_text(TEXT, encoding="utf-8")
    assert train(name, *SHORT).exit_code == 0
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    as_an_earlier_one({"sources": [shown]})
    goes_on()


def test_a_model_of_an_earlier_version_tells_how_its_text_was_read(make_checkpoint, tmp_path):
    from charrnn.checkpoint.record import TrainingRecord

    found = make_checkpoint().training.to_json()
    del found["errors"]
    for encoding, asked in {"utf-16-le": "utf-8", "cp1252": "cp1252", "bytes": "bytes"}.items():
        read_as = TrainingRecord.from_json(found | {"encoding": encoding}).read_as
        assert (read_as.name, read_as.errors) == (asked, "strict")


@pytest.mark.parametrize(
    "change", [{"errors": "ignore"}, {"errors": None}, {"max_bytes": -1}, {"max_bytes": "1"},
               {"sources": []}, {"sources": [1]}, {"sources": "a"}, {"encoding": None}],
    ids=str,
)  # fmt: skip
def test_a_hostile_state(change):
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    assert train("text.txt", *SHORT).exit_code == 0
    arrays, meta = load_state(Path("m.resume.npz"))
    save_state(Path("m.resume.npz"), arrays, meta | change)
    result = train(*GO_ON)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    goes_on("text.txt")


# What is typed beside --resume.


def test_a_typed_encoding_is_used():
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    assert train("text.txt", *SHORT).exit_code == 0
    Path("text.txt").write_text(TEXT, encoding="cp1252")
    refused = train(*GO_ON)
    assert refused.exit_code == 1
    assert "not UTF-8" in refused.stderr
    goes_on("--encoding", "cp1252")
    assert text_of(Path("m.npz"))[1] == ReadAs("cp1252")


def test_a_typed_encoding_that_is_another_one_is_refused_with_the_way_back():
    Path("text.txt").write_text(TEXT, encoding="cp1252")
    assert train("text.txt", "--errors", "replace", *SHORT).exit_code == 0
    refused = train(*GO_ON, "--encoding", "cp1252")
    assert refused.exit_code == 1
    assert "another text" in refused.stderr
    assert "read it as before, with --encoding utf-8" in refused.stderr
    refused = train("text.txt", *GO_ON, "--encoding", "cp1252", "--errors", "strict")
    assert "with --encoding utf-8 --errors replace" in refused.stderr
    goes_on("--encoding", "utf-8")


def test_a_run_of_bytes_has_no_encoding():
    Path("text.txt").write_text(TEXT, encoding="cp1252")
    assert train("text.txt", "--bytes", *SHORT).exit_code == 0
    for option in (("--encoding", "cp1252"), ("--errors", "replace")):
        refused = train(*GO_ON, *option)
        assert refused.exit_code == 2
        assert f"{option[0]}: this run reads bytes" in refused.stderr
    goes_on("--bytes")


def test_bytes_for_a_run_of_characters_are_refused():
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    assert train("text.txt", *SHORT).exit_code == 0
    refused = train(*GO_ON, "--bytes")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("leave out --bytes\n")


def test_a_smaller_bound_is_used():
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    assert train("text.txt", *SHORT).exit_code == 0
    refused = train(*GO_ON, "--max-bytes", 10)
    assert refused.exit_code == 1
    assert "raise the bound with --max-bytes" in refused.stderr
    goes_on()


# Text from a pipe.


def test_a_piped_text_is_asked_for_again():
    assert train("-", *SHORT, stdin=TEXT.encode()).exit_code == 0
    before = Path("m.resume.npz").read_bytes()
    for text in ([], ["-"]):
        refused = train(*text, *GO_ON)
        assert refused.exit_code == 2
        assert "`charrnn train --resume m.npz < TEXT`" in refused.stderr
        assert refused.stderr.count("\n") == 1
    refused = train(*GO_ON, stdin=b"another text")
    assert "another text" in refused.stderr
    assert Path("m.resume.npz").read_bytes() == before
    goes_on(stdin=TEXT.encode())


def test_a_file_may_hold_what_was_piped():
    assert train("-", *SHORT, stdin=TEXT.encode()).exit_code == 0
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    goes_on("text.txt")
    assert text_of(Path("m.npz"))[0] == ["text.txt"]


def test_a_terminal_is_not_asked_for_a_text_of_thousands_of_characters():
    assert train("-", *SHORT, stdin=TEXT.encode()).exit_code == 0
    leader, terminal = pty.openpty()
    command = [sys.executable, "-m", "charrnn", "train", *GO_ON]
    done = subprocess.run(
        command, stdin=terminal, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(terminal)
    os.close(leader)
    assert done.returncode == 2
    assert "-m charrnn train --resume m.npz < TEXT`" in done.stderr


# The command itself, from the screen to a shell.


def stopped(line, folder):
    """Type a line, stop it once it trains, and return what it printed to resume it."""
    with subprocess.Popen(
        ["sh", "-c", f"exec {line}"], cwd=folder, stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True,
    ) as process:  # fmt: skip
        said = []
        for shown in process.stderr:
            said.append(shown)
            if shown.startswith("step "):
                process.terminate()  # as Ctrl-C, which a shell in the background may ignore
                break
        said += process.stderr.readlines()
        assert process.wait(60) == 128 + signal.SIGTERM, "".join(said)
    [_, resume] = "".join(said).split("\nresume ")
    return resume.splitlines()


LONG = (
    "--hidden-size 8 --batch-size 4 --seq-length 16 --max-steps 9000000 --evaluations 900000 "
    "--patience 0 --no-samples"
)


@pytest.mark.parametrize("folder", ["my folder", "b\xe4\u202fd"])
def test_what_is_printed_can_be_typed(place, folder):
    here = place / folder
    script = here / ".venv" / "bin" / "charrnn"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!{sys.executable}\nfrom charrnn.cli import main\nmain()\n")
    script.chmod(0o755)
    (here / "Notes 3.00\u202fPM.txt").write_bytes(MARKED["UTF-16 BE"])
    called = ".venv/bin/charrnn"
    model = r""" "$(printf 'a\342\200\257b\n.npz')" """
    [line] = stopped(f"{called} train Notes* {LONG} -o {model}", here)
    assert line.startswith(f"{called} train --resume ")
    again = stopped(f"{line} --no-samples", here)
    assert again == [line]


def test_what_is_printed_of_a_piped_text_asks_for_it(place):
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    called = f"{sys.executable} -m charrnn"
    [line, where] = stopped(f"{called} train - {LONG} < text.txt", place)
    assert line == f"{called} train --resume checkpoints/corpus.npz < TEXT"
    assert where.strip().startswith("where TEXT holds what was piped in")
    assert stopped(line.replace("TEXT", "text.txt") + " --no-samples", place)[0] == line


def test_a_log_holds_names_as_they_are():
    name = os.fsdecode(b"M\xe4rchen\xe2\x80\xaf.txt")
    Path(name).write_text(TEXT, encoding="utf-8")
    assert train(name, *SHORT, "--log-file", "run.jsonl").exit_code == 0
    assert json.loads(Path("run.jsonl").read_text().splitlines()[0])["sources"] == [name]
