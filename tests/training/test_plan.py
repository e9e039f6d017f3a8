"""What is estimated of a run before it starts: its memory, its speed and its time."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.network.config import NetworkConfig
from charrnn.network.kinds import count_parameters
from charrnn.network.network import Network
from charrnn.option_fields import described
from charrnn.training import estimate
from charrnn.training import plan as module
from charrnn.training.config import TrainingConfig
from charrnn.training.estimate import Pace, measure
from charrnn.training.memory import estimate_memory
from charrnn.training.optimizer import AdamW
from charrnn.training.plan import make_plan

ROOT = Path(module.__file__).parents[2]
LARGEST = {name: said.range.most for name, said in described(NetworkConfig).items() if said.range}

cells = st.sampled_from(["rnn", "lstm", "gru"])


@given(
    cell=cells,
    vocabulary_size=st.integers(1, 300),
    hidden_size=st.integers(1, 40),
    num_layers=st.integers(1, 4),
    embedding_size=st.integers(0, 20),
)
@settings(deadline=None, max_examples=60)
def test_parameters_are_counted_without_being_made(**fields):
    config = NetworkConfig(**fields)
    assert count_parameters(config) == Network(config).params.flat.size


def test_counting_the_largest_network_takes_no_memory():
    largest = NetworkConfig(**LARGEST)
    H, V, L, E = (
        LARGEST[name] for name in ("hidden_size", "vocabulary_size", "num_layers", "embedding_size")
    )
    matrices = V * E + E * 4 * H + (L - 1) * H * 4 * H + L * H * 4 * H + H * V
    assert count_parameters(largest) == matrices + L * 4 * H + V


@pytest.mark.parametrize(
    ("budget", "steps"),
    [
        ({"max_steps": 50}, 50),
        ({"epochs": 2.0}, 200),
        ({"max_time": 3.0}, 150),
        ({"epochs": 2.0, "max_steps": 30, "max_time": 3.0}, 30),
        ({"epochs": 2.0, "max_time": 3.0}, 150),
        ({"max_time": 1e-3}, 1),
    ],
)
def test_how_long_a_run_will_take(monkeypatch, budget, steps):
    pace = Pace(step=0.02, epoch=0.0, evaluation=0.0)
    monkeypatch.setattr(module, "measure", lambda *_: pace)
    training = TrainingConfig(batch_size=4, seq_length=25, **budget)
    network = NetworkConfig(10, "gru", 8)
    plan = make_plan(network, training, 10_000, 500, ("a note",))
    assert plan.steps == steps
    assert plan.speed == pytest.approx(5000)
    assert plan.seconds == pytest.approx(steps * 100 / 5000)
    assert plan.besides == 0
    assert plan.passes == pytest.approx(steps * 100 / 10_000)
    assert plan.parameters == count_parameters(network)
    assert plan.memory == estimate_memory(network, training, 10_000, 500)
    assert (plan.train_characters, plan.val_characters) == (10_000, 500)
    assert plan.notes == ("a note",)


def test_an_estimate_counts_what_is_beside_the_steps(monkeypatch):
    pace = Pace(step=0.01, epoch=0.002, evaluation=0.3)
    monkeypatch.setattr(module, "measure", lambda *_: pace)
    network = NetworkConfig(10, "gru", 8)
    training = TrainingConfig(batch_size=1, seq_length=8, max_steps=1000, evaluations=20)
    short = make_plan(network, training, 11, 500, saving=0.1)
    assert short.besides == pytest.approx(20 * (0.3 + 0.1))
    assert short.seconds == pytest.approx(1000 * (0.01 + 0.002) + 8)  # an epoch is one window
    assert short.speed == pytest.approx(8 / 0.012)
    long = make_plan(network, training, 8001, 500, saving=0.1)
    assert long.seconds == pytest.approx(1000 * (0.01 + 0.002 / 1000) + 8)
    # The time of evaluations is not there for steps; few steps have few evaluations.
    timed = make_plan(network, replace(training, max_steps=None, max_time=10.0), 8001, 500)
    assert timed.steps == pytest.approx((10 - 20 * 0.3) / 0.01, rel=0.01)
    assert timed.seconds == pytest.approx(10, rel=0.01)
    assert make_plan(network, replace(training, max_steps=5), 8001, 500).besides == 5 * 0.3
    timed = make_plan(network, replace(training, max_steps=None, max_time=3.2), 8001, 500)
    assert timed.steps == 10
    assert timed.seconds == pytest.approx(3.2, rel=0.05)


@pytest.mark.parametrize("val_characters", [0, 1000])
def test_the_pace_of_a_run_is_measured(cell, val_characters, monkeypatch):
    monkeypatch.setattr(estimate, "MEASURED", 0.02)
    training = TrainingConfig(batch_size=2, seq_length=4, max_steps=1, dropout=0.1)
    pace = measure(NetworkConfig(10, cell, 4), training, 100, val_characters)
    assert 0 < pace.step < math.inf
    assert 0 < pace.epoch < math.inf
    assert (pace.evaluation > 0) == bool(val_characters)


def test_the_steps_that_are_measured_move_the_parameters(monkeypatch):
    monkeypatch.setattr(estimate, "MEASURED", 0.0)
    moved = []
    step = AdamW.step
    monkeypatch.setattr(AdamW, "step", lambda self, *a: (moved.append(len(a[0])), step(self, *a)))
    network = NetworkConfig(10, "gru", 16)
    measure(network, TrainingConfig(batch_size=2, seq_length=4, max_steps=1), 100, 0)
    assert set(moved) == {count_parameters(network)}
