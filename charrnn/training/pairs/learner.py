"""The learner of pairs: the gradient of a batch of them."""

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.pairs import PairGradient, PairNetwork, PairTrace, learn_pairs
from charrnn.training.learner import NO_NOISE, WHOLE, Noise, OwnProcess, Part


class PairLearner(OwnProcess):
    """A learner of pairs, each of which begins at a(0) = 0."""

    def __init__(
        self,
        network: PairNetwork,
        T: int,
        B: int,
        noise: Noise = NO_NOISE,
        part: Part = WHOLE,
    ) -> None:
        self.network: PairNetwork = network
        self.noise, self.part = noise, part
        self.trace = PairTrace(network, T, T, B, noise.dropout)
        self.grad = PairGradient(network, self.trace, part.flat)
        self.gradient = self.grad.params.flat

    def learn(self, x: Ids, y: Ids, step: int) -> float:
        """Read a batch, (T, B) each, write `gradient`, and return the mean loss in nats."""
        if self.noise.dropout:
            self.trace.draw_masks(self._rng(step))
        with np.errstate(over="ignore", invalid="ignore"):
            return learn_pairs(self.network, x, y, self.trace, self.grad, self.part.weight)

    def reset(self) -> None:
        """Do nothing: no state is carried."""

    @property
    def state(self) -> Floats:
        """The state that each pair begins from, (L, S, B, H): zeros."""
        state: Floats = np.zeros_like(self.trace.encoder.first_state)
        return state

    @state.setter
    def state(self, state: Floats) -> None:
        """Do nothing: no state is carried."""

    def close(self) -> None:
        """Free the arrays of a batch, most of the memory of a run."""
        self.trace = PairTrace(self.network, 1, 1, self.trace.B)
        self.grad = PairGradient(self.network, self.trace, self.gradient)
