"""The training text of a network, and the n-grams counted in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from charrnn.array_types import Doubles, Ids, Places
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
"""Characters of the training text that are counted at most, the last ones."""


@dataclass(frozen=True, eq=False)
class TrainingText:
    """A training text in a network's ids, without the text that is read, if that is part of it.

    The text that is read is often the end of the file that the network was trained on, kept back
    from training. N-grams that had counted it would know it by heart, so it is not counted.

    name: of the file.
    characters: their number.
    unknown: number of characters that the network does not know; they are skipped.
    left_out: the start and end of the text that is read within it; None
        if it is not in it as a whole.
    ids: (N,), the counted characters: the last `MOST` of the rest.
    shared: fraction of the text that is read in passages of at least `SAME` characters
        that also occur in the counted text.
    """

    vocabulary: Vocabulary
    name: str
    characters: int
    unknown: int
    left_out: tuple[int, int] | None
    ids: Places
    shared: float

    @classmethod
    def of(cls, reading: Reading, name: str, read: Sequence[ReadAs] = ()) -> Self:
        """Read the file, and compare it with the text that is read.

        read: how, in the order in which to try; as the vocabulary has it where there is no way.

        Raises
        ------
        TextError
            If the file cannot be read or is not text.
        ConfigError
            If it has no known characters besides the text that is read.
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

    def surprises(self, ids: Ids) -> Doubles:
        """Return the surprise of each character of a text, (ORDERS, T), in bits, for each order.

        Row k is of the n-gram with k characters of context, counted in the training text.
        """
        ngram = NGram.fit(self.ids, ORDERS, len(self.vocabulary))
        orders = [ngram.of_order(order) for order in range(1, ORDERS + 1)]
        return np.array([-order.log_probabilities(ids) / np.log(2) for order in orders])

    @property
    def is_cut(self) -> bool:
        """Whether only the end of it is counted."""
        left_out = self.left_out[1] - self.left_out[0] if self.left_out else 0
        return self.characters - self.unknown - left_out > len(self.ids)

    @cached_property
    def word_counts(self) -> Counter[str]:
        """The count of each word."""
        text = self.vocabulary.decode(self.ids)
        spans = words(text, as_bytes=self.vocabulary.kind == "bytes").tolist()
        return Counter(text[start:end] for start, end in spans)
