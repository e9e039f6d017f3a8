"""Trains on the validation text too, in a short last pass after the last evaluation."""

from dataclasses import replace

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.text.batches import Streams, Text, fit_shape
from charrnn.training.config import TrainingConfig
from charrnn.training.optimizer import clip
from charrnn.training.process_learner import learner_for

PASSES = 2
"""Passes over the rest, and over as much of the training text, so that neither is forgotten."""

RATE = 0.25
"""Fraction of the run's learning rate that the pass begins at; it falls to 0 linearly.

Measured on tiny Shakespeare (LSTM 1x256, learnt from its first 81 %, judged by the 9 % after them,
scored on the 60,000 characters after these): 1.733 nats without the rest, and with it, beginning at
0.025 of the rate 1.654, at 0.075 of it 1.597, at 0.25 of it 1.544.
"""

WARMUP = 20
"""Steps over which the rate rises, while the moments of the optimiser are new."""


def learn_rest(network: Network, train: Text, rest: Ids, config: TrainingConfig) -> None:
    """Train on the validation text, (M,), and the last M characters of the training text.

    network: trained in place.
    config: of the run; its batch, window, dropout, seed and workers are those of the pass.
    """
    ids = np.concatenate([train[max(0, len(train) - len(rest)) :], rest])
    batch_size, seq_length, _ = fit_shape(len(ids), config.batch_size, config.seq_length)
    workers = min(config.workers, batch_size)
    config = replace(config, batch_size=batch_size, seq_length=seq_length, workers=workers)
    learner = learner_for(network, config)
    try:
        optimizer = learner.optimizer(config.weight_decay)
        streams = Streams(ids, batch_size, seq_length)
        steps = PASSES * len(streams)
        for step in range(steps):
            if step % len(streams) == 0:
                learner.reset()
            learner.learn(*streams[step % len(streams)], step)
            norm = clip(learner.gradient, config.grad_clip)
            if np.isfinite(norm):
                share = min(1.0, (step + 1) / WARMUP) * (1 - step / steps)
                learner.move(optimizer, RATE * config.learning_rate * share)
    finally:
        learner.close()
