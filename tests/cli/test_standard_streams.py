"""Standard streams that are closed, full or no longer read: what is made is made all the same."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import pytest

from charrnn.checkpoint.checkpoint import load, load_state
from charrnn.checkpoint.paths import resume_path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams are closed as POSIX has it")

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 40
TINY = ("--hidden-size", "8", "--batch-size", "8", "--seq-length", "16", "--patience", "0")
SHORT = (*TINY, "--max-steps", "6", "--evaluations", "3")
ENDLESS = (*TINY, "--max-steps", "1000000", "--evaluations", "100000")
ENV = os.environ | {"TERM": "xterm", "OPENBLAS_NUM_THREADS": "1"}
# Another process makes part of the samples, however few they are, and part of a long one.
SHARING = (
    "from charrnn.sampling import sample\n"
    "from charrnn.sampling.processes import batch_worker as workers, split_units as halves\n"
    "workers.WORTH, sample.LONG, halves.is_worthwhile = 1, 1000, lambda network: True\n"
    "from charrnn.cli import main\n"
    "main()\n"
)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, make_checkpoint):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT)
    make_checkpoint(Path("m.npz"))


def charrnn(*arguments, program=("-m", "charrnn")):
    return shlex.join([sys.executable, *program, *map(str, arguments)])


def bash(script):
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, stdin=subprocess.DEVNULL, env=ENV,
        check=False, timeout=120,
    )  # fmt: skip


# Closed ones.

CLOSED = [set(which) for n in (1, 2, 3) for which in combinations((0, 1, 2), n)]
COMMANDS = {
    "train with workers": ("train", "text.txt", *SHORT, "--workers", "2", "-o", "new.npz"),
    "a sample": ("sample", "m.npz", "-n", "40", "--seed", "1"),
    "a long sample": ("sample", "m.npz", "-n", "3000", "--seed", "1"),
    "many samples": ("sample", "m.npz", "-n", "40", "--num-samples", "80", "--seed", "1"),
    "inspect": ("inspect", "m.npz", "abcab"),
    "help": ("--help",),
}


# Where memory is shared, each stream's number might be taken by it.
SHARE = ("train with workers", "a long sample", "many samples")


@pytest.mark.parametrize(
    ("command", "sets"),
    [
        *((command, CLOSED[:3]) for command in COMMANDS),
        *(pytest.param(command, CLOSED[3:], marks=pytest.mark.slow) for command in SHARE),
    ],
)
def test_with_streams_closed_nothing_goes_astray(command, sets):
    line = charrnn(*COMMANDS[command], program=("-c", SHARING))
    whole = bash(line)
    assert whole.returncode == 0, whole.stderr
    model = load(Path("new.npz")).network.params.flat.tobytes() if "train" in command else b""
    if command == "train with workers":
        assert model
    for closed in sets:
        for made in Path().glob("new*"):
            made.unlink()
        done = bash(line + "".join(f" {n}{'<' if n == 0 else '>'}&-" for n in closed))
        writes = "train" not in command and command != "help"
        assert done.returncode == (1 if writes and 1 in closed else 0), (closed, done.stderr)
        assert b"Traceback" not in done.stderr, (closed, done.stderr)
        assert done.stdout == (b"" if 1 in closed else whole.stdout), closed
        if 2 in closed:
            assert done.stderr == b""
        elif writes and 1 in closed:
            assert b"error: standard output is closed" in done.stderr
        if model:
            assert load(Path("new.npz")).network.params.flat.tobytes() == model


def test_a_log_on_a_standard_output_that_is_closed():
    done = bash(charrnn("train", "text.txt", *SHORT, "-o", "new.npz", "--log-file", "-") + " >&-")
    assert done.returncode == 1
    assert b"cannot write the log" in done.stderr
    assert not Path("new.npz").exists()


def test_a_text_on_a_standard_input_that_is_closed():
    done = bash(charrnn("train", "-", *SHORT, "-o", "new.npz") + " <&-")
    assert done.returncode == 1
    assert b"standard input is closed" in done.stderr


# Those that take nothing.

full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110


@full
def test_a_training_whose_messages_have_no_room():
    done = bash(charrnn("train", "text.txt", *SHORT, "-o", "new.npz") + " 2>/dev/full")
    assert (done.returncode, done.stdout) == (0, b"")
    assert load(Path("new.npz")).training.baselines


@full
def test_a_sample_and_a_view_whose_messages_have_no_room():
    for command in ("a sample", "inspect"):
        line = charrnn(*COMMANDS[command])
        whole, done = bash(line), bash(f"{line} 2>/dev/full")
        assert (done.returncode, done.stdout) == (0, whole.stdout)
        assert whole.stdout


@full
def test_an_error_that_has_no_room_keeps_its_exit_code():
    assert bash(charrnn("train", "nowhere.txt") + " 2>/dev/full").returncode == 1
    assert bash(charrnn("train", "text.txt", "--epochs", "x") + " 2>/dev/full").returncode == 2


@full
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"]], ids=str)
def test_help_that_has_no_room(arguments):
    done = bash(charrnn(*arguments) + " >/dev/full")
    assert done.returncode == 1
    assert re.fullmatch(
        rb"error: standard output: cannot be written \(no space left on device\); send it "
        rb"elsewhere\n", done.stderr
    ), done.stderr  # fmt: skip


def test_help_that_is_cut_short():
    done = bash(f"set -o pipefail; {charrnn('inspect', '--help')} | true")
    assert done.stderr == b""


def test_a_reader_of_the_messages_that_leaves():
    line = charrnn("train", "text.txt", *SHORT, "-o", "new.npz", "--plot")
    done = bash(f"{line} 2>&1 >/dev/null | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}")
    assert done.stdout == b"0\n", done
    assert load(Path("new.npz")).training.baselines


# A terminal that is closed.

ON_ITS_TERMINAL = (
    "import fcntl, runpy, sys, termios\n"
    "fcntl.ioctl(2, termios.TIOCSCTTY, 0)\n"
    "runpy.run_module('charrnn', run_name='__main__', alter_sys=True)\n"
)


def closed_in_the_middle(arguments, sign):
    """Run on a terminal that is closed after a sign of life; return the exit code."""
    leader, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ON_ITS_TERMINAL, *arguments], stdin=terminal, stdout=terminal,
        stderr=terminal, start_new_session=True, env=ENV,
    ) as process:  # fmt: skip
        os.close(terminal)
        said, end = b"", time.monotonic() + 60
        while not re.search(sign, said, re.DOTALL) and time.monotonic() < end:
            said += os.read(leader, 65536)
        os.close(leader)
        return process.wait(60)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_training_outlives_its_terminal_until_it_is_saved(workers):
    arguments = ["train", "text.txt", *ENDLESS, "--workers", str(workers), "-o", "new.npz"]
    assert closed_in_the_middle(arguments, b"char/s") == 128 + signal.SIGHUP
    steps = load(Path("new.npz")).training.steps
    assert steps > 0
    assert load_state(resume_path(Path("new.npz")))[1]["counters"]["step"] == steps


def test_a_sample_ends_with_its_terminal():
    arguments = ["sample", "m.npz", "-n", "-1", "--seed", "1"]
    assert closed_in_the_middle(arguments, rb"seed 1;.*\n.{2000}") == 128 + signal.SIGHUP


# Ctrl-C before anything has begun.

ASKED_TO_STOP = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from charrnn.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["charrnn.cli", "typer", "charrnn.cli.help", "numpy"])
def test_ctrl_c_while_the_program_is_imported(module):
    done = subprocess.run(
        [sys.executable, "-c", ASKED_TO_STOP.format(module=module), "inspect", "m.npz"],
        capture_output=True, stdin=subprocess.DEVNULL, env=ENV, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
