"""A pager: the keys, the pages, and a terminal that gets back what it had."""

import fcntl
import io
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.text import Text

from charrnn.cli import keys as keyboard
from charrnn.cli.keys import Keys
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.step.pages import first
from charrnn.inspection.views.step.result import Step
from charrnn.terminal.colours import _DARK, NONE
from charrnn.terminal.pager import Pager, frame
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

termios = pytest.importorskip("termios")
pty = pytest.importorskip("pty")

ROOT = Path(__file__).parents[2]
TEXT = "abc\nbad\ncaé\n" * 4
HOSTILE = "[/] [red]\x00\x1b[31m\x7f\r\n\t\u202e\u200d\u0301漢字\U0001f1ec😀\xa0é"


# The keys ----------------------------------------------------------------------------------------


@pytest.fixture
def typed():
    """Type bytes, in pieces; return the keys they are."""
    ours, theirs = os.pipe()
    made = Keys(ours)

    def type_(*pieces, wait=0.0):
        found = []
        for piece in pieces:
            os.write(theirs, piece)
            found += made.wait(wait) or []
        return found

    yield type_
    os.close(ours)
    os.close(theirs)


def test_every_way_to_say_a_key(typed):
    ways = {
        "left": (b"\x1b[D", b"\x1bOD", b"\x1b[1;2D"),
        "right": (b"\x1b[C", b"\x1bOC"),
        "up": (b"\x1b[A", b"\x1bOA"),
        "down": (b"\x1b[B", b"\x1bOB"),
        "home": (b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"\x1b[7~"),
        "end": (b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"\x1b[8~"),
        "page up": (b"\x1b[5~",),
        "page down": (b"\x1b[6~",),
        "enter": (b"\r", b"\n"),
        "tab": (b"\t",),
        "backspace": (b"\x7f", b"\b"),
        "escape": (b"\x1b",),
        "q": (b"q", b"\x04"),
        "é": ("é".encode(),),
    }
    for key, sequences in ways.items():
        for sequence in sequences:
            assert typed(sequence) == [key], sequence


def test_keys_come_together_and_in_pieces(typed):
    assert typed(b"a\x1b[C\x1b[C/x\r") == ["a", "right", "right", "/", "x", "enter"]
    assert typed(b"\x1b[", b"Cb") == ["escape", "C", "b"]  # too late to belong together
    assert typed(b"a\x1b[", b"Cb") == ["a", "right", "b"]
    assert typed("é".encode()[:1], "é".encode()[1:]) == ["é"]


def test_unknown_sequences_are_left_out(typed):
    for nothing in (b"\x1b[2~", b"\x1b[15~", b"\x1bOP", b"\x1b[200~", b"\x00", b"\xff", b"\x1b[E"):
        assert typed(nothing) == [], nothing
    assert typed(b"\x1bx") == ["escape", "x"]


def test_the_rest_of_a_sequence_is_waited_for(typed, monkeypatch):
    monkeypatch.setattr(keyboard, "PATIENCE", 5.0)
    ours, theirs = os.pipe()
    try:
        os.write(theirs, b"\x1b")
        process = os.dup(theirs)
        delayed = subprocess.Popen(
            [sys.executable, "-c", f"import os, time; time.sleep(.2); os.write({process}, b'[A')"],
            pass_fds=[process],
        )
        assert Keys(ours).wait(0) == ["up"]
        assert delayed.wait(60) == 0
        os.close(process)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_terminal_that_is_gone_is_reported():
    ours, theirs = os.pipe()
    os.close(theirs)
    assert Keys(ours).wait(0.0) is None
    os.close(ours)


def test_nothing_is_read_without_a_terminal(monkeypatch):
    assert not keyboard.can_be_read()
    monkeypatch.setattr(sys, "stdin", None)
    assert not keyboard.can_be_read()
    terminal = type("Terminal", (), {"isatty": lambda self: True})()
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert keyboard.can_be_read()
    monkeypatch.setenv("TERM", "dumb")
    assert not keyboard.can_be_read()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(keyboard, "termios", None)
    assert not keyboard.can_be_read()


# The pager ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """A page with a number on it."""

    n: int = 0
    legend = (("← →", "left right", "number"),)

    def draw(self, screen, rows):
        return [Text(f"number {self.n}")] * 50

    def turned(self, key):
        return replace(self, n=self.n + {"left": -1, "right": 1}.get(key, 0))

    def found(self, pattern):
        if not pattern.isdigit():
            raise ConfigError(f"{pattern} is none")
        return replace(self, n=self.n + int(pattern))


