"""Learners: the gradient of successive windows, with the state carried between them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.backward import backward
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.kinds import AnyNetwork
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.training.optimizer import AdamW


@dataclass(frozen=True)
class Noise:
    """The randomness of a window, determined by the seed, the step and the part of a batch.

    dropout: the fraction of hidden values dropped between layers and before the output.
    restart: the fraction of the sequences whose state is reset before each window.
    sampled: the number of candidates of the sampled softmax; 0 for the exact loss.
    """

    seed: int = 0
    dropout: float = 0.0
    restart: float = 0.0
    sampled: int = 0


NO_NOISE = Noise()

FAR = 20.0
"""Largest standard deviation of c in a random state: beyond those of texts."""


@dataclass(frozen=True)
class Part:
    """A part of a batch, learnt in one process.

    index: with the noise's seed and the step it determines what is dropped, restarted and drawn,
        so that no generator has to be saved.
    weight: fraction of the batch in this part, a factor of its loss and gradient.
    flat: where its gradient is written, (P,); None for new memory.
    """

    index: int = 0
    weight: float = 1.0
    flat: Floats | None = None


WHOLE = Part()
"""All of a batch."""


class Learner(Protocol):
    """Computes losses and gradients, and updates a network's parameters."""

    gradient: Floats
    """The gradient of the last window's loss, (P,), in the order of the parameters."""

    def learn(self, x: Ids, y: Ids, step: int) -> float:
        """Read a window, (T, B) each, write `gradient`, and return the mean loss in nats."""

    def optimizer(self, weight_decay: float) -> AdamW:
        """Return the optimiser that `move` takes."""

    def move(self, optimizer: AdamW, learning_rate: float) -> None:
        """Take a step of the optimiser against `gradient`."""

    def reset(self) -> None:
        """Reset the state of the next window to a(0) = 0."""

    @property
    def state(self) -> Floats:
        """A copy of the state that the next window begins from, (L, S, B, H)."""

    @state.setter
    def state(self, state: Floats) -> None: ...

    def close(self) -> None:
        """Free all that the learner holds but its gradient and state."""


class OwnProcess:
    """Base of the learners in this process, of a batch or of some of its sequences."""

    network: AnyNetwork
    noise: Noise
    part: Part
    gradient: Floats

    def optimizer(self, weight_decay: float) -> AdamW:
        """Return the optimiser that `move` takes."""
        params = self.network.params
        return AdamW(params.flat, params.matrices, weight_decay)

    def move(self, optimizer: AdamW, learning_rate: float) -> None:
        """Take a step of the optimiser against `gradient`."""
        optimizer.step(self.network.params.flat, self.gradient, learning_rate)

    def _rng(self, step: int, *purpose: int) -> np.random.Generator:
        entropy = np.random.SeedSequence((self.noise.seed, step, self.part.index, *purpose))
        return np.random.Generator(np.random.PCG64(entropy))


class LocalLearner(OwnProcess):
    """A learner of windows of a text, which carries the state from one to the next."""

    def __init__(
        self,
        network: Network,
        T: int,
        B: int,
        noise: Noise = NO_NOISE,
        part: Part = WHOLE,
    ) -> None:
        self.network: Network = network
        self.noise, self.part = noise, part
        self.sampled = min(noise.sampled, network.config.vocabulary_size)
        self.trace = Trace(network, T, B, noise.dropout, scores=False)
        self.grad = Gradient(network, self.trace, part.flat)
        self.gradient = self.grad.params.flat

    def learn(self, x: Ids, y: Ids, step: int) -> float:
        """Read a window, (T, B) each, write `gradient`, and return the mean loss in nats."""
        trace = self.trace
        if trace.dropout:
            trace.draw_masks(self._rng(step))
        if self.noise.restart:
            self._begin_anew(self._rng(step, 2))
        # An overflow ends in a loss or gradient that is not finite, which the trainer checks.
        with np.errstate(over="ignore", invalid="ignore"):
            forward(self.network, x, trace)
            loss = backward(
                self.network, y, trace, self.grad, self._candidates(step), self.part.weight
            )
        trace.carry()
        return loss

    def _begin_anew(self, rng: np.random.Generator) -> None:
        """Reset the state of some sequences: half of them to a(0) = 0, half to a random one.

        A state far from those of the training text may be one that a network never leaves
        again; from random ones it learns the way back.
        """
        first = self.trace.first_state
        kind = rng.random(first.shape[2])
        first[:, :, kind < self.noise.restart] = 0
        drawn = np.flatnonzero(kind < self.noise.restart / 2)
        L, S, _, H = first.shape
        shape = (L, len(drawn), H)
        far = FAR * rng.random((1, shape[1], 1)) * rng.standard_normal(shape)
        first[:, 0, drawn] = np.tanh(far) * rng.random(shape)
        if S > 1:
            first[:, 1, drawn] = far

    def _candidates(self, step: int) -> Ids | None:
        if not self.sampled:
            return None
        V = self.network.config.vocabulary_size
        return self._rng(step, 1).choice(V, self.sampled, replace=False)

    def reset(self) -> None:
        """Reset the state of the next window to a(0) = 0."""
        self.trace.states[:] = 0

    @property
    def state(self) -> Floats:
        """A copy of the state that the next window begins from, (L, S, B, H)."""
        return self.trace.first_state.copy()

    @state.setter
    def state(self, state: Floats) -> None:
        self.trace.first_state[:] = state

    def close(self) -> None:
        """Free the arrays of a window, most of the memory of a run; keep the state."""
        state = self.state
        self.trace = Trace(self.network, 1, self.trace.B, scores=False)
        self.grad = Gradient(self.network, self.trace, self.gradient)
        self.state = state
