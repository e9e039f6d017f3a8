"""A text as parallel streams: batches of consecutive windows for truncated BPTT.

With B sequences in a batch and T steps in a window, the text is cut in B streams of n steps, n a
multiple of T. Window k holds steps kT to (k+1)T of every stream, time first:

    x[t, b] = ids[offset + b n + k T + t]        y[t, b] = ids[offset + b n + k T + t + 1]

so stream b of window k+1 continues where stream b of window k ended, and a state carried from
window to window has read what came before. A text read `around` is a ring: its first character
follows its last, and an offset may be any of its characters. A text may lie in a file and be larger
than memory: many windows are read at once, but no more than fit in a mebibyte or so.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from charrnn.array_types import Ids
from charrnn.errors import TextError
from charrnn.plurals import counted

# Fewest windows per epoch; a text that gives fewer is cut finer.
_WINDOWS_WANTED = 4
# Steps; a shorter window sees too little context to be worth having more windows.
_WINDOW_KEPT = 8
# Ids read at a time, but never less than a window.
BLOCK = 1 << 20


class Text(Protocol):
    """Ids, (N,), that can be sliced: an array, or `charrnn.text.id_store.StoredIds`."""

    def __len__(self) -> int:
        """Return N."""

    def __getitem__(self, part: slice, /) -> Ids:
        """Return the ids of a slice, in their order."""


class Streams:
    """The windows of a text, in order: `streams[k]` is the pair (x, y), each of shape (T, B).

    Parameters
    ----------
    ids : Text, of `length` ids
        An array, a `numpy.memmap`, or ids in a file.
    batch_size, seq_length
        B and T.
    offset
        Ids to skip at the beginning.
    around
        Whether the first id follows the last, so that an offset skips nothing.

    Attributes
    ----------
    steps
        n, the steps of a stream, a multiple of T and as large as the text allows: 0 where it is
        too short for a single window.
    """

    def __init__(
        self,
        ids: Text,
        batch_size: int,
        seq_length: int,
        *,
        offset: int = 0,
        around: bool = False,
    ) -> None:
        if offset < 0:
            raise ValueError(f"offset must not be negative, got {offset}")
        length = len(ids) - (0 if around else offset)
        self.batch_size = batch_size
        self.seq_length = seq_length
        self.offset = offset
        self.steps = seq_length * _windows(length, batch_size, seq_length)
        self._ids, self._around = ids, around
        # Steps of a stream that a block has, and the step at which the block in memory begins.
        self._block_steps = max(1, BLOCK // (batch_size * seq_length)) * seq_length
        self._block: Ids = np.empty((0, batch_size), np.uint8)
        self._begin = -1

    def __len__(self) -> int:
        """Return the number of windows."""
        return self.steps // self.seq_length

    def __getitem__(self, k: int) -> tuple[Ids, Ids]:
        """Return window k as (x, y), each of shape (T, B)."""
        T = self.seq_length
        start = range(len(self))[k] * T
        within = start % self._block_steps
        if self._begin != start - within:
            self._read(start - within)
        return self._block[within : within + T], self._block[within + 1 : within + T + 1]

    def _read(self, begin: int) -> None:
        """Read the block whose first step is `begin`, (steps + 1, B)."""
        steps = min(self._block_steps, self.steps - begin)
        firsts = (self.offset + b * self.steps + begin for b in range(self.batch_size))
        self._block = np.stack([self._piece(first, steps + 1) for first in firsts], axis=1)
        self._begin = begin

    def _piece(self, first: int, length: int) -> Ids:
        """Return `length` ids from `first`, wrapping around the end of a ring."""
        if not self._around:
            return self._ids[first : first + length]
        first %= len(self._ids)
        piece = self._ids[first : first + length]
        rest = length - len(piece)
        return np.concatenate([piece, self._ids[:rest]]) if rest else piece

    def __iter__(self) -> Iterator[tuple[Ids, Ids]]:
        """Yield the windows in order."""
        return (self[k] for k in range(len(self)))


def fit_shape(length: int, batch_size: int, seq_length: int) -> tuple[int, int, str | None]:
    """Choose a batch and window for a text that may be short: (B, T, note for the user).

    The batch is halved before the window, until an epoch has four windows; for that alone no
    window is made shorter than eight steps. A text of two characters or more has a window.

    Raises
    ------
    TextError
        If the text has less than two characters, so that nothing follows anything.
    """
    if length < 2:
        raise TextError(
            f"the text is too short to learn from: {counted(length, 'character')}; "
            "give a longer one"
        )
    batch, window = batch_size, seq_length
    while _windows(length, batch, window) < _WINDOWS_WANTED:
        if batch > 1 and window < _WINDOW_KEPT * batch:
            batch //= 2
        elif window > _WINDOW_KEPT:
            window = max(window // 2, _WINDOW_KEPT)
        else:
            window = min(window, length - 1)
            break
    changes = [
        f"{what} {before} -> {after}"
        for what, before, after in (("batch", batch_size, batch), ("window", seq_length, window))
        if before != after
    ]
    return batch, window, f"the text is short: {', '.join(changes)}" if changes else None


def _windows(length: int, batch_size: int, seq_length: int) -> int:
    if batch_size < 1 or seq_length < 1:
        raise ValueError(f"a batch of {batch_size} and windows of {seq_length} steps hold nothing")
    # The last character of the text is a target only.
    return max(length - 1, 0) // (batch_size * seq_length)
