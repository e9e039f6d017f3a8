"""Gradients through time: how far back a loss reaches, and whether it vanishes or explodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import inf, isnan, log
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Doubles, Flags, NamedArrays, Places
from charrnn.errors import ConfigError, TextError
from charrnn.inspection.options import Options
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, attributes, plain
from charrnn.inspection.views.grad import loss_gradients as descent
from charrnn.network.config import NetworkConfig
from charrnn.plurals import counted
from charrnn.text.vocabulary import Vocabulary

TARGETS, LAGS = 128, 64
"""Default numbers of losses, and of characters back."""

QUICKER = 8

SPAN = 64
"""Characters of the verdict, whatever the measured lags."""

VANISHING, EXPLODING = 1e-3, 10.0
"""Factors over `SPAN` characters, by the line through the medians, below and above which a
gradient vanishes and explodes."""

LEAST_LAGS = 16
"""Fewest lags for a verdict: a gradient may grow at first and vanish later."""

MOST = 0.9
"""Fraction of a gradient's sum over the lags within its reach."""


@dataclass(frozen=True, eq=False)
class Course:
    """The norms of the gradients of S losses by lag, by one variable of one layer.

    layer: None for the input x.
    norms: (S, K + 1), of each target at each lag.
    """

    layer: int | None
    kind: str
    norms: descent.Norms

    @cached_property
    def relative(self) -> descent.Norms:
        """The norms relative to lag 0, (S, K + 1); nan for a target without finite ones."""
        with np.errstate(all="ignore"):
            relative: descent.Norms = self.norms / self.norms[:, :1]
        relative[~np.isfinite(relative).all(axis=1)] = np.nan
        return relative

    @cached_property
    def is_measured(self) -> Flags:
        """Which targets have gradients that can be compared, (S,)."""
        return ~np.isnan(self.relative[:, 0])

    @cached_property
    def quartiles(self) -> Doubles:
        """The lower quartile, the median and the upper one at each lag, (3, K + 1)."""
        if not self.is_measured.any():
            return np.full((3, self.norms.shape[1]), np.nan)
        return np.quantile(self.relative[self.is_measured], [0.25, 0.5, 0.75], axis=0)

    @property
    def median(self) -> Column:
        """The median at each lag, (K + 1,)."""
        median: Column = self.quartiles[1]
        return median

    @property
    def norm(self) -> float:
        """The median norm at lag 0."""
        return self._middle(self.norms[:, 0])

    @cached_property
    def slope(self) -> float:
        """The slope of ln(median) per lag, by least squares.

        Lags at which the median is 0 are left out; with lag 0 alone it is -inf.
        """
        if not self.is_measured.any():
            return float("nan")
        lags = np.flatnonzero(self.median > 0)
        return float(np.polyfit(lags, np.log(self.median[lags]), 1)[0]) if len(lags) > 1 else -inf

    @property
    def rate(self) -> float:
        """The factor per character, by the same line."""
        return float(np.exp(self.slope))

    @property
    def e_fold(self) -> float:
        """Characters after which 1/e is left; negative: after which it has grown by e."""
        return -1 / self.slope if self.slope else inf

    @cached_property
    def reach(self) -> Column:
        """M90 of each target, (S,): the lag within which 90% of the sum over all lags is."""
        total = np.cumsum(self.relative, axis=1)
        reach = np.argmax(total >= MOST * total[:, -1:], axis=1)
        return np.where(self.is_measured, reach, np.nan)

    @property
    def m90(self) -> float:
        """The median of the reach."""
        return self._middle(self.reach)

    def _middle(self, values: Column) -> float:
        """Return the median over the targets that are measured, of values, (S,)."""
        measured = values[self.is_measured]
        return float(np.median(measured)) if len(measured) else float("nan")

    @property
    def verdict(self) -> str:
        """The verdict by the line: `vanishing`, `steady`, `exploding`; or `unknown`."""
        change = SPAN * self.slope
        if isnan(change) or self.norms.shape[1] <= LEAST_LAGS:
            return "unknown"
        if change < log(VANISHING):
            return "vanishing"
        return "exploding" if change > log(EXPLODING) else "steady"


@dataclass(frozen=True, eq=False)
class Descent:
    """The courses of one model's gradients: of each layer a, c and z, the lowest first; then x."""

    network: NetworkConfig
    vocabulary: Vocabulary
    ids: Places
    courses: tuple[Course, ...]

    def of_kind(self, kind: str) -> list[Course]:
        """Return the courses of one kind, the lowest layer first."""
        return [course for course in self.courses if course.kind == kind]


