"""`charrnn train`: what it leaves on the disk and on the screen, and how it ends."""

import gzip
import json
import os
import pty
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn.checkpoint.checkpoint import load, load_state, save, save_state
from charrnn.checkpoint.paths import resume_path
from charrnn.cli import app
from charrnn.cli.train import show_text_run as shown_module
from charrnn.cli.train.show_progress import TrainingProgress
from charrnn.errors import CheckpointError
from charrnn.system.atomic import Lock
from charrnn.training import defaults as defaults_module
from charrnn.training import plan as plan_module
from charrnn.training import text_run as run_module
from charrnn.training import trainer as trainer_module
from charrnn.training.defaults import LEAST_SCORED
from charrnn.training.estimate import Pace
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import Trainer

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 40
TINY = ("--hidden-size", "8", "--batch-size", "4", "--seq-length", "16")
SHORT = (*TINY, "--max-steps", "6", "--evaluations", "3")
CALLED = shlex.join([sys.executable, "-m", "charrnn"])
LEFT_OUT = ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "CHARRNN_DEBUG", "TTY_COMPATIBLE", "LINES")
CHILD = {k: v for k, v in os.environ.items() if k not in LEFT_OUT} | {
    "TERM": "xterm",
    "OPENBLAS_NUM_THREADS": "1",
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Work in a folder of one's own, where a text lies."""
    monkeypatch.chdir(tmp_path)
    for name in LEFT_OUT:
        monkeypatch.delenv(name, raising=False)
    Path("text.txt").write_text(TEXT)
    return tmp_path


def train(*arguments, stdin=None):
    result = CliRunner().invoke(app, ["train", *map(str, arguments)], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.stdout == ""
    return result


def tree():
    return sorted(str(path) for path in Path().rglob("*"))


def arrays(path):
    """Return the arrays of a file, without the times in it."""
    with np.load(path) as found:
        return {name: found[name].tobytes() for name in found.files if name != "meta"}


def command(*arguments, program=("-m", "charrnn")):
    return [sys.executable, *program, "train", *map(str, arguments)]


def child(*arguments, program=("-m", "charrnn"), **options):
    return subprocess.Popen(
        command(*arguments, program=program), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=CHILD, text=True, **options,
    )  # fmt: skip


# Input that is refused.

REFUSED = {
    "no text is named": ([], 2, "no text is named"),
    "missing": (["tex.txt"], 1, "did you mean text.txt"),
    "empty": (["empty.txt"], 1, "is empty"),
    "one character": (["one.txt"], 1, "a single character, 'a'"),
    "one symbol": (["same.txt"], 1, "'a' and nothing else, 40 times"),
    "not UTF-8": (["latin.txt"], 1, r"not UTF-8 at byte 3 \(0xe9, line 1\).*--encoding"),
    "no such encoding": (["text.txt", "--encoding", "klingon"], 1, "no encoding that Python"),
    "an empty folder": (["empty"], 1, "without a file in it"),
    "a folder of nothing": (["hollow"], 1, "is empty"),
    "a pattern of nothing": (["*.md"], 1, "no file matches"),
    "a device": (["/dev/null"], 1, "neither a file nor a folder"),
    "a damaged gz": (["damaged.gz"], 1, "damaged"),
    "one of several": (["text.txt", "none.txt"], 1, "none.txt: no such file"),
    "a batch of nothing": (["text.txt", "--batch-size", "0"], 2, "--batch-size: 0"),
    "a window of nothing": (["text.txt", "--seq-length", "0"], 2, "--seq-length: 0"),
    "no unit": (["text.txt", "--hidden-size", "0"], 2, "--hidden-size: 0"),
    "no layer": (["text.txt", "--num-layers", "0"], 2, "--num-layers: 0"),
    "a million layers": (["text.txt", "--num-layers", "1000000"], 2, "--num-layers"),
    "less than one-hot": (["text.txt", "--embedding-size", "-1"], 2, "--embedding-size"),
    "all dropped": (["text.txt", "--dropout", "1"], 2, "--dropout: 1"),
    "a rate below zero": (["text.txt", "--learning-rate", "-1"], 2, "--learning-rate"),
    "a rate of a hundred": (["text.txt", "--learning-rate", "100"], 2, "--learning-rate"),
    "all kept back": (["text.txt", "--val-split", "1"], 2, "--val-split: 1"),
    "less than none kept": (["text.txt", "--val-split", "-0.1"], 2, "--val-split"),
    "clipped below zero": (["text.txt", "--grad-clip", "-1"], 2, "--grad-clip"),
    "a seed below zero": (["text.txt", "--seed", "-1"], 2, "--seed"),
    "no byte": (["text.txt", "--max-bytes", "-1"], 2, "--max-bytes: -1 is out of range"),
    "too many steps": (
        ["text.txt", "--max-steps", "9" * 20], 2, "9999 is out of range; .* 0 to 1e",
    ),
    "standard output": (["text.txt", "-o", "-"], 2, "no name of a model; name it model.npz"),
    "no such run": (["--resume", "nosuch"], 1, "'nosuch': no such checkpoint here or in checkp"),
    "no process": (["text.txt", "--workers", "0"], 2, "--workers"),
    "less than no process": (["text.txt", "--workers", "-2"], 2, "--workers"),
    "no thread": (["text.txt", "--threads", "0"], 2, "--threads"),
    "two times": (
        ["text.txt", "--quick", "--max-time", "5m"], 2, "--max-time and --quick are times both",
    ),
    "the other two": (["text.txt", "--best", "--quick"], 2, "--quick and --best are times both"),
    "no step": (["text.txt", "--max-steps", "0"], 2, "--max-steps: 0 is no budget"),
    "no epoch": (["text.txt", "--epochs", "0"], 2, "--epochs: 0 is no budget"),
    "epochs below zero": (["text.txt", "--epochs", "-3"], 2, "--epochs"),
    "no evaluation": (["text.txt", "--evaluations", "0"], 2, "--evaluations"),
    "patience below zero": (["text.txt", "--patience", "-1"], 2, "--patience"),
    "too large for any machine": (
        ["text.txt", "--hidden-size", "65536"], 1, r"needs .* GB of memory.*--hidden-size",
    ),
    "no name of a model": (["text.txt", "-o", "model"], 2, "name it model.npz"),
    "the name of a state": (["text.txt", "-o", "a.resume.npz"], 2, "name it a.npz"),
    "no name at all": (["text.txt", "-o", ".npz"], 2, "name it model.npz"),
    "a device to save to": (["text.txt", "-o", "/dev/full"], 2, "no name of a model"),
    "below a file": (["text.txt", "-o", "text.txt/m.npz"], 1, "its folder is a file"),
    "a long name": (["text.txt", "-o", "x" * 300 + ".npz"], 1, "name is too long"),
    "a model already": (["text.txt", "-o", "old.npz"], 1, "exists already.*--overwrite"),
    "a stopped run already": (["text.txt", "-o", "stop.npz"], 1, "stop.resume.npz: exists.*--res"),
    "a log in no folder": (["text.txt", "--log-file", "none/a"], 1, "cannot write the log"),
    "a log on a full disk": (["text.txt", "--log-file", "/dev/full"], 1, "no space left"),
    "a folder as a log": (["text.txt", "--log-file", "empty"], 1, "is a directory"),
    "the text as a log": (["text.txt", "--log-file", "text.txt", "--overwrite"], 2, "is read here"),
    "the model as a log": (["text.txt", "-o", "m.npz", "--log-file", "m.npz"], 2, "is where"),
    "another run's log": (["text.txt", "--log-file", "old.jsonl"], 2, "exists already"),
    "nothing to resume": (["text.txt", "--resume", "none.npz"], 1, "none.npz: no such"),
    "no state": (["text.txt", "--resume", "old.npz"], 1, "old.resume.npz"),
    "as another network": (["--resume", "stop.npz", "--cell", "gru"], 2, "--cell: a resumed run"),
    "with other workers": (["--resume", "stop.npz", "--workers", "2"], 2, "--workers: a resumed"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "given"), REFUSED.values(), ids=REFUSED)
def test_one_clear_line_and_nothing_lost(arguments, code, given, quick):
    Path("empty.txt").touch()
    Path("one.txt").write_text("a")
    Path("same.txt").write_text("a" * 40)
    Path("latin.txt").write_bytes(b"caf\xe9 \n")
    Path("empty").mkdir()
    Path("hollow").mkdir()
    Path("hollow/empty.txt").touch()
    Path("damaged.gz").write_bytes(gzip.compress(TEXT.encode())[:50])
    Path("old.npz").write_bytes(b"old")
    Path("stop.resume.npz").write_bytes(b"old")
    Path("old.jsonl").write_text('{"event": "start"}\n')
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = train(*arguments)
    assert result.exit_code == code
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert re.search(given, result.stderr)
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "option",
    [
        "--batch-size=1.5", "--hidden-size=1e3", "--hidden-size=1_000", "--learning-rate=nan",
        "--learning-rate=inf", "--dropout=nan", "--val-split=x", "--epochs=nan", "--epochs=inf",
        "--max-time=0", "--max-time=nan", "--max-time=1x", "--seed=", "--cell=transformer",
        "--errors=ignore", "--nonsense",
    ],
)  # fmt: skip
def test_a_value_that_is_none(option):
    result = train("text.txt", option)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert tree() == ["text.txt"]


@pytest.mark.parametrize(
    "arguments",
    [["--hidden-size", "0"], ["-o", "model"], ["--log-file", "text.txt"], ["-o", "text.txt/a.npz"]],
    ids=" ".join,
)
def test_options_are_looked_at_before_a_text_is(arguments, monkeypatch):
    def read(*_, **__):
        raise AssertionError("the text was read")

    if "text.txt/a.npz" not in arguments:  # this one is found when the folder is made
        monkeypatch.setattr("charrnn.text.corpus.read_corpus", read)
    assert train("text.txt", *arguments).exit_code in (1, 2)


def test_memory_that_does_not_suffice(monkeypatch):
    def begin(*_, **__):
        raise MemoryError

    monkeypatch.setattr(TextRun, "begin", begin)
    result = train("text.txt", *SHORT)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "not enough memory" in result.stderr


# What it shows and leaves behind.


def test_a_dry_run_shows_the_plan_and_leaves_nothing():
    result = train("text.txt", "--dry-run", "--log-file", "run.jsonl", "--workers", "2")
    assert result.exit_code == 0
    assert tree() == ["text.txt"]
    shown = result.stderr
    for expected in (
        r"text +text\.txt: 2,000 characters, 14 distinct", r"1,800 to learn from, the last 200",
        r"network +lstm 1x96, one-hot input, [\d,]+ parameters",
        r"batch \d+ x window \d+, AdamW at",
        r"2 processes", r"budget +[\d,]+ steps: about", r"passes",
        r"expected +[\w. ]+ at [\d.]+ k characters/s, [\d.]+ MB of memory",
        r"model +checkpoints/text\.npz",
    ):  # fmt: skip
        assert re.search(expected, shown), expected


def test_a_whole_run_in_plain_lines():
    with child("text.txt", *SHORT, "--evaluations", "6", "--log-file", "run.jsonl") as process:
        out, shown = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "\r" not in shown
    assert "\x1b" not in shown
    assert not any(line.endswith(" ") for line in shown.splitlines())
    line = r"^step \d  \d+%  train \d\.\d+  val \d\.\d+ \(best \d\.\d+ at \d\)"
    assert len(re.findall(line, shown, re.M)) == 6
    for expected in (
        "char/s", " left", "loss, nats a character", "6 steps in ", "the best was step ",
        "this lstm", "uniform", "unigram", "5-gram", "xz", "saved  checkpoints/text.npz",
        f"next   {CALLED} sample checkpoints/text.npz\n       {CALLED} inspect checkpoints/",
        f"try    {CALLED} train --resume checkpoints/text.npz --max-steps 12",
    ):  # fmt: skip
        assert expected in shown, expected
    record = load(Path("checkpoints/text.npz")).training
    assert (record.steps, record.sources) == (6, ("text.txt",))
    assert tree() == [
        "checkpoints", "checkpoints/text.npz", "checkpoints/text.resume.npz", "run.jsonl",
        "text.txt",
    ]  # fmt: skip
    log = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert [line["event"] for line in log] == ["start", *["step", "evaluation"] * 6, "end"]
    assert log[0]["network"]["hidden_size"] == 8
    assert log[-1]["val_loss"] == record.val_loss


def test_with_standard_error_closed_nothing_goes_astray():
    closed = f"exec {shlex.join(command('text.txt', *SHORT))} 2>&-"
    done = subprocess.run(["bash", "-c", closed], capture_output=True, env=CHILD, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert load(Path("checkpoints/text.npz")).training.steps == 6


def test_a_sample_now_and_then(quick):
    arguments = ("text.txt", *TINY, "--max-steps", "20", "--evaluations", "10", "--patience", "0")
    shown = train(*arguments).stderr.split("step 10  ")[1].split("step 12  ")[0]
    assert len(shown) > 160
    assert re.search(r"^── step 10, \d\.\d s, val \d\.\d\d ──$", shown, re.MULTILINE)
    silent = train(*arguments, "--no-samples").stderr.split("step 10  ")[1].split("step 12  ")[0]
    assert silent.count("\n") == 1


def test_a_short_text_is_made_do(quick):
    Path("short.txt").write_text("hello world")
    result = train("short.txt", "--hidden-size", "8", "--max-steps", "3")
    assert result.exit_code == 0
    assert "the text is short: batch 8 -> 1" in result.stderr
    assert "training loss" in result.stderr
    assert load(Path("checkpoints/short.npz")).training.val_characters == 0


def test_two_characters_are_a_text(quick):
    Path("ab.txt").write_text("ab")
    assert train("ab.txt", "--hidden-size", "4", "--max-steps", "2").exit_code == 0


def test_names_that_are_taken(quick):
    for name in ("text", "text-2", "text-3"):
        assert f"checkpoints/{name}.npz" in train("text.txt", *SHORT).stderr
    exists = "{} exists, and stays; --overwrite replaces it"
    assert exists.format("checkpoints/text.npz") in train("text.txt", "--dry-run").stderr
    for where in (["-o", "m.npz"], ["--overwrite"]):
        assert "exists, and stays" not in train("text.txt", "--dry-run", *where).stderr
    Path("checkpoints/text.npz").unlink()  # its state is still there
    shown = train("text.txt", *SHORT).stderr
    assert "checkpoints/text-4.npz" in shown
    assert exists.format("checkpoints/text.resume.npz") in shown
    Path("checkpoints/text.resume.npz").unlink()
    assert "checkpoints/text.npz" in train("text.txt", *SHORT).stderr


@pytest.mark.parametrize(
    ("source", "model"),
    [
        ("a book.v2.txt", "a book"), ("[/x].txt", "[_x]"), ("e\x1b[31ms\nc.txt", "e_[31ms_c"),
        ("poems", "poems"), ("poems/", "poems"), ("-", "corpus"), ("poems/*", "corpus"), (".", ""),
        ("ñandú.txt", "ñandú"), ("y" * 240, "y" * 100),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_name_of_ones_own(source, model, quick, place):
    model = model or place.name.split(".")[0]
    Path("poems").mkdir()
    Path("poems/a.txt").write_text(TEXT)
    if source == "[/x].txt":
        Path("[").mkdir()
        model = "x]"
    if source not in ("-", ".", "poems/*", "poems", "poems/"):
        Path(source).write_text(TEXT)
    result = train(source, *SHORT, stdin=TEXT)
    assert result.exit_code == 0
    assert Path(f"checkpoints/{model}.npz").exists()
    assert "\x1b" not in result.stderr
    pasted = re.findall(r"^next   (.*)$", result.stderr, re.MULTILINE)[-1]
    assert shlex.split(pasted) == ["charrnn", "sample", f"checkpoints/{model}.npz"]


@pytest.mark.parametrize(
    "name",
    ["-x.npz", "a b.npz", "[/x].npz", "e\x1b[31m\n\t'\\.npz", "\u202e.npz", "\udcff\udce9.npz",
     "$(rm x).npz"],
    ids=ascii,
)  # fmt: skip
def test_a_command_that_can_be_pasted(name, quick):
    Path("[").mkdir()
    result = train("text.txt", *SHORT, f"--out={name}")
    assert result.exit_code == 0
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr
    [line] = re.findall(r"^next   charrnn sample (.*)$", result.stderr, re.MULTILINE)
    there = ["sh", "-c", f"test -f {line} && printf %s {line} | head -c 1"]
    assert subprocess.run(there, capture_output=True, check=True).stdout != b"-"


def test_an_existing_model_is_replaced_only_when_asked(quick):
    assert train("text.txt", *SHORT, "-o", "m.npz").exit_code == 0
    old, old_state = Path("m.npz").read_bytes(), Path("m.resume.npz").read_bytes()
    assert train("text.txt", *SHORT, "-o", "m.npz").exit_code == 1
    assert (Path("m.npz").read_bytes(), Path("m.resume.npz").read_bytes()) == (old, old_state)
    assert train("text.txt", *SHORT, "-o", "m.npz", "--cell", "gru", "--overwrite").exit_code == 0
    assert load(Path("m.npz")).network.config.cell == "gru"
    state = json.loads(np.load("m.resume.npz")["meta"].tobytes())["state"]
    assert state["network"]["cell"] == "gru"


def test_a_stale_state_is_gone_before_the_first_step(quick, monkeypatch):
    Path("m.npz").write_bytes(b"the old model")
    Path("m.resume.npz").write_bytes(b"a stale state")

    def fail(self):
        raise CheckpointError("the end")

    monkeypatch.setattr("charrnn.training.trainer.Trainer.run", fail)
    assert train("text.txt", *SHORT, "-o", "m.npz", "--overwrite").exit_code == 1
    assert Path("m.npz").read_bytes() == b"the old model"
    assert "params" in arrays("m.resume.npz")


def test_another_process_that_is_quicker(quick, monkeypatch):
    held = Lock.__enter__

    def late(self):
        Path("m.npz").write_bytes(b"another's")
        return held(self)

    monkeypatch.setattr(Lock, "__enter__", late)
    result = train("text.txt", *SHORT, "-o", "m.npz")
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert tree() == ["m.npz", "text.txt"]


def test_a_second_trainer_is_reported_the_number_of_the_first(quick):
    assert train("text.txt", *SHORT, "-o", "m.npz").exit_code == 0
    before = Path("m.npz").read_bytes()
    with Lock(Path("m.npz")):
        for arguments in (
            ["text.txt", *SHORT, "-o", "m.npz", "--overwrite"],
            ["--resume", "m.npz", "--max-steps", "9"],
        ):
            result = train(*arguments)
            assert result.exit_code == 2
            assert f"process {os.getpid()} is training it" in result.stderr
            assert result.stderr.count("\n") == 1
    assert Path("m.npz").read_bytes() == before


# Texts of all kinds.


def test_texts_of_all_kinds(quick):
    Path("folder").mkdir()
    Path("folder/a.txt").write_text(TEXT[:500])
    Path("folder/b.gz").write_bytes(gzip.compress(TEXT[500:].encode()))
    Path("binary").write_bytes(bytes(range(256)) * 8)
    expected = {"text.txt": "the text", "folder": "a folder", "-": "standard input"}
    for source in expected:
        assert train(source, *SHORT, "-o", f"{source}.npz", stdin=TEXT).exit_code == 0
    # No line end comes between the two files of the folder: the first one's last line is cut.
    characters = [load(Path(f"{s}.npz")).training.train_characters for s in expected]
    assert characters[0] == characters[2] == 1800
    assert characters[1] == 1800
    assert train("text.txt", "folder/b.gz", *SHORT, "-o", "two.npz").exit_code == 0
    assert load(Path("two.npz")).training.sources == ("text.txt", "folder/b.gz")
    assert train("binary", "--bytes", *SHORT, "-o", "bytes.npz").exit_code == 0
    assert load(Path("bytes.npz")).vocabulary.kind == "bytes"
    assert train("binary", *SHORT, "-o", "c.npz").exit_code == 1
    assert train("binary", *SHORT, "--errors", "replace", "-o", "c.npz").exit_code == 0


def test_a_folder_that_was_trained_before_is_trained_again(quick):
    """Models, states and logs of earlier runs lie in it, and are no texts."""
    Path("novel").mkdir()
    Path("novel/a.txt").write_text(TEXT)
    os.chdir("novel")
    for number, more in enumerate([(), (), ("--bytes",), ("--log-file", "run.jsonl"), ()]):
        again = train(".", *SHORT, "--no-samples", *more)
        assert again.exit_code == 0
        assert "a.txt: 2,000 characters" in again.stderr
        assert ("files are left out" in again.stderr) == bool(number)
    found = " ".join(again.stderr.split())
    assert "9 files are left out: model of this program (4), stopped run" in found
    assert "log of a run of this program (1)" in found


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("t.csv", "id,text\n" + '1,"the cat sat, on\nthe mat"\n' * 60, ("--field", "text")),
        ("t.jsonl", '{"who": {"said": "the cat sat on the mat"}}\n' * 60, ("--field", "who.said")),
        ("t.html", "<p>the cat <b>sat</b> on the mat</p>\n" * 60, ()),
        ("t.html", "<p>the cat <b>sat</b> on the mat</p>\n" * 60, ("--no-extract",)),
        ("t.srt", "1\n00:00:01,0 --> 00:00:02,0\nthe cat sat on the mat\n\n" * 60, ()),
    ],
    ids=["column", "field", "page", "marks", "subtitles"],
)
def test_a_resumed_run_reads_its_text_in_the_same_way_again(quick, name, data, options):
    Path(name).write_text(data)
    assert train(name, *SHORT, "--no-samples", *options, "-o", "m.npz").exit_code == 0
    marks = any("<" in character for character in load(Path("m.npz")).vocabulary)
    assert marks == ("--no-extract" in options)
    for text in ((), (name,)):
        resumed = train(*text, "--resume", "m.npz", "--max-steps", 8 + len(text), "--no-samples")
        assert resumed.exit_code == 0
    assert load(Path("m.npz")).training.steps == 9
    refused = train("--resume", "m.npz", "--field", "id")
    assert refused.exit_code == 2
    assert "--field: a resumed run keeps its own" in refused.stderr


def test_a_run_that_began_before_pages_were_read_goes_on_with_its_marks(quick):
    Path("t.html").write_text("<p>the cat sat on the mat</p>\n" * 60)
    arguments = (*SHORT, "--no-samples", "--no-extract", "-o", "m.npz")
    assert train("t.html", *arguments).exit_code == 0
    data, meta = load_state(resume_path(Path("m.npz")))
    del meta["field"], meta["extract"], meta["training"]["keeps"]
    save_state(resume_path(Path("m.npz")), data, meta)
    assert train("--resume", "m.npz", "--max-steps", "8").exit_code == 0


def test_what_is_kept_back_of_several_files_is_said(quick):
    for number in range(2):
        Path(f"{number}.txt").write_text(TEXT * 3)
    ends = train("0.txt", "1.txt", *SHORT, "-o", "m.npz")
    assert "at the ends of the files" in ends.stderr
    assert re.search(r"loss of the [0-9,]+ characters for validation", ends.stderr)
    Path("many").mkdir()
    for number in range(30):
        Path(f"many/{number}.txt").write_text(TEXT[: 500 + number])
    assert " in whole files to validate" in train("many", *SHORT, "-o", "n.npz").stderr
    assert "the last" in train("text.txt", *SHORT, "-o", "o.npz").stderr


def test_a_text_beyond_the_bound(quick):
    result = train("text.txt", *SHORT, "--max-bytes", "1999")
    assert result.exit_code == 1
    assert re.search(r"^error: text\.txt: .* beyond 1,999 bytes; .*--max-bytes", result.stderr)
    assert train("text.txt", *SHORT, "--max-bytes", "2000", "-o", "m.npz").exit_code == 0
    assert train("--resume", "m.npz", "--max-bytes", "1", "--epochs", "1").exit_code == 1
    assert train("--resume", "m.npz", "--max-bytes", "2000", "--epochs", "1").exit_code == 0


def test_a_terminal_that_is_to_give_the_text_is_reported_so(quick):
    leader, terminal = pty.openpty()
    with subprocess.Popen(
        command("-", *SHORT), stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=CHILD,
    ) as process:  # fmt: skip
        os.close(terminal)
        assert b"Ctrl-D" in process.stderr.readline()
        os.write(leader, b"abab\nbaba\n\x04\x04")
        shown = process.communicate(timeout=60)[1]
    os.close(leader)
    assert process.returncode == 0
    assert b"checkpoints/corpus.npz" in shown


# The end of a run.


@pytest.mark.parametrize(("word", "seconds"), [("--quick", "1 min"), ("--best", "1 h")])
def test_words_for_a_time(quick, word, seconds):
    shown = train("text.txt", *TINY, word, "--dry-run").stderr
    assert re.search(rf"^budget +{seconds}:", shown, re.MULTILINE)
    assert "units read" not in shown  # the size was chosen


def test_the_plan_says_why_a_network_has_its_size_in_the_time(quick, monkeypatch):
    monkeypatch.setattr(defaults_module, "measure_speed", lambda *_: 1e5)
    shown = train("text.txt", "--max-time", "5s", "--dry-run").stderr
    assert re.search(r"^network +lstm 1x64, ", shown, re.MULTILINE)
    assert re.search(r"^note +64 units read the text about \d+ times in that time", shown, re.M)


def test_a_run_of_so_many_seconds_also_on_a_long_text(quick, monkeypatch):
    monkeypatch.setattr(run_module, "baselines", lambda *_: [])
    words = np.random.default_rng(0).choice(list("abcdefghij \n"), 600_000)
    Path("long.txt").write_text("".join(words))
    arguments = ("--hidden-size", "16", "--max-time", "0.6s", "--patience", "0")
    assert train("long.txt", *arguments, "-o", "long.npz").exit_code == 0
    record = load(Path("long.npz")).training
    assert record.seconds >= 0.6
    # The same share is kept back as of a long run, and few characters of it are scored each time.
    assert record.val_characters == 60_000
    assert record.config["val_sample"] == LEAST_SCORED


def test_seeds_of_64_bits_also_of_a_resumed_run(quick):
    for seed in (2**63, 2**64 - 1):
        made = Path(f"{seed}.npz")
        for path, steps in ((made, "12"), (Path("checkpoints/half.npz"), "6")):
            train("text.txt", *TINY, "--seed", seed, "--max-steps", steps, "-o", path,
                  "--overwrite", "--evaluations", "1")  # fmt: skip
        assert load(made).training.config["seed"] == seed
        # By its name alone, as it lies in the folder of models.
        train("--resume", "half", "--max-steps", "12", "--patience", "0")
        assert load(Path("checkpoints/half.npz")).training.steps == 12


def test_patience(quick):
    arguments = ("text.txt", *TINY, "--max-steps", "60", "--evaluations", "30", "--patience", "2")
    result = train(*arguments, "--learning-rate", "0", "-o", "m.npz")
    assert "ended because patience ran out" in result.stderr
    result = train("--resume", "m.npz")
    assert result.exit_code == 1
    assert "--patience" in result.stderr
    assert train("--resume", "m.npz", "--patience", "0").exit_code == 0
    assert load(Path("m.npz")).training.steps == 60


def test_more_of_a_budget_or_another_one(quick):
    assert train("text.txt", *SHORT, "-o", "m.npz", "--log-file", "l").exit_code == 0
    result = train("--resume", "m.npz")
    assert result.exit_code == 1
    assert "its budget is used up after 6 steps" in result.stderr
    result = train("--resume", "m.npz", "--max-steps", "10", "--log-file", "l")
    assert result.exit_code == 0
    assert re.search(r"resumed +after step 6, 60% of the budget", result.stderr)
    # Another kind of budget takes the place of the one that is used up.
    assert train("--resume", "m.resume.npz", "--epochs", "0.5", "--log-file", "l").exit_code == 0
    record = load(Path("m.npz")).training
    assert (record.steps, record.config["max_steps"], record.config["epochs"]) == (14, None, 0.5)
    log = [json.loads(line) for line in Path("l").read_text().splitlines()]
    steps = [line["step"] for line in log if line["event"] == "step"]
    assert steps == sorted(set(steps))
    assert [line["resumed_at"] for line in log if line["event"] == "resume"] == [6, 10]


def test_only_with_the_text_that_it_learnt(quick):
    assert train("text.txt", *SHORT, "-o", "m.npz").exit_code == 0
    before = Path("m.npz").read_bytes()
    Path("other.txt").write_text(TEXT + "!")
    result = train("other.txt", "--resume", "m.npz", "--max-steps", "9")
    assert result.exit_code == 1
    assert "was trained on another text" in result.stderr
    assert Path("m.npz").read_bytes() == before
    Path("text.txt").unlink()
    assert "text.txt: no such file" in train("--resume", "m.npz", "--max-steps", "9").stderr


def test_a_gradient_that_is_not_finite_reaches_no_file(quick, monkeypatch):
    step = run_module.Trainer._step

    def diverging(self, rate):
        return (float("nan"), float("inf")) if self.now.step >= 4 else step(self, rate)

    monkeypatch.setattr(run_module.Trainer, "_step", diverging)
    result = train("text.txt", *TINY, "--max-steps", "40", "--evaluations", "20", "-o", "m.npz")
    assert result.exit_code == 1
    assert "half the learning rate" in result.stderr
    assert "try a --learning-rate below" in result.stderr.splitlines()[-1]
    assert load(Path("m.npz")).training.best_step <= 4
    assert all(np.isfinite(each).all() for each in np.load("m.resume.npz").values())


# What a run has come to.


def said_at_the_end(*arguments, stdin=None):
    result = train(*arguments, stdin=stdin)
    assert result.exit_code == 0
    found = re.search(r"^try    (.*)$", result.stderr, re.MULTILINE)
    return " ".join(result.stderr.split()), found and shlex.split(found[1])[2:]


def test_a_rate_that_is_too_high_and_the_command_to_type(quick):
    arguments = ("text.txt", *TINY, "--max-steps", "200", "--patience", "0", "--no-samples")
    paths = ("-o", "m.npz", "--log-file", "l")
    said, tried = said_at_the_end(*arguments, "--learning-rate", "10", *paths)
    assert "learning rate is too high" in said or "lower learning rate would help" in said
    assert tried[0] == "text.txt"
    assert set(tried[1:]) == {
        *TINY, "--max-steps", "200", "--patience", "0", "--no-samples", "--learning-rate", "2.5",
    }  # fmt: skip
    assert json.loads(Path("l").read_text().splitlines()[-1])["verdict"] in ("unlearnt", "unstable")
    # It can be typed as it stands: no model and no log is in its way.
    assert train(*tried).exit_code == 0
    assert tree().count("checkpoints/text.npz") == 1


def test_a_run_that_was_resumed_is_begun_anew_as_it_was(quick):
    arguments = (*TINY, "--max-steps", "120", "--patience", "0", "--seed", "3", "--learning-rate")
    train("text.txt", *arguments, "0", "-o", "m.npz")
    said, tried = said_at_the_end("--resume", "m.npz", "--max-steps", "200")
    assert "It learnt nothing" in said
    assert "A higher learning rate would help." in said
    assert "--resume" not in tried
    for word in ("text.txt", "--hidden-size", "8", "--seed", "3", "--learning-rate", "200"):
        assert word in tried, word
    assert train(*tried).exit_code == 0


def test_more_of_the_same_where_it_still_improves(quick):
    arguments = (*TINY, "--max-steps", "120", "--learning-rate", "0.002", "-o", "m.npz")
    said, tried = said_at_the_end("text.txt", *arguments)
    assert "still improving when its budget was used up" in said
    assert tried == ["--resume", "m.npz", "--max-steps", "240"]
    assert train(*tried).exit_code == 0
    said, tried = said_at_the_end("-", *arguments[:-1], "p.npz", stdin=TEXT)
    assert tried == ["--resume", "p.npz", "--max-steps", "240", "<", "TEXT"]


def test_a_validation_text_that_stands_in_the_training_text(quick):
    said, _ = said_at_the_end("text.txt", *SHORT)
    assert "The validation text is leaky: 100% of it occurs word for word" in said
    words = np.random.default_rng(0).choice(list("abcdefghij \n"), 4000)
    Path("fresh.txt").write_text("".join(words))
    said, _ = said_at_the_end("fresh.txt", *SHORT)
    assert "leaky" not in said


def test_a_text_that_is_known_by_heart_ends_a_run(quick):
    Path("short.txt").write_text("abcdefghijk")
    arguments = (
        "--hidden-size",
        "16",
        "--learning-rate",
        "0.1",
        "--dropout",
        "0",
        "--restart",
        "0",
    )
    result = train("short.txt", *arguments, "-o", "m.npz")
    assert result.exit_code == 0
    assert "ended because it knows the training text by heart" in result.stderr
    record = load(Path("m.npz")).training
    assert record.steps < 75_000
    assert record.val_loss < 1e-5
    again = train("--resume", "m.npz", "--max-steps", "100000")
    assert again.exit_code == 1
    assert "by heart" in again.stderr


# Disks that fail.


def failing(monkeypatch, times):
    """Let the saves of models fail whose numbers are in `times`; count them."""
    saves = []
    save = run_module.save

    def fail(path, checkpoint):
        saves.append(path)
        if len(saves) in times:
            raise CheckpointError(f"{path.name}: cannot be saved, the disk is full")
        save(path, checkpoint)

    monkeypatch.setattr(run_module, "save", fail)
    return saves


MANY = (*TINY, "--max-steps", "20", "--evaluations", "10", "--learning-rate", "0.01")


def test_a_save_that_fails_on_the_way(quick, monkeypatch):
    failing(monkeypatch, {2})
    result = train("text.txt", *MANY, "-o", "m.npz")
    assert result.exit_code == 1
    assert result.stderr.count("warning: not saved: m.npz: cannot be saved, the disk is full") == 1
    assert "saved, but on the way it could not be, once" in result.stderr.splitlines()[-1]
    assert load(Path("m.npz")).training.steps == 20


def test_the_third_in_a_row_ends_the_run(quick, monkeypatch):
    failing(monkeypatch, {2, 3, 4})
    result = train("text.txt", *MANY, "-o", "m.npz")
    assert result.exit_code == 1
    assert result.stderr.count("warning: not saved") == 2
    assert "third failure in a row" in result.stderr.splitlines()[-1]
    assert load(Path("m.npz")).training.steps < 20
    assert train("--resume", "m.npz").exit_code == 0


def test_an_error_of_the_display_loses_nothing(quick, monkeypatch):
    show = TrainingProgress.show

    def failing(self, progress):
        if progress.step == 15:
            raise OSError(5, "Input/output error")
        show(self, progress)

    monkeypatch.setattr(TrainingProgress, "show", failing)
    with pytest.raises(OSError, match="Input/output"):
        train("text.txt", *MANY, "-o", "m.npz")
    assert load_state(resume_path(Path("m.npz")))[1]["counters"]["step"] == 15
    monkeypatch.setattr(TrainingProgress, "show", show)
    assert train("--resume", "m.npz").exit_code == 0
    assert train("text.txt", *MANY, "-o", "whole.npz").exit_code == 0
    assert arrays("m.npz") == arrays("whole.npz")


def test_a_step_that_fails_leaves_what_was_saved_before(quick, monkeypatch):
    step = Trainer._step

    def failing(self, rate):
        found = step(self, rate)
        if self.now.step == 15:
            raise MemoryError
        return found

    monkeypatch.setattr(Trainer, "_step", failing)
    assert train("text.txt", *MANY, "-o", "m.npz").exit_code == 1
    assert load_state(resume_path(Path("m.npz")))[1]["counters"]["step"] == 0
    monkeypatch.setattr(Trainer, "_step", step)
    assert train("--resume", "m.npz").exit_code == 0
    assert train("text.txt", *MANY, "-o", "whole.npz").exit_code == 0
    assert arrays("m.npz") == arrays("whole.npz")


def test_a_log_that_breaks_off(quick, monkeypatch):
    from charrnn.training.log import RunLog

    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    progress = RunLog.progress

    def breaking(self, step):
        if step.step == 10:
            self._file.close()
            self._file = Full()
        progress(self, step)

    monkeypatch.setattr(RunLog, "progress", breaking)
    result = train("text.txt", *MANY, "-o", "m.npz", "--log-file", "l")
    assert result.exit_code == 1
    assert result.stderr.count("warning: l: cannot write the log") == 1
    assert "the log broke off (no space left on device)" in result.stderr.splitlines()[-1]
    assert load(Path("m.npz")).training.steps == 20


def test_a_disk_without_room_is_found_before_training():
    def few_bytes():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with child("text.txt", "--hidden-size", "32", "-o", "m.npz", preexec_fn=few_bytes) as process:
        out, shown = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(r"error: m\.resume\.npz: cannot be saved, files may not be .*\n", shown)
    assert tree() == ["text.txt"]


# Signals.

LONG = (*TINY, "--dropout", "0.2", "--max-steps", "160", "--evaluations", "16", "--patience", "0")


# The command, with time to send it a signal between step 30 and its last.
SLOWLY = """
import time
from charrnn.cli import main
from charrnn.training.trainer import Trainer
step = Trainer._step
def slow(self, rate):
    time.sleep(0.05 if self.now.step >= 30 else 0)
    return step(self, rate)
Trainer._step = slow
main()
"""


def until(process, pattern):
    """Read what a run shows until a line matches; return all of it."""
    read = []
    for line in process.stderr:
        read.append(line)
        if re.match(pattern, line):
            break
    return "".join(read)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "workers", "number"),
    [("rnn", 1, signal.SIGINT), ("lstm", 2, signal.SIGINT), ("gru", 1, signal.SIGTERM),
     ("lstm", 1, signal.SIGKILL)],
    ids=str,
)  # fmt: skip
def test_stop_and_resume_is_never_having_stopped(cell, workers, number, quick):
    arguments = ("text.txt", *LONG, "--cell", cell, "--workers", workers, "--log-file")
    slowly = (*arguments, "stopped.jsonl", "-o", "stopped.npz")
    process = child(*slowly, program=("-c", SLOWLY), start_new_session=True)
    with process:
        shown = until(process, "step 30 ")
        # As from a terminal: the workers hear it too.
        os.killpg(process.pid, number)
        shown += process.stderr.read()
        process.wait(30)
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert process.returncode == 128 + number
        assert "Traceback" not in shown
        stopped, resume = shown.splitlines()[-2:]
        step = int(re.fullmatch(r"stopped after step (\d+); saved stopped\.npz", stopped)[1])
        assert 30 <= step < 160
        assert load(Path("stopped.npz")).training.steps == step
        assert resume == "resume charrnn train --resume stopped.npz"
    assert train("--resume", "stopped.npz", "--log-file", "stopped.jsonl").exit_code == 0
    assert train(*arguments, "whole.jsonl", "-o", "whole.npz").exit_code == 0
    assert arrays("stopped.npz") == arrays("whole.npz")
    assert arrays("stopped.resume.npz") == arrays("whole.resume.npz")
    assert not [name for name in tree() if name.startswith(".")]

    def steps(name):
        log = [json.loads(line) for line in Path(name).read_text().splitlines()]
        return [
            (line["event"], line["step"], line.get("val_loss"))
            for line in log
            if line["event"] in ("step", "evaluation", "end")
        ]

    assert steps("stopped.jsonl") == steps("whole.jsonl")


