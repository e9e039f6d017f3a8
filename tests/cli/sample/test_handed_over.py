"""A prompt that another program hands over, and input that is left alone."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.cli.sample import prompt

PATIENCE = prompt.PATIENCE


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, make_checkpoint):
    monkeypatch.chdir(tmp_path)
    make_checkpoint(Path("m.npz"))


SAMPLE = ["sample", "m.npz", "-n", "9", "--seed", "1"]


def command(*arguments):
    return [sys.executable, "-m", "charrnn", *SAMPLE, *arguments]


def typed(*arguments):
    """What is written where nothing is handed over, by this process: without its start."""
    return CliRunner().invoke(app, [*SAMPLE, *arguments]).stdout_bytes


def run(*arguments, **stdin):
    return subprocess.run(
        command(*arguments), capture_output=True, check=False, timeout=60, **stdin
    )


@pytest.fixture
def alone():
    """What is written without a prompt."""
    return typed()


@pytest.mark.parametrize(
    ("handed", "begins"),
    [(b"abc", b"abc"), (b"abc\n", b"abc"), (b"abc\r\n", b"abc"), (b"abc\n\n", b"abc\n"),
     ("é\nb".encode(), "é\nb".encode())],
)  # fmt: skip
def test_a_pipe_is_the_prompt(handed, begins):
    done = run(input=handed)
    assert done.returncode == 0
    assert done.stdout == typed("-p", begins.decode())
    assert done.stdout.startswith(begins)
    *_, noted, seed = done.stderr.decode().splitlines()
    assert noted == f"the prompt comes from standard input: {begins.decode()!r}"
    assert seed.startswith("seed 1; the same again: ")
    assert seed.endswith(" < PROMPT")


def test_a_long_prompt_is_reported_by_its_beginning():
    noted = run(input=b"abc" * 100).stderr.decode().splitlines()[0]
    assert noted.endswith(f": {'abc' * 13 + 'a'!r}...")


def test_a_pipe_without_anything_is_no_prompt(alone):
    for handed in (b"", b"\n"):
        done = run(input=handed)
        assert (done.returncode, done.stdout) == (0, alone)
        assert done.stderr.decode().startswith("seed 1; ")


def test_a_prompt_that_is_given_leaves_a_pipe_alone(alone):
    Path("p.txt").write_text("ab")
    given = {("-p", "ab"): b"ab", ("--prompt-file", "p.txt"): b"ab", ("-p", ""): b""}
    reading, writing = os.pipe()
    os.write(writing, b"left alone")
    for options, begins in given.items():
        done = run(*options, stdin=reading)
        assert done.stdout.startswith(begins)
        assert b"standard input" not in done.stderr
    os.close(writing)
    assert os.read(reading, 99) == b"left alone"
    os.close(reading)


def test_a_field_of_a_table_may_be_the_prompt():
    Path("t.csv").write_text("id,text\n1,ab\n2,d\n")
    assert typed("--prompt-file", "t.csv", "--field", "text").startswith(b"ab\nd")
    wrong = CliRunner().invoke(app, [*SAMPLE, "--prompt-file", "t.csv", "--field", "x"])
    assert wrong.exit_code == 1
    noted = CliRunner().invoke(app, [*SAMPLE, "-p", "ab", "--field", "text"]).stderr
    assert "--field does not concern a text that is not in a file" in noted


def test_a_pipe_that_nothing_is_written_to_is_not_waited_for(alone):
    reading, writing = os.pipe()
    start = time.monotonic()
    done = run(stdin=reading)
    assert time.monotonic() - start < 30
    os.close(writing)
    os.close(reading)
    assert (done.returncode, done.stdout) == (0, alone)
    assert done.stderr.decode().startswith(
        "nothing has come on standard input for 1 s, so there is"
    )


def test_a_program_that_takes_its_time_is_waited_for():
    with subprocess.Popen(
        command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(b"a")
        process.stdin.flush()
        time.sleep(2 * PATIENCE)
        written, _ = process.communicate(b"bc", timeout=60)
    assert written.startswith(b"abc")


def test_a_socket_is_a_pipe():
    ours, theirs = socket.socketpair()
    ours.sendall(b"abc")
    ours.shutdown(socket.SHUT_WR)
    with ours, theirs:
        assert run(stdin=theirs).stdout.startswith(b"abc")


def test_a_file_from_its_beginning_is_the_prompt(alone):
    Path("p.txt").write_bytes(b"abc\n")
    with Path("p.txt").open("rb") as file:
        assert run(stdin=file).stdout.startswith(b"abc")


def test_a_list_that_a_shell_reads_is_left_to_it(alone):
    Path("list").write_text("a\nb\nc\n")
    words = " ".join(command())
    done = subprocess.run(
        ["sh", "-c", f"while read -r line; do {words}; echo; done < list"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == (alone + b"\n") * 3


def test_a_script_that_a_shell_reads_is_left_to_it(alone):
    Path("script").write_text(f"{' '.join(command())}\necho and on\n")
    with Path("script").open("rb") as script:
        done = subprocess.run(["sh"], stdin=script, capture_output=True, check=True, timeout=60)
    assert done.stdout == alone + b"and on\n"


def test_an_input_that_is_closed_is_no_prompt(alone):
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(command())} <&-"], capture_output=True, check=True, timeout=60
    )
    assert done.stdout == alone


def test_what_is_handed_over_may_be_unknown_or_no_text():
    unknown = run(input=b"abQ\n")
    assert (unknown.returncode, unknown.stdout) == (2, b"")
    assert b"'Q' (U+0051) at position 2" in unknown.stderr
    assert run("--unknown", "skip", input=b"abQ\n").stdout.startswith(b"ab")
    bad = run(input=b"\xff\xfe\xfd")
    assert bad.returncode == 1
    assert b"Traceback" not in bad.stderr


def test_a_terminal_is_not_asked(monkeypatch):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with open(theirs, "rb", closefd=False) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert not prompt.is_handed_over()
    os.close(ours)
    os.close(theirs)


def test_an_input_without_a_number_is_not_asked(monkeypatch):
    import io

    for stdin in (None, io.StringIO("abc")):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert not prompt.is_handed_over()
