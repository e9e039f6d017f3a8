"""Data-parallel training: a batch split over processes, on one core each.

    this process     learns from part 0, adds the gradients up, updates its share of the parameters
    a worker         receives a descriptor of shared memory, and then commands of one byte

One window is two messages each way, so the processes synchronise twice where threaded products do
so twice a step. A worker starts with the first window and ends when its input does, which is
when this process has exited, in whatever way. Randomness depends on the part, so equal numbers
of workers give equal results.
"""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.errors import ConfigError, TrainingError, Way
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.kinds import AnyNetwork, config_of, network_of, shapes_of
from charrnn.network.pairs import PairNetwork
from charrnn.system.child import ChildProcess, EndedError, read_order
from charrnn.system.cores import bounds, cores
from charrnn.system.shared_memory import Layout, SharedArrays
from charrnn.training.config import TrainingConfig
from charrnn.training.learner import NO_NOISE, WHOLE, Learner, LocalLearner, Noise, Part
from charrnn.training.optimizer import AdamW
from charrnn.training.pairs.learner import PairLearner

LEAST_ROWS = 4
"""Fewest sequences of a process."""

LEAST_WORK = 20_000_000
"""Fewest parameters times characters of a window for a process: some milliseconds."""

LEAST_MOVED = 100_000
"""Fewest parameters that a process updates; for fewer synchronising takes longer."""

LEARN, MOVE, RESET, DONE = b"l", b"m", b"r", b"."


def learner_for(network: AnyNetwork, config: TrainingConfig) -> Learner:
    """Return a learner without or with workers, as the configuration says.

    Raises
    ------
    ConfigError
        If workers are requested on a system that cannot share memory with them.
    """
    T, B = config.seq_length, config.batch_size
    noise = Noise(config.seed, config.dropout, config.restart, config.sampled_softmax)
    if config.workers == 1:
        return local_learner(network, T, B, noise)
    if os.name != "posix":
        raise ConfigError(
            "processes cannot share a batch on this system; choose 1", argument="workers"
        )
    return ProcessLearner(network, T, B, config.workers, noise)


def local_learner(
    network: AnyNetwork, T: int, B: int, noise: Noise = NO_NOISE, part: Part = WHOLE
) -> LocalLearner | PairLearner:
    """Return a learner in this process for a network of either kind."""
    if isinstance(network, PairNetwork):
        return PairLearner(network, T, B, noise, part)
    return LocalLearner(network, T, B, noise, part)


