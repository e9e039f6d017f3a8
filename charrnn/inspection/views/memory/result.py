"""The memory of each unit: how long it holds, what resets it, and what it is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Column, Ids
from charrnn.inspection.methods.effects import NO_EFFECT, SEGMENTS, Effect, Effects, segments_of
from charrnn.inspection.methods.survival import (
    LAGS,
    STUCK,
    Curves,
    clamped_correlation,
    hold_of,
    resets,
    saturation,
    survival,
)
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, name, plain
from charrnn.network.cells import CELLS
from charrnn.text.vocabulary import Vocabulary

ROWS = 12
"""Units of a layer that are shown."""

LEAST_COUNT = 3
"""Fewest occurrences of a character that is named as resetting a unit."""

NAMED = 3
"""Characters and places named for each unit."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The memory of a layer; arrays are (H,) unless noted.

    gate: the gate that decides what is kept; "" of a cell without one.
    hold: characters, the median over the text; inf if the text is too short to tell.
    curves: (K, H), what is left after each of `LAGS`.
    reset: share of steps at which nine tenths or more are dropped; nan without a gate.
    saturated: share of steps at which the state is all but -1 or 1.
    by_character: (C, H), share of the occurrences of each character that reset the unit.
    places: (H, NAMED), of the first resets after the longest holds; -1 where there are fewer.
    """

    layer: int
    gate: str
    hold: Column
    curves: Curves
    reset: Column
    saturated: Column
    by_character: NDArray[np.float64]
    places: NDArray[np.intp]

    @property
    def order(self) -> list[int]:
        """The units, those that hold longest first; saturated ones last."""
        stuck = self.saturated > STUCK
        long = np.where(np.isfinite(self.hold), self.hold, np.finfo(np.float64).max)
        order: list[int] = np.lexsort((-self.curves[-1], -long, stuck)).tolist()
        return order


@dataclass(frozen=True, eq=False)
class Memories:
    """The memory of layers, and of some units what it is worth.

    kind: the state that is the memory, "c" or "a".
    characters, counts: (C,), the ids of the characters of the text, and their counts.
    worth: bits a character that it costs to clamp a unit's memory to its mean.
    segments: how many segments of the text that was measured in.
    """

    view: ClassVar[str] = "memory"
    measures: ClassVar[dict[str, str]] = {"hold": "characters", "worth": "bits a character"}

    vocabulary: Vocabulary
    ids: Ids
    kind: str
    characters: Ids
    counts: NDArray[np.int64]
    layers: tuple[Layer, ...]
    shown: tuple[Unit, ...]
    worth: dict[Unit, Effect]
    segments: int

    @classmethod
    def of(cls, reading: Reading, options: Options | None = None, track: Track = untracked) -> Self:
        """Measure the memory of the units of a reading.

        Raises
        ------
        ConfigError
            There is no such layer or unit.
        """
        options = (options or Options()).resolved(reading.network.config)
        config = reading.network.config
        options.check_units(config)
        memory = CELLS[config.cell].memory
        kind = memory.state if memory else "a"
        chosen = sorted({layer for layer, _ in options.units}) or options.layers(config)
        characters, which, counts = np.unique(reading.ids, return_inverse=True, return_counts=True)
        clamped = {} if memory else clamped_correlation(reading, chosen)
        layers = tuple(
            _layer(reading, layer, kind, clamped.get(layer), (which, counts)) for layer in chosen
        )
        rows = options.rows or ROWS
        shown = options.units or tuple(
            (layer.layer, j) for layer in layers for j in layer.order[:rows]
        )
        segments = segments_of(len(reading), SEGMENTS // 3 if options.quick else SEGMENTS)
        worth = _worth(reading, shown, kind, segments, track)
        return cls(
            reading.vocabulary, reading.ids, kind, characters, counts, layers, tuple(shown), worth,
            len(segments),
        )  # fmt: skip

    def resetting(self, unit: Unit) -> list[tuple[int, float, int]]:
        """Return the characters that reset a unit most often: index among them, share, resets."""
        [layer] = [each for each in self.layers if each.layer == unit[0]]
        share = layer.by_character[:, unit[1]]
        times = np.rint(share * self.counts).astype(np.int64)
        often = np.flatnonzero((self.counts >= LEAST_COUNT) & (times > 0))
        order = often[np.argsort(-times[often], kind="stable")][:NAMED]
        return [(c, float(share[c]), int(times[c])) for c in order.tolist()]

    def is_stuck(self, unit: Unit) -> bool:
        """Return whether a unit is saturated at nearly every step."""
        [layer] = [each for each in self.layers if each.layer == unit[0]]
        return bool(layer.saturated[unit[1]] > STUCK)

    def data(self) -> dict[str, Any]:
        """Return the numbers of the units that are shown."""
        by_layer = {layer.layer: layer for layer in self.layers}
        return {
            "kind": self.kind,
            "lags": list(LAGS),
            "segments": self.segments,
            "layers": [
                {
                    "layer": layer.layer,
                    "gate": layer.gate,
                    "median_hold": plain(np.median(layer.hold)),
                    "saturated": int((layer.saturated > STUCK).sum()),
                    "survival": plain(layer.curves.mean(axis=1)),
                }
                for layer in self.layers
            ],
            "units": [
                {
                    "unit": name(unit),
                    "hold": plain(by_layer[unit[0]].hold[unit[1]]),
                    "survival": plain(by_layer[unit[0]].curves[:, unit[1]]),
                    "reset": plain(by_layer[unit[0]].reset[unit[1]]),
                    "saturated": float(by_layer[unit[0]].saturated[unit[1]]),
                    "worth": {
                        "mean": plain(self.worth[unit].mean),
                        "error": plain(self.worth[unit].error),
                    },
                    "reset_by": [
                        {
                            "char": self.vocabulary[int(self.characters[c])],
                            "share": share,
                            "resets": times,
                        }
                        for c, share, times in self.resetting(unit)
                    ],
                    "places": [t for t in by_layer[unit[0]].places[unit[1]].tolist() if t >= 0],
                }
                for unit in self.shown
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each unit of the layers."""
        yield [
            "layer", "unit", "hold", "reset", "saturated", "worth", "worth_error",
            *(f"left_{k}" for k in LAGS),
        ]  # fmt: skip
        for layer in self.layers:
            for j, hold in enumerate(plain(layer.hold)):
                worth = self.worth.get((layer.layer, j), NO_EFFECT)
                yield [
                    layer.layer, j, hold, plain(layer.reset[j]), float(layer.saturated[j]),
                    plain(worth.mean), plain(worth.error), *plain(layer.curves[:, j]),
                ]  # fmt: skip

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the numbers of all units, (N, H) or (N, K, H), of the layers in `layers`."""
        layers = self.layers
        return {
            "ids": self.ids.astype(np.int32),
            "codepoints": self.vocabulary.code_points[self.ids],
            "lags": np.array(LAGS, np.int32),
            "layers": np.array([layer.layer for layer in layers], np.int32),
            "hold": np.array([layer.hold for layer in layers]),
            "survival": np.array([layer.curves for layer in layers]),
            "reset": np.array([layer.reset for layer in layers]),
            "saturated": np.array([layer.saturated for layer in layers]),
            "character_ids": self.characters.astype(np.int32),
            "reset_by_character": np.array([layer.by_character for layer in layers]),
        }


def _layer(
    reading: Reading,
    layer: int,
    kind: str,
    clamped: Curves | None,
    characters: tuple[Ids, NDArray[np.int64]],
) -> Layer:
    """Measure the memory of one layer.

    clamped: what is left while the input is clamped, of a cell without a gate.
    characters: the index of each place's character, (T,), and the counts of the characters, (C,).
    """
    which, counts = characters
    cell = CELLS[reading.network.config.cell]
    values = reading.series(kind)[:, layer]
    saturated = saturation(values, kind)
    H = values.shape[1]
    if cell.memory is None or clamped is not None:
        assert clamped is not None
        none = np.full(H, np.nan)
        return Layer(
            layer, "", hold_of(clamped), clamped, none, saturated, np.zeros((len(counts), H)),
            np.full((H, NAMED), -1, np.intp),
        )  # fmt: skip
    series = {each: found[:, layer] for each, found in (reading.gates | reading.states).items()}
    keep = cell.memory.keep(series)
    curves, hold = survival(keep)
    dropped = resets(keep)
    by_character = np.zeros((len(counts), H))
    np.add.at(by_character, which, dropped)
    return Layer(
        layer,
        cell.memory.gate,
        hold,
        curves,
        dropped.mean(axis=0),
        saturated,
        by_character / counts[:, None],
        _places(dropped),
    )


def _places(dropped: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return of each unit the resets that end the longest times without one, (H, NAMED)."""
    places = np.full((dropped.shape[1], NAMED), -1, np.intp)
    for j in range(dropped.shape[1]):
        at = np.flatnonzero(dropped[:, j])
        longest = np.argsort(-np.diff(at, prepend=0), kind="stable")[:NAMED]
        places[j, : len(longest)] = at[longest]
    return places


def _worth(
    reading: Reading, units: Sequence[Unit], kind: str, segments: Sequence[range], track: Track
) -> dict[Unit, Effect]:
    """Return what it costs to clamp each unit."""
    held = [(unit, kind) for unit in units]
    effects = Effects.of(reading, held, segments=segments, track=track)
    return {unit: effects.where((unit, kind)) for unit in units}
