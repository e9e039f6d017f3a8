"""The hidden state, a cell state or a gate over the text: the units that do most, and the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Floats, NamedArrays
from charrnn.inspection.options import Options, Order, Unit
from charrnn.inspection.places import place
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, attributes, name, plain, stacked, text_arrays
from charrnn.network.cells import is_sigmoid

ROWS = 16
"""Default number of units of a layer shown."""


@dataclass(frozen=True, eq=False)
class Map:
    """The units of one layer that are shown, and what the others do meanwhile.

    values: (R, T), of the R units.
    others: how many units are not shown.
    others_rms: (T,), the root of the mean square of those; zeros where there are none.
    change_rms: (T,), the same of s(t) - s(t-1) over all units of the layer. Before the first
        character a state is 0; a gate, which has no value there, is taken not to change at first.
    share: of the layer's variance over the text that the shown units carry; nan where none varies.
    """

    layer: int
    units: tuple[Unit, ...]
    values: Floats
    others: int
    others_rms: Column
    change_rms: Column
    share: float


@dataclass(frozen=True, eq=False)
class Moment:
    """All units of one layer at one step, (H,), and those named, that moved most if none is asked.

    Before the first character a state is 0; a gate, which has no value there, is taken not to
    change at first.
    """

    layer: int
    before: Floats
    values: Floats
    named: tuple[Unit, ...]

    @property
    def change(self) -> Column:
        """How much each unit has moved, s(t) - s(t-1), (H,)."""
        return self.values.astype(np.float64) - self.before


@dataclass(frozen=True, eq=False)
class States(OfText):
    """A map of each layer, its rows ordered by what makes a unit worth showing.

    Over the T characters of the text, for unit j of a layer,

        variance_j = mean_t s_j(t)² - (mean_t s_j(t))²
        change_j   = mean_t |s_j(t) - s_j(t-1)|

    Of equals the smaller index comes first. Units that were asked for keep their order.
    series: (T, L, H), all of it.
    at: the step that is looked at, with a moment of each layer; None for none.
    """

    view: ClassVar[str] = "state"
    measures: ClassVar[dict[str, str]] = {}

    kind: str
    by: Order | None
    maps: tuple[Map, ...]
    series: Floats
    at: int | None
    moments: tuple[Moment, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Choose the units of each layer, and gather what the others do.

        Raises
        ------
        ConfigError
            There is no such kind, layer, unit or place.
        """
        config, kind = reading.network.config, options.kind_shown
        series = reading.series(kind)
        layers = options.layers(config)
        options.check_units(config)
        first = reading.first[kind] if kind in reading.states else series[0]
        chosen = {
            layer: [index for other, index in options.units if other == layer] for layer in layers
        }
        maps = [
            _map(series[:, layer], first[layer], layer, chosen[layer], options)
            for layer in layers
            if chosen[layer] or not options.units
        ]
        by = None if options.units else options.by
        at, moments = None, []
        if options.at is not None:
            at = place(reading, options.at)
            before, values = series[at - 1] if at else first, series[at]
            moments = [
                _moment(layer, before[layer], values[layer], chosen[layer], options)
                for layer in (shown.layer for shown in maps)
            ]
        return cls(
            reading.vocabulary, reading.ids, kind, by, tuple(maps), series, at, tuple(moments)
        )

    @property
    def span(self) -> tuple[float, float] | None:
        """The least and largest value that this kind can have, None where there is no bound."""
        if self.kind == "c":
            return None
        return (0.0, 1.0) if is_sigmoid(self.kind) else (-1.0, 1.0)

    def data(self) -> dict[str, Any]:
        """Return the values of the shown units, unit by unit."""
        return {
            "text": [self.vocabulary[k] for k in self.ids],
            "kind": self.kind,
            "span": self.span and list(self.span),
            "order": self.by or "as asked",
            "layers": [
                {
                    "layer": shown.layer,
                    "units": [name(unit) for unit in shown.units],
                    "values": plain(shown.values),
                    "variance_share": plain(shown.share),
                    **attributes(shown, "others", "others_rms", "change_rms"),
                }
                for shown in self.maps
            ],
            "at": self.at,
            "moments": [
                {
                    **attributes(moment, "layer", "before", "values"),
                    "named": [name(unit) for unit in moment.named],
                }
                for moment in self.moments
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a character, a column a unit; of one step, a row a unit."""
        if self.moments:
            yield ["unit", "before", "value", "change"]
            for moment in self.moments:
                columns = plain(np.stack([moment.before, moment.values, moment.change], axis=1))
                for j, numbers in enumerate(columns):
                    yield [name((moment.layer, j)), *numbers]
            return
        units = [name(unit) for shown in self.maps for unit in shown.units]
        values = np.concatenate([shown.values for shown in self.maps])
        yield from self.rows_of(dict(zip(units, values, strict=True)))

    def arrays(self) -> NamedArrays:
        """Return the whole series, (T, L, H), under the name of its kind, and which are shown."""
        at = {} if self.at is None else {"at": np.array(self.at, np.int32)}
        return at | {
            **text_arrays(self.vocabulary, self.ids),
            self.kind: self.series,
            "units": np.array([unit for shown in self.maps for unit in shown.units], np.int32),
            "layers": np.array([shown.layer for shown in self.maps], np.int32),
            **stacked(self.maps, "others_rms", "change_rms"),
        }


def _map(s: Floats, first: Floats, layer: int, chosen: list[int], options: Options) -> Map:
    """Map one layer, (T, H), of the values `first`, (H,), before the text."""
    s = s.astype(np.float64)
    change = np.diff(s, axis=0, prepend=first[None].astype(np.float64))
    variance = s.var(axis=0)
    if not chosen:
        worth = variance if options.by == "variance" else np.abs(change).mean(axis=0)
        chosen = np.argsort(-worth, kind="stable")[: options.rows or ROWS].tolist()
    others = np.delete(s, chosen, axis=1)
    total = float(variance.sum())
    return Map(
        layer=layer,
        units=tuple((layer, index) for index in chosen),
        values=s[:, chosen].T.astype(np.float32),
        others=others.shape[1],
        others_rms=_rms(others) if others.size else np.zeros(len(s)),
        change_rms=_rms(change),
        share=min(1.0, float(variance[chosen].sum()) / total) if total else float("nan"),
    )


def _moment(
    layer: int, before: Floats, values: Floats, chosen: list[int], options: Options
) -> Moment:
    """Look at all units of a layer, (H,), and name those that were chosen or moved most."""
    moment = Moment(layer, before, values, ())
    if not chosen:
        order = np.argsort(-np.abs(moment.change), kind="stable")
        chosen = order[: options.rows or ROWS].tolist()
    return replace(moment, named=tuple((layer, j) for j in chosen))


def _rms(values: Floats) -> Column:
    """Return the root of the mean square over units, (T,)."""
    rms: Column = np.sqrt(np.mean(values * values, axis=1))
    return rms
