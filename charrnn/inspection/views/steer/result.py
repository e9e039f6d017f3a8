"""What the network writes while units are clamped, beside what it would have written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, NamedArrays
from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.methods.clamping import Clamp, check_clamp
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, attributes, name, text_arrays
from charrnn.inspection.views.steer.paired_samples import Written, write
from charrnn.sampling.config import SamplingConfig

_COLUMNS = ("divergence", "free_bits", "held_bits")
"""What is known of each character of a sample, in bits."""


@dataclass(frozen=True, eq=False)
class Steered(OfText):
    """Two samples that follow a text, one free and one with units clamped, by the same numbers.

    ids: (T,), the text.
    settings: the units that are clamped, and at what; of this kind of state.
    asked: whether they were given; else it is the unit with the largest effect on the logits.
    free, clamped: what was written without and with them.
    """

    view: ClassVar[str] = "steer"
    measures: ClassVar[dict[str, str]] = dict.fromkeys(_COLUMNS, "bits")

    kind: str
    settings: tuple[tuple[Unit, float], ...]
    asked: bool
    temperature: float
    seed: int
    free: Written
    clamped: Written

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Write both.

        Raises
        ------
        ConfigError
            There is no such unit, or no state of this kind that can be clamped.
        """
        kind = options.kind_shown
        options.check_units(reading.network.config)
        check_clamp(reading, kind, "clamped")
        settings = options.settings or (_largest_effect(reading),)
        clamps = [Clamp(unit, value, kind) for unit, value in settings]
        sampling = SamplingConfig(length=options.length, temperature=options.temperature)
        free, clamped = write(reading, clamps, sampling, options.seed, track)
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            kind=kind,
            settings=settings,
            asked=bool(options.settings),
            temperature=options.temperature,
            seed=options.seed,
            free=free,
            clamped=clamped,
        )

    @property
    def first_difference(self) -> int | None:
        """Which is the first character that is not the same in both; None where all are."""
        differ = np.flatnonzero(self.free.ids != self.clamped.ids)
        return int(differ[0]) if len(differ) else None

    @property
    def change(self) -> Column:
        """By how much each character is more probable for being driven, (V,).

        The mean over both texts, as the two networks read the same there.
        """
        texts = self.free, self.clamped
        change: Column = np.mean([text.held_p - text.free_p for text in texts], axis=0)
        return change

    def divergence(self, written: Written) -> Mean:
        """Return the mean of how far the two predictions of a text are apart, in bits."""
        return mean_where(written.divergence)

    def data(self) -> dict[str, Any]:
        """Return both texts, and character by character what was predicted."""
        return {
            "kind": self.kind,
            "settings": {name(unit): value for unit, value in self.settings},
            "temperature": self.temperature,
            "seed": self.seed,
            "first_difference": self.first_difference,
            "free": self._described(self.free),
            "held": self._described(self.clamped),
            "change": {
                self.vocabulary[k]: float(self.change[k]) for k in range(len(self.vocabulary))
            },
        }

    def _described(self, written: Written) -> dict[str, Any]:
        return {
            "text": "".join(self.vocabulary[k] for k in written.ids),
            **attributes(written, *_COLUMNS),
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each character of either text."""
        yield ["text", "n", "char", "codepoint", *_COLUMNS]
        for label, written in (("free", self.free), ("held", self.clamped)):
            numbers = zip(written.ids, *attributes(written, *_COLUMNS).values(), strict=True)
            for n, (k, *bits) in enumerate(numbers):
                character = self.vocabulary[k]
                yield [label, n, character, ord(character), *bits]

    def arrays(self) -> NamedArrays:
        """Return the same for both texts, `free.` and `held.` before each name."""
        arrays: NamedArrays = {
            **text_arrays(self.vocabulary, self.ids),
            "units": np.array([unit for unit, _ in self.settings], np.int32),
            "values": np.array([value for _, value in self.settings]),
            "change": self.change,
        }
        for label, written in (("free", self.free), ("held", self.clamped)):
            arrays |= {
                f"{label}.ids": written.ids.astype(np.int32),
                f"{label}.codepoints": self.vocabulary.code_points[written.ids],
                **{f"{label}.{name}": getattr(written, name) for name in _COLUMNS},
            }
        return arrays


def _largest_effect(reading: Reading) -> tuple[Unit, float]:
    """Return the unit whose swings the readout hears most, and the end farther from its mean."""
    top = reading.network.config.num_layers - 1
    a = reading.states["a"][:, top].astype(np.float64)
    W = reading.network.W_ya.astype(np.float64)
    heard = a.std(axis=0) * np.linalg.norm(W - W.mean(axis=1, keepdims=True), axis=1)
    j = int(np.argmax(heard))
    return (top, j), -1.0 if a[:, j].mean() > 0 else 1.0