def test_a_signal_at_the_very_end_does_not_cut_it_short(quick, monkeypatch):
    save = TextRun.save

    def interrupted(self, path):
        save(self, path)
        if load(path).training.baselines:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(TextRun, "save", interrupted)
    result = train("text.txt", *SHORT, "-o", "m.npz")
    assert result.exit_code == 143
    assert "next   charrnn sample m.npz" in result.stderr
    assert load(Path("m.npz")).training.baselines


def test_a_signal_while_the_plan_is_made(quick, monkeypatch):
    def measure(*_):
        os.kill(os.getpid(), signal.SIGINT)
        return Pace(step=1e-3, epoch=1e-4, evaluation=1e-3)

    monkeypatch.setattr(plan_module, "measure", measure)
    result = train("text.txt", *SHORT, "-o", "m.npz")
    assert result.exit_code == 130
    assert "stopped after step 0" in result.stderr
    assert train("--resume", "m.npz", "--dry-run").exit_code == 130
    monkeypatch.setattr(plan_module, "measure", lambda *_: Pace(1e-3, 1e-4, 1e-3))
    assert train("--resume", "m.npz").exit_code == 0
    assert load(Path("m.npz")).training.steps == 6


def test_a_worker_that_is_killed():
    endless = ("--max-steps", "100000", "--evaluations", "5000")
    arguments = ("text.txt", *LONG, *endless, "--workers", "2", "-o", "m.npz")
    with child(*arguments) as process:
        until(process, "step ")
        [worker] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)
        shown = process.stderr.read()
        assert process.wait(30) == 1
    last = shown.splitlines()[-1]
    assert re.fullmatch(r"error: a worker process was killed by signal 9 .*", last)
    assert "Traceback" not in shown
    assert load(Path("m.npz"))
    assert "params" in arrays(resume_path(Path("m.npz")))


