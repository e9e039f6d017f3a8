"""Results that go to standard output by name, to pipes and to devices; and files named by ~."""

import json
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from charrnn.checkpoint.paths import expanded
from charrnn.cli import option_values
from charrnn.system.pipes import STANDARD_OUTPUT, descriptor, is_pipe, open_pipe
from charrnn.training.log import RunLog

CHARRNN = shlex.join([sys.executable, "-m", "charrnn"])
LEFT_OUT = ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "CHARRNN_DEBUG", "TTY_COMPATIBLE")

posix = pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="no /dev/fd")  # noqa: PTH110


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, make_checkpoint):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Path("home").mkdir()
    make_checkpoint(Path("m.npz"))
    Path("t.txt").write_text("abc\nbad\ncaé\n" * 40, encoding="utf-8")


def bash(script, **options):
    """Run a line of bash in which charrnn is this program."""
    env = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return subprocess.run(
        ["bash", "-c", f'charrnn() {{ {CHARRNN} "$@"; }}; {script}'],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120,
        env=env | {"TERM": "dumb", "OPENBLAS_NUM_THREADS": "1"}, **options,
    )  # fmt: skip


# Which they are


@pytest.mark.parametrize(
    ("name", "number"),
    [("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev/fd/63", 63), ("/proc/self/fd/1", 1),
     ("-", None), ("/dev/null", None), ("/dev/fd/x", None), ("dev/fd/1", None), ("x", None)],
)  # fmt: skip
def test_open_files_by_name(name, number):
    assert descriptor(Path(name)) == number


def test_pipes_and_devices(tmp_path):
    os.mkfifo("pipe")
    for name in ("pipe", "/dev/null", "/dev/stdout", "/dev/fd/63"):
        assert is_pipe(Path(name))
    for name in ("m.npz", ".", "none", "nul\0", "-", "n" * 300):
        assert not is_pipe(Path(name))


def test_an_open_file_is_continued_at_its_position():
    with Path("f").open("wb", buffering=0) as file:
        file.write(b"before ")
        with open_pipe(Path(f"/dev/fd/{file.fileno()}")) as stream:
            stream.write(b"and after")
        file.write(b".")
    assert Path("f").read_bytes() == b"before and after."


def test_a_hyphen_is_standard_output_and_no_file():
    assert option_values.output("-") == STANDARD_OUTPUT
    assert option_values.output("./-") == Path("-")
    assert option_values.file("-") == Path("-")


def test_a_tilde_is_the_home_folder(tmp_path):
    assert option_values.output("~/x") == option_values.file("~/x") == tmp_path / "home" / "x"
    assert expanded("~/x") == str(tmp_path / "home" / "x")
    assert expanded("~nosuchuser/x") == "~nosuchuser/x"
    assert expanded("a~/x") == "a~/x"


# inspect

SUMMARY = "charrnn inspect m.npz --format json"
TO_STANDARD_OUTPUT = {
    "-": "{} -o -",
    "by name": "{} -o /dev/stdout | cat",
    "by number": "{} -o /dev/fd/1",
    "another's pipe": "{} -o >(cat) | cat",
    "a pipe by name": "mkfifo p; (cat p) & {} -o p; wait",
    "another open file": "{} -o /dev/fd/3 3>&1",
}


EXPLAIN = "charrnn inspect --explain --view probs"
ARRAYS = "charrnn inspect m.npz abcab --view state --format npz"


@posix
@pytest.mark.parametrize(
    ("command", "ways"),
    [(SUMMARY, list(TO_STANDARD_OUTPUT)), (EXPLAIN, ["-", "another's pipe"]),
     (ARRAYS, ["by name", "a pipe by name"]), ("charrnn inspect m.npz", ["another's pipe"])],
)  # fmt: skip
def test_inspect_writes_to_standard_output_by_any_name(command, ways):
    expected = bash(f"{command} | cat")
    assert expected.returncode == 0, expected.stderr
    for way in ways:
        done = bash(TO_STANDARD_OUTPUT[way].format(command))
        assert (done.returncode, done.stdout) == (0, expected.stdout), (way, done.stderr)
    assert not Path("-").exists()


