"""Which part of a text is kept back for validation: its end, the end of each file, or whole files.

The end of a folder's last file says little of the others: a preface is not like an index, and one
author not like the next. So of several files the end of each is kept back, in proportion to its
length; and of many small ones, whose ends would be a line or two, whole files.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.text.reading import Corpus
from charrnn.text.streams import Text
from charrnn.text.vocabulary import Ids

Keeps = Literal["end", "ends", "files"]
"""What is kept back: the end of the text, of each file, or whole files drawn at random."""

SHORT_END = 1000
"""Characters; where the ends of most files are shorter, they are no texts to read from one's own
state on, and whole files are kept back."""

FEWEST_FILES = 10
"""With fewer, whole ones would be too large a share of the text, or too unlike the others."""

_AT_LEAST = 0.5  # of what is to be kept back, for whole files to be worth it
_LATER = 0.25  # of a file's end, by which it may begin later, so that it begins with a line


class Joined:
    """Parts of texts one after the other, (N,), had a slice at a time as a text is."""

    def __init__(self, parts: Sequence[Text]) -> None:
        self._parts = [part for part in parts if len(part)] or list(parts[:1])
        self._ends = np.cumsum([len(part) for part in self._parts])

    def __len__(self) -> int:
        """Return N."""
        return int(self._ends[-1])

    def __getitem__(self, part: slice) -> Ids:
        """Return a slice, of which each part gives its own."""
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise ValueError(f"ids are read in a row, not in steps of {step}")
        first = int(np.searchsorted(self._ends, start, "right"))
        found: list[Ids] = []
        while start < stop:
            text, end = self._parts[first], int(self._ends[first])
            begin = end - len(text)
            found.append(text[start - begin : min(stop, end) - begin])
            start, first = end, first + 1
        return np.concatenate(found) if found else self._parts[0][:0]

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.integer[Any]]:
        """Return all of them, as an array in memory."""
        return self[:].astype(dtype or self[:0].dtype, copy=False)


def choose(corpus: Corpus, kept: int, seed: int) -> Keeps:
    """Return what to keep back of a text, where that is `kept` characters in all."""
    sizes = np.array([source.characters for source in corpus.sources])
    sizes = sizes[sizes > 0]
    if len(sizes) < 2 or not kept:
        return "end"
    short = np.median(sizes) * kept / len(corpus) < SHORT_END
    if short and len(sizes) >= FEWEST_FILES:
        drawn = _drawn(_stretches(corpus), kept, seed)
        if sum(end - start for start, end in drawn) >= _AT_LEAST * kept:
            return "files"
    return "ends"


def keep_back(corpus: Corpus, kept: int, keeps: Keeps, seed: int) -> tuple[Text, Ids]:
    """Cut a text in what is learnt, which stays where it lies, and what is kept back.

    Parameters
    ----------
    kept
        How many characters to keep back: exactly so many at the end of the text, else at most.
    keeps
        What they are.
    seed
        Of the order in which whole files are drawn.

    Returns
    -------
    The text to learn from, (N,), and that to validate, (M,), each in the order of the corpus.
    """
    out = _kept(corpus, kept, keeps, seed)
    if not out:
        train, validation = corpus.ids.cut(len(corpus) - kept)
        return train, validation[:]
    learnt = [(0, out[0][0])]
    learnt += ((end, start) for (_, end), (start, _) in pairwise(out))
    learnt.append((out[-1][1], len(corpus)))
    parts = [corpus.ids.cut(end)[0].cut(start)[1] for start, end in learnt]
    return Joined(parts), np.concatenate([corpus.ids[start:end] for start, end in out])


def _kept(corpus: Corpus, kept: int, keeps: Keeps, seed: int) -> list[tuple[int, int]]:
    """Return the stretches to keep back; none where it is the end of the text."""
    if keeps == "end" or not kept:
        return []
    stretches = _stretches(corpus)
    return _drawn(stretches, kept, seed) if keeps == "files" else _ends(corpus, stretches, kept)


def _stretches(corpus: Corpus) -> list[tuple[int, int]]:
    """Return where each file begins, and where the next one does: its line end is its own."""
    starts = [source.start for source in corpus.sources if source.characters]
    starts[0] = 0
    return list(zip(starts, [*starts[1:], len(corpus)], strict=True))


def _drawn(stretches: list[tuple[int, int]], kept: int, seed: int) -> list[tuple[int, int]]:
    """Return files, drawn at random for as long as they fit, in the order of the text."""
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn, left = [], kept
    for place in rng.permutation(len(stretches)).tolist():
        start, end = stretches[place]
        if end - start <= left:
            drawn.append((start, end))
            left -= end - start
    return sorted(drawn)


def _ends(corpus: Corpus, stretches: list[tuple[int, int]], kept: int) -> list[tuple[int, int]]:
    """Return the ends of the files, each of its share of what is kept, from a line's beginning."""
    vocabulary, found = corpus.vocabulary, []
    line_end = vocabulary.encode("\n")[0] if "\n" in vocabulary else -1
    for start, end in stretches:
        # By the places of both, so that what is rounded here is not rounded again there.
        share = kept * end // len(corpus) - kept * start // len(corpus)
        begin = end - share
        near = corpus.ids[begin - 1 : begin + int(_LATER * share)] if share else corpus.ids[:0]
        ends = np.flatnonzero(near == line_end)
        begin += int(ends[0]) if ends.size else 0
        if begin < end:
            found.append((begin, end))
    return found
