"""Several models, or one at several times, compared on the same text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Codes, Column, Flags, Floats, NamedArrays
from charrnn.errors import ConfigError
from charrnn.evaluation.statistics import NO_MEAN, Mean, mean_where
from charrnn.inspection.methods.alike_places import Place, passages
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, mean_and_error, name, plain, text_arrays
from charrnn.inspection.views.diff.unit_matching import Correspondence

ROWS = 16
"""Default number of pairs of units shown."""

SATURATED = 0.9


@dataclass(frozen=True)
class Sort:
    """The surprise of characters of one class for a model.

    bits: the mean surprise.
    change: the surprise minus that of the first model; None for the first itself.
    """

    name: str
    bits: Mean
    change: Mean | None


@dataclass(frozen=True, eq=False)
class Model:
    """The summary of one model on the text.

    label: its number in the order of the command, from 1, and its cell.
    whole: all predicted characters; `sorts`: each class that occurs.
    top1: fraction of characters that were the likeliest.
    saturated: fraction of the values of a(t) beyond ±`SATURATED`.
    """

    label: str
    whole: Sort
    sorts: tuple[Sort, ...]
    top1: float
    saturated: float


@dataclass(frozen=True, eq=False)
class Differences(OfText):
    """The surprise of each character for each of M models, in bits.

    bits: (M, T - 1), of the characters after the first, which is not predicted.
    classes: (T - 1,), the class of each, as its index in `CLASSES`.
    units: for two models, the pairs of corresponding units; and the units of each by index.
    """

    view: ClassVar[str] = "diff"
    measures: ClassVar[dict[str, str]] = {"bits": "bits", "change": "bits"}

    bits: Column
    classes: Codes
    models: tuple[Model, ...]
    kind: str
    units: Correspondence | None
    names: tuple[tuple[Unit, ...], ...]
    top: int
    shown: int

    @classmethod
    def of(
        cls, readings: Sequence[Reading], options: Options = Options(), track: Track = untracked
    ) -> Self:
        """Compare models on the same characters.

        Raises
        ------
        ConfigError
            If they did not read the same characters, or one has no such layer or kind.
        """
        first = readings[0]
        for n, other in enumerate(readings[1:], start=2):
            _check_same(first, other, n)
        bits = np.array([reading.surprise[1:] for reading in readings])
        as_bytes = first.vocabulary.kind == "bytes"
        sorts = classes(first.text, as_bytes=as_bytes)[1:]
        names = tuple(_units(reading, options) for reading in readings)
        units = None
        if len(readings) == 2:
            rng = np.random.default_rng(options.seed)
            mine, theirs = (_values(reading, options) for reading in readings)
            units = Correspondence.of(mine, theirs, rng, track)
        return cls(
            vocabulary=first.vocabulary,
            ids=first.ids,
            bits=bits,
            classes=sorts,
            models=tuple(_model(n, reading, bits, sorts) for n, reading in enumerate(readings)),
            kind=options.kind_shown,
            units=units,
            names=names,
            top=options.top,
            shown=options.rows or ROWS,
        )

    @property
    def change(self) -> Column:
        """The surprise of each character minus that of the first model, (M - 1, T - 1)."""
        change: Column = self.bits[1:] - self.bits[0]
        return change

    def largest(self, sign: int) -> list[Place]:
        """Return the places where the second model is most better (-1) or worse (1) than the first.

        The same character after the same ones is listed once, where it changed most.
        """
        worth = sign * self.change[0]
        alike = passages(self.vocabulary.decode(self.ids))
        times = Counter(alike)
        found: dict[str, Place] = {}
        for t in np.argsort(-worth, kind="stable").tolist():
            if len(found) == self.top or not worth[t] > 0:
                break
            found.setdefault(alike[t], Place(t, times[alike[t]]))
        return list(found.values())

    @property
    def pairs(self) -> list[tuple[Unit, Unit, float]]:
        """The corresponding units of two models, with their correlation."""
        if self.units is None:
            return []
        one, other = self.names
        return [
            (one[i], other[j], r)
            for (i, j), r in zip(self.units.pairs.tolist(), self.units.r.tolist(), strict=True)
        ]

    def data(self) -> dict[str, Any]:
        """Return a summary of each model, the surprise of each character, and the pairs."""
        return {
            "text": [self.vocabulary[k] for k in self.ids],
            "models": [
                {
                    "model": model.label,
                    "top1": plain(model.top1),
                    "saturated": model.saturated,
                    **_described(model.whole),
                    "classes": [{"class": sort.name, **_described(sort)} for sort in model.sorts],
                }
                for model in self.models
            ],
            "bits": plain(self.bits),
            "units": self.units
            and {
                "kind": self.kind,
                "floor": plain(self.units.floor),
                "pairs": [
                    {"unit_1": name(one), "unit_2": name(other), "r": r}
                    for one, other, r in self.pairs
                ],
            },
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each predicted character: the one before, and its bits by model."""
        models = range(1, len(self.models) + 1)
        yield [
            "t", "read", "next", "next_codepoint", "class", *(f"bits_{n}" for n in models),
            *(f"change_{n}" for n in models[1:]),
        ]  # fmt: skip
        for t, costs in enumerate(self.bits.T.tolist()):
            read, following = (self.vocabulary[k] for k in self.ids[t : t + 2])
            changes = [cost - costs[0] for cost in costs[1:]]
            sort = CLASSES[self.classes[t]]
            yield [t, read, following, ord(following), sort, *costs, *changes]

    def arrays(self) -> NamedArrays:
        """Return the surprise, (M, T - 1), and the pairs of units, (P, 2) each, if there are."""
        arrays: NamedArrays = {
            **text_arrays(self.vocabulary, self.ids),
            "bits": self.bits,
            "classes": self.classes.astype(np.int32),
        }
        if self.units is not None:
            one, other = ([pair[side] for pair in self.pairs] for side in (0, 1))
            arrays["units_1"] = np.array(one, np.int32).reshape(-1, 2)
            arrays["units_2"] = np.array(other, np.int32).reshape(-1, 2)
            arrays["r"] = self.units.r
            arrays["floor"] = np.array(self.units.floor)
        return arrays


