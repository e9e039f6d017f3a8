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


@pytest.mark.parametrize("name", ["C", "W_he", "b_h", "W_yh", "b_y", "e"])
def test_the_gradient_of_the_fixed_window_is_that_of_central_differences(name):
    rng = np.random.default_rng(0)
    network = memory.FixedWindow(800, rng, np.float64)
    network.flat[:] = rng.standard_normal(len(network.flat)) / 2
    ids, _ = memory.write(np.full(3, 9), rng)
    ends = np.array([1, 7, 16, 17, 30])  # before the first of them 15 characters are absent
    windows, targets = memory.windows_before(ids, ends), ids[ends]
    loss, gradient, of_e = network.backward(windows, targets)

    def loss_at(e):
        """The same by the equations, from e."""
        of = network.arrays
        total = 0.0
        for features, target in zip(e, targets, strict=True):
            z = of["W_yh"] @ np.tanh(of["W_he"] @ features + of["b_h"]) + of["b_y"]
            total += np.log(np.exp(z).sum()) - z[target]
        return total / len(targets)

    def e():
        return np.array(
            [
                np.concatenate([np.zeros(8) if x < 0 else network.arrays["C"][x] for x in window])
                for window in windows
            ]
        )

    assert loss == pytest.approx(loss_at(e()), rel=1e-12)
    if name == "e":
        read, found = e(), of_e
        array, compute = read, lambda: loss_at(read)
    else:
        array, compute = network.arrays[name], lambda: loss_at(e())
        found = network.views(gradient, network.shapes)[name]
    numeric = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept, sides = array[place], []
        for step in (1e-5, -1e-5):
            array[place] = kept + step
            sides.append(compute())
        array[place] = kept
        numeric[place] = (sides[0] - sides[1]) / 2e-5
    assert np.linalg.norm(found - numeric) < 1e-7 * np.linalg.norm(numeric)


def test_the_fixed_window_has_as_many_parameters_as_the_lstm():
    lstm = Network(NetworkConfig(len(memory.VOCABULARY), "lstm", 32), np.random.default_rng(0))
    network = memory.FixedWindow(lstm.params.flat.size, np.random.default_rng(0))
    assert network.flat.size == pytest.approx(lstm.params.flat.size, rel=0.02)


def test_the_fixed_window_sees_the_last_16_characters():
    ids = np.arange(40)
    found = memory.windows_before(ids, np.array([3, 40]))
    assert found.tolist() == [[-1] * 13 + [0, 1, 2], list(range(24, 40))]
    found = memory.windows_before(ids, np.array([2, 40]), 4)
    assert found.tolist() == [[-1] * 14 + [0, 1], [-1] * 12 + [36, 37, 38, 39]]


@pytest.mark.parametrize(("k", "knows"), [(16, True), (17, False)])
def test_the_fixed_window_knows_up_to_its_length(k, knows):
    """A network made by hand: it has the answer from the cue, if the cue is in its window."""
    network = memory.FixedWindow(3000, np.random.default_rng(0))
    network.flat[:] = 0
    of = network.arrays
    zero, one, n, y = memory.VOCABULARY.encode("01ny")
    of["C"][zero, 0], of["C"][one, 0] = -1, 1
    of["W_he"][0, :: memory.FEATURES] = 1  # the first feature of each character
    of["W_yh"][n, 0], of["W_yh"][y, 0] = -1, 1
    accuracy, after, before, gradient = network.examine(k, np.random.default_rng(1))
    assert (accuracy == 1.0) == (before == 1.0) == knows
    assert (gradient > 0) == knows
    assert after < 0.6
