"""The text that a network learnt from, and what counting it would have made of another text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Ids
from charrnn.errors import ConfigError
from charrnn.evaluation.ngram import NGram
from charrnn.inspection.methods.character_classes import words
from charrnn.inspection.reading import Reading
from charrnn.text.corpus import read_first
from charrnn.text.read_as import ReadAs
from charrnn.text.repetition import SAME, repeated
from charrnn.text.vocabulary import Vocabulary

ORDERS = 9

MOST = 2_000_000
"""The most characters of the training text that are counted, the last ones."""


@dataclass(frozen=True, eq=False)
class TrainingText:
    """A training text as a network knows it, without the text that is read, if that is part of it.

    The text that is read is often the end of the file that the network was trained on, kept back
    from training. N-grams that had counted it would know it by heart, so it is not counted.

    name: the file's.
    characters: how many it has.
    unknown: how many of them the network does not know; they are skipped.
    left_out: the first character of the text that is read in it, and the one after its last; None
        where it is not in it as a whole.
    ids: (N,), what is counted: the rest, of which the last `MOST`.
    shared: the share of the text that is read that stands in a passage of `SAME` characters and
        more which is also in what is counted.
    """

    vocabulary: Vocabulary
    name: str
    characters: int
    unknown: int
    left_out: tuple[int, int] | None
    ids: NDArray[np.intp]
    shared: float

    @classmethod
    def of(cls, reading: Reading, name: str, read: Sequence[ReadAs] = ()) -> Self:
        """Read the file, and compare it with the text that is read.

        read: how, in the order in which to try; as the vocabulary has it where there is no way.

        Raises
        ------
        TextError
            The file cannot be read or is not text.
        ConfigError
            It holds nothing that the network knows but the text that is read.
        """
        vocabulary = reading.vocabulary
        text = read_first([name], read or (ReadAs(as_bytes=vocabulary.kind == "bytes"),)).text
        ids = vocabulary.encode(text, "skip").astype(np.intp)
        T, start = len(reading), -1
        if T >= SAME:
            start = vocabulary.decode(ids).find(reading.text)
        left_out = (start, start + T) if start >= 0 else None
        counted = np.delete(ids, np.s_[start : start + T]) if left_out else ids
        counted = counted[-MOST:]
        if not counted.size:
            raise ConfigError(
                f"{name!r} holds nothing that this network knows but the text that is read; "
                "name the file that it was trained on",
                argument="train",
            )
        shared = float(np.mean(repeated(reading.ids, counted)))
        return cls(vocabulary, name, len(text), len(text) - len(ids), left_out, counted, shared)

    def surprises(self, ids: Ids) -> NDArray[np.float64]:
        """Return the surprise of each character of a text, (ORDERS, T), in bits, for each order.

        Row k is of the n-gram that knows k characters before, counted in the training text.
        """
        ngram = NGram.fit(self.ids, ORDERS, len(self.vocabulary))
        orders = [ngram.of_order(order) for order in range(1, ORDERS + 1)]
        return np.array([-order.log_probabilities(ids) / np.log(2) for order in orders])

    @property
    def is_cut(self) -> bool:
        """Whether there is more of it than is counted."""
        left_out = self.left_out[1] - self.left_out[0] if self.left_out else 0
        return self.characters - self.unknown - left_out > len(self.ids)

    @cached_property
    def word_counts(self) -> Counter[str]:
        """How often each word occurs."""
        text = self.vocabulary.decode(self.ids)
        spans = words(text, as_bytes=self.vocabulary.kind == "bytes").tolist()
        return Counter(text[start:end] for start, end in spans)
