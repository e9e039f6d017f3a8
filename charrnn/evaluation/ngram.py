"""Interpolated n-gram language models with Witten-Bell smoothing.

With h the characters before w, and h' the same without its oldest,

    p(w | h) = (c(h w) + d(h) p(w | h')) / (c(h) + d(h))

c(h w) counts how often w followed h, c(h) is its sum over w, and d(h) the number of different
characters after h: the more different characters follow a context, the more weight has the
shorter one. The empty context backs off to 1/V, so every symbol has a probability. A context
that was never seen backs off completely.

Sources: Witten and Bell 1991 (method C); Chen and Goodman 1999, for the interpolated form.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.array_types import Doubles, Ids, Integers

_LARGEST_VOCABULARY = 2**32
_BLOCK = 2**18


def checked_ids(ids: Ids, vocabulary_size: int) -> Ids:
    """Return `ids` if they are ids of a vocabulary of `vocabulary_size` characters.

    Parameters
    ----------
    ids : ndarray of shape (n,)
        Any integer type; n may be 0.
    vocabulary_size : int
        V, from 1 to 2³²; the ids run from 0 to V - 1.

    Returns
    -------
    ndarray of shape (n,)
        The same array; uint64, which NumPy cannot add to other integers, as int64.

    Raises
    ------
    ValueError
        If `ids` is not a row of whole numbers in the vocabulary.
    """
    if not 1 <= vocabulary_size <= _LARGEST_VOCABULARY:
        raise ValueError(f"vocabulary_size must be from 1 to 2**32, found {vocabulary_size}")
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(f"ids must be one row of integers, found {ids.dtype} of shape {ids.shape}")
    if ids.size and (ids.min() < 0 or ids.max() >= vocabulary_size):
        raise ValueError(
            f"ids must be from 0 to {vocabulary_size - 1}, found {ids.min()} to {ids.max()}"
        )
    return ids if np.can_cast(ids.dtype, np.int64) else ids.astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Grams:
    """All n-grams of one length, each identified by its rank in `keys`.

    A key is context · V + symbol, where the context is the rank of the gram one shorter: ranks stay
    below the number of characters read, so a key fits 64 bits whatever V and the order are.
    The last entry of each table is for rank −1, an unseen gram.
    """

    vocabulary_size: int
    keys: Integers  # (grams,), ascending
    log_counts: Doubles  # (grams + 1,)       ln c(h w)
    log_followers: Doubles  # (contexts + 1,)  ln d(h)
    log_totals: Doubles  # (contexts + 1,)     ln (c(h) + d(h))

    @classmethod
    def count(cls, contexts: Integers, symbols: Ids, vocabulary_size: int) -> tuple[Self, Integers]:
        """Count the pairs of context and symbol; also return the rank of each pair."""
        keys, ranks, counts = np.unique(
            contexts * vocabulary_size + symbols, return_inverse=True, return_counts=True
        )
        owners = keys // vocabulary_size
        size = int(contexts.max(initial=-1)) + 2
        totals = np.bincount(owners, weights=counts, minlength=size)
        # With d = 1 and c = 0 an unseen context gives (0 + 1 p) / (0 + 1) = p.
        followers = np.maximum(np.bincount(owners, minlength=size), 1)
        with np.errstate(divide="ignore"):
            log_counts = np.log(np.append(counts, 0))
        grams = cls(
            vocabulary_size, keys, log_counts, np.log(followers), np.log(totals + followers)
        )
        return grams, ranks

    def find(self, contexts: Integers, symbols: Ids) -> Integers:
        """Return the rank of each pair, −1 where unseen."""
        sought = contexts * self.vocabulary_size + symbols  # below 0 after an unknown context
        ranks = np.searchsorted(self.keys, sought)
        ranks[ranks == self.keys.size] = -1
        if self.keys.size:
            ranks[self.keys[ranks] != sought] = -1
        return ranks

    def interpolate(self, contexts: Integers, ranks: Integers, shorter: Doubles) -> Doubles:
        """Return ln p(w | h), where `shorter` is ln p(w | h')."""
        counted, left = self.log_counts[ranks], self.log_followers[contexts] + shorter
        # Rounding could give a log-probability above 0.
        return np.minimum(np.logaddexp(counted, left) - self.log_totals[contexts], 0.0)


@dataclass(frozen=True, eq=False)
class NGram:
    """An n-gram model of order n: each character given the n - 1 before it.

    Made by `NGram.fit`; immutable.

    Attributes
    ----------
    order : int
        n, the characters in the longest gram; 1 looks at no context at all.
    vocabulary_size : int
        V.
    """

    order: int
    vocabulary_size: int
    _levels: tuple[_Grams, ...]  # _levels[k]: the grams with k characters of context

    @classmethod
    def fit(cls, ids: Ids, order: int, vocabulary_size: int) -> Self:
        """Count every gram of `ids` up to `order` characters.

        Parameters
        ----------
        ids : ndarray of shape (n,)
            The training text, of integers below V. It may be shorter than the order, or empty:
            then every distribution is uniform.
        order : int
            At least 1.
        vocabulary_size : int
            V, from 1 to 2³².

        Raises
        ------
        ValueError
            If the order is below 1 or an id is not below V.
        """
        if order < 1:
            raise ValueError(f"order must be at least 1, found {order}")
        ids = checked_ids(ids, vocabulary_size)
        levels: list[_Grams] = []
        ranks = np.zeros(ids.size + 1, dtype=np.int64)  # the empty context, before and after each
        for k in range(order):
            grams, ranks = _Grams.count(ranks[:-1], ids[k:], vocabulary_size)
            levels.append(grams)
        return cls(order, vocabulary_size, tuple(levels))

    def of_order(self, order: int) -> Self:
        """Return the model of the same text with a lower order.

        It shares the counts, so it costs nothing.

        Raises
        ------
        ValueError
            If the order is not from 1 to this model's.
        """
        if not 1 <= order <= self.order:
            raise ValueError(f"order must be from 1 to {self.order}, found {order}")
        return type(self)(order, self.vocabulary_size, self._levels[:order])

    def log_probabilities(self, ids: Ids) -> Doubles:
        """Return the log-probability of each character, given those before it in the same text.

        Parameters
        ----------
        ids : ndarray of shape (n,)
            Integers below V. The first characters have only what precedes them as context.

        Returns
        -------
        ndarray of shape (n,)
            ln p of each character, in nats: finite, at most 0.

        Raises
        ------
        ValueError
            If an id is not below V.
        """
        ids = checked_ids(ids, self.vocabulary_size)
        log_p = np.empty(ids.size)
        # In blocks with their contexts, so that a long text takes little memory.
        for start in range(0, ids.size, _BLOCK):
            context = min(start, self.order - 1)
            block = self._read(ids[start - context : start + _BLOCK])
            log_p[start : start + _BLOCK] = block[context:]
        return log_p

    def _read(self, ids: Ids) -> Doubles:
        log_p = np.full(ids.size, -math.log(self.vocabulary_size))
        ranks = np.zeros(ids.size + 1, dtype=np.int64)
        for k, grams in enumerate(self._levels):
            contexts = ranks[:-1]
            ranks = grams.find(contexts, ids[k:])
            log_p[k:] = grams.interpolate(contexts, ranks, log_p[k:])
        return log_p