def choose_workers(network: NetworkConfig, batch_size: int, seq_length: int) -> int:
    """Return the number of processes that make a batch fastest on this machine.

    Each needs a core, enough sequences for fast products, and a window that takes long
    enough that synchronising costs little beside it.
    """
    if os.name != "posix":  # shared memory is passed by its descriptor
        return 1
    size = sum(math.prod(shape) for shape in shapes_of(network).values())
    work = size * batch_size * seq_length
    return max(1, min(cores(), batch_size // LEAST_ROWS, work // LEAST_WORK))


def _layout(config: NetworkConfig, size: int, T: int, B: int, parts: int) -> Layout:
    S = len(CELLS[config.cell].states)
    return {
        "params": ((size,), "f4"),
        "gradients": ((parts, size), "f4"),  # part 0 becomes the sum
        "moments": ((2, size), "f4"),
        "x": ((T, B), "i4"),
        "y": ((T, B), "i4"),
        "state": ((config.num_layers, S, B, config.hidden_size), "f4"),
        "losses": ((parts,), "f8"),
        "step": ((1,), "i8"),
        "moved": ((3,), "f8"),  # step of the optimiser, rate, weight decay
    }


class ProcessLearner:
    """A learner that splits a batch over this process and workers, until it is closed."""

    def __init__(
        self,
        network: AnyNetwork,
        T: int,
        B: int,
        parts: int,
        noise: Noise = NO_NOISE,
    ) -> None:
        self.network, self.parts = network, parts
        self.bounds = bounds(B, parts)
        size = network.params.flat.size
        self.shared = SharedArrays.create(_layout(network.config, size, T, B, parts))
        network.move_parameters(self.shared["params"])
        self._param_bounds = bounds(size, parts if size >= parts * LEAST_MOVED else 1)
        self.own = local_learner(
            network,
            T,
            self.bounds[1],
            noise,
            Part(0, self.bounds[1] / B, self.shared["gradients"][0]),
        )
        self.gradient: Floats = self.own.gradient
        self._order = {
            "network": asdict(network.config),
            "T": T,
            "B": B,
            "noise": asdict(noise),
            "parts": parts,
            "param_bounds": self._param_bounds,
            "descriptor": self.shared.descriptor,
        }
        self._processes: list[ChildProcess] = []

    def _start(self) -> None:
        """Start the workers, at the first window, as many runs end before it."""
        for part in range(1, self.parts):
            order = self._order | {"part": part}
            self._processes.append(ChildProcess(__name__, order, self.shared.descriptor))

    def learn(self, x: Ids, y: Ids, step: int) -> float:
        """Read a window, (T, B) each, write `gradient`, and return the mean loss in nats.

        Raises
        ------
        TrainingError
            If a worker has died.
        """
        shared, end = self.shared, self.bounds[1]
        shared["x"][:], shared["y"][:], shared["step"][:] = x, y, step
        with _died_while_training():
            if not self._processes:
                self._start()
            self._send(LEARN)
            loss = self.own.learn(x[:, :end], y[:, :end], step)
            self._wait_for_all()
        for part in range(1, self.parts):
            self.gradient += shared["gradients"][part]
        return float(loss + shared["losses"][1:].sum())

    def optimizer(self, weight_decay: float) -> AdamW:
        """Return the optimiser that `move` takes, its moments in shared memory."""
        params, (m, v) = self.network.params, self.shared["moments"]
        return AdamW(params.flat, params.matrices, weight_decay, (m, v))

    def move(self, optimizer: AdamW, learning_rate: float) -> None:
        """Take a step of the optimiser, each process with its share of the parameters.

        Raises
        ------
        TrainingError
            If a worker has died.
        """
        optimizer.t += 1
        shared = len(self._param_bounds) > 2
        with _died_while_training():
            if shared:
                self.shared["moved"][:] = optimizer.t, learning_rate, optimizer.weight_decay
                self._send(MOVE)
            flat, own = self.network.params.flat, self._param_bounds[1]
            optimizer.move(flat, self.gradient, learning_rate, 0, own)
            if shared:
                self._wait_for_all()

    def reset(self) -> None:
        """Reset the state of the next window to a(0) = 0."""
        self.state = np.zeros_like(self.shared["state"])

    @property
    def state(self) -> Floats:
        """A copy of the state that the next window begins from, (L, S, B, H)."""
        self.shared["state"][:, :, : self.bounds[1]] = self.own.state
        return self.shared["state"].copy()

    @state.setter
    def state(self, state: Floats) -> None:
        self.shared["state"][:] = state
        self.own.state = state[:, :, : self.bounds[1]]
        with _died_while_training():
            self._send(RESET)
            self._wait_for_all()

    def close(self) -> None:
        """End the workers, and move the parameters back to this process's memory."""
        if self.network.params.flat is self.shared["params"]:
            self.network.move_parameters(np.empty_like(self.network.params.flat))
        for process in self._processes:
            process.close()
        self._processes = []
        self.own.close()
        self.shared.close()

    def _send(self, command: bytes) -> None:
        for process in self._processes:
            process.send(command)

    def _wait_for_all(self) -> None:
        for process in self._processes:
            process.receive(len(DONE))


@contextmanager
def _died_while_training() -> Iterator[None]:
    """Raise TrainingError for a worker that has died."""
    try:
        yield
    except EndedError as ended:
        raise TrainingError(
            f"{ended} in the middle of training; what was saved is whole",
            Way("continue with {resume}"),
            Way("train with {workers}", workers=1),
        ) from None


def work() -> None:
    """Run a worker: read the order, then execute commands until the pipe is closed."""
    commands, answers = sys.stdin.fileno(), sys.stdout.fileno()
    given = read_order()
    if given is None:  # the parent has exited already
        return
    config = config_of(given["network"])
    T, B, parts, part = given["T"], given["B"], given["parts"], given["part"]
    size = network_of(config).params.flat.size
    shared = SharedArrays(_layout(config, size, T, B, parts), given["descriptor"])
    network = network_of(config, flat=shared["params"])
    mine = slice(*bounds(B, parts)[part : part + 2])
    rows = mine.stop - mine.start
    gradient = shared["gradients"][part]
    noise = Noise(**given["noise"])
    learner = local_learner(network, T, rows, noise, Part(part, rows / B, gradient))
    learner.state = shared["state"][:, :, mine]
    optimizer = AdamW(network.params.flat, network.params.matrices, 0.0, tuple(shared["moments"]))
    while command := os.read(commands, 1):
        if command == LEARN:
            x, y = shared["x"][:, mine], shared["y"][:, mine]
            loss = learner.learn(x, y, int(shared["step"][0]))
            shared["losses"][part] = loss
            shared["state"][:, :, mine] = learner.state
        elif command == MOVE:
            t, rate, optimizer.weight_decay = shared["moved"].tolist()
            optimizer.t = int(t)
            summed = shared["gradients"][0]
            optimizer.move(
                network.params.flat, summed, rate, *given["param_bounds"][part : part + 2]
            )
        else:
            learner.state = shared["state"][:, :, mine]
        os.write(answers, DONE)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        work()
