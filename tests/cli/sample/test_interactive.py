"""Completion over a pipe and in a terminal."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from importlib.util import find_spec

import pyte
import pytest

from charrnn.api import load


@pytest.fixture
def model(tmp_path, make_checkpoint):
    path = tmp_path / "model.npz"
    make_checkpoint(path)
    return path


def answers(model, *lines, arguments=()):
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", "sample", model, "--interactive", *arguments],
        input="".join(f"{line}\n" for line in lines), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_program_may_complete_a_text(model):
    first, second, third, fourth = answers(
        model, '{"set": "abc", "id": "x"}', "", '{"accept": 1}', '{"undo": true, "surprise": true}',
        '{"generate": 20, "seed": 3, "top": 2}',
    )  # fmt: skip
    assert (first["id"], first["text"], first["cursor"]) == ("x", "abc", 3)
    assert second["text"] == "abc" + first["suggestions"][0]["text"]
    assert third["text"] == "abc"
    bits = [*load(model).surprisal("\na"), *load(model).surprisal("abc")]
    assert third["surprise"] == pytest.approx(bits, abs=1e-4)
    assert fourth["text"] == "abc" + load(model).generate("abc", length=20, seed=3)
    assert len(fourth["candidates"]) == 2
    assert sum(one["y_hat"] for one in answers(model, '{"top": 7}')[0]["candidates"]) == (
        pytest.approx(1)
    )


WRONG = [
        ("x", "a line is a JSON object"), ("[]", "a line is a JSON object"),
        ("[" * 100_000, "a line is a JSON object"), ('{"foo": 1}', "there is no 'foo'; there are"),
        ('{"type": 3}', "type: 3 is not a text"), ('{"type": "\u0416"}', "is not among"),
        ('{"accept": 99}', "there is no suggestion 99"), ('{"generate": -1}', "out of range"),
        ('{"generate": 1, "seed": -1}', "seed: -1"), ('{"top": 1e99}', "top: 1e+99"),
        ('{"options": {"temperature": -1}}', "temperature: -1 is out of range"),
        ('{"options": {"zzz": 1}}', "'zzz' is no option"), ('{"set": "\\ud800"}', "half"),
        ('{"options": {"length": "\\u0000"}}', "length"),
        ('{"move": true}', "move: true is not a whole number"),
        ('{"options": {"stop": 5}}', "stop: 5 is not a sequence of texts"),
        ('{"options": {"order": 3}}', "order: 3 is not a sequence of texts"),
        ('{"options": {"must": ["a"]}}', "must: asks something of a whole text"),
        ('{"id": NaN}', "a line is a JSON object"), ('{"id": [1e999]}', "a line is a JSON object"),
        ('{"type": "\u0416"}', "choose --unknown skip, or --unknown nearest"),
        ('{"regenerate": -1}', "regenerate: -1 is out of range"),
        ('{"options": {"no_copy": 5}}', "index"),
]  # fmt: skip


def test_what_cannot_be_done_is_said_and_changes_nothing(model):
    lines = (asked for line, _ in WRONG for asked in (line, '{"id": 5}'))
    first, *answered = answers(model, '{"set": "ab"}', *lines)
    for (line, said), error, after in zip(WRONG, answered[::2], answered[1::2], strict=True):
        assert said in error["error"], line
        assert "\n" not in error["error"]
        if error.keys() != {"error"}:
            assert (error["text"], error["cursor"]) == ("ab", 2)
        assert after == first | {"id": 5}, line


def test_a_line_that_is_too_long_is_refused_once(model):
    error, after = answers(model, json.dumps({"set": "a" * (9 << 20)}), '{"set": "b"}')
    assert "a line of more than" in error["error"]
    assert after["text"] == "b"


def test_the_options_of_a_sample_are_those_of_what_is_generated(model):
    arguments = ("--stop", "e", "--only", "[a-e ]", "-t", "1.5", "--seed", "1")
    [made] = answers(model, '{"set": "ab", "generate": 60, "seed": 4}', arguments=arguments)
    expected = load(model).generate(
        "ab", length=60, seed=4, temperature=1.5, stop=["e"], only="[a-e ]"
    )
    assert made["text"] == "ab" + expected
    assert set(made["text"]) <= set("abcd ")


def test_what_follows_the_cursor_is_written_anew(model):
    _, anew = answers(model, '{"set": "abcd"}', '{"move": 2, "regenerate": 30, "seed": 5}')
    assert anew["text"] == "ab" + load(model).generate("ab", length=30, seed=5)


def test_a_file_is_opened_and_what_is_unknown_is_left_out(model, tmp_path):
    file = tmp_path / "draft.txt"
    file.write_text("ab\u0416c")
    [shown] = answers(model, "{}", arguments=("--prompt-file", file, "--unknown", "skip"))
    assert shown["text"] == "ab\u0416c"
    assert shown["candidates"] == answers(model, '{"set": "abc"}')[0]["candidates"]


@pytest.mark.parametrize(
    "arguments",
    [["-o", "x.txt"], ["--num-samples", "2"], ["--show-probs"], ["--prompt-file", "-"]],
)
def test_options_of_a_text_that_is_written_at_once_are_refused(model, arguments):
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", "sample", model, "--interactive", *arguments],
        input="{}", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"{' '.join(arguments[:1])}" in done.stderr
    assert "--interactive" in done.stderr


needs_editor = pytest.mark.skipif(
    find_spec("prompt_toolkit") is None, reason="the editor needs prompt_toolkit"
)


class Terminal:
    """The editor on a pseudo-terminal, and what stands there."""

    def __init__(self, model, *arguments, rows=24, columns=80):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "charrnn", "sample", model, "-i", *arguments],
            stdin=slave, stdout=slave, stderr=slave, close_fds=True,
            env=os.environ | {"TERM": "xterm-256color"}, cwd=model.parent,
        )  # fmt: skip
        os.close(slave)

    def until(self, wanted, cursor=None, seconds=20):
        """Read until something stands on the screen; answer what asks for the cursor's place.

        cursor: the row and column where it is then.
        """
        due = time.monotonic() + seconds

        def is_there():
            at = (self.screen.cursor.y, self.screen.cursor.x)
            return re.search(wanted, self.shown()) and cursor in (None, at)

        while not is_there() and time.monotonic() < due:
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(self._master, 65536)
            except OSError:  # it has ended
                break
            if b"\x1b[6n" in piece:
                os.write(self._master, b"\x1b[1;1R")
            self._stream.feed(piece)
        assert is_there(), (self.screen.cursor.y, self.screen.cursor.x, self.shown())

    def shown(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def send(self, keys):
        os.write(self._master, keys)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@needs_editor
@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (50, 160)])
def test_a_text_is_typed_completed_undone_and_saved(model, tmp_path, rows, columns):
    screen = Terminal(model, "-p", "ab", "-t", "1", rows=rows, columns=columns)
    try:
        screen.until("quit")
        assert screen.shown().startswith("ab")
        screen.send(b"cd")
        screen.until("4 of 4")
        screen.send(b"\t")
        screen.until(r"of ([5-9]|\d\d)")
        screen.send(b"\x1a")
        screen.until("4 of 4")
        screen.send(b"\xd0\x96")
        screen.until("the network does not know")
        screen.send(b"\x1b[17~")
        screen.until("1.10")
        screen.send(b"\x13")
        screen.until("save as")
        screen.send(b"saved.txt")
        screen.until("saved.txt")
        screen.send(b"\r")
        screen.until("saved as")
        assert (tmp_path / "saved.txt").read_text() == "abcd\n"
        screen.send(b"\x11")
        screen.until("abcd")
        assert screen.process.wait(20) == 0
    finally:
        screen.close()


@needs_editor
def test_the_ghost_stands_once_at_the_cursor_of_a_long_text(model):
    screen = Terminal(model)
    try:
        screen.until("quit")
        screen.send(b"\x1b[200~" + b"abcdabca\r" * 60 + b"\x1b[201~")
        screen.until("540 of 540", cursor=(14, 0))
        top = screen.shown().split(" temperature")[0].rstrip().split("\n")
        ghost = re.search(r"Tab (\S+?)·? \d+%", screen.shown())[1].split("\u21b5")[0]
        assert top[-1] in (ghost, "abcdabca")
        assert set(top[:-1]) == {"abcdabca"}
        screen.send(b"\x1b[1;5H")
        screen.until(" 0 of 540", cursor=(0, 0))
        screen.send(b"\x1b[B\x1b[F")
        screen.until(" 17 of 540", cursor=(1, 8))
    finally:
        screen.close()


@needs_editor
def test_writing_again_touches_nothing_that_was_typed(model):
    screen = Terminal(model, "-p", "ab")
    try:
        screen.until(r"seed 0 .* 2 of 2")
        screen.send(b"\x07")  # writes
        screen.until(r"seed 1 .* 82 of 82")
        screen.send(b"\x12")  # and again, otherwise
        screen.until(r"seed 2 .* 82 of 82")
        screen.send(b"\x1a")  # takes that back
        screen.until(r"seed 2 .* 2 of 2")
        screen.send(b"\x12")  # writes in the place of what follows, which is nothing
        screen.until(r"seed 3 .* 82 of 82")
        assert screen.shown().startswith("ab")
        screen.send(b"\x1b[1;5H\x1b[C\x12")  # behind the first character, anew
        screen.until(r"seed 4 .* 81 of 81")
        assert screen.shown().startswith("a")
    finally:
        screen.close()


@needs_editor
def test_keys_without_a_meaning_type_nothing(model):
    screen = Terminal(model, "-p", "ab", "--unknown", "skip")
    try:
        screen.until("2 of 2")
        screen.send(b"\x1bOP\x1b[20~\x1b[1;2D\x0b\x1b[Zc")
        screen.until("3 of 3")
        screen.send(b"\x13x.txt\r")
        screen.until("saved as")
        assert (model.parent / "x.txt").read_text() == "abc\n"
        screen.send(b"\x13x.txt\r")
        screen.until("Enter replaces it")
        screen.send(b"\r")
        screen.until("saved as")
    finally:
        screen.close()


@needs_editor
def test_a_text_is_written_where_the_output_goes_and_at_a_signal(model):
    screen = Terminal(model, "-p", "abc")
    try:
        screen.until("3 of 3")
        screen.process.send_signal(signal.SIGTERM)
        assert screen.process.wait(20) == 128 + signal.SIGTERM
        screen.until("abc")
    finally:
        screen.close()
