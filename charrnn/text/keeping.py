"""Splits a text for training and validation: by its end, ends of files, files, lines or blocks.

The end of a folder's last file says little about the others: a preface is unlike an index, and one
author not like the next. So of several files the end of each is kept back, in proportion to its
length; and of many small ones, whose ends would be a line or two, whole files. Of a list of
records, a line each, the end is often unlike the rest (the rarest names, the latest recipes), so
lines are drawn at random; and of a short text the end is one scene, so blocks all over it are.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Ids
from charrnn.text.batches import Text
from charrnn.text.corpus import Corpus
from charrnn.text.kept import Keeps

SHORT_END = 1000
"""Characters in the end of a file; where most are shorter, the network would have too little
context, and whole files are kept back."""

FEWEST_FILES = 10
"""Files; whole ones of fewer would be too large a part, or too unlike the rest."""

SHORT_TEXT = 100_000
"""Characters in a text below which blocks are kept back."""

MOST_BLOCKS = 10
"""Blocks of a short text; none is shorter than `SHORT_END`."""

FEWEST_RECORDS = 200
"""Lines below which a text is not treated as a list."""

LONGEST_RECORD = 280
"""Characters in the median line of a list."""

LONGEST_LIST = 5_000_000
"""Characters in a list: its training text is in memory."""

_AT_LEAST = 0.5  # least fraction of the validation size that whole files must reach
_LATER = 0.25  # fraction of a file's end that may be dropped to begin at a line


class Joined:
    """Concatenated parts of texts, (N,), that can be sliced as a text can."""

    def __init__(self, parts: Sequence[Text]) -> None:
        self._parts = [part for part in parts if len(part)] or list(parts[:1])
        self._ends = np.cumsum([len(part) for part in self._parts])

    def __len__(self) -> int:
        """Return N."""
        return int(self._ends[-1])

    def __getitem__(self, part: slice) -> Ids:
        """Return a slice, joined from the parts it covers."""
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

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Ids:
        """Return all ids as an array in memory."""
        return self[:].astype(dtype or self[:0].dtype, copy=False)


def choose(corpus: Corpus, kept: int, seed: int) -> Keeps:
    """Return how to keep `kept` characters of a text back."""
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
    """Split a text into a training part, which is not copied, and a validation part.

    Parameters
    ----------
    kept
        Number of characters to keep back: exact for the end of the text, else an upper bound.
    keeps
        The way of choosing them.
    seed
        Seed of the random order of whole files, lines and blocks.

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
    """Return the stretches to keep back; empty for the end of the text."""
    if keeps == "end" or not kept:
        return []
    if keeps == "lines":
        return _drawn(_lines(corpus), kept, seed)
    if keeps == "blocks":
        return _blocks(corpus, kept, seed)
    stretches = _stretches(corpus)
    return _drawn(stretches, kept, seed) if keeps == "files" else _ends(corpus, stretches, kept)


def is_list(corpus: Corpus) -> bool:
    """Return whether a text is a list of records, one per line.

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
    """Return (start, end) of each line."""
    if "\n" not in corpus.vocabulary:
        return []
    after = np.flatnonzero(corpus.ids[:] == corpus.vocabulary.encode("\n")[0]) + 1
    places = [0, *after.tolist()]
    if places[-1] < len(corpus):
        places.append(len(corpus))
    return list(pairwise(places))


def _blocks(corpus: Corpus, kept: int, seed: int) -> list[tuple[int, int]]:
    """Return blocks of one length, each at a random place in its share of the text."""
    rng = np.random.Generator(np.random.PCG64(seed))
    n = min(MOST_BLOCKS, kept // SHORT_END)
    size, share = kept // n, len(corpus) // n
    starts = [k * share + int(rng.integers(share - size + 1)) for k in range(n)]
    return [(start, start + size) for start in starts]


def _stretches(corpus: Corpus) -> list[tuple[int, int]]:
    """Return (start, end) of each file, its line end included."""
    starts = [source.start for source in corpus.sources if source.characters]
    starts[0] = 0
    return list(zip(starts, [*starts[1:], len(corpus)], strict=True))


def _drawn(stretches: list[tuple[int, int]], kept: int, seed: int) -> list[tuple[int, int]]:
    """Return randomly drawn files that fit, in the order of the text."""
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn, left = [], kept
    for place in rng.permutation(len(stretches)).tolist():
        start, end = stretches[place]
        if end - start <= left:
            drawn.append((start, end))
            left -= end - start
    return sorted(drawn)


def _ends(corpus: Corpus, stretches: list[tuple[int, int]], kept: int) -> list[tuple[int, int]]:
    """Return the end of each file, in proportion to its length, from the start of a line."""
    vocabulary, found = corpus.vocabulary, []
    line_end = vocabulary.encode("\n")[0] if "\n" in vocabulary else -1
    for start, end in stretches:
        # From cumulative positions, so that rounding errors do not add up.
        share = kept * end // len(corpus) - kept * start // len(corpus)
        begin = end - share
        near = corpus.ids[begin - 1 : begin + int(_LATER * share)] if share else corpus.ids[:0]
        ends = np.flatnonzero(near == line_end)
        begin += int(ends[0]) if ends.size else 0
        if begin < end:
            found.append((begin, end))
    return found
