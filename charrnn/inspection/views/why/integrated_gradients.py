"""Which of the characters read decided a prediction, by gradients.

With F and the window as in `past.replacing`, D(τ)[v] = dF / dx(τ)[v] where x(τ) is
one-hot, and x̄(τ) the mixture of what could as well have stood in its place, Σ_v w(v) v,

    norm(τ)        = |D(τ)|                       (the connectivity of Madsen 2019)
    times input(τ) = D(τ) · (x(τ) - x̄(τ))        which is swap(τ) to first order
    integrated(τ)  = ∫ D(τ; α) · (x(τ) - x̄(τ)) dα

D(τ; α) is met on the straight path x(α) = x̄ + α (x - x̄) of the whole window, α from 0 to 1
(Sundararajan, Taly & Yan 2017). The sum of those over the window is F(x) - F(x̄), up to the error of
the integral, which is therefore shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Floats
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import bytes_per_character
from charrnn.inspection.views.why.occlusion import Question
from charrnn.network.backward import backward_from_logits
from charrnn.network.forward import copy_weights, run_layers
from charrnn.network.gradient import Gradient
from charrnn.network.trace import Trace

ROWS = 32
"""How many points of a path are read side by side, at most."""

MEMORY = 2**28
"""Bytes that those may take."""

POINTS = (32, 128)
"""Of a path: how many are read, and how many if those are too few."""

FEWEST = 8
"""The shortest window that one is shortened to."""

GAP = 0.01
"""Largest relative error of the sum of integrated gradients, a fraction of F(x) - F(x̄)."""

LEAST = 0.1
"""Least difference, in nats, that an error is taken relative to."""


class Path:
    """The straight path from what could as well have stood in a window to what was read."""

    def __init__(self, question: Question) -> None:
        self.question, self._network = question, question.reading.network
        W_ax, params = self._network.layers[0].W_ax, self._network.params
        self._rows: Floats = params["W_ex"] @ W_ax if "W_ex" in params else W_ax  # zx of each v
        others, shares = question.others, question.shares.astype(W_ax.dtype)
        self._from = np.einsum("kn,knz->kz", shares, self._rows[others])
        self._step = self._rows[question.ids] - self._from  # (K, G·H)

    def follow(self, alphas: Column, weights: Column) -> tuple[Column, Floats]:
        """Return F at points of the path, (n,), and Σ weight dF/dzx, (K, G·H)."""
        size = len(self._step) * 2 * bytes_per_character(self._network)
        together = max(1, min(ROWS, MEMORY // size))
        odds, total = np.empty(len(alphas)), np.zeros(self._step.shape)
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported as such
            for first in range(0, len(alphas), together):
                here = slice(first, first + together)
                odds[here], dzx = self._read(alphas[here])
                total += np.einsum("tbz,b->tz", dzx, weights[here])
        return odds, total

    def _read(self, alphas: Column) -> tuple[Column, Floats]:
        """Return F at points of the path, (B,), and its gradient by zx, (K, B, G·H)."""
        question, network = self.question, self._network
        trace = Trace(network, question.lags, len(alphas))
        grad = Gradient(network, trace)
        copy_weights(network, trace)
        trace.first_state[:] = question.state()
        alpha = alphas.astype(self._step.dtype)[:, None]
        trace.feed(self._from[:, None] + alpha * self._step[:, None] + network.layers[0].b_a)
        run_layers(network, trace)
        grad.dz_y[-1, :, question.target] = 1
        grad.dz_y[-1, :, question.rival] = -1
        for layer in backward_from_logits(network, trace, grad):
            if layer == 0:
                break
        return question.log_odds(trace.log_y_hat[-1]), grad.dzx

    def by_input(self, dzx: Floats) -> Floats:
        """Return the gradient by one-hot x, (K, V), from that by zx."""
        return dzx @ self._rows.T

    def along(self, dzx: Floats) -> Column:
        """Return the gradient times x - x̄, (K,), from that by zx."""
        along: Column = np.einsum("tz,tz->t", dzx, self._step)
        return along


@dataclass(frozen=True, eq=False)
class Local:
    """The gradient at the window as it was read.

    log_odds: F, in nats.
    norm, times_input: (K,).
    changes: (K, V), what F would change by if v stood in each place, to first order.
    """

    log_odds: float
    norm: Column
    times_input: Column
    changes: Floats

    @classmethod
    def of(cls, question: Question) -> "Local":
        """Read the window, and go back through it."""
        path = Path(question)
        [odds], dzx = path.follow(np.ones(1), np.ones(1))
        D = path.by_input(dzx)
        read = np.take_along_axis(D, question.ids[:, None], axis=1)
        return cls(float(odds), np.sqrt(np.square(D).sum(axis=1)), path.along(dzx), D - read)


@dataclass(frozen=True, eq=False)
class Integrated:
    """Integrated gradients of a window, or of its end where no more than that could be integrated.

    values: of the last characters of the window, in nats.
    difference: F(x) - F(x̄), what their sum should be.
    points: how many points of the path were read.
    """

    values: Column
    difference: float
    points: int

    @property
    def lags(self) -> int:
        """How many characters the path goes through."""
        return len(self.values)

    @property
    def gap(self) -> float:
        """By how many nats the sum is off."""
        return abs(float(self.values.sum()) - self.difference)

    @property
    def relative_gap(self) -> float:
        """The same as a share of the difference, or of `LEAST` nats where that is less."""
        return self.gap / max(abs(self.difference), LEAST)

    @property
    def converged(self) -> bool:
        """Whether that is next to nothing."""
        return self.relative_gap <= GAP


def integrate(question: Question, *, quick: bool = False, track: Track = untracked) -> Integrated:
    """Integrate gradients over the longest window of which that succeeds.

    It fails where the path leads through states that no text leads to, from which the least
    difference grows; the longer the window, the more of those. So a window is halved until its
    sum is right, or it is as short as `FEWEST`. The points are those of Gauss and Legendre.
    """
    numbers = [n // (8 if quick else 1) for n in POINTS]
    found: list[Integrated] = []
    lengths = list(_halved(question.lags))
    for lags in track(lengths, "integrating gradients", len(lengths)):
        if not (found and found[-1].converged):
            found = list(_attempts(question.last(lags), numbers))
    return found[-1]


def _attempts(question: Question, numbers: list[int]) -> Iterator[Integrated]:
    """Yield what more and more points say, until that is right or is not worth more of them."""
    path = Path(question)
    (there, here), _ = path.follow(np.array([0.0, 1.0]), np.zeros(2))
    for n in numbers:
        x, weights = np.polynomial.legendre.leggauss(n)
        _, dzx = path.follow((x + 1) / 2, weights / 2)
        found = Integrated(path.along(dzx), float(here - there), n)
        yield found
        if found.converged or found.relative_gap > 1:
            break


def _halved(lags: int) -> Iterator[int]:
    yield lags
    while lags > FEWEST:
        lags = max(FEWEST, lags // 2)
        yield lags
