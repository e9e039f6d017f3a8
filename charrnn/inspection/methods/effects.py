"""Effects of clamping units: how many bits, at which characters, from how many segments of a text.

A unit may store what nothing reads. So each is clamped to its mean over the text, at every step,
with all consequences, and the predictions of the network are compared with those it makes
otherwise. What a unit is worth changes from passage to passage: so predictions are counted in
segments that are spread over the text, and a standard error is that between segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

from charrnn.array_types import Column, Doubles, Flags, Places
from charrnn.evaluation.statistics import LEAST_BLOCKS, Mean, t_quantile
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.options import Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading, part_of

WARMUP = 128
"""Characters read before the counted ones of a segment, to warm up the state."""

SEGMENTS, SEGMENT = 16, 256
"""Segments of a text at most, and characters of each at most."""

SHORTEST = 24
"""Fewest characters of a segment."""

CLEAR = 3
"""Standard errors from 0 at which an effect is clear."""

CONFIDENCE = 0.9
"""Probability with which an interval has what is measured in another passage."""

Held = tuple[Unit, str]
"""A unit, and the kind of its clamped state, "a" or "c"."""


@dataclass(frozen=True)
class Effect(Mean):
    """The mean effect of clamping a unit, in bits a character, over some characters of a text.

    unit, kind: what is clamped; value: at what.
    on: the name of the characters that count, "" for all.
    error: between segments; nan from fewer than `LEAST_BLOCKS`.
    segments: how many of them have such characters.
    half: half the width of its interval, see `half_width`; nan without an error.
    """

    unit: Unit
    kind: str
    value: float
    on: str
    segments: int
    half: float = float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The interval that has the effect in another passage with probability `CONFIDENCE`."""
        return self.mean - self.half, self.mean + self.half

    def exceeds(self, other: float) -> bool:
        """Return whether it is clearly larger, by `CLEAR` standard errors."""
        return self.mean - CLEAR * self.error > other


NO_EFFECT = Effect(0, float("nan"), float("nan"), (0, 0), "", float("nan"), "", 0)
"""The effect where nothing was measured."""


