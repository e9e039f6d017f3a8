"""Baselines for a loss: uniform, unigram, n-gram and xz.

A loss of 1.6 nats says little until one knows what guessing, counting and a file compressor reach
on the same characters. None of these takes a gradient step; a network that is not better has
learnt nothing that they do not know.
"""

import lzma
import math
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Ids, Integers
from charrnn.evaluation.ngram import NGram, checked_ids
from charrnn.text.batches import Text

COUNTED = 2_000_000
"""Characters counted by the n-gram, at the end of the training text."""

_BLOCK = 2**20
_DICTIONARY = 2 * 2**20  # bytes that xz looks back, which bounds the time for a large text
_LZMA2 = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": _DICTIONARY}]


@dataclass(frozen=True)
class Baseline:
    """The loss of one baseline on the validation text.

    Attributes
    ----------
    name : str
        "uniform", "unigram", "5-gram" (with the requested order) or "xz".
    nats : float
        Mean nats per character over the whole validation text.
    """

    name: str
    nats: float


def baselines(
    train: Text,
    validation: Ids,
    vocabulary_size: int,
    counts: Integers | None = None,
    *,
    order: int = 5,
    max_characters: int = COUNTED,
) -> list[Baseline]:
    """Return the baselines uniform, unigram, n-gram and xz, in that order.

    - **uniform**: ln V, every character as likely as any other.
    - **unigram**: how often each character occurs in `train`, one added to each of the V counts so
      that none is impossible (Laplace).
    - **n-gram**: interpolated Witten-Bell (`charrnn.evaluation.ngram`), the last
      `max_characters` of `train` counted. The validation text starts afresh: its first characters
      have less context.
    - **xz**: the bytes by which compressed `train` grows when the validation text follows it.
      LZMA2 at preset 6 with a dictionary of 2 MiB, as a raw stream: no header, index or checksum.
      It reads ids, not the text's own bytes: 1 byte an id where V ≤ 256, else 2 (V ≤ 65,536) or 4,
      little-endian; and of `train` the last 2 MiB of these, as far back as the dictionary reaches.
      Whole bytes are counted, so on a validation text of a few characters the figure is coarse.

    Parameters
    ----------
    train : Text, of n ids
        Ids below V, of any integer type; it may be empty, or lie in a file.
    validation : ndarray of shape (m,)
        Ids below V, of any integer type.
    vocabulary_size : int
        V.
    counts : ndarray of shape (V,), optional
        Counts of each id in `train`, if known: then only the end of a long text is
        read, and checked.
    order : int
        Characters in the longest gram: a context of `order - 1`.
    max_characters : int
        Limit of the characters that the n-gram counts.

    Raises
    ------
    ValueError
        If the validation text is empty, an id is not below V, or `order` or `max_characters` is
        below 1.
    """
    if not validation.size:
        raise ValueError("the validation text is empty, so nothing can be measured on it")
    if max_characters < 1:
        raise ValueError(f"max_characters must be at least 1, found {max_characters}")
    validation = checked_ids(validation, vocabulary_size)
    if counts is None:
        counts = _counts(train, vocabulary_size)
    ngram = NGram.fit(train[-max_characters:], order, vocabulary_size)
    return [
        Baseline("uniform", math.log(vocabulary_size)),
        Baseline("unigram", _unigram(counts, validation)),
        Baseline(f"{order}-gram", -float(ngram.log_probabilities(validation).mean())),
        Baseline("xz", _xz(train, validation, vocabulary_size)),
    ]


def _unigram(counts: Integers, validation: Ids) -> float:
    expected = counts + 1
    found = _counts(validation, counts.size)
    return math.log(expected.sum()) - float(found @ np.log(expected)) / validation.size


def _counts(ids: Text, vocabulary_size: int) -> Integers:
    counts = np.zeros(vocabulary_size, dtype=np.int64)
    # In blocks, because bincount first converts its input to 8 bytes per item.
    for start in range(0, len(ids), _BLOCK):
        block = checked_ids(ids[start : start + _BLOCK], vocabulary_size)
        counts += np.bincount(block, minlength=vocabulary_size)
    return counts


def _xz(train: Text, validation: Ids, vocabulary_size: int) -> float:
    symbol = np.dtype(
        "u1" if vocabulary_size <= 2**8 else "<u2" if vocabulary_size <= 2**16 else "<u4"
    )
    before = train[-(_DICTIONARY // symbol.itemsize) :].astype(symbol).tobytes()
    after = validation.astype(symbol).tobytes()
    grown = _compressed_size(before + after) - _compressed_size(before)
    # A text of a few characters can shorten the whole by a byte; the loss is at least 0.
    return max(0, 8 * grown) * math.log(2) / validation.size


def _compressed_size(data: bytes) -> int:
    return len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=_LZMA2))