def test_a_text_cannot_drive_the_terminal(quick):
    Path("evil.txt").write_text("a\x1b]0;pwned\x07b\x1b[2Jc\r\x9b31m[bold red]x[/]\u202e\n" * 60)
    result = train("evil.txt", *TINY, "--max-steps", "20", "--evaluations", "10")
    assert result.exit_code == 0
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", result.stderr)


# Where the time goes, and large vocabularies.


def test_a_profile_tells_where_the_time_went(quick):
    said = train("text.txt", *SHORT, "--profile").stderr
    assert "6 steps" in said
    for part in ("products", "cells", "softmax", "optimiser", "besides steps"):
        assert re.search(rf"^{part} +\d+\.\d%", said, re.MULTILINE), part
    assert "besides steps" not in train("text.txt", *SHORT, "--overwrite").stderr


def test_a_sampled_softmax_learns_and_is_validated_exactly(quick):
    train("text.txt", *TINY, "--max-steps", 40, "--sampled-softmax", 2, "-o", "sampled.npz")
    record = load(Path("sampled.npz")).training
    assert record.config["sampled_softmax"] == 2
    assert record.val_loss < np.log(17)  # less than guessing, by the exact score
    train("text.txt", *TINY, "--max-steps", 40, "--sampled-softmax", 10**6, "-o", "all.npz")
    train("text.txt", *TINY, "--max-steps", 40, "-o", "exact.npz")
    all_drawn, exact = (load(Path(f"{name}.npz")).training for name in ("all", "exact"))
    assert all_drawn.val_loss == pytest.approx(exact.val_loss, abs=1e-4)
    result = train("text.txt", "--sampled-softmax", -1)
    assert result.exit_code == 2
    assert "--sampled-softmax: -1 is out of range" in result.stderr


