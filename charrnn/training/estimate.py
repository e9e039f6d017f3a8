"""Estimates the duration of a run by timing its parts on this machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from charrnn.evaluation.score import ValidationLoss
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.text.batches import Streams
from charrnn.training.config import TrainingConfig
from charrnn.training.optimizer import CHUNK, AdamW, clip
from charrnn.training.process_learner import learner_for

MEASURED = 0.4
"""Seconds of the measurement of steps."""

AROUND = 60e-6
"""Seconds of overhead per step: learning rate, progress, clock (measured)."""

LARGEST_MOVED = 8 * CHUNK
"""Parameters whose update is timed; more take time in proportion."""


@dataclass(frozen=True)
class Pace:
    """The durations of the parts of a run, in seconds.

    step: forward, backward and the update of the parameters.
    epoch: the start of an epoch, without its steps.
    evaluation: one score of the validation text.
    """

    step: float
    epoch: float
    evaluation: float


def measure(
    network: NetworkConfig,
    training: TrainingConfig,
    train_characters: int,
    val_characters: int,
) -> Pace:
    """Return the pace of a run, measured on random characters."""
    rng = np.random.default_rng(0)
    trial = Network(network, rng)
    return Pace(
        step=_step(trial, training, rng),
        epoch=_epoch(network, training, train_characters, rng),
        evaluation=_evaluation(trial, training, val_characters, rng),
    )


def measure_speed(network: NetworkConfig, training: TrainingConfig) -> float:
    """Return the characters per second that the steps of a run read, on this machine now."""
    rng = np.random.default_rng(0)
    step = _step(Network(network, rng), training, rng)
    return training.seq_length * training.batch_size / step


def _step(network: Network, training: TrainingConfig, rng: np.random.Generator) -> float:
    learner = learner_for(network, training)
    x = rng.integers(
        network.config.vocabulary_size, size=(training.seq_length, training.batch_size)
    )
    learnt = _mean(lambda: learner.learn(x, x, 0), MEASURED)
    learner.close()
    # A few chunks represent all: the moments of a large network would take memory of their own.
    flat = network.params.flat
    part = flat[:LARGEST_MOVED]
    optimizer, gradient = AdamW(part, len(part), training.weight_decay), np.zeros_like(part)

    def move() -> None:
        clip(gradient, training.grad_clip)
        optimizer.step(part, gradient, 0.0)

    moved = _mean(move, MEASURED / 20) * len(flat) / len(part)
    return learnt + moved / training.workers + AROUND


def _epoch(
    network: NetworkConfig, training: TrainingConfig, characters: int, rng: np.random.Generator
) -> float:
    B, T = training.batch_size, training.seq_length
    # A long text has many windows, so the start of an epoch does not count.
    ids = rng.integers(network.vocabulary_size, size=min(characters, 4 * B * T + 1))
    return _mean(lambda: Streams(ids, B, T)[0], 0.0)


def _evaluation(
    network: Network, training: TrainingConfig, characters: int, rng: np.random.Generator
) -> float:
    if characters <= 1:
        return 0.0
    V = network.config.vocabulary_size
    score = ValidationLoss(rng.integers(V, size=characters), V, training.val_sample)
    x, windows = score.x[: score.T], -(-len(score.x) // score.T)
    trace = Trace(network, *x.shape)
    return windows * _mean(lambda: forward(network, x, trace), 0.0)


def _mean(work: Callable[[], object], seconds: float) -> float:
    """Return the mean time of some work, repeated three times or for `seconds`, after a warm-up.

    The mean, not the median: beside other programs a process waits at times, as the run will.
    """
    work()
    start, times = time.perf_counter(), 0
    while times < 3 or time.perf_counter() - start < seconds:
        work()
        times += 1
    return (time.perf_counter() - start) / times
