"""The context that the network uses, and the past characters that its state encodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Doubles, Floats, NamedArrays, Places
from charrnn.errors import TextError
from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.options import Options
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, attributes, mean_and_error, plain, stacked
from charrnn.inspection.views.context.linear_decoding import FEWEST, Recall, recalls
from charrnn.inspection.views.context.truncated import truncated_surprise

LONGEST = 256
"""Default longest context in characters."""

TARGETS = 200
"""Default number of characters predicted from each length."""

QUICKER = 8

WITHIN = 0.01
"""Relative excess of bits over the whole context, within which a shorter one is enough."""

LAGS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Lags of the linear probe, in characters."""


@dataclass(frozen=True, eq=False)
class Context(OfText):
    """The surprise of N characters after D lengths of context, and after the whole of it.

    targets: (N,), their places t in the text, drawn at random, ascending.
    lengths: (D,), the numbers n of characters read before each, from state 0.
    bits: (D, N), the surprise after those; full: (N,), after the whole text before them.
    recalls: of the state of `layers`; empty for a text that is too short for a probe.
    """

    view: ClassVar[str] = "context"
    measures: ClassVar[dict[str, str]] = {"bits": "bits", "excess": "bits"}

    targets: Places
    lengths: Places
    bits: Doubles
    full: Column
    layers: tuple[int, ...]
    recalls: tuple[Recall, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Read the text again with truncated contexts, and fit the linear probes.

        Raises
        ------
        TextError
            If the text is so short that nothing is predicted in it.
        ConfigError
            If there is no such layer.
        """
        layers = options.layers(reading.network.config)
        T = len(reading)
        if T < 2:
            raise TextError("in one character nothing is predicted; give a text of at least two")
        rng = np.random.default_rng(options.seed)
        faster = QUICKER if options.quick else 1
        longest = min(options.lags or LONGEST, T // 2)
        wanted = options.targets or max(1, TARGETS // faster)
        places = np.arange(longest, T)
        targets = np.sort(rng.choice(places, min(wanted, len(places)), replace=False))
        lengths = np.array([*_powers(longest), longest])
        return cls(
            reading.vocabulary,
            reading.ids,
            targets,
            lengths,
            truncated_surprise(reading, targets, lengths.tolist(), track),
            reading.surprise[targets],
            layers,
            tuple(_recalls(reading, layers, max(FEWEST, T // faster), rng, track)),
        )

    @property
    def means(self) -> list[Mean]:
        """The mean bits after each length of context."""
        return [mean_where(bits) for bits in self.bits]

    @property
    def excess(self) -> list[Mean]:
        """The mean excess over the whole context, by pairs."""
        return [mean_where(bits - self.full) for bits in self.bits]

    @property
    def whole(self) -> Mean:
        """The mean bits after the whole context."""
        return mean_where(self.full)

    @property
    def enough(self) -> int | None:
        """The least length of context that is enough; None if none is."""
        near = self.bits.mean(axis=1) <= (1 + WITHIN) * self.whole.mean
        first = len(near) - int(np.argmin(near[::-1])) if not near.all() else 0
        return int(self.lengths[first]) if first < len(near) else None

    @property
    def held(self) -> int | None:
        """The farthest lag up to which the probe beats x(t) alone and chance; or None.

        By two standard errors.
        """
        farthest = None
        for recall in self.recalls:
            known = max(recall.commonest, recall.by_last if recall.lag else 0.0)
            if not recall.accuracy.mean - 2 * recall.accuracy.error > known:
                break
            farthest = recall.lag
        return farthest

    def data(self) -> dict[str, Any]:
        """Return an object for each length of context, and one for each lag."""
        return {
            "targets": len(self.targets),
            "context": [
                {
                    "n": int(n),
                    "bits": plain(bits.mean),
                    "error": plain(bits.error),
                    **mean_and_error("excess", excess),
                }
                for n, bits, excess in zip(self.lengths, self.means, self.excess, strict=True)
            ],
            "full": {"bits": plain(self.whole.mean), "error": plain(self.whole.error)},
            "enough": self.enough,
            "memory": {
                "layers": list(self.layers),
                "held": self.held,
                "recalls": [
                    {
                        "k": recall.lag,
                        "guesses": recall.accuracy.count,
                        "accuracy": plain(recall.accuracy.mean),
                        "error": plain(recall.accuracy.error),
                        **attributes(recall, "by_last", "commonest"),
                    }
                    for recall in self.recalls
                ],
            },
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each length of context, then one for each lag."""
        yield [
            "n", "bits", "bits_error", "excess_bits", "excess_error",
            "k", "accuracy", "accuracy_error", "by_last", "commonest",
        ]  # fmt: skip
        for n, bits, excess in zip(self.lengths.tolist(), self.means, self.excess, strict=True):
            numbers = plain([bits.mean, bits.error, excess.mean, excess.error])
            yield [n, *numbers, None, None, None, None, None]
        for recall in self.recalls:
            numbers = plain([recall.accuracy.mean, recall.accuracy.error])
            yield [None] * 5 + [recall.lag, *numbers, recall.by_last, recall.commonest]

    def arrays(self) -> NamedArrays:
        """Return the bits of every target, (D, N), and the accuracies of the probes.

        targets: (N,), the places t of which the character t+1 is predicted.
        """
        recalls = self.recalls
        return {
            "targets": (self.targets - 1).astype(np.int32),
            "lengths": self.lengths.astype(np.int32),
            "bits": self.bits,
            "full_bits": self.full,
            "k": np.array([recall.lag for recall in recalls], np.int32),
            "accuracy": np.array([recall.accuracy.mean for recall in recalls]),
            "accuracy_error": np.array([recall.accuracy.error for recall in recalls]),
            **stacked(recalls, "by_last", "commonest"),
        }


def _powers(limit: int) -> Iterator[int]:
    """Yield the powers of two below a limit."""
    n = 1
    while n < limit:
        yield n
        n *= 2


def _recalls(
    reading: Reading,
    layers: tuple[int, ...],
    most: int,
    rng: np.random.Generator,
    track: Track,
) -> list[Recall]:
    """Fit the probes to the state of these layers, over the last characters."""
    T = min(most, len(reading))
    lags = [lag for lag in LAGS if lag <= T // 8]
    if T < FEWEST:
        return []
    states: Floats = np.concatenate(
        [values[-T:, layer] for values in reading.states.values() for layer in layers], axis=1
    )
    return recalls(states, reading.ids[-T:], lags, rng, track)