# Runs that end unmeasured, and files that do not belong together.


@pytest.mark.parametrize("ending", ["budget", "patience", "learnt"])
def test_a_run_that_is_killed_while_it_is_measured_is_concluded_later(quick, monkeypatch, ending):
    arguments = ("text.txt", *SHORT)
    if ending == "patience":
        arguments = ("text.txt", *MANY, "--learning-rate", "0", "--patience", "2")
    if ending == "learnt":
        monkeypatch.setattr(trainer_module, "LEARNT", 10.0)
    assert train(*arguments, "-o", "whole.npz").exit_code == 0
    conclude = TextRun.conclude

    def killed(self, ended):
        raise MemoryError  # nothing is done about it, as nothing is about a kill

    monkeypatch.setattr(TextRun, "conclude", killed)
    assert train(*arguments, "-o", "m.npz").exit_code == 1
    monkeypatch.setattr(TextRun, "conclude", conclude)
    assert load(Path("m.npz")).training.ended == "interrupted"
    result = train("--resume", "m.npz")
    assert result.exit_code == 0
    assert "next   charrnn sample m.npz" in result.stderr
    seconds = {"seconds": 0.0}
    found, whole = (load(Path(name)).training for name in ("m.npz", "whole.npz"))
    assert replace(found, **seconds) == replace(whole, **seconds)
    assert arrays("m.npz") == arrays("whole.npz")
    assert train("--resume", "m.npz").exit_code == 1  # it is concluded now


