"""The plan of a run: its memory, speed and time, estimated before it starts."""

from dataclasses import dataclass

import numpy as np

from charrnn.evaluation.baselines import COUNTED
from charrnn.evaluation.score import WINDOW, ValidationLoss, quick_steps
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.head import LEAST_ROWS, SCORES
from charrnn.network.pairs import shapes_of
from charrnn.text.batches import BLOCK
from charrnn.training.config import TrainingConfig
from charrnn.training.estimate import measure

WORKER_MEMORY = 8 * 2**20
"""Bytes that a worker takes before any array is made, shared memory counted once
(measured)."""

NGRAM_MEMORY = 60
"""Bytes for each character that the n-gram among the baselines counts (measured)."""

INITIAL_MEMORY = 5 * 8
"""Bytes for each recurrent weight of a layer while it is initialised: the factors of a matrix of
float64, and the work space of LAPACK (measured 4.5 to 4.9 numbers)."""

BASE_MEMORY = 50 * 2**20
"""Bytes that Python, NumPy, the display and the reading of a text take (measured)."""


@dataclass(frozen=True)
class Plan:
    """A run before it starts. Memory in bytes, speed in characters a second, time in seconds.

    seconds: all of it, but for what is measured in the end.
    besides: of these, how many go into evaluating and saving.
    """

    network: NetworkConfig
    training: TrainingConfig
    train_characters: int
    val_characters: int
    parameters: int
    memory: int
    speed: float
    steps: int
    seconds: float
    besides: float
    notes: tuple[str, ...]

    @property
    def passes(self) -> float:
        """How often the text is read."""
        read = self.steps * self.training.batch_size * self.training.seq_length
        return read / self.train_characters


def make_plan(
    network: NetworkConfig,
    training: TrainingConfig,
    train_characters: int,
    val_characters: int,
    notes: tuple[str, ...] = (),
    *,
    saving: float = 0.0,
) -> Plan:
    """Estimate memory, speed and time of a run; measuring the speed takes about half a second.

    saving: the seconds that the run takes to be saved.
    """
    pace = measure(network, training, train_characters, val_characters)
    per_step = training.batch_size * training.seq_length
    step = pace.step + pace.epoch / max(1, (train_characters - 1) // per_step)
    evaluation = pace.evaluation + saving
    limits: list[float] = []
    if training.max_steps:
        limits.append(training.max_steps)
    if training.epochs:
        limits.append(training.epochs * train_characters / per_step)
    if training.max_time:
        # An evaluation follows a step: there are as many as requested, or one for each step.
        all_of_them = (training.max_time - training.evaluations * evaluation) / step
        limits.append(max(all_of_them, training.max_time / (step + evaluation)))
    steps = max(1, int(min(limits)))
    besides = min(training.evaluations, steps) * evaluation
    return Plan(
        network=network,
        training=training,
        train_characters=train_characters,
        val_characters=val_characters,
        parameters=count_parameters(network),
        memory=estimate_memory(network, training, train_characters, val_characters),
        speed=per_step / step,
        steps=steps,
        seconds=steps * step + besides,
        besides=besides,
        notes=notes,
    )


def count_parameters(network: NetworkConfig) -> int:
    """Return the number of parameters of a network."""
    return sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes_of(network).values())


def estimate_memory(
    network: NetworkConfig, training: TrainingConfig, train_characters: int, val_characters: int
) -> int:
    """Return the peak memory of a run, in bytes, from the shapes of its arrays.

    The text lies in a file: memory does not grow with its length.
    """
    cell, T, B = CELLS[network.cell], training.seq_length, training.batch_size
    H, L = network.hidden_size, network.num_layers
    V, E = network.vocabulary_size, network.embedding_size
    GH, S, K = len(cell.gates) * H, len(cell.states), len(cell.kept)
    parameters, others = count_parameters(network), training.workers - 1

    def read(T: int, B: int) -> int:
        return T * B * (L * (GH + S * H + K * H) + E)

    def scored(rows: int) -> int:
        return 2 * min(rows, max(LEAST_ROWS, SCORES // V)) * V

    # Parameters, gradient, two moments, the best, one to save, the average; the gradient of each
    # worker; and in each process the weights as they are multiplied with.
    vectors = (6 + bool(training.average) + others + training.workers) * parameters
    learning = read(T, B) + T * B * (GH * (2 if cell.reset else 1) + H)
    learning += 2 * L * T * B * H if training.dropout else 0
    learning += training.workers * (scored(T * B // training.workers) + H * GH)
    width = 1 if V <= 256 else 2 if V <= 65_536 else 4
    blocks = 2 * width * min(train_characters, BLOCK)  # a block of windows, and the next one
    ending = 0
    if val_characters:
        steps = quick_steps(V)
        learning += read(steps, ValidationLoss.PIECES) + 2 * steps * ValidationLoss.PIECES * V
        counted = min(train_characters, COUNTED)
        ending = 4 * (read(WINDOW, 1) + 2 * WINDOW * V) + NGRAM_MEMORY * counted
    learning = 4 * learning + blocks
    base = BASE_MEMORY + (training.workers - 1) * WORKER_MEMORY
    initial = 4 * parameters + INITIAL_MEMORY * H * GH
    return base + max(initial, 4 * vectors + 24 * val_characters + max(learning, ending))