@dataclass(frozen=True, eq=False)
class Gradients:
    """The gradients of the losses of the same S characters, in each of some models.

    targets: (S,), the characters before those of the losses.
    lags: K.
    kind: the variable shown first.
    """

    view: ClassVar[str] = "grad"
    measures: ClassVar[dict[str, str]] = {
        "norm": "nats",
        "e_fold": "characters",
        "m90": "characters",
    }

    targets: Places
    lags: int
    kind: str
    models: tuple[Descent, ...]

    @classmethod
    def of(
        cls, readings: tuple[Reading, ...], options: Options = Options(), track: Track = untracked
    ) -> Self:
        """Compute the gradients of characters drawn from all over the text.

        The text may be cut differently by each model's vocabulary; a target is the same number of
        characters into each.

        Raises
        ------
        ConfigError
            If there is no such kind or layer in one of the models.
        TextError
            If the text has fewer than three characters.
        """
        kind = options.kind_shown
        for reading in readings:
            _check_kind(reading, kind)
            options.layers(reading.network.config)
        targets, lags = _choose(min(map(len, readings)), options)
        models = [
            Descent(
                reading.network.config,
                reading.vocabulary,
                reading.ids,
                tuple(_courses(reading, targets, lags, options, track)),
            )
            for reading in readings
        ]
        return cls(targets, lags, kind, tuple(models))

    def data(self) -> dict[str, Any]:
        """Return each course by its quartiles; the norms of each target are in the arrays."""
        return {
            "kind": self.kind,
            "lags": self.lags,
            "models": [
                {
                    "cell": model.network.cell,
                    "layers": model.network.num_layers,
                    "hidden": model.network.hidden_size,
                    "targets": [
                        {
                            "t": t,
                            "read": model.vocabulary[model.ids[t]],
                            "next": model.vocabulary[model.ids[t + 1]],
                        }
                        for t in self.targets.tolist()
                    ],
                    "courses": [_about(course) for course in model.courses],
                }
                for model in self.models
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each lag of each course."""
        yield ["model", "layer", "kind", "lag", "q25", "median", "q75"]
        for n, model in enumerate(self.models, 1):
            for course in model.courses:
                for lag, quartiles in enumerate(plain(course.quartiles.T)):
                    yield [n, course.layer, course.kind, lag, *quartiles]

    def arrays(self) -> NamedArrays:
        """Return the norms by kind, da, dc and dz (L, S, K + 1), dx (S, K + 1), L the layers shown.

        Of several models, the names of their arrays end in _1, _2, ...
        """
        arrays: NamedArrays = {"targets": self.targets.astype(np.int64)}
        for n, model in enumerate(self.models, 1):
            ending = f"_{n}" if len(self.models) > 1 else ""
            arrays["ids" + ending] = model.ids.astype(np.int32)
            arrays["codepoints" + ending] = model.vocabulary.code_points[model.ids]
            for kind in dict.fromkeys(course.kind for course in model.courses):
                norms = np.array([course.norms for course in model.of_kind(kind)])
                arrays[f"d{kind}{ending}"] = norms[0] if kind == "x" else norms
        return arrays


def _check_kind(reading: Reading, kind: str) -> None:
    kinds = (*reading.states, "z", "x")
    if kind not in kinds:
        cell = reading.network.config.cell
        raise ConfigError(
            f"{kind!a} is none of {' '.join(kinds)}, the gradients of the {cell}",
            argument="kind",
        )


def _choose(T: int, options: Options) -> tuple[Places, int]:
    """Draw targets that all have as many lags before them; return them with that number.

    Defaults leave half of a short text to choose from.
    """
    if T < 3:
        raise TextError(
            f"the text has {counted(T, 'character')}, and grad needs 3: one to look back on, "
            "one to look back from, one to come"
        )
    lags = min(LAGS, (T - 1) // 2) if options.lags is None else min(options.lags, T - 2)
    wanted = options.targets or TARGETS
    wanted = max(1, wanted // QUICKER) if options.quick else wanted
    possible = np.arange(lags, T - 1)
    rng = np.random.default_rng(options.seed)
    drawn = rng.choice(possible, min(wanted, len(possible)), replace=False)
    return np.sort(drawn), lags


def _courses(
    reading: Reading, targets: Places, lags: int, options: Options, track: Track
) -> Iterator[Course]:
    norms = descent.norms(reading, targets, lags, track)
    for layer in options.layers(reading.network.config):
        for kind in (*reading.states, "z"):
            yield Course(layer, kind, norms[kind][layer])
    yield Course(None, "x", norms["x"][0])


def _about(course: Course) -> dict[str, Any]:
    q25, median, q75 = plain(course.quartiles)
    return {
        **attributes(course, "layer", "kind", "norm"),
        "q25": q25,
        "median": median,
        "q75": q75,
        **attributes(course, "rate", "e_fold", "m90", "verdict"),
    }