def test_ctrl_c_ends_the_measuring_at_once_and_leaves_it_for_later(quick, monkeypatch):
    monkeypatch.setattr(shown_module, "LONG_TEXT", 10)
    scored = run_module.score

    def interrupted(network, ids):
        assert load(Path("m.npz")).training.steps == 6  # saved before it is measured
        os.kill(os.getpid(), signal.SIGINT)
        return scored(network, ids)

    monkeypatch.setattr(run_module, "score", interrupted)
    result = train("text.txt", *SHORT, "-o", "m.npz", "--log-file", "l")
    assert result.exit_code == 130
    assert "of validation; Ctrl-C leaves it for later" in result.stderr
    assert result.stderr.splitlines()[-2:] == [
        "stopped while it was measured, after step 6; saved m.npz",
        "resume charrnn train --resume m.npz",
    ]
    assert not load(Path("m.npz")).training.baselines
    monkeypatch.setattr(run_module, "score", scored)
    assert train("--resume", "m.npz", "--log-file", "l").exit_code == 0
    assert load(Path("m.npz")).training.baselines
    events = [json.loads(line)["event"] for line in Path("l").read_text().splitlines()]
    assert events[-3:] == ["stop", "resume", "end"]


def test_a_worker_that_is_stopped_does_not_keep_a_run_from_stopping():
    endless = ("--max-steps", "100000", "--evaluations", "5000")
    arguments = ("text.txt", *LONG, *endless, "--workers", "2", "-o", "m.npz")
    with child(*arguments) as process:
        until(process, "step ")
        [worker] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGSTOP)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        shown = process.stderr.read()
        assert process.wait(30) == 130
    assert "stopped after step" in shown


