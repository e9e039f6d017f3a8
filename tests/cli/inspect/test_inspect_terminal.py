"""What `inspect` does on a terminal: it asks for its background, and stops at one screenful."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from charrnn.cli.inspect import background
from charrnn.cli.inspect.background import theme_of

termios = pytest.importorskip("termios")
pty = pytest.importorskip("pty")

ROOT = Path(__file__).parents[3]
TEXT = "abc\nbad\ncaé\n" * 4
QUESTION = "\x1b]11;?\x1b\\"
LIGHT, DARK = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1b]11;rgb:1e1e/1e1e/1e1e\x07"
KIND = "\x1b[?62;c"
CODE = (
    "import fcntl, runpy, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "runpy.run_module('charrnn', run_name='__main__')\n"
)


@pytest.fixture
def inspect(make_checkpoint, tmp_path):
    """Run the command on a terminal that answers; return what is written and its settings."""
    path = tmp_path / "model.npz"
    make_checkpoint(path, num_layers=2)

    def inspect(*arguments, answer="", ahead="", rows=24, columns=80, **surroundings):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        before = termios.tcgetattr(slave)
        os.write(master, ahead.encode())
        inherited = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        env = {**os.environ, "PYTHONPATH": inherited, "TERM": "xterm-256color"}
        env |= {"COLORTERM": "truecolor"} | surroundings
        for name in {"COLUMNS", "LINES", "COLORFGBG", "NO_COLOR", "FORCE_COLOR"} - {*surroundings}:
            env.pop(name, None)
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, "inspect", str(path), *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=env,
        )  # fmt: skip
        said, answered, end = b"", False, time.monotonic() + 60
        try:
            while time.monotonic() < end:
                if select.select([master], [], [], 0.05)[0]:
                    said += os.read(master, 2**16)
                elif process.poll() is not None:
                    break
                if answer and not answered and QUESTION.encode() in said:
                    os.write(master, answer.encode())
                    answered = True
            after = termios.tcgetattr(slave)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            os.close(master)
            os.close(slave)
        assert process.returncode == 0, said.decode()
        assert after == before
        return said.decode()

    return inspect


def seen(said):
    """The lines that are seen, without colours and questions."""
    bare = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\]11;\?\x1b\\", "", said)
    return bare.replace("\r\n", "\n").splitlines()


def test_a_terminal_is_asked_for_its_background(inspect):
    light, dark = (inspect(TEXT, answer=colour + KIND) for colour in (LIGHT, DARK))
    named = inspect(TEXT, "--theme", "light")
    assert QUESTION in light
    assert QUESTION not in named
    strip = light.replace(QUESTION, "").replace("\x1b[c", "").replace("\x1b[c", "")
    assert strip.split("bits/char")[-1] == named.split("bits/char")[-1]
    assert dark.split("bits/char")[-1] != light.split("bits/char")[-1]


def test_where_the_terminal_says_nothing_both_backgrounds_are_served(inspect):
    unsaid = [inspect(TEXT), inspect(TEXT, answer=KIND), inspect(TEXT, ahead="ls\n")]
    assert len({said.split("bits/char")[-1] for said in unsaid}) == 1
    for answer in (LIGHT, DARK):
        assert inspect(TEXT, answer=answer + KIND).split("bits/char")[-1] not in unsaid[0]


def test_nothing_that_was_typed_ahead_is_taken(inspect):
    said = inspect("-", ahead=TEXT + "\x04")
    assert QUESTION not in said
    assert "48 characters" in said
    assert "- < TEXT --view step" in said or "the same command with" in said


@pytest.mark.parametrize(
    "surroundings", [{"COLORFGBG": "15;0"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str
)
def test_a_terminal_is_not_asked_what_does_not_matter(inspect, surroundings):
    assert QUESTION not in inspect(TEXT, **surroundings)


def test_a_pipe_is_never_asked(make_checkpoint, tmp_path, monkeypatch):
    make_checkpoint(tmp_path / "model.npz")
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", "inspect", str(tmp_path / "model.npz"), "--color"],
        capture_output=True, stdin=subprocess.DEVNULL, check=True, timeout=60,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor",
             "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert b"\x1b[" in done.stdout
    assert b"\x1b]11" not in done.stdout + done.stderr
    monkeypatch.setattr(sys, "stdin", None)
    assert background.background() is None


@pytest.mark.parametrize(
    ("colour", "theme"),
    [
        ("ffff/ffff/ffff", "light"), ("00/00/00", "dark"), ("fdf6e3", "light"), ("ffffff", "light"),
        ("0000/2b2b/3636", "dark"), ("f/f/f", "light"), ("", None), ("ffff/ffff", None),
        ("1e1e/1e1e/1e1e/ffff", "dark"), ("//", None),
    ],
)  # fmt: skip
def test_a_background_is_dark_or_light(colour, theme):
    assert theme_of(colour) == theme


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (12, 40), (50, 160)])
def test_a_long_view_stops_at_one_screenful(inspect, rows, columns):
    lines = seen(inspect(TEXT, "--view", "probs", rows=rows, columns=columns))
    whole = "".join(lines)
    found = re.search(r"(\d+) of (\d+) lines; all of them: (.*)", whole)
    assert found, whole
    assert found[3].startswith("charrnn inspect --color ")
    assert found[3].endswith("| less -R")
    taken = sum(max(1, -(-len(line) // columns)) for line in lines)
    assert taken <= rows - 1
    assert int(found[1]) < int(found[2])


def test_what_fits_is_whole(inspect):
    lines = seen(inspect(TEXT))
    assert len(lines) <= 23
    assert "all of them" not in "".join(lines)
    assert any("--view step" in line for line in lines)
