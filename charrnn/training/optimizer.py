"""AdamW, gradient clipping by the global norm, and the learning rate schedule."""

import math

import numpy as np

from charrnn.array_types import Floats

CHUNK = 1 << 15
"""Parameters updated at a time; they fit a core's cache."""


class AdamW:
    """Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).

    matrices: number of leading entries of the vector that decay; the biases after them do not.
    m, v: sums of the gradients and of their squares, decayed by β per step;
        the running means of the papers are these times 1 - β, which is part of the rate. They may
        be given, as views of shared memory.
    t: number of steps taken.
    """

    beta_1, beta_2, epsilon = 0.9, 0.99, 1e-8

    def __init__(
        self,
        like: Floats,
        matrices: int,
        weight_decay: float = 0.0,
        moments: tuple[Floats, Floats] | None = None,
    ) -> None:
        self.m, self.v = moments or (np.zeros_like(like), np.zeros_like(like))
        self.t = 0
        self.matrices, self.weight_decay = matrices, weight_decay
        self._scratch: Floats = np.empty_like(like[:CHUNK])

    def step(self, params: Floats, grad: Floats, learning_rate: float) -> None:
        """Update the parameters, (P,), by the gradient, (P,), in place."""
        self.t += 1
        self.move(params, grad, learning_rate, 0, len(params))

    def move(
        self, params: Floats, grad: Floats, learning_rate: float, first: int, end: int
    ) -> None:
        """Do the t-th step for the parameters from `first` up to `end`."""
        # learning_rate m_hat / (sqrt(v_hat) + epsilon), with few passes over the vectors
        root = math.sqrt((1 - self.beta_2) / (1 - self.beta_2**self.t))
        rate = learning_rate * (1 - self.beta_1) / (1 - self.beta_1**self.t) / root
        epsilon = self.epsilon / root
        kept = 1 - learning_rate * self.weight_decay
        for start in range(first, end, CHUNK):
            chunk = slice(start, min(start + CHUNK, end))
            p, g, m, v = params[chunk], grad[chunk], self.m[chunk], self.v[chunk]
            s = self._scratch[: len(g)]
            m *= self.beta_1
            m += g
            v *= self.beta_2
            v += np.multiply(g, g, out=s)
            np.sqrt(v, out=s)
            s += epsilon
            np.divide(m, s, out=s)
            s *= rate
            if self.weight_decay and start < self.matrices:
                p[: self.matrices - start] *= kept
            p -= s

    def reset(self) -> None:
        """Reset the moments and the count of steps."""
        self.m[:], self.v[:], self.t = 0, 0, 0


def clip(grad: Floats, limit: float) -> float:
    """Scale the gradient in place to a global norm of at most `limit`; return its norm before.

    The norm is computed in the gradient's own type and, where that overflows, in float64,
    so that it is finite for every finite gradient. A norm that is not finite changes nothing;
    a limit of 0 neither.
    """
    with np.errstate(over="ignore"):
        norm = math.sqrt(float(np.dot(grad, grad)))
    if not math.isfinite(norm) or norm < np.finfo(grad.dtype).eps:
        norm = float(np.linalg.norm(grad.astype(np.float64)))
    if limit and math.isfinite(norm) and norm > limit:
        grad *= limit / norm
    return norm


def learning_rate(highest: float, progress: float, warmup: float, final: float) -> float:
    """Return the rate after `progress`, 0 to 1, of the budget: linear warm-up, cosine decay."""
    if progress < warmup:
        return highest * max(progress / warmup, 1e-3)
    share = min(1.0, (progress - warmup) / (1 - warmup))
    return highest * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * share)))
