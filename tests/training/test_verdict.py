"""Verdicts on runs, from constructed histories of losses."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.training.recipe import recipe_for
from charrnn.training.verdict import MOST_DROPOUT, Course, Verdict, better_rate, judge, remedy

BASELINES = {"uniform": 4.2, "unigram": 3.3, "5-gram": 1.9, "xz": 1.85}


def history(val, train=None):
    """A history with an evaluation every hundred steps; without a training loss, one that falls."""
    train = np.linspace(3.0, 1.0, len(val)) if train is None else train
    return np.column_stack([100.0 * np.arange(1, len(val) + 1), train, val])


def falling(n=12, start=3.5, end=1.6):
    return list(np.linspace(start, end, n))


LEVEL = [3.5, 2.5, 2.0, 1.80, 1.72, 1.70, 1.70, 1.70, 1.70, 1.70, 1.70, 1.70]
RISING = [3.5, 2.5, 2.0, 1.75, 1.70, 1.72, 1.74, 1.77, 1.80, 1.83, 1.86, 1.90]
NOTHING = [3.34, 3.31, 3.32, 3.31, 3.32, 3.31, 3.32, 3.31]
SPOILT = [3.5, 2.5, 2.0, 1.7, 2.2, 2.9, 3.1, 3.0]

CASES = {
    "still improving when its time ran out": (falling(), None, "budget", "improving"),
    "still improving when it was stopped": (falling(), None, "stop", "improving"),
    "improving, and not yet beyond the unigram": (
        falling(start=4.2, end=3.29), None, "budget", "improving",
    ),
    "improving, and not yet beyond counting": (falling(end=2.2), None, "budget", "improving"),
    "level to the end of its budget": (LEVEL, None, "budget", "settled"),
    "level, and patience ran out": (LEVEL, None, "patience", "flat"),
    "overfits": (RISING, None, "budget", "overfits"),
    "overfits, and patience ran out": (RISING, None, "patience", "overfits"),
    "overfits, while training stays where it was": (
        RISING, [3, 2, *[1.5] * 10], "patience", "overfits",
    ),
    "learnt nothing": (NOTHING, [3.3] * 8, "patience", "unlearnt"),
    "learnt nothing, and grows worse": ([3.4, 3.9, 5, 7], [3.4, 3.9, 5, 7], "budget", "unlearnt"),
    "both losses rise": (SPOILT, [3.4, 2.4, 2.0, 1.8, 2.3, 3.0, 3.2, 3.1], "budget", "unstable"),
    "counting does as well": ([*falling(end=2.0), 2.0, 2.0, 2.0, 2.0], None, "budget", "behind"),
    "two evaluations": ([3.0, 2.0], None, "budget", "short"),
    "none": ([], None, "stop", "short"),
    "learnt by heart": ([2.0, 1.8], [0.5, 1e-7], "learnt", "learnt"),
    "learnt by heart, at the cost of new text": (RISING, None, "learnt", "overfits"),
}  # fmt: skip


@pytest.mark.parametrize(("val", "train", "ending", "kind"), CASES.values(), ids=CASES)
def test_verdicts(val, train, ending, kind):
    found = judge(history(val, train), ending, baselines=BASELINES)
    assert (found.kind, found.ending) == (kind, ending)


def test_in_a_few_steps_nothing_can_be_learnt():
    few = history(NOTHING, [3.3] * 8) / [10, 1, 1]
    assert judge(few, "budget", baselines=BASELINES).kind == "short"


def test_a_training_loss_with_dropout_above_the_validation_loss_means_nothing():
    val = np.array(LEVEL)
    for above in (0.0, 0.7):
        assert judge(history(val, val + above), "budget", baselines=BASELINES).kind == "settled"
    assert judge(history(falling(), falling(start=4.5, end=2.6)), "budget").kind == "improving"


def test_one_evaluation_that_is_worse_is_no_rise():
    for val in ([*falling(), 1.9], [*LEVEL, 1.9]):
        assert judge(history(val), "budget", baselines=BASELINES).kind != "overfits"


def test_the_numbers_that_a_verdict_names():
    found = judge(history(RISING), "patience", baselines=BASELINES).course
    assert (found.best_step, found.best, found.after) == (500, 1.70, 7)
    assert found.last == 1.86
    assert found.train_last < found.train_then
    assert found.fell == 0
    found = Course.of(history([4.0, 3.0, 2.0, 2.0, 1.0]))
    assert (found.fell, found.after, found.last) == (0.5, 0, 1.0)


def test_baselines_as_good_are_named_the_best_first():
    found = judge(history(falling(end=2.0)), "budget", baselines=BASELINES)
    assert list(found.behind.items()) == [("xz", 1.85), ("5-gram", 1.9)]
    # What was measured exactly on the best network goes before the quick figure of the history.
    exact = judge(history(falling(end=2.0)), "budget", loss=1.88, baselines=BASELINES)
    assert list(exact.behind) == ["xz"]
    assert not judge(history(falling(end=1.5)), "budget", baselines=BASELINES).behind


def test_without_a_text_kept_back_nothing_is_known():
    found = judge(history(RISING), "budget", validated=False)
    assert found == Verdict("unvalidated", "budget")
    assert judge(history(RISING), "learnt", validated=False) == Verdict("learnt", "learnt")


@given(
    st.lists(st.floats(1e-3, 1e3), max_size=30),
    st.sampled_from(["budget", "patience", "learnt", "stop"]),
    st.booleans(),
)
def test_every_history_has_a_verdict(val, ending, known):
    found = judge(history(val), ending, baselines=BASELINES if known else None)
    assert found.kind
    assert found.course is None or math.isfinite(found.course.fell)


# Remedies


def helped(made, kind, ending="budget", read=9.0, **others):
    network = {name: others.pop(name) for name in ("cell", "hidden_size") if name in others}
    config = {
        "dropout": 0.3, "learning_rate": 8e-3, "patience": 8, "max_time": None, "max_steps": None,
        "epochs": None,
    }  # fmt: skip
    record = replace(
        made.training, config=config | others, steps=300, seconds=60.0,
        characters_read=int(read * made.training.train_characters),
    )  # fmt: skip
    found = remedy(Verdict(kind, ending), replace(made.network.config, **network), record)
    return found and (found.resumed, dict(found.options))


def test_more_of_what_ran_out(make_checkpoint):
    made = make_checkpoint()
    assert helped(made, "improving", max_time=60.0) == (True, {"max_time": 120.0})
    assert helped(made, "improving", max_time=600.0, epochs=2.0) == (True, {"epochs": 4.0})
    assert helped(made, "improving", max_steps=300) == (True, {"max_steps": 600})
    assert helped(made, "short", max_steps=300, epochs=9.0) == (True, {"max_steps": 600})
    assert helped(made, "flat") == (True, {"patience": 16})


def test_more_dropout_and_then_a_smaller_network(make_checkpoint):
    made = make_checkpoint()
    tried = [0.0]
    while tried[-1] < MOST_DROPOUT:
        resumed, options = helped(made, "overfits", dropout=tried[-1])
        assert not resumed
        tried.append(options["dropout"])
    assert tried == [0.0, 0.35, 0.6, 0.75]
    assert helped(made, "overfits", dropout=0.75, hidden_size=9) == (False, {"hidden_size": 5})


def test_a_rate_that_was_too_high_and_one_that_was_too_low(make_checkpoint):
    made = make_checkpoint()
    for kind in ("unlearnt", "unstable"):
        assert helped(made, kind, learning_rate=0.5) == (False, {"learning_rate": 0.12})
    usual = recipe_for(1000).learning_rate
    for low in (0.0, 1e-6):
        assert helped(made, "unlearnt", learning_rate=low) == (False, {"learning_rate": usual})
        assert better_rate(replace(made.training, config={"learning_rate": low})) == usual


def test_a_network_that_can_do_what_counting_does(make_checkpoint):
    made = make_checkpoint()
    assert helped(made, "behind", cell="rnn") == (False, {"cell": "lstm"})
    assert helped(made, "behind", cell="gru", hidden_size=64) == (False, {"hidden_size": 128})
    assert helped(made, "behind", read=1.3, max_steps=300) == (True, {"max_steps": 600})


@pytest.mark.parametrize("kind", ["settled", "learnt", "unvalidated"])
def test_where_no_option_helps(kind, make_checkpoint):
    assert helped(make_checkpoint(), kind) is None
