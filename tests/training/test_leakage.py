"""Repetition of the training text in the validation text, and its effect on the loss."""

import numpy as np
import pytest

from charrnn.text.corpus import from_text
from charrnn.training import leakage as module
from charrnn.training.leakage import LEAKY, leakage
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun


def noise(n, seed=0):
    return np.random.default_rng(seed).integers(60, size=n).astype(np.uint8)


def test_the_share_that_is_repeated_and_the_loss_of_the_rest():
    train, validation = noise(5000), noise(1000, seed=1)
    validation[:600] = train[100:700]
    nats = np.r_[np.full(599, 0.5), np.full(400, 3.0)]
    found = leakage(train, validation, nats)
    assert (found.share, found.rest, found.searched) == (0.6, 3.0, None)
    assert found.leaky


def test_a_text_of_its_own():
    found = leakage(noise(5000), noise(1000, seed=1), np.full(999, 2.0))
    assert (found.share, found.rest, found.leaky) == (0, 2.0, False)
    one, few = noise(1000, seed=1), int(1000 * LEAKY) - 5
    one[:few] = noise(5000)[:few]
    assert not leakage(noise(5000), one, np.full(999, 2.0)).leaky


def test_where_nothing_is_left_there_is_no_loss_of_the_rest():
    train = noise(5000)
    found = leakage(train, train[:1000], np.full(999, 0.1))
    assert (found.share, found.rest) == (1.0, None)


def test_of_a_long_text_the_end_is_looked_through(monkeypatch):
    monkeypatch.setattr(module, "SEARCHED", 2000)
    train = noise(5000)
    for part, share in ((train[:1000], 0.0), (train[-1000:], 1.0)):
        found = leakage(train, part, np.full(999, 0.1))
        assert (found.share, found.searched) == (share, 2000)


@pytest.mark.parametrize("times", [1, 40])
def test_a_run_knows_of_it(times):
    words = np.random.default_rng(0).choice(list("abcdefghij \n"), 4000 // times)
    run = TextRun.begin(from_text("".join(words) * times), TrainOptions(hidden_size=2, max_steps=2))
    assert run.leakage is None
    for _ in run.trainer.run():
        pass
    run.conclude("its budget")
    assert run.leakage.share == (times > 1)