def segments_of(characters: int, most: int = SEGMENTS) -> tuple[range, ...]:
    """Return the places after which predictions of a text are counted, spread over it.

    The text's predictions are cut into equal stretches, and each segment is the beginning of one:
    all of it, where the text is short.
    """
    predictions = characters - 1
    if predictions < 1:
        return ()
    count = max(1, min(most, predictions // SHORTEST))
    bounds = np.linspace(0, predictions, count + 1).astype(int).tolist()
    return tuple(range(start, min(stop, start + SEGMENT)) for start, stop in pairwise(bounds))


def places_of(segments: Sequence[range]) -> Places:
    """Return the places of segments, (n,), one segment after the other."""
    return np.concatenate([np.arange(0), *map(np.array, segments)]).astype(np.intp)


def segment_of_each(segments: Sequence[range]) -> Places:
    """Return the segment of each of their places, (n,)."""
    return np.repeat(np.arange(len(segments)), [len(one) for one in segments])


def mean_of(reading: Reading, held: Held) -> float:
    """Return the value that a unit is clamped to: its mean over the whole text read."""
    (layer, j), kind = held
    return float(reading.series(kind)[:, layer, j].mean(dtype=np.float64))


def extra_bits(
    reading: Reading,
    clamps: Sequence[Sequence[Clamp]],
    segments: Sequence[range],
    track: Track = untracked,
) -> Doubles:
    """Return how many more bits each prediction takes with clamped units, (R, n).

    clamps: R lists of them, constant each.
    segments: the n places after which predictions are counted, one segment after the other.
    """
    found = []
    for start, places in runs_of(segments):
        read = part_of(reading, slice(start, places.stop + 1))
        bits = surprises(read, [[], *clamps], track)[:, places.start - start + 1 :]
        found.append(bits[1:] - bits[0])
    return np.concatenate(found, axis=1) if found else np.zeros((len(clamps), 0))


def runs_of(segments: Sequence[range]) -> list[tuple[int, range]]:
    """Return where reading starts for each run of segments, and the run: those that adjoin."""
    runs: list[range] = []
    for places in segments:
        if runs and runs[-1].stop == places.start:
            runs[-1] = range(runs[-1].start, places.stop)
        else:
            runs.append(places)
    return [(max(0, places.start - WARMUP), places) for places in runs]


def mean_between(bits: Column, on: Flags, segment: Places) -> tuple[Mean, int]:
    """Return the mean of selected values with its error between segments, and how many have some.

    With n_s selected values in segment s, of sum y_s, the mean is m = Σ y_s / Σ n_s, and its
    variance S/(S-1) Σ (y_s - m n_s)² / (Σ n_s)² (ratio of cluster totals, Cochran 1977).

    bits, on, segment: (n,), the values, which of them count, and the segment of each.
    """
    total = int(np.count_nonzero(on))
    if not total:
        return Mean(0, float("nan"), float("nan")), 0
    counts = np.bincount(segment[on])
    sums = np.bincount(segment[on], bits[on])[counts > 0]
    counts = counts[counts > 0]
    S, mean = len(counts), float(sums.sum() / total)
    if S < LEAST_BLOCKS:
        return Mean(total, mean, float("nan")), S
    squares = float(np.square(sums - mean * counts).sum())
    return Mean(total, mean, (S / (S - 1) * squares) ** 0.5 / total), S


def half_width(bits: Column, on: Flags, segment: Places) -> float:
    """Return half the width of the interval of the mean of another passage, as long as a segment.

    t s √(S + 1), s being the error of the mean of S segments and t of Student's distribution with
    S - 1 degrees of freedom: what one more value of those that have the spread s √S is likely to be
    (Hahn & Meeker 1991, prediction). Of segments with unequal numbers n_s of values only
    S = (Σ n_s)² / Σ n_s² count (Kish 1965).
    """
    mean, _ = mean_between(bits, on, segment)
    counts = np.bincount(segment[on])
    S = int(counts.sum() ** 2 / max(1, int(np.square(counts).sum())))
    if not np.isfinite(mean.error) or S < LEAST_BLOCKS:
        return float("nan")
    spread = float(np.sqrt(S + 1)) * mean.error
    return t_quantile((1 + CONFIDENCE) / 2, S - 1) * spread


@dataclass(frozen=True, eq=False)
class Effects:
    """The effects of clamping some units to their means, and of random ones as controls.

    units, controls: each with the kind of its state.
    values: (units + controls,), what each is clamped to.
    segments: the places after which predictions are counted.
    bits: (units + controls, n), the extra bits of each of these predictions.
    """

    units: tuple[Held, ...]
    controls: tuple[Held, ...]
    values: tuple[float, ...]
    segments: tuple[range, ...]
    bits: Doubles

    @classmethod
    def of(
        cls,
        reading: Reading,
        units: Sequence[Held],
        controls: Sequence[Held] = (),
        segments: Sequence[range] | None = None,
        track: Track = untracked,
    ) -> Self:
        """Ablate each unit in a reading of its own; without units the result is empty.

        segments: those of `segments_of`, if None.
        """
        held = [*units, *controls]
        if segments is None:
            segments = segments_of(len(reading))
        if not held or not segments:
            return cls((), (), (), (), np.zeros((0, 0)))
        values = [mean_of(reading, one) for one in held]
        clamps = [
            [Clamp(unit, value, kind)] for (unit, kind), value in zip(held, values, strict=True)
        ]
        bits = extra_bits(reading, clamps, segments, track)
        return cls(tuple(units), tuple(controls), tuple(values), tuple(segments), bits)

    @property
    def places(self) -> Places:
        """The places after which predictions are counted, (n,)."""
        return places_of(self.segments)

    def of_segment(self, n: int) -> Self:
        """Return those of one segment."""
        return replace(self, segments=(self.segments[n],), bits=self.bits[:, self._segment == n])

    def halves(self) -> tuple[Self, Self]:
        """Return those of every second segment, and those of the others.

        What is chosen by the first is to be estimated from the second.
        """
        which = self._segment % 2
        first, second = (
            replace(self, segments=self.segments[n::2], bits=self.bits[:, which == n])
            for n in (0, 1)
        )
        return first, second

    def where(self, held: Held, on: Flags | None = None, name: str = "") -> Effect:
        """Return the effect of clamping a unit after some characters of the text.

        on: (T,) or (T - 1,), the characters; None for all. name: what they are called.
        """
        if held not in self.units:
            return NO_EFFECT
        n = self.units.index(held)
        return self._effect(held, self.values[n], self.bits[n], on, name)

    def of_controls(self) -> tuple[Effect, ...]:
        """Return the effect of each control after all characters."""
        first = len(self.units)
        return tuple(
            self._effect(held, self.values[first + n], self.bits[first + n], None, "")
            for n, held in enumerate(self.controls)
        )

    def by_random(self, on: Flags | None = None, name: str = "") -> Effect:
        """Return the mean of the effects of the controls."""
        if not self.controls:
            return NO_EFFECT
        bits: Column = self.bits[len(self.units) :].mean(axis=0)
        return self._effect(((0, 0), self.controls[0][1]), float("nan"), bits, on, name)

    @property
    def _segment(self) -> Places:
        """The segment of each prediction, (n,)."""
        return segment_of_each(self.segments)

    def _effect(
        self, held: Held, value: float, bits: Column, on: Flags | None, name: str
    ) -> Effect:
        counted = np.ones(len(bits), np.bool_) if on is None else on[self.places]
        mean, segments = mean_between(bits, counted, self._segment)
        unit, kind = held
        half = half_width(bits, counted, self._segment)
        return Effect(mean.count, mean.mean, mean.error, unit, kind, value, name, segments, half)