OTHERS = {
    "another seed": ("text.txt", *LONG, "--seed", "8"),
    "another budget": ("text.txt", *LONG, "--epochs", "4"),
    "another size": ("text.txt", *LONG, "--hidden-size", "9"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_no_run_goes_on_with_the_state_of_another(quick, other):
    for name, arguments in {"m": ("text.txt", *LONG), "n": OTHERS[other]}.items():
        assert train(*arguments, "--max-steps", "8", "-o", f"{name}.npz").exit_code == 0
    Path("m.resume.npz").replace("kept")
    Path("m.resume.npz").write_bytes(Path("n.resume.npz").read_bytes())
    before = Path("m.npz").read_bytes()
    result = train("--resume", "m.npz", "--max-steps", "16")
    assert result.exit_code == 1
    assert "m.resume.npz: is not of the run that wrote m.npz" in result.stderr
    assert Path("m.npz").read_bytes() == before
    Path("kept").replace("m.resume.npz")
    assert train("--resume", "m.npz", "--max-steps", "16").exit_code == 0  # another budget is not
    assert train("--resume", "m.npz", "--max-steps", "18", "-o", "o.npz").exit_code == 0
    assert train("--resume", "o.npz", "--max-steps", "20").exit_code == 0


def test_a_run_that_was_to_replace_a_model_goes_on_before_it_has(quick, monkeypatch):
    assert train("text.txt", *SHORT, "--seed", "8", "-o", "m.npz").exit_code == 0

    def killed(self, rate):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", killed)
        assert train("text.txt", *SHORT, "-o", "m.npz", "--overwrite").exit_code == 1
    assert load(Path("m.npz")).training.config["seed"] == 8
    assert train("--resume", "m.npz").exit_code == 0
    assert load(Path("m.npz")).training.config["seed"] != 8
    assert load_state(resume_path(Path("m.npz")))[1]["replaces"] == ""


def test_files_from_before_runs_had_an_identity_go_on(quick):
    assert train("text.txt", *SHORT, "-o", "m.npz").exit_code == 0
    state, model = resume_path(Path("m.npz")), load(Path("m.npz"))
    found, meta = load_state(state)
    del meta["run"], meta["replaces"]
    save_state(state, found, meta)
    save(Path("m.npz"), replace(model, training=replace(model.training, run="")))
    assert train("--resume", "m.npz", "--max-steps", "8").exit_code == 0
    assert train("--resume", "m.npz", "--max-steps", "10").exit_code == 0
