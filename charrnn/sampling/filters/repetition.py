"""Filters against repetition: they depend on the characters before, the prompt's among them."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from typing import Self

import numpy as np

from charrnn.array_types import Doubles, Ids
from charrnn.sampling.draw import draw
from charrnn.sampling.filters.filter import LogWeights, log_sum, rescale

REMEMBERED = 1 << 16
"""Characters that are searched for repeated runs, so that a text without end needs no more memory
than another."""

LONGEST_RUN = 256
"""Characters of a repeated run that DRY counts: its penalty is far beyond use before."""

SMALL = -300.0
"""Log-weight of the likeliest character below which weights are rescaled before they are drawn by;
exp underflows at -745."""

_NOWHERE = -2
"""Place of a run that has not occurred before."""


class Penalties:
    """Lower what occurred among the last characters, as often as it did.

    The log-probability of a character that occurred n > 0 times becomes `repeat · log p −
    frequency · n − presence`; the factor is that of Keskar et al. (2019).

    before: (B, N), the prompts.
    last: characters that are looked at; -1 is `REMEMBERED`.
    """

    def __init__(
        self,
        before: Ids,
        V: int,
        *,
        repeat: float = 1,
        frequency: float = 0,
        presence: float = 0,
        last: int = -1,
    ) -> None:
        self._repeat, self._frequency, self._presence = repeat, frequency, presence
        self._last = REMEMBERED if last < 0 else last
        seen = before[:, max(0, before.shape[1] - self._last) :]
        self._window = [deque(row) for row in seen.tolist()]
        self._n = [np.bincount(row, minlength=V).tolist() for row in seen]
        self._factor = np.ones((len(before), V))
        self._lower = np.zeros((len(before), V))
        for b, counts in enumerate(self._n):
            for k, n in enumerate(counts):
                if n:
                    self._set(b, k, n)

    def __call__(self, log_p: LogWeights) -> None:
        self._penalise(log_p)
        rescale(log_p)

    def draw(self, row: Doubles, uniform: float) -> tuple[int, Doubles]:
        """Return an id drawn by the log-weights of the only text, (V,), and what it is drawn from.

        The weights need no rescaling, unless all of them are too small.
        """
        self._penalise(rows := row[None])
        if row.item(row.argmax()) < SMALL:
            rescale(rows)
        weights = np.exp(row)
        return draw(weights, uniform), weights

    def _penalise(self, log_p: LogWeights) -> None:
        if self._repeat != 1:
            log_p -= log_sum(np.exp(log_p))
            log_p *= self._factor
        if self._frequency or self._presence:
            log_p -= self._lower

    def accept(self, ids: Ids) -> None:
        """Count a character, and no longer the first of the window."""
        for b, k in enumerate(ids.tolist()):
            window = self._window[b]
            window.append(k)
            first = window.popleft() if len(window) > self._last else None
            if first == k:
                continue
            self._count(b, k, 1)
            if first is not None:
                self._count(b, first, -1)

    def fork(self, rows: Ids) -> Self:
        """Return a filter with the counts of these rows."""
        forked = copy(self)
        forked._window = [self._window[row].copy() for row in rows.tolist()]
        forked._n = [self._n[row].copy() for row in rows.tolist()]
        forked._factor, forked._lower = self._factor[rows], self._lower[rows]
        return forked

    def _count(self, b: int, k: int, more: int) -> None:
        counts = self._n[b]
        n = counts[k] = counts[k] + more
        if self._frequency or n in (0, more):  # it is there now, or no longer
            self._set(b, k, n)

    def _set(self, b: int, k: int, n: int) -> None:
        """Set what becomes of a character that occurred n times."""
        if self._repeat != 1:
            self._factor[b, k] = self._repeat if n else 1
        if self._frequency or self._presence:
            self._lower[b, k] = self._frequency * n + (self._presence if n else 0)


class Occurrences:
    """The last characters of one text, and where each run of n of them ends.

    Each place leads to the one before it where the same run ends, as in a chain of LZ77.

    n: characters of a run.
    last: characters that are remembered, at least n + 1.
    apart: ids that are part of no run.
    """

    def __init__(
        self, n: int, last: int, before: Sequence[int], apart: AbstractSet[int] = frozenset()
    ) -> None:
        self._n, self._last, self._apart = n, max(last, n + 1), apart
        self._ids: list[int] = []  # the character at place p is at p % last
        self._previous: list[int] = []  # and so is the place before it, or a place that is too old
        self._length = self._usable = 0
        self._ending: deque[int] = deque(maxlen=n)
        # Where each run ended last; no characters precede the first.
        self._latest: dict[tuple[int, ...], int] = {} if n else {(): -1}
        for k in before:
            self.append(k)

    def append(self, k: int) -> None:
        """Add a character, and forget the one that is too old."""
        place, last, n = self._length, self._last, self._n
        if place < last:
            self._ids.append(k)
            self._previous.append(_NOWHERE)
        else:
            oldest = tuple(self._ids[(place + m) % last] for m in range(n))
            if self._latest.get(oldest) == place - last + n - 1:
                del self._latest[oldest]
            self._ids[place % last] = k
        self._ending.append(k)
        self._length += 1
        self._usable = 0 if k in self._apart else self._usable + 1
        if self._usable >= n:
            run = tuple(self._ending)
            self._previous[place % last] = self._latest.get(run, _NOWHERE)
            self._latest[run] = place

    def earlier(self) -> list[tuple[int, int]]:
        """Return the earlier places where the last n characters end, and what followed each."""
        if not self._length or self._usable < self._n:
            return []
        ids, previous, last = self._ids, self._previous, self._last
        place = previous[(self._length - 1) % last]
        if place == _NOWHERE:
            return []
        found: list[tuple[int, int]] = []
        oldest = max(0, self._length - last) + self._n - 1
        while place >= oldest:
            found.append((place, ids[(place + 1) % last]))
            place = previous[place % last] if place > oldest else _NOWHERE
        found.reverse()
        return found

    def fork(self) -> Self:
        """Return another that continues the same text."""
        forked = copy(self)
        forked._ids, forked._previous = self._ids.copy(), self._previous.copy()
        forked._ending, forked._latest = self._ending.copy(), self._latest.copy()
        return forked


class NoRepeatNgrams:
    """Set to -inf what would end a run of n characters that is there already (Paulus et al. 2018).

    Where that would leave no character, all of them stay. The last `REMEMBERED` characters count.

    before: (B, N), the prompts.
    """

    def __init__(self, n: int, before: Ids) -> None:
        self._texts = [Occurrences(n - 1, REMEMBERED, row) for row in before.tolist()]

    def __call__(self, log_p: LogWeights) -> None:
        changed = False
        for b, text in enumerate(self._texts):
            if earlier := text.earlier():
                row, repeats = log_p[b], [k for _, k in earlier]
                kept = row[repeats]
                row[repeats] = -math.inf
                if row.max() == -math.inf:
                    row[repeats] = kept
                changed = True
        if changed:
            rescale(log_p)

    def accept(self, ids: Ids) -> None:
        """Append a character to each text."""
        for text, k in zip(self._texts, ids.tolist(), strict=True):
            text.append(k)

    def fork(self, rows: Ids) -> Self:
        """Return a filter with copies of these texts."""
        forked = copy(self)
        forked._texts = [self._texts[row].fork() for row in rows.tolist()]
        return forked


class Dry:
    """Lower what would prolong a repeated run, the more the longer it is (DRY, p-e-w 2024).

    The penalty of a character that followed, at an earlier place, the m characters that end the
    text now, m ≥ allowed, is `multiplier · base^(m − allowed)`; of several m the largest counts.

    before: (B, N), the prompts.
    last: characters that are searched; -1 is `REMEMBERED`.
    breakers: ids that are part of no run.
    """

    def __init__(
        self,
        before: Ids,
        *,
        multiplier: float,
        base: float,
        allowed: int,
        last: int = -1,
        breakers: Iterable[int] = (),
    ) -> None:
        self._multiplier, self._base, self._allowed = multiplier, base, allowed
        last = REMEMBERED if last < 0 else min(last, REMEMBERED)
        apart = frozenset(breakers)
        self._texts = [Occurrences(allowed, last, (), apart) for _ in before]
        self._runs: list[dict[int, int]] = [{} for _ in before]
        """Of each text the earlier places where its end stands, and how much of it, from allowed
        characters on."""
        for ids in before.T:
            self.accept(ids)

    def __call__(self, log_p: LogWeights) -> None:
        changed = False
        for b, (text, runs) in enumerate(zip(self._texts, self._runs, strict=True)):
            if not runs:
                continue
            row = log_p[b]
            longest: dict[int, int] = {}
            for place, k in text.earlier():
                longest[k] = max(longest.get(k, 0), runs[place])
            for k, run in longest.items():
                row[k] -= self._multiplier * self._base ** (run - self._allowed)
            changed = True
        if changed:
            rescale(log_p)

    def accept(self, ids: Ids) -> None:
        """Append a character to each text."""
        shorter = self._allowed - 1
        for n, k in enumerate(ids.tolist()):
            text, runs = self._texts[n], self._runs[n]
            text.append(k)
            self._runs[n] = {
                place: min(runs.get(place - 1, shorter) + 1, LONGEST_RUN)
                for place, _ in text.earlier()
            }

    def fork(self, rows: Ids) -> Self:
        """Return a filter with copies of these texts."""
        forked = copy(self)
        forked._texts = [self._texts[row].fork() for row in rows.tolist()]
        forked._runs = [self._runs[row] for row in rows.tolist()]
        return forked