def bottom(pager, width=80, **screen):
    lines = pager.draw(Screen(width, **screen), 24)
    assert len(lines) == 24
    assert all(line.cell_len <= width for line in lines)
    return lines[-1].plain


def test_the_legend_of_keys_is_as_long_as_there_is_room():
    pager = Pager(Number())
    assert bottom(pager, 40) == "← → number   / find   n next   q quit"
    assert bottom(pager, 40, ascii_only=True) == "left right number / find n next q quit"
    assert bottom(pager, 30) == "← → number   / find   q quit"


def test_a_walk_goes_where_keys_lead_and_ends_with_q():
    pager = Pager(Number())
    assert bottom(pager) == "← → number   / find   n next   q quit"
    assert bottom(pager, ascii_only=True) == "left right number   / find   n next   q quit"
    assert all(pager.press(key) for key in ("right", "right", "left", "x", "escape"))
    assert pager.page.n == 1
    assert not pager.press("q")


def test_a_search_is_typed_below():
    pager = Pager(Number())
    for key in ("/", "1", "q", "2", "left", "backspace", "backspace", "5"):
        assert pager.press(key)
    assert bottom(pager) == "/15▏"
    assert pager.press("enter")
    assert pager.page.n == 15
    assert "number" in bottom(pager)
    assert pager.press("n")
    assert pager.page.n == 30
    for key in ("/", "enter"):  # again what was found last
        pager.press(key)
    assert pager.page.n == 45


def test_a_failed_search_is_reported_until_the_next_key():
    pager = Pager(Number())
    pager.press("n")
    assert "nothing to find yet" in bottom(pager)
    for key in ("/", "x", "\x9b", "enter"):
        pager.press(key)
    assert bottom(pager) == r"x\x9b is none"
    pager.press("right")
    assert pager.page.n == 1
    assert "find" in bottom(pager)


def test_finding_is_given_up():
    pager = Pager(Number())
    for keys in (("/", "7", "escape"), ("/", "7", "backspace", "backspace")):
        for key in keys:
            pager.press(key)
        assert "number" in bottom(pager)
        pager.press("right")
    assert pager.page.n == 2


def test_much_that_is_typed_still_fits():
    pager = Pager(Number())
    for key in ["/", *("漢\u0301x" * 90)]:
        pager.press(key)
    for width in (40, 60, 80):
        shown = bottom(pager, width)
        assert shown.endswith("▏")
        assert bottom(pager, width, ascii_only=True).isascii()


def shown_rows(drawn):
    rows = re.findall(r"\x1b\[(\d+);1H\x1b\[2K(.*?)(?=\x1b\[\d+;1H|\x1b\[J)", drawn, re.DOTALL)
    return [
        re.sub(r"\x1b\[[0-9;]*m", "", text) for _, text in sorted(rows, key=lambda r: int(r[0]))
    ]


@pytest.mark.parametrize("palette", [NONE, _DARK])
def test_a_frame_fills_its_rows_and_no_more(palette):
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    lines = [Text("a" * 70, "bold"), Text("漢" * 30), Text(""), Text("[red]b[/]")]
    drawn = frame(lines, 51, console, Screen(80, palette))
    assert shown_rows(drawn) == ["a" * 51, "漢" * 25, "", "[red]b[/]"]
    assert ("\x1b[1m" in drawn) == (palette is _DARK)
    assert drawn.endswith("\x1b[J")
    assert "\n" not in drawn
    assert console.file.getvalue() == ""


# The pages of a step ------------------------------------------------------------------------------


@pytest.fixture
def page(tiny_network, vocabulary):
    def make(text=TEXT, vocabulary=vocabulary, at=None, options=None, **network):
        made = tiny_network(vocabulary_size=len(vocabulary), **network)
        reading = Reading.of(made, vocabulary, vocabulary.encode(text))
        return first(Step.of(reading, options or Options(at=at)))

    return make


def test_left_and_right_follow_one_unit_through_the_text(page):
    here = page(at="5", num_layers=2)
    assert here.turned("right").step.t == 6
    assert here.turned("left").turned("left").step.t == 3
    assert here.turned("home").turned("left").step.t == 0
    assert here.turned("end").turned("right").step.t == len(TEXT) - 1
    assert here.turned("page down").step.t == 15
    assert here.turned("page up").step.t == 0
    for key in ("left", "right", "home", "end", "page up", "x", "enter"):
        assert here.turned(key).unit == here.unit
    moved = here.turned("right").step
    again = Step.of(moved.reading, Options(at="6"))
    assert np.array_equal(moved.readout.y_hat, again.readout.y_hat)