@posix
@pytest.mark.parametrize("sign", [">", ">>"])
def test_a_file_that_the_shell_has_opened_is_not_replaced(sign):
    Path("out").write_text("before\n")
    assert bash(f"{{ echo begun; {SUMMARY} -o /dev/stdout; echo done; }} {sign}out").returncode == 0
    lines = Path("out").read_text().splitlines()
    assert lines[0] == ("begun" if sign == ">" else "before")
    assert lines[-1] == "done"
    assert json.loads(lines[-2])["view"] == "overview"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(
    ("command", "output", "said"),
    [(EXPLAIN, "/dev/full", "no space left on device"),
     ("charrnn sample m.npz", "/dev/full", "no space left on device"),
     ("charrnn sample m.npz", "/dev/fd/77", "bad file descriptor")],
)  # fmt: skip
def test_a_device_that_cannot_be_written_is_reported_in_one_line(command, output, said):
    done = bash(f"{command} -o {output}")
    assert (done.returncode, done.stdout) == (1, b"")
    assert (
        done.stderr.decode()
        .splitlines()[-1]
        .startswith(f"error: {output}: cannot be written ({said}); choose another file")
    )
    assert b"Traceback" not in done.stderr


@posix
@pytest.mark.parametrize(
    "command", ["charrnn inspect m.npz -f long.txt --view state --format json",
                "charrnn sample m.npz -n 300000"],
)  # fmt: skip
def test_a_reader_that_leaves_is_no_error(command):
    Path("long.txt").write_text("abc\nbad\n" * 1000)
    done = bash(f"{command} -o >(head -c 1 >/dev/null)")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"rror" not in done.stderr


# sample


@posix
@pytest.mark.parametrize(
    ("form", "ways"),
    [("", ["-o f; cat f", "-o -", "-o >(cat) | cat"]), ("--show-probs", ["-o f; cat f"]),
     ("--num-samples 2", ["-o f; cat f"])],
)  # fmt: skip
def test_a_sample_goes_to_a_file_or_pipe(form, ways):
    command = f"charrnn sample m.npz -n 50 --seed 3 {form}"
    expected = bash(f"{command} | cat").stdout
    assert expected
    for way in ways:
        done = bash(f"{command} {way}")
        assert (done.returncode, done.stdout) == (0, expected), way


def test_json_goes_to_a_file():
    assert bash("charrnn sample m.npz -n 5 --json -o f").stdout == b""
    assert len(json.loads(Path("f").read_text())["text"]) == 5


def test_a_sample_is_not_written_over_a_model():
    before = Path("m.npz").read_bytes()
    done = bash("charrnn sample m.npz -o m.npz")
    assert done.returncode == 2
    assert b"--output: m.npz is the name of a model; name it m.txt" in done.stderr
    assert Path("m.npz").read_bytes() == before


def test_a_file_for_a_sample_that_cannot_be_opened():
    done = bash("charrnn sample m.npz -o none/f.txt")
    assert done.returncode == 1
    assert b"error: none/f.txt: cannot be written (no such file or directory)" in done.stderr


# train

TRAIN = "charrnn train --hidden-size 4 --seq-length 8 --max-steps 20 --evaluations 2 --no-samples"


@posix
@pytest.mark.parametrize("name", ["-", ">(cat)"])
def test_a_log_goes_to_standard_output(name):
    done = bash(f"{TRAIN} t.txt -o n.npz --log-file {name} | cat")
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert (events[0], events[-1]) == ("start", "end")
    assert not Path("-").exists()


def test_a_log_continues_in_a_file_that_is_open_already():
    with Path("log").open("wb", buffering=0) as file:
        file.write(b'{"event": "before", "step": 900}\n')
        for resumed_at in (0, 30):
            with RunLog(Path(f"/dev/fd/{file.fileno()}"), resumed_at) as log:
                log.write("resume", step=resumed_at)
    events = [json.loads(line) for line in Path("log").read_text().splitlines()]
    assert [event["step"] for event in events] == [900, 0, 30]


def test_a_model_goes_to_no_pipe():
    for name in ("-", "/dev/stdout"):
        done = bash(f"{TRAIN} t.txt -o {name}")
        assert done.returncode == 2
        assert b"no name of a model; name it model.npz" in done.stderr


