"""What a run shows: its plan and how it goes; harmless, and no wider than the screen."""

import io
import math
import os
import re
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from charrnn.cli.train import show_live as live
from charrnn.cli.train import show_progress as module
from charrnn.cli.train.show_live import POINTS, LiveCurve
from charrnn.cli.train.show_plan import show_plan
from charrnn.cli.train.show_progress import TrainingProgress
from charrnn.network.config import NetworkConfig
from charrnn.plurals import counted
from charrnn.terminal.console import notes
from charrnn.terminal.numbers import bits, count, duration, loss, memory, nats, place, short
from charrnn.training.config import TrainingConfig
from charrnn.training.plan import Plan
from charrnn.training.trainer import Evaluation, Progress


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"), (-1, "0.0 s"), (0.26, "0.3 s"), (1, "1 s"), (59.4, "59 s"), (59.7, "1 min"),
        (75, "1 min 15 s"), (3599.6, "1 h"), (7500, "2 h 5 min"), (360000, "100 h"),
    ],
)  # fmt: skip
def test_durations(seconds, shown):
    assert duration(seconds) == shown


def test_quantities():
    assert [count(1), count(1234567)] == ["1", "1,234,567"]
    assert [short(n) for n in (0, 950, 12345, 123456, 5.1e6, 2e9)] == [
        "0", "950", "12.3 k", "123 k", "5.1 M", "2000 M",
    ]  # fmt: skip
    assert [memory(n) for n in (0, 12, 999.4, 999.6, 1234, 51_000, 999_400, 999_960)] == [
        "0 B", "12 B", "999 B", "1.0 kB", "1.2 kB", "51 kB", "999 kB", "1.0 MB",
    ]  # fmt: skip
    assert [memory(n) for n in (1.5e6, 48e6, 999e6, 68.7e9)] == [
        "1.5 MB", "48 MB", "999 MB", "68.7 GB",
    ]  # fmt: skip
    assert [nats(n) for n in (12.34, 1.914, 0.1712, 6.4e-5, 0)] == [
        "12.34", "1.91", "0.171", "6.4e-05", "0.000",
    ]  # fmt: skip
    assert [place(n) for n in (155, 1476, 12_345, 1_234_567)] == ["155", "1,476", "12k", "1.2M"]
    assert [counted(n, "character") for n in (0, 1, 1234)] == [
        "0 characters", "1 character", "1,234 characters",
    ]  # fmt: skip
    assert [counted(n, "process", "processes") for n in (1, 2)] == ["1 process", "2 processes"]
    assert bits(math.log(8)) == pytest.approx(3)
    assert loss(math.log(2)) == "0.693 nats (1.000 bits)"


def plan(**others):
    training = TrainingConfig(max_steps=300, workers=2, seed=7)
    return Plan(
        **{
            "network": NetworkConfig(21, hidden_size=256), "training": training,
            "train_characters": 16336, "val_characters": 1815, "parameters": 1234567,
            "memory": 49_000_000, "speed": 93_200.0, "steps": 300, "seconds": 120.0, "besides": 0.0,
            "notes": (),
        }
        | others
    )  # fmt: skip


def drawn(show, *arguments, width=80, **options):
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, emoji=False, highlight=False)
    show(*arguments, console, **options)
    return file.getvalue()


def test_a_plan():
    shown = drawn(show_plan, plan(), ("a.txt", "b.txt"), Path("m.npz"))
    assert shown.splitlines() == [
        "text      a.txt, b.txt: 18,151 characters, 21 distinct",
        "          16,336 to learn from, the last 1,815 to validate",
        "network   lstm 1x256, one-hot input, 1,234,567 parameters",
        "training  batch 16 x window 64, AdamW at 0.004, dropout 0, seed 7, 2 processes",
        "budget    300 steps: about 307 k characters, 18.8 passes",
        "expected  2 min at 93.2 k characters/s, 49 MB of memory",
        "model     m.npz",
    ]
    shown = drawn(show_plan, plan(), ("a.txt",), Path("m-2.npz"), spared=Path("m.npz"))
    assert shown.endswith("m-2.npz\n          m.npz exists, and stays; --overwrite replaces it\n")
    training = TrainingConfig(epochs=2.5, max_time=90.0)
    other = plan(training=training, val_characters=0, notes=("short", "bad [/x]\n\x1b[31m"))
    shown = drawn(show_plan, other, ("-",), Path("m.npz"), step=30, used=0.25)
    for expected in (
        "none to validate", "seed 0\n", "2.5 epochs or 1 min 30 s, whichever ends first",
        "resumed   after step 30, 25% of the budget", "expected  1 min 30 s at",
        "note      short\n", r"note      bad [/x]\n\x1b[31m",
    ):  # fmt: skip
        assert expected in shown, expected


