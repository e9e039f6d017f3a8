"""Texts that lead up to what a constraint asks for: sampling by particles that look ahead.

A mask alone lets a text run on until only the forced word is left, which then stands anywhere. What
is wanted is a text x of the network's own, given that it satisfies the constraint: in proportion to
p(x) where it does. Sequential Monte Carlo draws from that: K texts, the particles, are written side
by side, each with a weight, and those of little weight are replaced by copies of others (Lew et al.
2023, "Sequential Monte Carlo steering of large language models using probabilistic programs").

A character k is proposed in proportion to p(k | x) h(x, k), where the twist h is how probable it is
that the text, continued so, will satisfy the constraint, by a model that is simple enough to say so
exactly (Zhang et al. 2023, "Tractable control for autoregressive language generation"; Zhao et al.
2024, "Probabilistic inference in language models via twisted sequential Monte Carlo"): a Markov
chain whose context is the state of the automaton and the last character. Its probabilities are
means of what the network predicts in that context, first in free text and then in a trial run of
the particles, which makes log weights vary a fifth as much (measured, for a word in 60 characters).
A weight is multiplied by the sum of p h over the characters, divided by h before;
so the result does not depend on h, but for how many particles it takes.

K particles; C contexts; V characters; N characters at most; n of them left.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.errors import ConfigError, Way
from charrnn.network.functions import log_softmax
from charrnn.network.stepper import Stepper
from charrnn.plurals import counted
from charrnn.sampling.config import ENDLESS
from charrnn.sampling.constraints.automaton import NEVER, Automaton
from charrnn.sampling.constraints.constraint import check_length
from charrnn.sampling.draw import draw, draw_rows
from charrnn.sampling.filters.chain import Filters

PARTICLES = 64
"""Texts that are written side by side."""

FREE = 64
"""Characters of each that are written freely, to learn what follows each character."""

FILTERED = 1e-6
"""Share of a prediction that filters leave as it is, for a forced word may need what they leave
out."""

EFFECTIVE = 0.5
"""Share of the particles, as their effective number, below which some are replaced (Liu and Chen
1995)."""

PRIOR = 1.0
"""Predictions that what follows a character alone counts for, where a context is learned."""

MOST = 1 << 25
"""Numbers of the tables of a twist: 256 MiB."""

LogP = NDArray[np.float64]


class Found(NamedTuple):
    """A text that was found.

    ids: (n,), the characters that follow what was read.
    log_chance: the logarithm of how probable it is, estimated without bias, that a text drawn
    freely satisfies the constraint.
    particles: the effective number of those that it was drawn from (Kish 1965).
    """

    ids: NDArray[np.intp]
    log_chance: float
    particles: float


def look_ahead(
    stepper: Stepper,
    texts: Automaton,
    length: int,
    filters: Filters,
    rng: np.random.Generator,
    *,
    K: int = PARTICLES,
) -> Found:
    """Return a text that satisfies a constraint and is otherwise as the network would have it.

    For several texts after one beginning, `learned` once and `found` for each are faster.

    Parameters
    ----------
    stepper
        What was read, B = 1; it stays there.
    texts
        Those that satisfy the constraint; see `charrnn.sampling.constraints.steering`.
    length
        The most characters of the text. One may end before as under a `Constraint`.
    filters
        What else the choice of a character is subject to, of one text.

    Raises
    ------
    ConfigError
        No length, one that is too short for the constraint, or tables that would be too large.
    """
    return found(stepper, learned(stepper, texts, length, filters, rng, K=K), filters, rng, K=K)


def learned(
    stepper: Stepper,
    texts: Automaton,
    length: int,
    filters: Filters,
    rng: np.random.Generator,
    *,
    K: int = PARTICLES,
) -> "Chain":
    """Return what particles look ahead by: a chain that has learned from the network.

    The parameters and errors are those of `look_ahead`.
    """
    if length == ENDLESS:
        raise ConfigError(
            "a text without end cannot lead up to anything",
            Way("give a {length} of 1 or more"),
            argument="length",
        )
    check_length(texts, length)
    chain = Chain(texts, length)
    first = np.zeros(K, np.intp)
    chain.learn_characters(_free(stepper.fork(first), filters.fork(first), rng))
    trial = Particles(stepper.fork(first), filters.fork(first), chain, rng)
    for contexts, log_p in trial.written():
        chain.learn(contexts, log_p)
    return chain


def found(
    stepper: Stepper,
    chain: "Chain",
    filters: Filters,
    rng: np.random.Generator,
    *,
    K: int = PARTICLES,
) -> Found:
    """Return a text by a chain that has learned after the same beginning.

    The other parameters are those of `look_ahead`.
    """
    first = np.zeros(K, np.intp)
    particles = Particles(stepper.fork(first), filters.fork(first), chain, rng)
    for _ in particles.written():
        pass
    return particles.drawn()


def _free(
    stepper: Stepper, filters: Filters, rng: np.random.Generator
) -> Iterator[tuple[Ids, LogP]]:
    """Yield what is read in free text, (K,), and what is predicted after it, (K, V)."""
    for _ in range(FREE):
        ids = draw_rows(np.exp(_log_p(stepper, filters)), rng.random(stepper.B))
        filters.accept(ids)
        stepper.read(ids)
        yield ids, _log_p(stepper, filters)


def _log_p(stepper: Stepper, filters: Filters) -> LogP:
    """Return log-probabilities of the next character as filters change them, (K, V)."""
    log_p = stepper.logits.astype(np.float64)
    log_softmax(log_p)
    weights = filters.row_weights(log_p)
    share = (1 - FILTERED) / weights.sum(axis=1, keepdims=True)
    p: LogP = share * weights + FILTERED * np.exp(log_p) + np.finfo(np.float64).tiny
    return np.log(p, out=p)


class Chain:
    """A Markov chain of contexts: a state of the automaton, and the character that led there.

    Context 0 is the first, which no character of the text led to. Where contexts would be too many,
    each is a state alone.

    after: (C, V), the context after each character; C where none follows.
    length: N.
    """

    def __init__(self, texts: Automaton, length: int) -> None:
        S, V = len(texts), len(texts.column)
        if (S + 1) * (V + length) > MOST:
            raise ConfigError(
                f"to look {counted(length, 'character')} ahead, with {S:,} states, takes too much "
                "memory",
                Way("give a smaller {length}"),
                Way("ask for less"),
                argument="length",
            )
        following = texts.next
        source, letter = np.nonzero(following >= 0)
        state = following[source, letter].astype(np.int64)
        context, place = np.unique(state * V + letter, return_inverse=True)
        self._has_letters = max(len(context) + 1, V) * (V + length) <= MOST
        if not self._has_letters:
            context, place = np.unique(state * V, return_inverse=True)
        C = len(context) + 1
        state, self._letter = np.append(0, context // V), np.append(0, context % V)
        of_state = np.full((S, V), C)
        of_state[source, letter] = place + 1
        self.after, self.length = of_state[state], length
        needed = np.append(texts.shortest, NEVER)[texts.table].min(axis=1)
        # Where nothing may follow with n characters left, a text ends.
        self._ends_below = np.where(texts.accepting, needed, -1)[state] + 1
        self._sums, self._counts = np.zeros((C, V)), np.full((C, 1), PRIOR)
        self._twist: NDArray[np.float32] | None = None

    def ends(self, n: int) -> NDArray[np.bool_]:
        """Return in which contexts a text with n characters left ends, (C,)."""
        ends: NDArray[np.bool_] = n < self._ends_below
        return ends

    def learn_characters(self, read: Iterator[tuple[Ids, LogP]]) -> None:
        """Learn what follows each character, wherever it stands."""
        V = self.after.shape[1]
        rows = V if self._has_letters else 1
        sums, counts = np.zeros((rows, V)), np.zeros((rows, 1))
        for ids, log_p in read:
            np.add.at(sums, ids % rows, np.exp(log_p))
            np.add.at(counts, ids % rows, 1)
        anywhere = sums.sum(axis=0) / counts.sum()
        follows = (sums + PRIOR * anywhere) / (counts + PRIOR)
        self._sums[:] = PRIOR * follows[self._letter]
        self._sums[0] = PRIOR * anywhere

    def learn(self, contexts: Ids, log_p: LogP) -> None:
        """Learn what was predicted, (n, V), in some contexts, (n,)."""
        np.add.at(self._sums, contexts, np.exp(log_p))
        np.add.at(self._counts, contexts, 1)
        self._twist = None

    def twist(self) -> NDArray[np.float32]:
        """Return log h, (N + 1, C + 1), for each number of characters left and each context.

        It is -inf where the constraint cannot be satisfied any more, as in context C.
        """
        if self._twist is not None:
            return self._twist
        C = len(self.after)
        log_p = np.log((self._sums / self._counts).astype(np.float32) + np.finfo(np.float32).tiny)
        log_h = np.full((self.length + 1, C + 1), -math.inf, np.float32)
        for n in range(self.length + 1):
            if n:
                log_h[n, :C] = _log_sums(log_p + log_h[n - 1][self.after])
            log_h[n, :C][self.ends(n)] = 0
        self._twist = log_h
        return log_h


class Particles:
    """K texts that are written side by side, and their weights.

    ids: (N, K), of which each text has the first of `lengths`, (K,).
    replaced: how often texts were replaced by copies of others.
    """

    def __init__(
        self, stepper: Stepper, filters: Filters, chain: Chain, rng: np.random.Generator
    ) -> None:
        self._stepper, self._filters, self._chain, self._rng = stepper, filters, chain, rng
        self._log_h, N, K = chain.twist(), chain.length, stepper.B
        self._contexts, self._log_w = np.zeros(K, np.intp), np.zeros(K)
        self.ids, self.lengths = np.empty((N, K), np.intp), np.zeros(K, np.intp)
        self._log_chance, self.replaced = float(self._log_h[N, 0]), 0

    def written(self) -> Iterator[tuple[Ids, LogP]]:
        """Write the texts; yield the contexts of those that go on, and what is predicted there."""
        N = self._chain.length
        for n in range(N, 0, -1):
            goes_on = ~self._chain.ends(n)[self._contexts]
            if not goes_on.any():
                return
            log_p = _log_p(self._stepper, self._filters)
            yield self._contexts[goes_on], log_p[goes_on]
            self.ids[N - n] = ids = self._proposed(log_p, goes_on, n)
            self.lengths += goes_on
            after = self._chain.after[self._contexts, ids]
            self._contexts = np.where(goes_on, after, self._contexts)
            self._filters.accept(ids)
            self._stepper.read(ids)
            if _effective(self.weights) < EFFECTIVE * len(ids):
                self._resample()

    @property
    def weights(self) -> NDArray[np.float64]:
        """What to choose a text in proportion to, (K,); the largest is 1."""
        weights: NDArray[np.float64] = np.exp(self._log_w - self._log_w.max())
        return weights

    def drawn(self) -> Found:
        """Return one of the texts, drawn by their weights."""
        b = draw(self.weights, self._rng.random())
        log_chance = self._log_chance + self._log_mean_weight()
        return Found(self.ids[: self.lengths[b], b].copy(), log_chance, _effective(self.weights))

    def _proposed(self, log_p: LogP, goes_on: NDArray[np.bool_], n: int) -> NDArray[np.intp]:
        """Return a character drawn for each text, (K,), and weigh the texts that go on."""
        log_q = log_p + self._log_h[n - 1][self._chain.after[self._contexts]]
        log_q[~goes_on] = 0
        self._log_w += np.where(goes_on, _log_sums(log_q) - self._log_h[n][self._contexts], 0)
        log_q -= log_q.max(axis=1, keepdims=True)
        return draw_rows(np.exp(log_q), self._rng.random(len(log_q)))

    def _resample(self) -> None:
        """Replace the texts by copies in proportion to weights: systematic (Carpenter 1999)."""
        K, cumulative = len(self._log_w), np.cumsum(self.weights)
        evenly = (np.arange(K) + self._rng.random()) / K
        rows = cumulative.searchsorted(evenly * cumulative[-1], "right").clip(max=K - 1)
        self._log_chance += self._log_mean_weight()
        self._log_w[:] = 0
        self.replaced += 1
        self._contexts, self.lengths = self._contexts[rows], self.lengths[rows]
        self.ids[:] = self.ids[:, rows]
        self._filters = self._filters.fork(rows)
        self._stepper.move(self._stepper.state[:, :, rows])

    def _log_mean_weight(self) -> float:
        return float(self._log_w.max() + np.log(self.weights.mean()))


def _effective(weights: NDArray[np.float64]) -> float:
    """Return the number of equal weights that would vary as these do (Kish 1965)."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def _log_sums(log_x: Floats) -> Floats:
    """Return the logarithm of the sum of exponentials of each row; -inf of a row of them."""
    highest = log_x.max(axis=1)
    shift = np.where(np.isfinite(highest), highest, 0)
    with np.errstate(divide="ignore"):
        sums: Floats = np.log(np.exp(log_x - shift[:, None]).sum(axis=1)) + shift
    return sums
