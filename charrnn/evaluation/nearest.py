"""The answer to the most similar text: what a program without a network would answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Doubles, Ids
from charrnn.text.pairs import Pairs

Codes = NDArray[np.int64]
"""Runs of three characters, each as one number."""

PAD = "\0\0"
"""What stands before and behind a text, so that its ends count as much as the rest."""


class NearestText:
    """Finds the text that is most similar, by the cosine of counts of three characters in a row.

    An inverted index: for each run of three characters the texts that have it.
    """

    def __init__(self, pairs: Pairs) -> None:
        self._answers = pairs.answers
        codes = [_codes(source) for source in pairs.sources]
        texts = np.repeat(np.arange(len(codes)), [len(each) for each in codes])
        # A row for each run of each text, and how often it stands there.
        (runs, self._texts), counts = _counted(np.stack([np.concatenate(codes), texts]))
        norms = np.sqrt(np.bincount(self._texts, counts**2, len(codes)))
        self._shares: Doubles = counts / norms[self._texts]
        self._runs, self._starts = np.unique(runs, return_index=True)
        self._ends = np.append(self._starts[1:], len(runs))

    def answer(self, source: str) -> str:
        """Return the answer to the text that is most similar; the first one's if none is."""
        runs, counts = np.unique(_codes(source), return_counts=True)
        places = np.searchsorted(self._runs, runs)
        known = np.flatnonzero(self._runs[np.minimum(places, len(self._runs) - 1)] == runs)
        rows = [slice(self._starts[k], self._ends[k]) for k in places[known].tolist()]
        if not rows:
            return self._answers[0]
        products = [self._shares[row] * n for row, n in zip(rows, counts[known], strict=True)]
        texts = np.concatenate([self._texts[row] for row in rows])
        return self._answers[int(np.bincount(texts, np.concatenate(products)).argmax())]


def nearest(learnt: Pairs, sources: Sequence[str]) -> list[str]:
    """Return the answer to the text that is most similar to each text."""
    return list(map(NearestText(learnt).answer, sources))


def _codes(text: str) -> Codes:
    """Return the runs of three characters of a text."""
    points = np.array([ord(character) for character in f"{PAD}{text}{PAD}"], np.int64)
    codes: Codes = (points[:-2] << 42) + (points[1:-1] << 21) + points[2:]
    return codes


def _counted(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids]:
    """Return the distinct columns in their order, (2, n), and how often each is there, (n,)."""
    found = rows[:, np.lexsort(rows[::-1])]
    begins = np.append(True, (found[:, 1:] != found[:, :-1]).any(axis=0))
    starts = np.flatnonzero(begins)
    return found[:, starts], np.diff(np.append(starts, found.shape[1]))