def test_up_and_down_lead_through_the_units_by_their_change(page):
    here = page(at="7", num_layers=2, hidden_size=6)
    change = np.abs(here.step.layers[0].change)
    seen = [here.unit]
    for _ in range(7):
        here = here.turned("down")
        seen.append(here.unit)
    assert seen == [(0, j) for j in (*np.argsort(-change).tolist(), *[np.argmin(change)] * 2)]
    assert here.turned("up").unit == seen[4]
    above = here.turned("tab")
    assert above.unit == (1, np.argmax(np.abs(here.step.layers[1].change)))
    assert above.turned("tab").unit == seen[0]
    assert page(num_layers=1).turned("tab").unit[0] == 0


def test_units_that_were_requested_are_led_through_in_their_order(page):
    here = page(options=Options(units=((1, 3), (0, 2), (1, 0))), num_layers=2)
    seen = [here.unit]
    for _ in range(3):
        here = here.turned("down")
        seen.append(here.unit)
    assert seen == [(1, 3), (0, 2), (1, 0), (1, 0)]


def test_a_place_is_found_and_the_next_and_the_first_again(page):
    here, places = page(at="0"), []
    for _ in range(5):
        here = here.found("ca.")
        places.append(here.step.t)
    assert places == [10, 22, 34, 46, 10]
    assert here.found("b(?=ad)").step.t == 16
    with pytest.raises(ConfigError, match="matches nothing"):
        here.found("x")
    with pytest.raises(ConfigError, match="matches nothing"):
        here.found("^")
    with pytest.raises(ConfigError, match="is no regular expression"):
        here.found("(")


def test_bytes_are_found_as_they_are_typed(page):
    vocabulary = Vocabulary.of_bytes("a")
    text = "aéb".encode().decode("latin-1")
    assert page(text, vocabulary, at="0").found("é").step.t == 2


@pytest.mark.parametrize("size", [(24, 80), (24, 40), (24, 60), (30, 100), (60, 200), (10, 60)])
def test_a_page_fits_its_screen(page, cell, size):
    rows, width = size
    here = page(
        HOSTILE * 2, Vocabulary.of(HOSTILE), at="7", cell=cell, num_layers=2, hidden_size=12
    )
    for screen in (Screen(width), Screen(width, ascii_only=True), Screen(width, _DARK)):
        for turned in (here, here.turned("tab"), here.turned("home"), here.turned("end")):
            lines = Pager(turned).draw(screen, rows)
            assert len(lines) == rows
            for line in lines:
                assert line.cell_len <= width
                assert not any(
                    unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in line.plain
                )
            said = "\n".join(line.plain for line in lines)
            assert said.startswith(f"{screen.pick('──', '--')} step t={turned.step.t} of 0 to ")
            if rows >= 24:
                assert "S = " in said or width == 40  # of the prediction only what came has room
                assert f"unit {turned.unit[0]}:" in said
                assert "came next" in said or "nothing came" in said


def test_a_value_is_below_its_character(page):
    here = page(at="5")
    _, text, values, *_ = (line.plain for line in here.draw(Screen(80), 40))
    place = text.index("[")
    assert text[place : place + 3] == f"[{TEXT[5]}]"
    a = here.step.reading.states["a"][:, 0, here.unit[1]]
    level = int(np.digitize(a[5], [-0.6, -0.2, 0.2, 0.6]))
    assert values[place + 1] in ("=-.+#"[level], "=-.+#"[max(0, level - 1)])
    assert values[place] == values[place + 2] == " "


def test_the_view_has_these_pages(page):
    step = page(at="3").step
    assert VIEWS["step"].first_page(step).draw(Screen(80), 24)
    assert VIEWS["step"].first_page(step).unit == step.units[0]
    assert not VIEWS["probs"].pages


# On a terminal ----------------------------------------------------------------------------------


