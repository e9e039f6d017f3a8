"""How a run ends on the screen: its losses, its verdict, and what to type next."""

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from charrnn.cli.train.show_end import Ended, show_end, show_stop
from charrnn.cli.train.show_verdict import leaky, sentence
from charrnn.training.leakage import Leakage
from charrnn.training.verdict import Course, Verdict

SETTLED = Verdict("settled", "budget", Course(10, 1.25, 1, 1.3, 1.5, 1.4, 0.004))


def drawn(show, *arguments, width=80):
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, emoji=False, highlight=False)
    show(*arguments, console)
    return file.getvalue()


def test_an_end(make_checkpoint):
    ended = Ended(
        make_checkpoint(), SETTLED, advice="charrnn train a.txt --dropout 0.5",
        sample="\r\n\none\n\x1b[31mtwo\n\nthree\n",
    )  # fmt: skip
    text = drawn(show_end, ended, Path("a b.npz"))
    for expected in (
        "20 steps in 2 s, 427 char/s\n", "ended because its budget; the best was step 10\n",
        "loss of the last 100 characters, not used for training, read once:\n",
        "this lstm  1.250 nats  1.803 bits  █", "uniform    1.900 nats  2.741 bits  █",
        "\n── the best network writes ──\none\n\\x1b[31mtwo\n\nthree\n",
        "\nIt has settled: the validation loss fell by 0.4% in the second half.",
    ):  # fmt: skip
        assert expected in text, expected
    assert text.endswith(
        "\nsaved  a b.npz\n"
        "try    charrnn train a.txt --dropout 0.5\n"
        "next   charrnn sample 'a b.npz'\n"
        "       charrnn inspect 'a b.npz'\n"
    )
    assert "leaky" not in text
    assert "try  " not in drawn(show_end, replace(ended, advice=None), Path("m.npz"))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_an_end_fits_and_nothing_of_it_is_cut(make_checkpoint, width):
    made = make_checkpoint()
    training = replace(
        made.training, val_scored="once from the beginning, the state carried",
        ended="patience ran out", config={"dropout": 0.5},
        baselines={"uniform": 4.2, "unigram": 3.3, "5-gram": 1.2, "xz": 0.17},
    )  # fmt: skip
    verdict = replace(SETTLED, behind={"xz": 0.17, "5-gram": 1.2})
    ended = Ended(
        replace(made, training=training), verdict, Leakage(0.98, 2.31, None), sample="x" * 20
    )
    text = drawn(show_end, ended, Path("m.npz"), width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    words = " ".join(text.split())
    for expected in (
        "loss, nats a character", "20 steps in 2 s, 427 char/s",
        "ended because patience ran out; the best was step 10",
        "not used for training, read once from the beginning, the state carried:",
        "this lstm 1.250 nats 1.803 bits", "leaky: 98% of it occurs word for word",
        "On the rest it is 2.310 nats.", "More text or a larger network would help.",
        "Xz (0.170) and the 5-gram (1.20) do at least as well.",
    ):  # fmt: skip
        assert expected in words, expected
    assert ("train with dropout 0.5, val without" in words) == (width >= 60)


@pytest.mark.parametrize("height", [5, 24])
def test_an_end_is_whole_on_a_terminal_of_any_height(make_checkpoint, monkeypatch, height):
    ended = Ended(make_checkpoint(), SETTLED, sample="one\n" * 30)
    file = io.StringIO()
    monkeypatch.setattr(file, "isatty", lambda: True)
    console = Console(file=file, width=80, height=height, force_terminal=True, color_system=None)
    show_end(ended, Path("m.npz"), console)
    assert file.getvalue() == drawn(show_end, ended, Path("m.npz"))


@pytest.mark.parametrize("keeps", ["ends", "files", "lines", "blocks"])
def test_what_was_kept_back_is_last_only_at_the_end(make_checkpoint, keeps):
    made = make_checkpoint()
    training = replace(made.training, config={"keeps": keeps})
    text = drawn(show_end, Ended(replace(made, training=training), SETTLED), Path("m.npz"))
    assert "loss of the 100 characters for validation, read once:\n" in text


def test_bars_of_losses_where_there_is_room(make_checkpoint):
    made = make_checkpoint()
    for width in (60, 80):
        text = drawn(show_end, Ended(made, SETTLED), Path("m.npz"), width=width)
        bars = re.findall("█+.?$", text, re.MULTILINE)
        assert len(set(bars)) == 2  # also where it is narrow one sees which is longer
    assert "█" not in drawn(show_end, Ended(made, SETTLED), Path("m.npz"), width=40)


def test_an_end_before_anything_was_measured(make_checkpoint):
    made = make_checkpoint()
    for training, verdict in (
        (replace(made.training, val_loss=None, baselines={}), Verdict("short", "budget")),
        (replace(made.training, val_characters=0, baselines={}), Verdict("unvalidated", "budget")),
    ):
        found = replace(made, training=training, history=np.empty((0, 3)))
        text = drawn(show_end, Ended(found, verdict), Path("m.npz"))
        assert "not used for training" not in text
        assert ("training loss" in text) == (training.val_loss is not None)
        assert "writes" not in text  # no sample, no heading


def test_a_stop_and_a_long_path_in_one_line(make_checkpoint):
    made = make_checkpoint()
    path = Path("folder" * 20) / ("name" * 20 + ".npz")
    lines = f"stopped after step 20; saved {path}\nresume charrnn train --resume {path}\n"
    assert drawn(show_stop, made, Verdict("short", "stop"), path) == lines
    assert drawn(show_stop, made, replace(SETTLED, ending="stop"), path) == lines
    course = Course(10, 1.25, 0, 1.25, 1.5, 1.4, 0.08)
    text = drawn(show_stop, made, Verdict("improving", "stop", course), path)
    assert text == (
        "It was still improving when it was stopped, by 8% in the second half of the run:\n"
        f"give it longer.\n{lines}"
    )


# The words of a verdict.

COURSE = Course(1476, 1.70, 8, 1.74, 1.45, 1.19, 0.004)


def said(made, kind, ending="budget", course=COURSE, leakage=None, behind=(), **others):
    network = {name: others.pop(name) for name in ("cell",) if name in others}
    record = replace(
        made.training, baselines={"unigram": 3.3},
        config={"dropout": 0.5, "learning_rate": 8e-3} | others.pop("config", {}),
        **{"characters_read": 9000} | others,
    )  # fmt: skip
    verdict = Verdict(kind, ending, course, dict(behind))
    return sentence(verdict, replace(made.network.config, **network), record, leakage)


def test_what_is_said_of_overfitting(make_checkpoint):
    made = make_checkpoint()
    assert said(made, "overfits") == (
        "It overfits: since step 1,476 the validation loss rose from 1.70 to 1.74, the training "
        "loss fell from 1.45 to 1.19. More dropout or more text would help."
    )
    assert "the training loss did not. A smaller network or more text" in said(
        made, "overfits", course=replace(COURSE, train_last=1.45), config={"dropout": 0.75}
    )


def test_what_is_said_of_a_rate_that_does_not_fit(make_checkpoint):
    made = make_checkpoint()
    for rate, way in ((0.5, "lower"), (1e-6, "higher")):
        text = said(made, "unlearnt", config={"learning_rate": rate}, val_loss=3.31)
        assert text.startswith("It learnt nothing: ")
        assert f"(unigram) is as good. A {way} learning rate would help." in text
    assert "(unigram) is better." in said(made, "unlearnt", val_loss=6.8)
    assert said(made, "unstable") == (
        "Both losses rose after step 1,476, that of validation from 1.70 to 1.74: the learning "
        "rate is too high."
    )


def test_what_is_said_of_time_and_patience(make_checkpoint):
    made = make_checkpoint()
    course = replace(COURSE, fell=0.034)
    improving = (
        "It was still improving when {}, by 3% in the second half of the run: give it longer."
    )
    assert said(made, "improving", course=course) == improving.format("its budget was used up")
    assert said(made, "improving", "stop", course) == improving.format("it was stopped")
    assert said(made, "flat") == (
        "It stopped early: 8 evaluations in a row brought nothing better than 1.70 at step 1,476. "
        "More patience may, as the learning rate falls."
    )
    assert "1 evaluation in a row" in said(made, "flat", course=replace(COURSE, after=1))
    assert "too short to show" in said(made, "short")
    assert "never evaluated" in said(made, "short", course=None)


def test_what_is_said_where_counting_or_copying_does_as_well(make_checkpoint):
    made = make_checkpoint()
    gram, xz = {"5-gram": 1.65}, {"xz": 0.17}
    assert said(made, "behind", behind=gram) == (
        "The 5-gram (1.65) does at least as well: 4 units a layer may be few for this text."
    )
    assert "an LSTM keeps more" in said(made, "behind", behind=gram, cell="rnn")
    assert "has read the text 1.3 times only; give it longer." in said(
        made, "behind", behind=gram, characters_read=1170
    )
    assert "Xz (0.170) and the 5-gram (1.65) do at least as well: " in said(
        made, "behind", behind=xz | gram
    )
    for leakage, why in (
        (Leakage(0.98, None, None), "repeats itself word for word"),
        (Leakage(0.01, 1.7, None), "has long repeats"),
    ):
        assert why in said(made, "behind", behind=xz, leakage=leakage)
    assert said(made, "settled", behind=xz).endswith(
        "would help. Xz (0.170) does at least as well."
    )


def test_what_is_said_of_a_text_that_nothing_was_kept_back_of(make_checkpoint):
    made = make_checkpoint()
    assert "says nothing of new text" in said(made, "unvalidated", course=None)
    assert "by heart" in said(made, "learnt", "learnt")


def test_what_is_said_of_a_leak():
    assert leaky(Leakage(0.976, 2.3118, None)) == (
        "The validation text is leaky: 98% of it occurs word for word in the training text (32 "
        "characters and more in a row), so its loss says little of new text. On the rest it is "
        "2.312 nats."
    )
    text = leaky(Leakage(1.0, None, 20_000_000))
    assert "in the training text's last 20,000,000 characters (32" in text
    assert "rest" not in text