def _model(n: int, reading: Reading, bits: Column, sorts: Codes) -> Model:
    """Summarise the n-th model on the text."""
    change = bits[n] - bits[0] if n else None

    def cost(title: str, where: Flags | None = None) -> Sort:
        changed = None if change is None else mean_where(change, where)
        return Sort(title, mean_where(bits[n], where), changed)

    likeliest = reading.log_y_hat[:-1].argmax(axis=1)
    a = reading.states["a"]
    return Model(
        label=f"{n + 1} {reading.network.config.cell}",
        whole=cost("all"),
        sorts=tuple(cost(CLASSES[k], sorts == k) for k in np.unique(sorts).tolist()),
        top1=float(np.mean(likeliest == reading.ids[1:])) if len(likeliest) else float("nan"),
        saturated=float(np.mean(np.abs(a) > SATURATED)),
    )


def _described(sort: Sort) -> dict[str, Any]:
    """Return the means as JSON types."""
    means = mean_and_error("bits", sort.bits) | mean_and_error("change", sort.change or NO_MEAN)
    return {"count": sort.bits.count, **means}


def _units(reading: Reading, options: Options) -> tuple[Unit, ...]:
    """Return the compared units, by index."""
    config = reading.network.config
    return tuple((layer, j) for layer in options.layers(config) for j in range(config.hidden_size))


def _values(reading: Reading, options: Options) -> Floats:
    """Return the values of those units over the text, (T, U)."""
    layers = list(options.layers(reading.network.config))
    return reading.series(options.kind_shown)[:, layers].reshape(len(reading), -1)


def _check_same(first: Reading, other: Reading, n: int) -> None:
    """Check that two models have read the same characters.

    Raises
    ------
    ConfigError
        If they have not.
    """
    one, two = first.text, other.text
    if one == two:
        return
    t = next((t for t, (c, d) in enumerate(zip(one, two, strict=False)) if c != d), None)
    where = f"at {t} one reads {one[t]!r}, the other {two[t]!r}" if t is not None else ""
    where = where or f"one reads {len(one)} of them, the other {len(two)}"
    kinds = {first.vocabulary.kind, other.vocabulary.kind}
    way_out = "ASCII" if len(kinds) == 2 else "characters that both know"
    raise ConfigError(
        f"models 1 and {n} do not read the same characters: {where}; give a text of {way_out} only"
    )
