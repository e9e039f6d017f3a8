"""`charrnn train` on terminals of all sizes: its bar, its curve, and the lines between."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 40
SMALL = (
    "--hidden-size", "8", "--batch-size", "4", "--seq-length", "16", "--dropout", "0.2",
    "--patience", "0",
)  # fmt: skip
LEFT_OUT = ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "CHARRNN_DEBUG", "TTY_COMPATIBLE", "LINES")
CHILD = {k: v for k, v in os.environ.items() if k not in LEFT_OUT} | {
    "TERM": "xterm",
    "OPENBLAS_NUM_THREADS": "1",
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Work in a folder of one's own, where a text lies."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT)
    return tmp_path


def on_a_terminal(size, *arguments):
    """Run on a terminal of this size; return what it sent, without its colours."""
    leader, terminal = pty.openpty()
    columns, lines = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    command = [sys.executable, "-m", "charrnn", "train", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, env=CHILD
    ) as process:
        os.close(terminal)
        sent = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not piece:
                break
            sent += piece
        assert process.stdout.read() == b""
        assert process.wait(30) == 0
    os.close(leader)
    return re.sub(r"\x1b\[[0-9;]*m", "", sent.decode()).replace("\r\n", "\n")


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_bar_and_lines_that_do_not_run_together(width, seen):
    arguments = ("text.txt", *SMALL, "--max-steps", "100", "--evaluations", "20", "-o", "m.npz")
    text = on_a_terminal((width, 40), *arguments, "--no-plot")
    assert "\x1b" not in text
    lines = seen(text)
    bars = [line for line in lines if line.startswith("100% ")]
    assert len(bars) == 1
    bar = r"\|█+\| " if width >= 60 else ""
    assert re.match(rf"100% {bar}train \d\.\d\d+  val \d\.\d\d+ ?.*", bars[0])
    assert ("best" in bars[0], "char/s" in bars[0]) == (width > 60, width > 60)
    assert len(bars[0]) <= width
    assert len(re.findall(r"\r +\d+%", text)) > 3
    # What is drawn fits; a sample is written as it is, a terminal wraps it.
    ending = lines[lines.index(bars[0]) :]
    sample = ending.index("── the best network writes ──")
    commands = [line for line in ending if line[:7] in ("try    ", "next   ", "       ")]
    drawn = [*lines[: lines.index("model     m.npz")], *ending[:sample]]
    assert max(map(len, drawn)) <= width
    assert any(re.fullmatch(r"next   .* sample m\.npz", line) for line in commands)


def test_a_curve_above_the_bar_while_it_trains(seen):
    arguments = ("text.txt", *SMALL, "--max-steps", "400", "--evaluations", "20", "-o", "m.npz")
    text = on_a_terminal((80, 24), *arguments)
    before = text.partition("100% |")[0]
    assert "┤" in before
    assert "val " in before
    lines = seen(text)
    bar = next(n for n, line in enumerate(lines) if "100% |" in line)
    # It is gone when the run is over; in its place is the one of the end.
    assert not [line for line in lines[:bar] if "┤" in line]
    assert [line for line in lines[bar:] if "┤" in line]
    # The end is longer than the terminal, and all of it is there: a shell scrolls.
    assert len(lines) - bar > 24
    assert not [line for line in lines if "all of them" in line]
    assert [line for line in lines if line.startswith("The validation text is leaky")]
    assert any(re.fullmatch(r"next   .* sample m\.npz", line) for line in lines)


@pytest.mark.parametrize("columns", [None, "80"])
def test_a_terminal_that_does_not_know_its_size(columns, monkeypatch):
    arguments = (*SMALL, "--max-steps", "40", "--evaluations", "5", "--no-samples", "-o", "m.npz")
    if columns:
        monkeypatch.setitem(CHILD, "COLUMNS", columns)
    text = on_a_terminal((0, 0), "text.txt", *arguments)
    if columns:
        assert "100% |█" in text
    else:
        lines = re.findall(r"^step \d+  \d+%  train .* left$", text, re.MULTILINE)
        assert len(lines) == 5
        assert "\r" not in text
