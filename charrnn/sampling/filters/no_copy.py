"""A filter against copying: it refuses to extend a run that stands verbatim in a corpus."""

import math
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.checkpoint.index import read_index
from charrnn.errors import ConfigError
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.filters.filter import LogWeights, rescale
from charrnn.text.verbatim import Index, Match
from charrnn.text.vocabulary import Vocabulary


class NoCopy:
    """Set to -inf what would end n + 1 characters that stand verbatim in a corpus.

    Where that would leave no character, all of them stay; that is rare unless n is so small that
    n characters are followed by every other one somewhere.

    n: at least 1.
    before: (B, N), the prompts, whose ends count as part of a run.
    """

    def __init__(self, index: Index, n: int, before: Ids) -> None:
        self._n, self._step = n, 0
        self._matches = [Match(index) for _ in before]
        for match, prompt in zip(self._matches, before[:, -n:].tolist(), strict=True):
            match.accept(prompt)
        # A run grows by one with a character, so that most texts need not be looked at: the step
        # at which each may have a run of n.
        self._due = [n - match.at_most for match in self._matches]

    def __call__(self, log_p: LogWeights) -> None:
        changed = False
        for b, due in enumerate(self._due):
            if due <= self._step:
                changed |= self._refuse(log_p[b], self._matches[b])
                self._due[b] = self._step + self._n - self._matches[b].at_most
        if changed:
            rescale(log_p)

    def accept(self, ids: Ids) -> None:
        """Append a character to each text."""
        for match, k in zip(self._matches, ids.tolist(), strict=True):
            match.accept((k,))
        self._step += 1

    def fork(self, rows: Ids) -> Self:
        """Return a filter that continues the texts of these rows."""
        forked, order = copy(self), rows.tolist()
        forked._matches = [self._matches[row].fork() for row in order]
        forked._due = [self._due[row] for row in order]
        return forked

    def _refuse(self, row: NDArray[np.float64], match: Match) -> bool:
        """Set what extends a run beyond n to -inf, in (V,); return whether there is such."""
        copied = match.following(self._n)
        if copied is None:
            return False
        kept = row[copied]
        row[copied] = -math.inf
        if row.max() == -math.inf:
            row[copied] = kept
        return True


def no_copy(config: SamplingConfig, before: Ids, vocabulary: Vocabulary) -> NoCopy | None:
    """Return the filter that options choose, if they do.

    Raises
    ------
    ConfigError
        No index is named, or it is that of a network with another vocabulary.
    CheckpointError
        The index cannot be read.
    """
    if not config.no_copy:
        return None
    if config.corpus_index is None:
        raise ConfigError(
            "an index of the training text is needed; name one as corpus_index, which "
            "`charrnn train --index` writes beside the model",
            argument="no_copy",
        )
    corpus = read_index(Path(config.corpus_index))
    if corpus.vocabulary != vocabulary:
        raise ConfigError(
            f"{config.corpus_index} is the index of another network's text; name its own",
            argument="no_copy",
        )
    return NoCopy(corpus.index, config.no_copy, before)
