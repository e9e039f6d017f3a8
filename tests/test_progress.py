"""What a run shows: its plan, how it goes, how it ends; harmless, and no wider than the screen."""

import io
import math
import re
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from charrnn.display.quantities import bits, count, duration, loss, memory, short
from charrnn.display.training import progress as module
from charrnn.display.training.ending import show_end, show_stop
from charrnn.display.training.plan import show_plan
from charrnn.display.training.progress import TrainingProgress
from charrnn.network.config import NetworkConfig
from charrnn.training.config import TrainingConfig
from charrnn.training.counters import Counters
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
    assert [memory(n) for n in (1.5e6, 48e6, 999e6, 68.7e9)] == [
        "1.5 MB", "48 MB", "999 MB", "68.7 GB",
    ]  # fmt: skip
    assert bits(math.log(8)) == pytest.approx(3)
    assert loss(math.log(2)) == "0.693 nats (1.000 bits)"


def plan(**others):
    training = TrainingConfig(max_steps=300, workers=2, seed=7)
    return Plan(
        **{
            "network": NetworkConfig(21, hidden_size=256), "training": training,
            "train_characters": 16336, "val_characters": 1815, "parameters": 1234567,
            "memory": 49_000_000, "speed": 93_200.0, "steps": 300, "seconds": 120.0, "notes": (),
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
    training = TrainingConfig(epochs=2.5, max_time=90.0)
    other = plan(training=training, val_characters=0, notes=("short", "bad [/x]\n\x1b[31m"))
    shown = drawn(show_plan, other, ("-",), Path("m.npz"), step=30, used=0.25)
    for expected in (
        "none kept back to validate", "seed 0\n", "2.5 epochs or 1 min 30 s, whichever ends first",
        "resumed   after step 30, 25% of the budget", "expected  1 min 30 s at",
        "note      short\n", r"note      bad [/x]\n\x1b[31m",
    ):  # fmt: skip
        assert expected in shown, expected


@pytest.mark.parametrize("width", [60, 80, 200])
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


def progress(step, improved=None, note=None, **others):
    evaluation = None if improved is None else Evaluation(step, 1.5, 1.25, improved)
    values = {
        "step": step, "characters": step * 1000, "epoch": 0.5, "fraction": step / 100,
        "loss": math.log(8), "grad_norm": 0.7, "learning_rate": 1e-2, "seconds": step / 10,
        "best": 1.25, "evaluation": evaluation, "note": note,
    }  # fmt: skip
    return Progress(**values | others)


def shown(monkeypatch, file, *steps, already=0.0):
    monkeypatch.setattr("sys.stderr", file)
    with TrainingProgress(already) as found:
        for step in steps:
            found.show(step)
    return file.getvalue()


def test_without_a_terminal_a_line_for_each_evaluation_and_note(monkeypatch):
    text = shown(
        monkeypatch, io.StringIO(),
        progress(1, best=math.inf), progress(2, False, best=math.inf), progress(3),
        progress(4, note="went back\x1b[31m"), progress(52, True),
    )  # fmt: skip
    assert text.splitlines() == [
        "step 2  loss 2.079 (3.00 bits), 10.0 k char/s, 10 s left",
        r"went back\x1b[31m",
        "step 52  loss 2.079 (3.00 bits), best 1.250, 10.0 k char/s, 5 s left",
    ]


def test_a_resumed_run_is_as_fast_as_it_is_now(monkeypatch):
    text = shown(
        monkeypatch, io.StringIO(), progress(50, seconds=1e6),
        progress(60, True, seconds=1e6 + 2), already=0.5,
    )  # fmt: skip
    assert "5.0 k char/s, 8 s left" in text


def test_a_first_step_says_nothing_of_speed(monkeypatch):
    text = shown(monkeypatch, io.StringIO(), progress(1, True, loss=math.nan))
    assert text == "step 1  loss nan (nan bits), best 1.250\n"


@pytest.mark.parametrize("width", [40, 59, 72, 80, 200])
def test_on_a_terminal_a_bar_that_fits(monkeypatch, width):
    monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda: lambda _: (width, 40))
    steps = [progress(step, step % 25 == 0) for step in range(1, 101)]
    text = shown(monkeypatch, Terminal(), *steps)
    last = text.split("\r")[-1].rstrip("\n")
    assert last.startswith("100% |█")
    assert "loss 2.079 (3.00 bits)" in last or width == 40
    assert ("left" in last) == (width >= 59)
    assert ("best" in last, "char/s" in last) == (width >= 72, width >= 80)
    assert all(cell_len(piece) <= width for piece in re.split("[\r\n]", text))
    assert "step" not in text


def test_a_line_stands_alone_above_the_bar(monkeypatch):
    file = Terminal()
    monkeypatch.setattr(module.sys, "stderr", file)
    with TrainingProgress() as found:
        found.show(progress(1))
        found.show(progress(50))
        found.line("a sample\nof \x1b]0;two\x07 lines")
        found.show(progress(100))
    lines = [line.split("\r")[-1] for line in file.getvalue().split("\n")]
    assert "a sample" in lines
    assert lines[lines.index("a sample") + 1] == r"of \x1b]0;two\x07 lines"
    assert sum("%" in line for line in lines) == 1


def test_nowhere_to_show_it(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with TrainingProgress() as found:
        found.show(progress(1))


def test_an_end(make_checkpoint, tmp_path):
    made = make_checkpoint()
    text = drawn(show_end, made, Path("a b.npz"), "one\n\x1b[31mtwo\n\nthree\n")
    for expected in (
        "20 steps in 2 s", "ended because its budget; the best was step 10",
        "loss of the last 100 characters, kept back from it,", "read once:",
        "this lstm  1.250 nats  1.803 bits  █", "uniform    1.900 nats  2.741 bits  █",
        "\none\n\\x1b[31mtwo\n\nthree\n", "\nsaved  a b.npz\nnext   charrnn sample 'a b.npz'\n",
    ):  # fmt: skip
        assert expected in text, expected
    for width in (60, 200):
        sample = "x" * 20
        text = drawn(show_end, made, Path("m.npz"), sample, width=width)
        assert max(map(cell_len, text.splitlines())) <= width
    bars = re.findall("█+.?$", drawn(show_end, made, Path("m.npz"), "", width=60), re.MULTILINE)
    assert len(set(bars)) == 2  # also where it is narrow one sees which is longer


def test_an_end_before_anything_was_measured(make_checkpoint):
    from dataclasses import replace

    made = make_checkpoint()
    for training in (
        replace(made.training, val_loss=None, baselines={}),
        replace(made.training, val_characters=0, baselines={}),
    ):
        found = replace(made, training=training, history=np.empty((0, 3)))
        text = drawn(show_end, found, Path("m.npz"), "")
        assert "kept back" not in text
        assert ("training loss" in text) == (training.val_loss is not None)


def test_a_stop_and_a_long_path_in_one_line():
    path = Path("folder" * 20) / ("name" * 20 + ".npz")
    text = drawn(show_stop, Counters(step=1234), path)
    assert text == (
        f"stopped after step 1,234; saved {path}\ngo on  charrnn train --resume {path}\n"
    )
