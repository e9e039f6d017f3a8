"""Which part of a text is kept back for validation: its end, ends of files, files, lines or blocks.

The end of a folder's last file says little of the others: a preface is not like an index, and one
author not like the next. So of several files the end of each is kept back, in proportion to its
length; and of many small ones, whose ends would be a line or two, whole files. Of a list of
records, a line each, the end is often unlike the rest (the rarest names, the latest recipes), so
lines are drawn at random; and of a short text the end is one scene, so blocks all over it are.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.array_types import Ids
from charrnn.text.batches import Text
from charrnn.text.corpus import Corpus
from charrnn.text.kept import Keeps

SHORT_END = 1000
"""Characters; where the ends of most files are shorter, they are no texts to read from one's own
state on, and whole files are kept back."""

FEWEST_FILES = 10
"""With fewer, whole ones would be too large a share of the text, or too unlike the others."""

SHORT_TEXT = 100_000
"""Characters of a text, below which blocks are kept back."""

MOST_BLOCKS = 10
"""Blocks of a short text; none is shorter than `SHORT_END`."""

FEWEST_RECORDS = 200
"""Lines, below which a text is not taken for a list."""

LONGEST_RECORD = 280
"""Characters of a line of a list, in the median; a message has at most so many."""

LONGEST_LIST = 5_000_000
"""Characters of a list: what is learnt of it lies in memory."""

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
    if not kept:
        return "end"
    if len(sizes) < 2:
        if len(corpus) <= LONGEST_LIST and is_list(corpus):
            return "lines"
        short = len(corpus) < SHORT_TEXT and kept >= 2 * SHORT_END
        return "blocks" if short else "end"
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
    if keeps == "lines":
        learn = np.ones(len(corpus), bool)
        for start, end in out:
            learn[start:end] = False
        ids = corpus.ids[:]
        return ids[learn], ids[~learn]
    learnt = [(0, out[0][0])]
    learnt += ((end, start) for (_, end), (start, _) in pairwise(out))
    learnt.append((out[-1][1], len(corpus)))
    parts = [corpus.ids.cut(end)[0].cut(start)[1] for start, end in learnt]
    return Joined(parts), np.concatenate([corpus.ids[start:end] for start, end in out])


def _kept(corpus: Corpus, kept: int, keeps: Keeps, seed: int) -> list[tuple[int, int]]:
    """Return the stretches to keep back; none where it is the end of the text."""
    if keeps == "end" or not kept:
        return []
    if keeps == "lines":
        return _drawn(_lines(corpus), kept, seed)
    if keeps == "blocks":
        return _blocks(corpus, kept, seed)
    stretches = _stretches(corpus)
    return _drawn(stretches, kept, seed) if keeps == "files" else _ends(corpus, stretches, kept)


def is_list(corpus: Corpus) -> bool:
    """Return whether a text is a list of records, a line each.

    That is many lines of moderate length, hardly one of them empty or indented, most of them
    distinct, and not all filled up to one width as those of a paragraph are.
    """
    lines = _lines(corpus)
    if len(lines) < FEWEST_RECORDS:
        return False
    ids, vocabulary = corpus.ids[:], corpus.vocabulary
    lengths = np.array([end - start for start, end in lines])
    middle, long = np.quantile(lengths, (0.5, 0.9))
    blank = [vocabulary.encode(blank)[0] for blank in " \t\n" if blank in vocabulary]
    begins = ids[[start for start, _ in lines]]
    distinct = len({ids[start:end].tobytes() for start, end in lines})
    filled = middle > 50 and long < 1.2 * middle
    return bool(
        middle <= LONGEST_RECORD
        and np.isin(begins, blank).mean() < 0.02
        and distinct > len(lines) / 2
        and not filled
    )


def _lines(corpus: Corpus) -> list[tuple[int, int]]:
    """Return where each line begins, and where the next one does."""
    if "\n" not in corpus.vocabulary:
        return []
    after = np.flatnonzero(corpus.ids[:] == corpus.vocabulary.encode("\n")[0]) + 1
    places = [0, *after.tolist()]
    if places[-1] < len(corpus):
        places.append(len(corpus))
    return list(pairwise(places))


def _blocks(corpus: Corpus, kept: int, seed: int) -> list[tuple[int, int]]:
    """Return stretches of one length, each at a random place of its share of the text."""
    rng = np.random.Generator(np.random.PCG64(seed))
    n = min(MOST_BLOCKS, kept // SHORT_END)
    size, share = kept // n, len(corpus) // n
    starts = [k * share + int(rng.integers(share - size + 1)) for k in range(n)]
    return [(start, start + size) for start in starts]


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