def test_a_plan_of_one_of_each():
    training = TrainingConfig(max_steps=1, epochs=1.0)
    one = plan(training=training, train_characters=1, val_characters=0, parameters=1, memory=900)
    shown = drawn(show_plan, one, ("a.txt",), Path("m.npz"))
    for expected in (
        "a.txt: 1 character, 21 distinct", "1 to learn from", "1 parameter\n", "1 epoch or 1 step,",
        "900 B of memory",
    ):  # fmt: skip
        assert expected in shown, expected


def test_a_plan_of_a_text_read_many_times():
    shown = drawn(show_plan, plan(train_characters=11, steps=75_000), ("a.txt",), Path("m.npz"))
    said = " ".join(shown.split())
    assert "6,981,818 passes, or until it knows the text by heart" in said


def test_a_plan_names_the_time_that_is_no_training_where_it_matters():
    for besides, said in ((60.0, "2 min (1 min of it to evaluate and save) at"), (3.0, "2 min at")):
        shown = drawn(show_plan, plan(besides=besides), ("a.txt",), Path("m.npz"))
        assert f"expected  {said} 93.2 k characters/s" in shown


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_plan_fits(width):
    names = ("x" * 300, "\x1b[2J\u202e", "[bold]")
    shown = drawn(show_plan, plan(notes=("word " * 50,)), names, Path("y" * 150), width=width)
    assert max(map(cell_len, shown.splitlines())) <= width
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert not re.search(" +$", shown, re.MULTILINE)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def progress(step, val=None, note=None, **others):
    evaluation = None if val is None else Evaluation(step, 1.5, val, improved=False)
    values = {
        "step": step, "characters": step * 1000, "epoch": 0.5, "fraction": step / 100,
        "loss": math.log(8), "grad_norm": 0.7, "learning_rate": 1e-2, "seconds": step / 10,
        "best": 1.25, "evaluation": evaluation, "note": note,
    }  # fmt: skip
    return Progress(**values | others)


@pytest.fixture
def run(monkeypatch):
    """Show some steps on standard error, a terminal of a size or a file."""

    def run(*steps, size=None, term="xterm-256color", sample="", **options):
        file = io.StringIO() if size is None else Terminal()
        monkeypatch.setattr("sys.stderr", file)
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "COLORFGBG"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TERM", term)
        if size:
            monkeypatch.setenv("COLUMNS", str(size[0]))
            monkeypatch.setenv("LINES", str(size[1]))
        with TrainingProgress(**options) as shown:
            for step in steps:
                shown.show(step)
                if sample and step.evaluation:
                    shown.sample(sample, step)
        return file.getvalue()

    return run


@pytest.mark.parametrize("plot", [True, False])
def test_ctrl_c_is_echoed_at_the_beginning_of_a_line(run, monkeypatch, plot):
    sent = []
    draw = TrainingProgress._draw

    def drawn(shown, step):
        draw(shown, step)
        sent.append(sys.stderr.getvalue()[-1])

    monkeypatch.setattr(TrainingProgress, "_draw", drawn)
    run(progress(1), progress(50, 1.375), size=(80, 40), plot=plot)
    assert set(sent) == {"\r"}


def test_without_a_terminal_a_line_for_each_evaluation_and_note(run):
    text = run(
        progress(1), progress(2, 2.25), progress(3), progress(4, note="went back\x1b[31m"),
        progress(52, 1.25), progress(77, 1.5),
    )  # fmt: skip
    assert text.splitlines() == [
        "step 2  2%  train 2.08  val 2.25 (best 2.25 at 2)  10.0 k char/s  10 s left",
        r"went back\x1b[31m",
        "step 52  52%  train 2.08  val 1.25 (best 1.25 at 52)  10.0 k char/s  5 s left",
        "step 77  77%  train 2.08  val 1.50 (best 1.25 at 52)  10.0 k char/s  2 s left",
    ]


def test_a_terminal_that_does_not_know_its_size_has_lines_too(run, monkeypatch):
    monkeypatch.setattr(Terminal, "fileno", lambda self: 2, raising=False)
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((0, 0)))
    text = run(progress(1), progress(2, 2.25), size=())
    assert text == "step 2  2%  train 2.08  val 2.25 (best 2.25 at 2)  10.0 k char/s  10 s left\n"
    assert "%|" not in text
    assert "\r" not in text


def test_a_resumed_run_is_as_fast_as_it_is_now_and_knows_its_best(run):
    text = run(
        progress(50, seconds=1e6), progress(60, 1.75, seconds=1e6 + 2),
        already=0.5, history=[(20, 2.5, 1.5), (40, 2.0, 1.6)],
    )  # fmt: skip
    assert "5.0 k char/s  8 s left" in text
    assert "val 1.75 (best 1.50 at 20)" in text


def test_a_first_step_says_nothing_of_speed(run):
    text = run(progress(1, 1.25, loss=math.nan))
    assert text == "step 1  1%  train nan  val 1.25 (best 1.25 at 1)\n"


