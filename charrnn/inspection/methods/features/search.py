"""Scores of every unit for every feature of a text, with the chance level of the best unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.inspection.methods.features.features import Feature, features
from charrnn.inspection.methods.features.scores import (
    auc_of_ranks,
    centred,
    centred_ranks,
    correlation_of_centred,
    pairs,
)
from charrnn.inspection.methods.features.shift_test import (
    Chance,
    far_shifts,
    shifted_scores,
    smooth_length,
    transformed,
)
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading, part_of

LEAST = 10
"""Characters of each half at which a feature must differ from its commonest value and, to be
scored within the characters read, from the commonest of each."""

TOGETHER = 64
"""Units scored at a time."""


@dataclass(frozen=True, eq=False)
class Search:
    """Scores of F features for U units: 2 AUC - 1 of a binary feature, r of a number.

    features: those that are tested, since they vary enough in both halves of the text.
    rare: the others.
    units: each with its kind.
    first, second: the halves of the text that is searched.
    choice: (F, U), the scores on the first half.
    within: (F, U), the same within the characters read; nan where those determine the feature.
    scores: (F, U), those on the second half.
    chances: of each feature, the scores of its shifts with the best unit, on the second half; AUC
        of a binary one.
    """

    reading: Reading
    features: list[Feature]
    rare: list[Feature]
    units: list[tuple[Unit, str]]
    first: slice
    second: slice
    choice: Floats
    within: Floats
    scores: Floats
    chances: list[Chance]

    @classmethod
    def of(
        cls,
        reading: Reading,
        kinds: Sequence[str],
        options: Options,
        track: Track = untracked,
        *,
        most: int | None = None,
    ) -> Self:
        """Score all units of some kinds of states or gates.

        most: characters that are searched, the last of the text; None for all. Features are those
            of the whole text, so that none is cut short.

        Raises
        ------
        ConfigError
            A feature that is asked for is none, or there is no such kind or layer.
        """
        if options.quick:
            reading = part_of(reading, slice(max(1, len(reading) // 8)))
        T, config = len(reading), reading.network.config
        searched = T if most is None else min(T, most)
        n = smooth_length(searched // 2)
        first, second = slice(T - searched, T - n), slice(T - n, T)
        known = features_of(reading, options.features)
        none = np.zeros_like(reading.ids)
        tested = [f for f in known if _varies(f, none, first) and _varies(f, none, second)]
        pieces = [
            _Piece(reading.series(kind)[:, layer, j : j + TOGETHER], kind, layer, j)
            for kind in kinds
            for layer in options.layers(config)
            for j in range(0, config.hidden_size, TOGETHER)
        ]
        units = [unit for piece in pieces for unit in piece.units]
        choice, within, scores = (np.full((len(tested), len(units)), np.nan) for _ in range(3))
        largest = np.zeros((len(tested), len(far_shifts(n))))
        if tested:
            early = _Half(tested, first, reading.ids)
            late = _Half(tested, second, reading.ids)
            at = 0
            for piece in track(pieces, "scoring units", len(pieces)):
                u = np.ascontiguousarray(piece.series.T)
                here = slice(at, at := at + len(u))
                choice[:, here] = early.scores(_Ready.of(u[:, first]))
                within[:, here] = early.within(u[:, first])
                ready = _Ready.of(u[:, second])
                scores[:, here] = late.scores(ready)
                np.maximum(largest, late.by_chance(ready), out=largest)
        too_short = [
            not (_varies(f, reading.ids, first) and _varies(f, reading.ids, second)) for f in tested
        ]
        within[too_short] = np.nan
        return cls(
            reading=reading,
            features=tested,
            rare=[f for f in known if f not in tested],
            units=units,
            first=first,
            second=second,
            choice=choice,
            within=within,
            scores=scores,
            chances=[
                Chance((1 + sizes) / 2 if feature.binary else sizes, len(tested))
                for feature, sizes in zip(tested, largest, strict=True)
            ],
        )

    def series(self, u: int) -> Floats:
        """Return the values of a unit over the text, (T,)."""
        (layer, j), kind = self.units[u]
        return self.reading.series(kind)[:, layer, j]

    def state(self, part: slice) -> Floats:
        """Return the values of all units over a part of the text, (T, U)."""
        layers = sorted({layer for (layer, _), _ in self.units})
        kinds = dict.fromkeys(kind for _, kind in self.units)
        n = part.stop - part.start
        series = [self.reading.series(kind)[part][:, layers].reshape(n, -1) for kind in kinds]
        return np.concatenate(series, axis=1)

    def sign(self, n: int, u: int) -> int:
        """Return whether a unit is larger, 1, or smaller, -1, with a feature."""
        return -1 if self.choice[n, u] < 0 else 1

    def best(self, n: int) -> int:
        """Return the unit that follows a feature best on the first half.

        The weaker of its score and of that within characters counts, so that a unit that only
        echoes the character read is not preferred to a better one.
        """
        score, within = np.nan_to_num(self.choice[n]), self.within[n] * np.sign(self.choice[n])
        return int(np.argmax(np.fmin(np.abs(score), within)))


def features_of(reading: Reading, wanted: Sequence[str] = ()) -> list[Feature]:
    """Return the features of a text, and those of its predictions: surprise and entropy.

    Raises
    ------
    ConfigError
        As `charrnn.inspection.methods.features.features.features` does.
    """
    surprise = reading.surprise[1:]
    typical = float(surprise.mean()) if len(surprise) else 0.0
    log_p = reading.log_y_hat.astype(np.float64)
    entropy = -np.einsum("tv,tv->t", np.exp(log_p), log_p) / np.log(2)
    return [
        *features(reading.text, wanted),
        Feature("surprise", "model", np.append(typical, surprise), binary=False),
        Feature("entropy", "model", entropy, binary=False),
        Feature("surprise next", "model", np.append(surprise, typical), binary=False, ahead=True),
    ]


def _varies(feature: Feature, groups: Ids, half: slice) -> bool:
    """Return whether enough values differ from the commonest of their group."""
    _, which = np.unique(groups[half], return_inverse=True)
    _, value = np.unique(feature.values[half], return_inverse=True)
    both, counts = np.unique(np.array([which, value]), axis=1, return_counts=True)
    commonest = np.zeros(len(which), np.intp)
    np.maximum.at(commonest, both[0], counts)
    return len(which) - int(commonest.sum()) >= LEAST


@dataclass(frozen=True, eq=False)
class _Piece:
    """Consecutive units of a layer, from unit j, over the text, (T, U)."""

    series: Floats
    kind: str
    layer: int
    j: int

    @property
    def units(self) -> list[tuple[Unit, str]]:
        return [((self.layer, self.j + n), self.kind) for n in range(self.series.shape[1])]


@dataclass(frozen=True, eq=False)
class _Ready:
    """Some units over a half of the text, (U, T), prepared for scores by products."""

    ranks: Floats
    centred: Floats

    @classmethod
    def of(cls, u: Floats, groups: Ids | None = None) -> Self:
        return cls(centred_ranks(u, groups), centred(u, groups))


class _Half:
    """Some features over a half of the text, for which units are scored."""

    def __init__(self, features: Sequence[Feature], half: slice, ids: Ids) -> None:
        values = np.array([feature.values[half] for feature in features])
        self._binary = np.array([feature.binary for feature in features])
        self._ids, self._marks, numbers = ids[half], values[self._binary], values[~self._binary]
        self._pairs, self._near = pairs(self._marks), pairs(self._marks, self._ids)
        self._numbers, self._numbers_near = centred(numbers), centred(numbers, self._ids)

    def scores(self, units: _Ready) -> Floats:
        """Return 2 AUC - 1, or r, of each unit for each feature, (F, U)."""
        return self._merged(
            2 * auc_of_ranks(units.ranks, self._marks, self._pairs) - 1,
            correlation_of_centred(units.centred, self._numbers),
        )

    def within(self, u: Floats) -> Floats:
        """Return the same for units, (U, T), within the characters read."""
        units = _Ready.of(u, self._ids)
        return self._merged(
            2 * auc_of_ranks(units.ranks, self._marks, self._near) - 1,
            correlation_of_centred(units.centred, self._numbers_near),
        )

    def by_chance(self, units: _Ready) -> Floats:
        """Return the largest absolute score of any unit at each far shift, (F, N)."""
        ranks, sized = transformed(units.ranks), transformed(units.centred)
        return self._merged(
            np.array(
                [
                    np.abs(shifted_scores(ranks, marks)).max(axis=0) * 2 / count
                    for marks, count in zip(self._marks, self._pairs, strict=True)
                ]
            ),
            np.array(
                [np.abs(shifted_scores(sized, numbers)).max(axis=0) for numbers in self._numbers]
            ),
        )

    def _merged(self, of_marks: Floats, of_numbers: Floats) -> Floats:
        merged = np.empty(
            (len(self._binary), *(of_marks if len(of_marks) else of_numbers).shape[1:])
        )
        if len(of_marks):
            merged[self._binary] = of_marks
        if len(of_numbers):
            merged[~self._binary] = of_numbers
        return merged
