"""Types of errors, assigned one after the other, by what would have helped.

A character is an error if its probability was at most one half. Each is assigned to the
first of `TYPES` that fits, so the order matters (after Karpathy, Johnson & Fei-Fei 2015):

- `n-gram`: an n-gram of the training text, of an order up to 9, gave it more than one half;
- `repeated word`: a letter of a word of at least 4 letters that also occurs in the 1,000
  characters before it;
- `rare word`: a letter of a word that the training text has fewer than 5 times;
- `word start`: the first letter of a word;
- `after punctuation`: the character after a punctuation mark or a line end;
- `rest`: all others.
"""

from collections import Counter

import numpy as np

from charrnn.array_types import Codes, Column, Flags
from charrnn.inspection.methods.character_classes import CLASSES, classes, words

TYPES = ("n-gram", "repeated word", "rare word", "word start", "after punctuation", "rest")

LONG, RECENT, RARE = 4, 1000, 5
"""Letters of a long word; characters of the recent text; occurrences below which a word is rare."""


def error_types(
    text: str, bits: Column, ngram_bits: Column, counts: Counter[str], *, as_bytes: bool = False
) -> Codes:
    """Return the type of each character, (T,), as its index in `TYPES`; -1 for no error.

    bits: (T,), the network's surprise; the first, nan, is no error.
    ngram_bits: (T,), the least surprise of any n-gram.
    counts: occurrences of each word in the training text.
    """
    repeated, rare = _of_words(text, counts, as_bytes)
    kinds = classes(text, as_bytes=as_bytes)
    marks = np.isin(kinds, [CLASSES.index("punctuation"), CLASSES.index("newline")])
    after_mark = np.concatenate([[False], marks[:-1]])[: len(marks)]
    reasons = [ngram_bits < 1, repeated, rare, kinds == CLASSES.index("word start"), after_mark]
    found = np.select(reasons, np.arange(len(reasons)), len(reasons))
    with np.errstate(invalid="ignore"):
        return np.where(bits >= 1, found, -1).astype(np.int8)


def _of_words(text: str, counts: Counter[str], as_bytes: bool) -> tuple[Flags, Flags]:
    """Return which characters belong to a long recent word, and which to a rare one."""
    repeated, rare = np.zeros((2, len(text)), np.bool_)
    last: dict[str, int] = {}
    for start, end in words(text, as_bytes=as_bytes).tolist():
        word = text[start:end]
        is_recent = start - last.get(word, -RECENT - 1) <= RECENT
        repeated[start:end] = is_recent and end - start >= LONG
        rare[start:end] = counts[word] < RARE
        last[word] = start
    return repeated, rare
