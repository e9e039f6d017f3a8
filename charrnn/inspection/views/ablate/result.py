"""The cost of ablating units: how much, at which characters, and through which path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Codes, Column, Flags, Floats, NamedArrays
from charrnn.errors import TextError
from charrnn.evaluation.statistics import Mean
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.methods.clamping import check_clamp
from charrnn.inspection.methods.effects import (
    CLEAR,
    SEGMENTS,
    mean_between,
    places_of,
    segment_of_each,
    segments_of,
)
from charrnn.inspection.options import Ablation, Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, name, plain, text_arrays
from charrnn.inspection.views.ablate.ablation import UnitAblation
from charrnn.inspection.views.ablate.first_order import first_order
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig

FEWEST = 32
"""Fewest units measured, those of the largest first-order change, either way."""

WORK = 4e10
"""Multiplications up to which more units are measured: all those of a small network."""

CONTROL = 16
"""Default number of units drawn at random."""


@dataclass(frozen=True, eq=False)
class Loss:
    """The cost of ablating some units, in bits per character.

    units: one, or several at once.
    of_character: (n,), of each prediction.
    direct: the cost where only the readout lacks them; None if it sees none of them.
    approx: the cost to first order, the sum over the units.
    by_class: the mean of the characters of each class, see `methods.character_classes`.
    """

    units: tuple[Unit, ...]
    of_character: Floats
    bits: Mean
    direct: Mean | None
    approx: float
    by_class: tuple[Mean, ...]

    @property
    def named(self) -> str:
        """The notation of the units."""
        return "+".join(map(name, self.units))

    def where(self) -> list[tuple[str, Mean]]:
        """Return the classes that cost clearly more, the costliest first."""
        found = [
            (CLASSES[k], mean)
            for k, mean in enumerate(self.by_class)
            if mean.mean > CLEAR * mean.error
        ]
        return sorted(found, key=lambda item: -item[1].mean)


@dataclass(frozen=True, eq=False)
class Ablated(OfText):
    """The costs of ablations on a text.

    ids: (N,), the text, over which the mean is taken that units are clamped to.
    segments: the n places after which predictions are counted.
    classes: (N,), of each character.
    single: each unit by itself; requested ones in their order, else the costliest first.
    together: all requested units at once, if several.
    random: units, or groups of as many units, drawn at random.
    approx: (L, H), the first-order cost of every unit; held_at: (L, H), the values clamped to.
    """

    view: ClassVar[str] = "ablate"
    measures: ClassVar[dict[str, str]] = {
        "d_bits": "bits", "error": "bits", "direct_bits": "bits", "approx_bits": "bits",
        "baseline": "bits",
    }  # fmt: skip

    segments: tuple[range, ...]
    how: Ablation
    kind: str
    baseline: Mean
    classes: Codes
    single: tuple[Loss, ...]
    together: Loss | None
    random: tuple[Loss, ...]
    approx: Column
    held_at: Column
    asked: bool
    shown: int | None

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Measure the requested units, or those of the largest first-order change.

        Raises
        ------
        ConfigError
            If there is no such layer or unit, or no state of this kind.
        TextError
            If the text has one character only, so that nothing is predicted.
        """
        config, kind = reading.network.config, options.kind_shown
        layers = options.layers(config)
        options.check_units(config)
        check_clamp(reading, kind, "ablated")
        if len(reading) < 2:
            raise TextError("one character is read and none predicted; give a text of more")

        segments = segments_of(len(reading), SEGMENTS // 4 if options.quick else SEGMENTS)
        values: Column = reading.states[kind].astype(np.float64).mean(axis=0)
        ablation = UnitAblation(
            reading, np.zeros_like(values) if options.how == "zero" else values, kind, segments
        )
        approx = first_order(reading, ablation.values, kind, segments)

        rng = np.random.default_rng(options.seed)
        single, group = list(options.units), options.units if len(options.units) > 1 else None
        if not single:
            single = _shortlist(approx, layers, _affordable(config, sum(map(len, segments))))
        pool = sorted({layer for layer, _ in options.units}) or layers
        many = CONTROL if options.random is None else options.random
        random = _draw(rng, many, group, pool, config.hidden_size)
        wanted = [*((unit,) for unit in single), *random, *([group] if group else [])]
        losses = _measure(ablation, wanted, approx, track)

        found = [losses[unit,] for unit in single]
        if not options.units:
            found.sort(key=lambda loss: -loss.bits.mean)
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            segments=segments,
            how=options.how,
            kind=kind,
            baseline=_mean(reading.surprise[places_of(segments) + 1], segments),
            classes=_classes(reading),
            single=tuple(found),
            together=losses[group] if group else None,
            random=tuple(losses[units] for units in random),
            approx=approx,
            held_at=ablation.values,
            asked=bool(options.units),
            shown=options.rows,
        )

    @property
    def all_measured(self) -> bool:
        """Whether every unit of the network was measured."""
        return len(self.single) == self.approx.size

    @property
    def agreement(self) -> float:
        """The rank correlation of first-order and exact cost; nan for too few units."""
        single = [loss for loss in (*self.single, *self.random) if len(loss.units) == 1]
        known = {loss.units: (loss.approx, loss.bits.mean) for loss in single}
        pairs = np.array(list(known.values()))
        if len(pairs) < 4 or np.isnan(pairs).any():
            return float("nan")
        approx, exact = np.argsort(np.argsort(pairs, axis=0), axis=0).T
        return float(np.corrcoef(approx, exact)[0, 1])

    def losses(self) -> Iterator[tuple[str, Loss]]:
        """Yield every loss with its role in the experiment."""
        yield from (("asked" if self.asked else "shortlist", loss) for loss in self.single)
        if self.together:
            yield "together", self.together
        yield from (("random", loss) for loss in self.random)

    def data(self) -> dict[str, Any]:
        """Return the cost of each measured unit."""
        return {
            "how": self.how,
            "kind": self.kind,
            "characters": len(self.ids),
            "predictions": sum(map(len, self.segments)),
            "segments": len(self.segments),
            "baseline": _described(self.baseline),
            "agreement": plain(self.agreement),
            "losses": [
                {
                    "part": part,
                    "units": list(map(name, loss.units)),
                    "d_bits": loss.bits.mean,
                    "error": plain(loss.bits.error),
                    "direct_bits": loss.direct.mean if loss.direct else None,
                    "approx_bits": plain(loss.approx),
                    "classes": {
                        CLASSES[k]: _described(mean)
                        for k, mean in enumerate(loss.by_class)
                        if mean.count
                    },
                }
                for part, loss in self.losses()
            ],
            "approx_bits": plain(self.approx),
            "held_at": plain(self.held_at),
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each unit or group, a column for each class of characters."""
        yield ["units", "part", "d_bits", "error", "direct_bits", "approx_bits", *CLASSES]
        for part, loss in self.losses():
            yield [
                loss.named, part, loss.bits.mean, plain(loss.bits.error),
                loss.direct.mean if loss.direct else None, plain(loss.approx),
                *(plain(mean.mean) for mean in loss.by_class),
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the cost of each prediction, (R, n), without each group of `units`.

        places: (n,), the characters after which predictions are counted.
        units: (K, 3), for each unit its row, its layer and its index.
        """
        losses = [loss for _, loss in self.losses()]
        units = [(row, *unit) for row, loss in enumerate(losses) for unit in loss.units]
        return {
            **text_arrays(self.vocabulary, self.ids),
            "classes": self.classes.astype(np.int32),
            "units": np.array(units, np.int32),
            "places": places_of(self.segments).astype(np.int32),
            "d_bits": np.array([loss.of_character for loss in losses], np.float32),
            "approx_bits": self.approx,
            "held_at": self.held_at,
        }


def _described(mean: Mean) -> dict[str, Any]:
    return {"count": mean.count, "mean": plain(mean.mean), "error": plain(mean.error)}


def _mean(values: Column, segments: Sequence[range], on: Flags | None = None) -> Mean:
    """Return a mean over predictions, with its error between segments."""
    counted = np.ones(len(values), np.bool_) if on is None else on
    return mean_between(values, counted, segment_of_each(segments))[0]


def _classes(reading: Reading) -> Codes:
    return classes(reading.text, as_bytes=reading.vocabulary.kind == "bytes")


def _affordable(config: NetworkConfig, characters: int) -> int:
    """Return the number of units to measure."""
    H, L, G = config.hidden_size, config.num_layers, len(CELLS[config.cell].gates)
    return max(FEWEST, int(WORK / (characters * L * G * H * H)))


def _shortlist(approx: Column, layers: Sequence[int], most: int) -> list[Unit]:
    """Return the units of the largest first-order change, either way.

    A first-order change that is far from the exact one may have the wrong sign.
    """
    H = approx.shape[1]
    change = np.abs(np.nan_to_num(approx[list(layers)], nan=0.0)).ravel()
    order = np.argsort(-change, kind="stable")[:most].tolist()
    return [(layers[place // H], place % H) for place in order]


def _draw(
    rng: np.random.Generator,
    count: int,
    group: tuple[Unit, ...] | None,
    layers: Sequence[int],
    H: int,
) -> list[tuple[Unit, ...]]:
    """Draw units of these layers, or groups with as many units of each layer as `group`."""
    if not group:
        places = rng.choice(len(layers) * H, min(count, len(layers) * H), replace=False)
        return [((layers[place // H], place % H),) for place in places.tolist()]
    sizes = {layer: sum(other == layer for other, _ in group) for layer in layers}
    return [
        tuple(
            (layer, j)
            for layer, size in sizes.items()
            for j in rng.choice(H, size, replace=False).tolist()
        )
        for _ in range(count)
    ]


def _measure(
    ablation: UnitAblation, groups: Sequence[tuple[Unit, ...]], approx: Column, track: Track
) -> dict[tuple[Unit, ...], Loss]:
    """Return the loss of each group, each measured once."""
    distinct = list(dict.fromkeys(groups))
    segments = ablation.segments
    sorts = _classes(ablation.reading)[places_of(segments) + 1]
    found = {}
    for units, extra_bits in zip(distinct, ablation.in_the_loop(distinct, track), strict=True):
        direct = ablation.direct(units)
        found[units] = Loss(
            units=units,
            of_character=extra_bits,
            bits=_mean(extra_bits, segments),
            direct=None if direct is None else _mean(direct, segments),
            approx=float(sum(approx[unit] for unit in units)),
            by_class=tuple(_mean(extra_bits, segments, sorts == k) for k in range(len(CLASSES))),
        )
    return found