@posix
def test_a_text_comes_by_a_pipe():
    done = bash(f"{TRAIN} <(cat t.txt) t.txt")
    assert done.returncode == 0, done.stderr
    assert b"960 characters" in done.stderr
    assert Path("checkpoints/corpus.npz").is_file()
    read = bash("charrnn inspect m.npz -f <(printf abcab) --view probs --format json")
    assert json.loads(read.stdout)["input"]["n"] == 5
    prompted = bash("charrnn sample m.npz --prompt-file <(printf abc) -n 5 --seed 1")
    assert prompted.stdout.startswith(b"abc")
    assert b"the same again, given /dev/fd/63 anew: " in prompted.stderr
    twice = bash("charrnn inspect m.npz m.npz -f <(printf abcab) --view diff")
    assert twice.returncode == 2
    assert b"a pipe can be read for one model only; give --file FILE" in twice.stderr


def test_a_text_comes_by_a_pipe_with_a_name():
    from charrnn.text.corpus import read_corpus

    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(b"abcab"))
    writer.start()
    corpus = read_corpus(["pipe"])
    writer.join(timeout=30)
    assert corpus.text == "abcab"


@posix
def test_a_tilde_that_no_shell_has_expanded(tmp_path):
    home = tmp_path / "home"
    bash("cp t.txt m.npz home")
    done = bash(
        f"{TRAIN} '~/t.txt' --out=~/models/n.npz --log-file=~/run.jsonl && charrnn sample "
        "'~/models/n' -n 3 --prompt-file=~/t.txt && charrnn inspect '~/m.npz' --file=~/t.txt "
        "--output=~/read.json"
    )
    assert done.returncode == 0, done.stderr
    for name in ("models/n.npz", "run.jsonl", "read.json"):
        assert (home / name).is_file()
    assert not (tmp_path / "~").exists()
    assert np.load(home / "models/n.npz", allow_pickle=False).files


# What is not written over

READ = {
    "a view's model": "charrnn inspect m.npz --view weights -o m.npz",
    "a view's model without its ending": "charrnn inspect m --view weights -o m.npz",
    "a view's model by another name": "charrnn inspect m.npz --view weights -o link.npz",
    "a view's text": "charrnn inspect m.npz -f t.txt -o t.txt",
    "a view's text in a folder": "charrnn inspect m.npz -f texts -o texts/in.txt",
    "the text that a file's name is": "charrnn inspect m.npz t.txt -o ./t.txt",
    "the training text": "charrnn inspect m.npz abc --view errors --train t.txt -o t.txt",
    "a prompt": "charrnn sample m.npz --prompt-file t.txt -n 5 -o t.txt",
    "a sample's model by another name": "charrnn sample m.npz -n 5 -o hard.txt",
    "a corpus by the log": "charrnn train log.jsonl --max-steps 1 --no-extract -o n.npz "
    "--log-file log.jsonl",
    "a corpus by the model": "charrnn train c.npz --bytes --max-steps 1 -o c.npz",
    "a corpus in a folder": "charrnn train texts c.npz --bytes --max-steps 1 -o c.npz",
    "a corpus by the state": "charrnn train c.resume.npz --bytes --max-steps 1 -o c.npz",
}


@pytest.mark.parametrize("command", READ)
def test_no_file_that_is_read_is_written_over(command):
    Path("link.npz").symlink_to("m.npz")
    Path("hard.txt").hardlink_to("m.npz")
    Path("texts").mkdir()
    for name in ("log.jsonl", "c.npz", "c.resume.npz", "texts/in.txt"):
        Path(name).write_text('{"text": "abc bad"}\n' * 40, encoding="utf-8")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    for asked in ("", " --overwrite"):
        done = bash(READ[command] + asked)
        assert done.returncode in (1, 2), done.stderr
        assert b"Traceback" not in done.stderr
    assert b"is a file that is read here; choose another" in done.stderr, done.stderr
    found = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert found == before


@pytest.mark.parametrize(
    "command",
    ["charrnn inspect m.npz", "charrnn inspect --explain --view probs",
     "charrnn inspect --view probs --format schema", "charrnn sample m.npz -n 5 --seed 1"],
)  # fmt: skip
def test_no_file_is_replaced_unasked(command):
    Path("notes.txt").write_text("mine\n")
    done = bash(f"{command} -o notes.txt")
    assert done.returncode == 2
    assert (
        b"notes.txt exists already; choose another, or replace it with --overwrite" in done.stderr
    )
    assert Path("notes.txt").read_text() == "mine\n"
    assert bash(f"{command} -o notes.txt --overwrite").returncode == 0
    assert Path("notes.txt").read_text() != "mine\n"
