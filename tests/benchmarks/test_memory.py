"""The experiment of memory, tests/benchmarks/memory.py: its text, its measures, what it finds."""

import re

import numpy as np
import pytest

from benchmarks import memory
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network


@pytest.mark.parametrize("k", [2, 3, 5, 100])
def test_the_cue_decides_the_answer_and_nothing_else_does(k):
    ids, answers = memory.write(np.full(400, k), np.random.default_rng(k))
    text = memory.VOCABULARY.decode(ids)
    records = re.findall(r"([.,]{1,10})([01])([.,]*)\?([ny])", text)
    assert "".join(f"{gap}{cue}{noise}?{answer}" for gap, cue, noise, answer in records) == text
    assert len(records) == len(answers) == 400
    assert {len(noise) for _, _, noise, _ in records} == {k - 2}
    assert [text[t] for t in answers] == [answer for *_, answer in records]
    assert [text[t - k] for t in answers] == ["01"["ny".index(answer)] for *_, answer in records]
    assert {len(gap) for gap, *_ in records} == set(range(1, 11))
    found = np.array([answer == "y" for *_, answer in records])
    assert 0.4 < found.mean() < 0.6
    for n in (0, -1):  # the noise on both sides of the cue is the same for both answers
        rare = np.array([(gap + noise)[n] == "," for gap, _, noise, _ in records])
        assert abs(rare[found].mean() - rare[~found].mean()) < 0.1


def test_lags_may_differ_from_record_to_record():
    lags = np.array([7, 2, 30])
    ids, answers = memory.write(lags, np.random.default_rng(0))
    text = memory.VOCABULARY.decode(ids)
    assert [text[t - k] in "01" for t, k in zip(answers, lags, strict=True)] == [True] * 3
    exchanged = memory.VOCABULARY.decode(memory.exchange(ids, answers))
    assert [exchanged[t] for t in answers] == ["yn"["ny".index(text[t])] for t in answers]
    assert exchanged.translate(str.maketrans("ny", "yn")) == text


@pytest.mark.slow
def test_a_network_that_has_learnt_knows_by_the_cue_alone():
    rng = np.random.default_rng(0)
    network = Network(NetworkConfig(len(memory.VOCABULARY), "gru", 16), rng)
    untaught = memory.examine(network, 5, np.random.default_rng(1))
    assert 0.4 < untaught[0] < 0.6
    memory.learn(network, 5, 300, rng, straight=False)
    accuracy, after, before, gradient = memory.examine(network, 5, np.random.default_rng(1))
    assert min(accuracy, before) > 0.95
    assert 0.4 < after < 0.6
    run = memory.Run(5, "gru", 0, accuracy, after, before, gradient, 1.0)
    assert (run.state, run.agree) == ("knows", True)


@pytest.mark.parametrize(
    ("measured", "state", "agree"),
    [
        ((1.0, 0.5, 1.0, 0.1), "knows", True),
        ((1.0, 0.9, 1.0, 0.1), "knows", False),  # it can do without the cue
        ((1.0, 0.5, 0.5, 0.1), "knows", False),  # the cue is not enough
        ((1.0, 0.5, 1.0, 1e-9), "knows", False),
        ((0.5, 0.5, 0.5, 0.1), "reached", True),
        ((0.5, 0.5, 0.5, 1e-9), "lost", True),
        ((0.5, 0.5, 1.0, 1e-9), "lost", False),
    ],
)
def test_what_is_said_of_a_run(measured, state, agree):
    run = memory.Run(5, "rnn", 0, *measured, seconds=1.0)
    assert (run.state, run.agree) == (state, agree)
