"""The cost of each character, in groups, and compared with n-grams."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Codes, Column, Doubles, Flags, Integers, NamedArrays
from charrnn.evaluation.statistics import NO_MEAN, Mean, mean_where
from charrnn.inspection.methods.alike_places import Place, passages
from charrnn.inspection.methods.character_classes import CLASSES, classes, letters_seen
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, mean_and_error, plain, records, text_arrays
from charrnn.inspection.views.errors.error_types import TYPES, error_types
from charrnn.inspection.views.errors.groups import (
    Group,
    by_character,
    by_distance,
    by_letters,
    by_number,
    cutting_across,
    grouped,
)
from charrnn.inspection.views.errors.training_text import TrainingText

LISTED = 10
"""Places in a list."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """N-grams of the training text on the same text.

    bits: (ORDERS, T - 1), the surprise of each predicted character by each order, from 1.
    best: the index of the order with the least mean, the one that the network is compared with. It
        is chosen on the text itself, which favours the n-gram.
    types: (T - 1,), indices in `TYPES`, -1 for no error.
    """

    training: TrainingText
    bits: Doubles
    best: int
    types: Codes


@dataclass(frozen=True, eq=False)
class Errors(OfText):
    """The surprise of each predicted character, and sums over groups of them.

    All arrays have T - 1 numbers, of the characters after the first, so
    that index t is of the prediction after character t, as in all views: with x the next character,

        bits(t)  = -log2 y_hat(t)[x(t+1)]
        gain(t)  = -log2 p_ngram(x(t+1)) - bits(t)

    guess, guess_p: the likeliest character, of equals the smaller id, and its probability.
    kinds, seen: the class of the next character (`character_classes.classes`), and the number
        of letters before it in its word, -1 if it is not a letter.
    """

    view: ClassVar[str] = "errors"
    measures: ClassVar[dict[str, str]] = dict.fromkeys(
        ("bits", "bits_error", "ngram_bits", "gain", "gain_error"), "bits"
    )

    bits: Column
    guess: Integers
    guess_p: Column
    rank: Integers
    kinds: Codes
    seen: Integers
    comparison: Comparison | None
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Group the characters, and compare them with n-grams if there is a training text.

        Raises
        ------
        TextError, ConfigError
            See `TrainingText.of`.
        """
        text, as_bytes = reading.text, reading.vocabulary.kind == "bytes"
        log_y_hat, x = reading.log_y_hat[:-1], reading.ids[1:]
        guess = log_y_hat.argmax(axis=1)
        of_guess, of_next = (log_y_hat[np.arange(len(x)), which] for which in (guess, x))
        bits = reading.surprise[1:]
        comparison = _compare(reading, options) if options.train is not None else None
        kinds = classes(text, as_bytes=as_bytes)[1:]
        seen = letters_seen(text, as_bytes=as_bytes)[1:]
        ngram = comparison.bits[comparison.best] if comparison else None
        tables = {
            "all": iter([("all", np.ones(len(x), np.bool_))]),
            "class": by_number(kinds, CLASSES),
            "also": cutting_across(text, as_bytes=as_bytes),
            "letters seen": by_letters(seen),
            "closing": by_distance(text, as_bytes=as_bytes),
            "type": by_number(comparison.types, TYPES) if comparison else iter([]),
            "character": by_character(reading.vocabulary, x),
        }
        groups = [
            group
            for name, sorts in tables.items()
            for group in grouped(name, sorts, bits, guess == x, ngram)
        ]
        return cls(
            reading.vocabulary, reading.ids, bits, guess, np.exp(of_guess.astype(np.float64)),
            1 + np.sum(log_y_hat > of_next[:, None], axis=1), kinds, seen, comparison,
            tuple(groups),
        )  # fmt: skip

    def table(self, name: str) -> list[Group]:
        """Return the groups of a table, in its order, without empty ones."""
        return [group for group in self.groups if group.table == name]

    @property
    def gain(self) -> Column | None:
        """The bits saved against the n-gram, (T - 1,)."""
        compared = self.comparison
        return compared.bits[compared.best] - self.bits if compared else None

    def orders(self) -> list[tuple[Mean, Mean]]:
        """Return the mean surprise of each order of n-gram, and the network's gain over it."""
        if self.comparison is None:
            return []
        return [(mean_where(bits), mean_where(bits - self.bits)) for bits in self.comparison.bits]

    def worst(self) -> list[Place]:
        """Return the largest surprises, the largest first."""
        return self._listed(-self.bits, self.bits > 0)

    def confident(self) -> list[Place]:
        """Return the places of the most confident wrong predictions."""
        return self._listed(-self.guess_p, self.guess != self.ids[1:])

    def wins(self) -> list[Place]:
        """Return the places of the largest gain over the n-gram."""
        return [] if self.gain is None else self._listed(-self.gain, self.gain > 0)

    def losses(self) -> list[Place]:
        """Return the places of the largest loss."""
        return [] if self.gain is None else self._listed(self.gain, self.gain < 0)

    def _listed(self, values: Column, where: Flags) -> list[Place]:
        """Return the places of the smallest values, equal passages once."""
        order = np.argsort(values, kind="stable")
        first: dict[str, int] = {}
        for t in order[where[order]].tolist():
            first.setdefault(self._passages[t], t)
        times = Counter(self._passages)
        return [Place(t, times[passage]) for passage, t in islice(first.items(), LISTED)]

    @cached_property
    def _passages(self) -> list[str]:
        """Each next character after the `ALIKE` before it."""
        return passages(self.vocabulary.decode(self.ids))

    def data(self) -> dict[str, Any]:
        """Return every table, the lists, and a column for each number per character."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for group in records(self.rows()):
            groups.setdefault(str(group.pop("table")), []).append(group)
        kinds = [CLASSES[n] for n in self.kinds.tolist()]
        characters: dict[str, Any] = {
            "t": list(range(len(self.bits))),
            "next": [self.vocabulary[k] for k in self.ids[1:]],
            "bits": plain(self.bits),
            "class": kinds,
            "letters_seen": [n if n >= 0 else None for n in self.seen.tolist()],
        }
        if compared := self.comparison:
            characters["ngram_bits"] = plain(compared.bits[compared.best])
            types = compared.types.tolist()
            characters["type"] = [TYPES[n] if n >= 0 else None for n in types]
        return {
            "groups": groups,
            "lists": {
                "worst": self._described(self.worst()),
                "confident": self._described(self.confident()),
                "wins": self._described(self.wins()),
                "losses": self._described(self.losses()),
            },
            "ngrams": compared and _about(self, compared),
            "characters": characters,
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each group of each table."""
        yield [
            "table", "name", "count", "bits", "bits_error", "share", "top1", "ngram_bits", "gain",
            "gain_error",
        ]  # fmt: skip
        for group in self.groups:
            ngram, gain = group.ngram or NO_MEAN, group.gain or NO_MEAN
            numbers = [
                group.bits.mean, group.bits.error, group.share, group.top1, ngram.mean, gain.mean,
                gain.error,
            ]  # fmt: skip
            yield [group.table, group.name, group.count, *plain(numbers)]

    def arrays(self) -> NamedArrays:
        """Return the numbers per character; `class` and `type` are indices, -1 for none."""
        arrays: NamedArrays = {
            **text_arrays(self.vocabulary, self.ids),
            "bits": self.bits,
            "guess_ids": self.guess.astype(np.int32),
            "guess_p": self.guess_p,
            "rank": self.rank,
            "class": self.kinds.astype(np.int32),
            "letters_seen": self.seen,
        }
        if self.comparison:
            arrays["ngram_bits"] = self.comparison.bits
            arrays["type"] = self.comparison.types.astype(np.int32)
        return arrays

    def _described(self, places: list[Place]) -> list[dict[str, Any]]:
        """Return predictions with their context."""
        return [
            {
                "t": t,
                "times": times,
                "left": self.vocabulary.decode(self.ids[max(0, t - 29) : t + 1]),
                "next": self.vocabulary[self.ids[t + 1]],
                "right": self.vocabulary.decode(self.ids[t + 2 : t + 12]),
                "bits": plain(self.bits[t]),
                "rank": int(self.rank[t]),
                "guess": self.vocabulary[int(self.guess[t])],
                "guess_p": plain(self.guess_p[t]),
                "gain": None if self.gain is None else plain(self.gain[t]),
            }
            for t, times in places
        ]


def _compare(reading: Reading, options: Options) -> Comparison:
    assert options.train is not None
    training = TrainingText.of(reading, options.train, options.read)
    bits = training.surprises(reading.ids)
    best = int(bits[:, 1:].mean(axis=1).argmin()) if len(reading) > 1 else 0
    types = error_types(
        reading.text,
        reading.surprise,
        bits.min(axis=0),
        training.word_counts,
        as_bytes=reading.vocabulary.kind == "bytes",
    )
    return Comparison(training, bits[:, 1:], best, types[1:])


def _about(result: Errors, compared: Comparison) -> dict[str, Any]:
    """Return the description of the training text, and the means of each order, as JSON types."""
    training = compared.training
    return {
        "file": training.name,
        "characters": training.characters,
        "unknown": training.unknown,
        "counted": len(training.ids),
        "left_out": training.left_out and list(training.left_out),
        "shared": training.shared,
        "compared_with": compared.best + 1,
        "orders": [
            {"order": order, **mean_and_error("bits", mean), **mean_and_error("gain", gain)}
            for order, (mean, gain) in enumerate(result.orders(), 1)
        ],
    }
