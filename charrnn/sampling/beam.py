"""Beam search: the likeliest texts that are found by keeping a few at every character.

    score(x) = log p(x) / n^α          n characters; α is the length penalty

A beam is a row of one stepper. At every character each beam is continued by every character that
the filters leave, and of all continuations the likeliest are kept, as many as beams; those that are
complete are set aside. Beams may be in groups, which are kept one after the other: a group pays for
each character that an earlier one has chosen at the same place (Vijayakumar et al. 2016, "Diverse
beam search").

B beams; V characters.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.endings import Endings, FinishReason, endings_of
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.generate import state_after
from charrnn.sampling.whole import Whole
from charrnn.text.vocabulary import Vocabulary

LogP = NDArray[np.float64]


class Hypothesis(NamedTuple):
    """A text that is complete.

    log_p: its log-probability under the network, penalties included, in nats.
    """

    ids: list[int]
    log_p: float
    finish_reason: FinishReason


def beam_search(
    network: Network,
    vocabulary: Vocabulary,
    prompt: Ids,
    config: SamplingConfig,
    own: Sequence[Filter] = (),
) -> list[Whole]:
    """Return texts that follow a prompt, the highest score first, at most as many as beams.

    The text that always goes on with the likeliest character takes part, so that the first is never
    less likely than the greedy one. The temperature plays no part.

    prompt: (N,) ids with N > 0.
    own: filters of the caller's, for one text.
    """
    stepper = Stepper(network)
    stepper.move(state_after(network, prompt))
    config = replace(config, temperature=1)
    endings, groups = endings_of(config, vocabulary), config.num_beam_groups
    found: dict[tuple[int, ...], Hypothesis] = {}
    for B, parts in ((1, 1), (config.num_beams, groups)):
        filters = filters_of(config, prompt[None], vocabulary, own)
        beams = Beams(stepper, filters, endings, config, B, parts)
        beams.search()
        found |= {tuple(one.ids): one for one in beams.complete}
    best = sorted(found.values(), key=lambda one: -score(one.log_p, len(one.ids), config))
    return [
        Whole(np.array(one.ids, np.intp), one.finish_reason) for one in best[: config.num_beams]
    ]


def score(log_p: float, n: int, config: SamplingConfig) -> float:
    """Return what texts of n characters are ranked by."""
    length: float = max(1, n) ** config.length_penalty
    return log_p / length


class Beams:
    """Beams that are continued side by side.

    complete: the texts that are, in no order.
    """

    def __init__(  # noqa: PLR0917
        self,
        stepper: Stepper,
        filters: Filters,
        endings: Endings,
        config: SamplingConfig,
        B: int,
        groups: int,
    ) -> None:
        first = np.zeros(B, np.intp)
        self._stepper, self._filters = stepper.fork(first), filters.fork(first)
        self._endings = [endings.fork() for _ in range(B)]
        self._config, self._width = config, B // groups
        # Of beams that are alike at first, one of each group counts.
        self._log_p = np.where(np.arange(B) % self._width, -math.inf, 0.0)
        self._ids: list[list[int]] = [[] for _ in range(B)]
        self.complete: list[Hypothesis] = []

    def search(self) -> None:
        """Continue the beams until none can become better than what is complete."""
        for n in range(1, self._config.length + 1):
            rows, ids = self._chosen(self._continued())
            self._ids = [
                [*self._ids[b], k] for b, k in zip(rows.tolist(), ids.tolist(), strict=True)
            ]
            self._endings = [self._endings[b].fork() for b in rows.tolist()]
            self._set_aside(n)
            if not np.isfinite(self._log_p).any() or self._is_decided(n):
                return
            self._filters = self._filters.fork(rows)
            self._filters.accept(ids)
            self._stepper.move(self._stepper.state[:, :, rows])
            self._stepper.read(ids)

    def _continued(self) -> LogP:
        """Return the log-probability of each beam with each character after it, (B, V)."""
        log_p = self._stepper.logits.astype(np.float64)
        log_softmax(log_p)
        weights = self._filters.row_weights(log_p)
        with np.errstate(divide="ignore"):
            filtered = np.log(weights)
        # Filters leave a constant open: what they lower least keeps its log-probability.
        left = weights > 0
        shift = np.where(left, log_p - filtered, math.inf).min(axis=1, keepdims=True)
        continued: LogP = self._log_p[:, None] + np.where(left, filtered + shift, -math.inf)
        return continued

    def _chosen(self, continued: LogP) -> tuple[Ids, Ids]:
        """Return which beams are continued, (B,), and by which characters, (B,)."""
        width, V = self._width, continued.shape[1]
        taken, rows, ids = np.zeros(V), [], []
        for first in range(0, len(continued), width):
            own = continued[first : first + width]
            ranked = (
                (self._config.diversity_penalty * taken - own)
                .ravel()
                .argsort(kind="stable")[:width]
            )
            beams, characters = np.divmod(ranked, V)
            rows.append(first + beams)
            ids.append(characters)
            np.add.at(taken, characters[np.isfinite(own.ravel()[ranked])], 1)
        before, after = np.concatenate(rows), np.concatenate(ids)
        self._log_p = continued[before, after]
        # A beam that nothing continues goes along with another, and counts for nothing.
        best = self._log_p.argmax()
        before[self._log_p == -math.inf] = before[best]
        after[self._log_p == -math.inf] = after[best]
        return before, after

    def _set_aside(self, n: int) -> None:
        """Move the texts that are complete to the others, so that they are continued no more."""
        for b, (ids, endings) in enumerate(zip(self._ids, self._endings, strict=True)):
            if self._log_p[b] == -math.inf:
                continue
            ended = endings.accept(ids[-1])
            if ended is None and n == self._config.length:
                ended = 0, "length"
            if ended:
                dropped, reason = ended
                text = ids[: len(ids) - dropped]
                self.complete.append(Hypothesis(text, float(self._log_p[b]), reason))
                self._log_p[b] = -math.inf

    def _is_decided(self, n: int) -> bool:
        """Return whether no beam can become better than the worst that would be returned."""
        B, config = len(self._ids), self._config
        if len(self.complete) < B:
            return False
        worst = sorted(score(one.log_p, len(one.ids), config) for one in self.complete)[-B]
        # A text grows less likely, and is divided by more, if the penalty is above 0.
        longest = config.length if config.length_penalty > 0 else n
        return worst >= score(float(self._log_p.max()), longest, config)
