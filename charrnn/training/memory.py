"""The peak memory of a run, estimated from the shapes of its arrays before any is allocated."""

from dataclasses import dataclass

from charrnn.errors import TrainingError, Way
from charrnn.evaluation.baselines import COUNTED
from charrnn.evaluation.pairs import ROWS
from charrnn.evaluation.score import WINDOW, ValidationLoss, quick_steps
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.head import LEAST_ROWS, SCORES
from charrnn.network.kinds import count_parameters
from charrnn.network.pairs import PairConfig
from charrnn.system.memory import available_memory
from charrnn.text.batches import BLOCK
from charrnn.training.config import TrainingConfig

WORKER_MEMORY = 8 * 2**20
"""Bytes that a worker takes before any array is made, shared memory counted once
(measured)."""

NGRAM_MEMORY = 60
"""Bytes for each character that the n-gram among the baselines counts (measured)."""

INITIAL_MEMORY = 5 * 8
"""Bytes for each recurrent weight of a layer while it is initialised: the factors of a matrix of
float64, and the work space of LAPACK (measured 4.5 to 4.9 numbers)."""

PAIR_MEMORY = 750
"""Bytes that a pair takes as text, as ids and in a table of what it is most similar to, without
its characters (measured)."""

PAIR_CHARACTER_MEMORY = 45
"""Bytes for each character of pairs, for the same (measured)."""

SMALLER = Way("choose a smaller {hidden_size}, {num_layers} or {batch_size}")
"""The way out of a new run that does not fit."""

ELSEWHERE = Way("resume it where there is more")
"""The way out of one that is resumed: its settings are fixed."""

BASE_MEMORY = 50 * 2**20
"""Bytes that Python, NumPy, the display and the reading of a text take (measured)."""


@dataclass(frozen=True)
class _Arrays:
    """The numbers in the arrays of a network that reads T steps of B sequences."""

    network: NetworkConfig

    def read(self, T: int, B: int) -> int:
        """Return those of a forward pass."""
        network, cell = self.network, CELLS[self.network.cell]
        per_layer = len(cell.gates) + len(cell.states) + len(cell.kept)
        return (
            T * B * (network.num_layers * per_layer * network.hidden_size + network.embedding_size)
        )

    def back(self, T: int, B: int, dropout: float) -> int:
        """Return what a backward pass adds, and dropout."""
        network, cell = self.network, CELLS[self.network.cell]
        H, GH = network.hidden_size, len(cell.gates) * network.hidden_size
        masks = 2 * network.num_layers * T * B * H if dropout else 0
        return T * B * (GH * (2 if cell.reset else 1) + H) + masks

    def scored(self, rows: int) -> int:
        """Return those of scores and their gradient, of some rows at a time."""
        V = self.network.vocabulary_size
        return 2 * min(rows, max(LEAST_ROWS, SCORES // V)) * V

    @property
    def recurrent(self) -> int:
        """The recurrent weights of a layer."""
        return len(CELLS[self.network.cell].gates) * self.network.hidden_size**2


def estimate_memory(
    network: NetworkConfig, training: TrainingConfig, train_characters: int, val_characters: int
) -> int:
    """Return the peak memory of a run on a text, in bytes.

    The text lies in a file: memory does not grow with its length.
    """
    arrays, V = _Arrays(network), network.vocabulary_size
    T, B, workers = training.seq_length, training.batch_size, training.workers
    learning = arrays.read(T, B) + arrays.back(T, B, training.dropout)
    learning += workers * (arrays.scored(T * B // workers) + arrays.recurrent)
    width = 1 if V <= 256 else 2 if V <= 65_536 else 4
    blocks = 2 * width * min(train_characters, BLOCK)  # a block of windows, and the next one
    ending = 0
    if val_characters:
        steps = quick_steps(V)
        learning += (
            arrays.read(steps, ValidationLoss.PIECES) + 2 * steps * ValidationLoss.PIECES * V
        )
        counted = min(train_characters, COUNTED)
        ending = 4 * (arrays.read(WINDOW, 1) + 2 * WINDOW * V) + NGRAM_MEMORY * counted
    at_once = max(4 * learning + blocks, ending)
    return _whole(network, training, 24 * val_characters + at_once)


def estimate_pair_memory(
    network: PairConfig, training: TrainingConfig, pairs: int, characters: int
) -> int:
    """Return the peak memory of a run on pairs, in bytes.

    characters: of all texts and answers.
    """
    T, B, workers = training.seq_length, training.batch_size, training.workers
    learning = workers * _Arrays(network).recurrent
    for part in [network.encoder] + [network.decoder] * (not network.labels):
        arrays = _Arrays(part)
        learning += arrays.read(T, B) + arrays.back(T, B, training.dropout) + arrays.read(T, ROWS)
    outputs = network.labels or network.vocabulary_size + 1
    learning += 2 * outputs * (ROWS if network.labels else T * (ROWS + B))
    texts = PAIR_MEMORY * pairs + PAIR_CHARACTER_MEMORY * characters
    return _whole(network, training, 4 * learning + texts)


def _whole(network: NetworkConfig, training: TrainingConfig, more: int) -> int:
    """Return the memory of a run that needs so many bytes beside its parameters."""
    parameters, others = count_parameters(network), training.workers - 1
    # Parameters, gradient, two moments, the best, one to save, the average; the gradient of each
    # worker; and in each process the weights as they are multiplied with.
    vectors = (6 + bool(training.average) + others + training.workers) * parameters
    base = BASE_MEMORY + others * WORKER_MEMORY
    initial = 4 * parameters + INITIAL_MEMORY * _Arrays(network).recurrent
    return base + max(initial, 4 * vectors + more)


def check_memory(needed: int, way: Way) -> None:
    """Check that a run of so many bytes fits in memory.

    way: the way out where it does not.

    Raises
    ------
    TrainingError
        It does not.
    """
    there = available_memory()
    if needed > there:
        raise TrainingError(
            f"this run needs {needed / 1e9:.2f} GB of memory, and it may take {there / 1e9:.2f} GB "
            f"here",
            way,
        )
