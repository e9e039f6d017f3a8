"""What ends a text before its length: a stop text, or that what is asked of it is complete."""

from collections import deque
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from charrnn.sampling.config import SamplingConfig
from charrnn.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charrnn.sampling.constraints.constraint import Constraint

FinishReason = Literal["length", "stop", "complete"]


class Endings:
    """Watches one text for its end.

    A stop text ends nothing that does not satisfy yet what is asked.

    stops: the ids of each stop text.
    asked: the constraint of one text, if something is asked of it.
    pending: how many of the last characters may belong to a stop text.
    """

    def __init__(self, stops: Sequence[Sequence[int]], asked: "Constraint | None") -> None:
        self._asked = asked
        self._fresh = [(stop, 0) for stop in stops]
        self._begun: list[tuple[Sequence[int], int]] = []  # with how much is there, the most first
        # Whether the text may end before each of the last characters.
        self._may_end: deque[bool] = deque(maxlen=max(map(len, stops), default=0))
        self.pending = 0

    def __bool__(self) -> bool:
        """Return whether there is anything to watch for."""
        return bool(self._fresh) or self._asked is not None

    def accept(self, k: int) -> tuple[int, FinishReason] | None:
        """Take a character; where it ends the text, return why, and how many belong to a stop."""
        asked = self._asked
        self._may_end.append(asked is None or asked.satisfied[0])
        if asked:
            asked.accept(np.array([k]))
        begun = [(stop, n + 1) for stop, n in self._begun + self._fresh if stop[n] == k]
        for stop, n in begun:
            if n == len(stop) and self._may_end[-n]:
                return n, "stop"
        self._begun = [(stop, n) for stop, n in begun if n < len(stop)]
        self.pending = self._begun[0][1] if self._begun else 0
        if asked and asked.finished[0]:
            return 0, "complete" if asked.left else "length"
        return None

    def fork(self) -> Self:
        """Return one that watches a text that continues in another way."""
        forked = copy(self)
        forked._may_end = self._may_end.copy()
        forked._asked = self._asked and self._asked.fork()
        return forked


def endings_of(config: SamplingConfig, vocabulary: Vocabulary) -> Endings:
    """Return what ends a text before its length."""
    stops = [
        vocabulary.encode_prompt(stop).tolist()
        for stop in config.stop
        if can_appear(stop, vocabulary)
    ]
    if not config.asks:
        return Endings(stops, None)
    from charrnn.sampling.constraints.of_options import constraint_of  # noqa: PLC0415

    return Endings(stops, constraint_of(config, vocabulary, np.empty((1, 0), np.intp)))


def can_appear(text: str, vocabulary: Vocabulary) -> bool:
    """Return whether a network that knows these characters can write a text."""
    return vocabulary.kind == "bytes" or all(character in vocabulary for character in text)