class Terminal:
    """A program on a terminal of its own, with methods to type and to read the screen."""

    def __init__(self, arguments, before="", rows=24, columns=80, **surroundings):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.slave)
        self.output = b""
        code = (
            "import fcntl, runpy, sys, termios\n"
            "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
            f"sys.argv = ['charrnn', 'inspect', *{arguments!r}]\n{before}\n"
            "runpy.run_module('charrnn', run_name='__main__')\n"
        )
        inherited = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        env = {**os.environ, "PYTHONPATH": inherited, "TERM": "xterm-256color", **surroundings}
        for name in ("COLUMNS", "LINES"):
            env.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, env=env,
        )  # fmt: skip

    def resize(self, rows, columns):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.output += os.read(self.master, 2**16)

    def until(self, seen, seconds=120):
        """Wait until something is on the screen; return its rows."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            rows = self.rows()
            if any(re.search(seen, row) for row in rows):
                return rows
        raise AssertionError(f"{seen} is not in {self.output.decode()!r}")

    def rows(self):
        frames = self.output.decode("utf-8", "ignore").split("\x1b[1;1H")
        whole = [f for f in frames[1:] if "\x1b[J" in f]
        return shown_rows("\x1b[1;1H" + whole[-1]) if whole else []

    def type(self, keys):
        os.write(self.master, keys.encode())

    def ended(self):
        """Wait for the end; return the exit code and what was written last."""
        end = time.monotonic() + 120
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0.1)
        assert self.process.returncode is not None
        return self.process.returncode, self.output.decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal(make_checkpoint, tmp_path):
    path = tmp_path / "model.npz"
    make_checkpoint(path, num_layers=2)
    begun = []

    def begin(*arguments, **options):
        begun.append(Terminal([str(path), TEXT, "--view", "step", *arguments], **options))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


GONE = "\x1b[?25h\x1b[?1049l"


def test_keys_lead_through_the_text_on_a_terminal(terminal):
    shell = terminal("-t", "5")
    rows = shell.until("step t=5 ")
    assert len(rows) == 24
    assert max(map(len, rows)) <= 80
    assert "q quit" in rows[-1]
    single = termios.tcgetattr(shell.slave)
    assert not single[3] & (termios.ECHO | termios.ICANON)
    assert single[3] & termios.ISIG
    for keys, seen in (
        ("\x1b[C", "step t=6 "),
        ("\x1bOD\x1b[D", "step t=4 "),
        ("\x1b[F", "step t=47 "),
        ("\t", "unit 1:"),
        ("\x1b[H", "step t=0 "),
        ("/", "^/▏"),
        ("caé", "^/caé▏"),
        ("\r", "step t=10 "),
        ("n", "step t=22 "),
        ("/x\r", "matches nothing"),
    ):
        shell.type(keys)
        shell.until(seen)
    shell.type("q")
    code, said = shell.ended()
    assert code == 0
    assert said.count("\x1b[?1049h") == said.count("\x1b[?1049l") == 1
    assert said.endswith(GONE)
    assert termios.tcgetattr(shell.slave) == shell.settings


def test_a_page_follows_the_size_of_the_terminal(terminal):
    shell = terminal(NO_COLOR="1")
    shell.until("q quit")
    shell.resize(40, 120)
    deadline = time.monotonic() + 120
    while len(shell.rows()) != 40 and time.monotonic() < deadline:
        shell.read(0.05)
    rows = shell.rows()
    assert len(rows) == 40
    assert len(rows[0]) == 120
    shell.resize(12, 40)
    while len(shell.rows()) != 12 and time.monotonic() < deadline:
        shell.read(0.05)
    rows = shell.rows()
    assert len(rows) == 12
    assert max(map(len, rows)) <= 40
    shell.type("\x04")
    assert shell.ended()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(terminal, number):
    shell = terminal()
    shell.until("q quit")
    if number == signal.SIGINT:
        shell.type("\x03")  # what Ctrl-C is on a terminal
    else:
        shell.process.send_signal(number)
    code, said = shell.ended()
    assert code == 128 + number
    assert said.endswith(GONE)
    assert "Traceback" not in said
    assert termios.tcgetattr(shell.slave) == shell.settings


def test_a_failure_gives_the_terminal_back_and_is_reported_after(terminal):
    before = (
        "from charrnn.inspection.views.step.pages import StepPage\n"
        "def fail(self, key): raise RuntimeError('in the middle of ' + key)\n"
        "StepPage.turned = fail\n"
    )
    shell = terminal(before=before)
    shell.until("q quit")
    shell.type("x")
    code, said = shell.ended()
    assert code == 1
    assert "in the middle of x" in said.partition(GONE)[2]
    assert termios.tcgetattr(shell.slave) == shell.settings


@pytest.mark.slow
def test_a_step_is_printed_without_the_pager(terminal, tmp_path):
    for arguments, surroundings in (
        (("--format", "text"), {}),
        (("--format", "csv"), {}),
        ((), {"TERM": "dumb"}),
        (("-o", str(tmp_path / "step.txt")), {}),
    ):
        shell = terminal(*arguments, **surroundings)
        code, said = shell.ended()
        assert code == 0
        assert "\x1b[?1049h" not in said
        assert "q quit" not in said
        assert bool(said) == ("-o" not in arguments)
    assert "step t=0" in (tmp_path / "step.txt").read_text(encoding="utf-8")