def test_without_a_text_kept_back_there_is_no_validation_loss(run):
    text = run(progress(50), progress(12_345, 0.0123, fraction=0.6), validated=False)
    assert "train 2.08 (best 0.012 at 12k)" in text
    assert "val" not in text


@pytest.mark.parametrize("width", [40, 59, 72, 80, 200])
def test_on_a_terminal_a_bar_that_fits(run, width):
    steps = [progress(step, 1.25 if step % 25 == 0 else None) for step in range(1, 101)]
    text = run(*steps, size=(width, 40), plot=False)
    last = text.split("\r")[-1].rstrip("\n")
    assert last.startswith("100% |█" if width >= 60 else "100% train")
    assert "train 2.08  val 1.25" in last
    assert ("best" in last, "char/s" in last) == (width != 40, width >= 80)
    assert all(cell_len(piece) <= width for piece in re.split("[\r\n]", text))
    assert "step" not in text
    assert "\x1b" not in text


def test_a_bar_is_not_drawn_at_every_step(run, monkeypatch):
    clock = iter(range(10**6))
    monkeypatch.setattr(module, "EVERY", 50)
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    text = run(*map(progress, range(1, 90)), size=(80, 40), plot=False)
    assert len(re.findall(r"train", text)) in (2, 3)


def test_a_sample_has_a_heading_and_begins_a_line(run, seen):
    sample = "\r\n\nThe \x1b[2Jcat\nsat.\n\n"
    steps = [progress(1), progress(50, 1.375, seconds=62)]
    lines = seen(run(*steps, size=(80, 40), sample=sample))
    start = lines.index("── step 50, 1 min 2 s, val 1.38 ──")
    assert lines[start + 1 : start + 4] == [r"The \x1b[2Jcat", "sat.", ""]
    quiet = run(*steps, size=(80, 40), sample=sample)
    assert re.search(r"\x1b\[[0-9;]+m── step 50", quiet)
    plain = run(*steps, sample=sample)
    assert "── step 50, 1 min 2 s, val 1.38 ──\n" in plain
    assert "\x1b" not in plain
    untested = run(*steps, sample=sample, validated=False)
    assert "── step 50, 1 min 2 s, train 1.38 ──" in untested


def test_the_losses_are_drawn_above_the_bar_and_gone_in_the_end(run, seen, monkeypatch):
    monkeypatch.setattr(live, "EVERY", 0.0)
    monkeypatch.setattr(module, "EVERY", 0.0)
    steps = [
        progress(n, 3 - n / 50 if n % 10 == 0 else None, loss=4 - n / 50) for n in range(1, 80)
    ]
    drawn = []
    draw = TrainingProgress._draw

    def looked_at(self, found):
        draw(self, found)
        drawn.append(seen(self._bar.fp.getvalue()))

    monkeypatch.setattr(TrainingProgress, "_draw", looked_at)
    sent = run(*steps, size=(60, 40), sample="a sample\n")
    lines = drawn[-1][-LiveCurve.height - 1 :]
    assert lines[-1].startswith(" 79% |")
    assert [line for line in lines if "train 2.42" in line]
    assert [line for line in lines if "val 1.6" in line]
    assert re.fullmatch(r" +[\d ]+", lines[-2])
    assert "┬" in lines[-3]
    in_the_end = seen(sent)
    assert [line for line in in_the_end if "┤" in line or "─┬" in line] == []
    assert in_the_end.count("a sample") == 7
    bars = [line for line in in_the_end if "%" in line]
    assert len(bars) == 1
    assert in_the_end.index(bars[0]) == len(in_the_end) - in_the_end[::-1].index(bars[0]) - 1
    assert max(map(cell_len, in_the_end)) <= 60


@pytest.mark.parametrize(
    ("size", "term", "plot"),
    [((39, 40), "xterm", True), ((80, 17), "xterm", True), ((80, 40), "dumb", True),
     ((80, 40), "xterm", False)],
)  # fmt: skip
def test_no_curve_without_room_or_against_the_wish(run, size, term, plot):
    text = run(*map(progress, range(1, 80)), size=size, term=term, plot=plot)
    assert "\x1b" not in text
    assert "train 2.08" in text


def test_a_curve_of_many_steps_is_of_few_points(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    drawn = LiveCurve(notes(), [], validated=True)
    for step in range(1, 5000):
        drawn.add(progress(step, 1.25 if step % 500 == 0 else None, fraction=step / 5000))
    drawn.close()
    assert len(drawn._points) <= POINTS + 10
    assert [point[0] for point in drawn._points if point[2] == 1.25] == list(range(500, 5000, 500))


def test_a_line_stands_alone_above_the_bar(run, seen):
    sent = run(progress(1), progress(50, note="a note\nof \x1b]0;two\x07 lines"), size=(80, 40))
    lines = seen(sent)
    assert lines[:2] == ["a note", r"of \x1b]0;two\x07 lines"]
    assert "\x07" not in sent


def test_nowhere_to_show_it(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with TrainingProgress() as found:
        found.show(progress(1, 1.25))
