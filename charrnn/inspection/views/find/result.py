"""The best unit for each feature of a text, and the cost of its ablation."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Floats, NamedArrays
from charrnn.inspection.methods.clamping import can_clamp
from charrnn.inspection.methods.effects import Effect, Effects
from charrnn.inspection.methods.features.following import Following, Verdict, follow, surest
from charrnn.inspection.methods.features.search import Search
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, name, plain, records, text_arrays
from charrnn.inspection.views.find.linear_probe import probe

ROWS = 24
"""Default number of features shown, with their units ablated."""

CONTROLS = 7
"""Random units ablated as controls."""


@dataclass(frozen=True, eq=False)
class Found:
    """A feature and the best unit for it.

    probe: the score of a linear probe of the whole state; AUC, or r of a number.
    on, off: the cost of clamping the unit to its mean, in bits per character, where the feature is
        and where it is not; of a number, where it is above its median and where it is not. Of
        count 0 where that was not measured.
    by_random: the mean cost of random units where it is.
    """

    following: Following
    probe: float
    on: Effect
    off: Effect
    by_random: Effect

    @classmethod
    def of(cls, following: Following, effects: Effects, probe: float = float("nan")) -> Self:
        """Return a finding with the effects of its unit."""
        held, feature = (following.unit, following.kind), following.feature
        on = effects.where(held, feature.on, feature.name)
        off = effects.where(held, ~feature.on, f"not {feature.name}")
        return cls(following, probe, on, off, effects.by_random(feature.on, feature.name))

    @property
    def is_used(self) -> bool:
        """Whether its ablation clearly costs more where the feature is than random units'."""
        return self.on.exceeds(max(0.0, self.by_random.mean))

    @property
    def is_used_there(self) -> bool:
        """Whether it is used, and clearly costs more there than elsewhere."""
        return self.is_used and self.on.exceeds(self.off.mean)


@dataclass(frozen=True, eq=False)
class Find(OfText):
    """The best unit for each feature of a text, the surest first.

    found: one for each tested feature.
    shown: number of followed features to show.
    rare: names of features that vary too little over one half of the text to be tested.
    shifts: number of shifts in the permutation test.
    enough: whether they are enough for that number of features.
    half: number of characters of the scores.
    counted, segments: number of predictions of the costs, and of segments of the text that they
        are from; 0 where no unit was ablated.
    controls: the random units.
    choice, scores: (F, U), 2 AUC - 1 or r of every unit, on the first and on the second half of
        the text; features as in `found`.
    """

    view: ClassVar[str] = "find"
    measures: ClassVar[dict[str, str]] = {
        "used_on": "bits", "used_off": "bits", "used_on_error": "bits", "used_off_error": "bits",
        "used_by_random": "bits",
    }  # fmt: skip

    found: tuple[Found, ...]
    shown: int
    rare: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[tuple[Unit, str], ...]
    shifts: int
    enough: bool
    half: int
    counted: int
    segments: int
    controls: tuple[tuple[Unit, str], ...]
    choice: Floats
    scores: Floats

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Score every unit against every feature, and ablate the best.

        All states of the cell are tried, or the one requested kind.

        Raises
        ------
        ConfigError
            If there is no such kind or layer, or a requested feature is invalid.
        """
        kinds = tuple(reading.states) if options.kind is None else (options.kind,)
        search = Search.of(reading, kinds, options, track)
        reading, F = search.reading, len(search.features)
        numbers = track(range(F), "describing units", F)
        best = [follow(search, n, search.best(n)) for n in numbers]
        order = sorted(range(F), key=lambda n: surest(best[n]))
        shown = options.rows or ROWS
        effects = _effects(search, [best[n] for n in order], shown, options, track)
        probed = _probed(search)
        found = [Found.of(best[n], effects, float(probed[n])) for n in order]
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            found=tuple(found),
            shown=shown,
            rare=tuple(feature.name for feature in search.rare),
            kinds=kinds,
            units=tuple(search.units),
            shifts=len(search.chances[0].scores) if F else 0,
            enough=all(chance.enough for chance in search.chances),
            half=search.second.stop - search.second.start,
            counted=len(effects.places),
            segments=len(effects.segments),
            controls=effects.controls,
            choice=search.choice[order],
            scores=search.scores[order],
        )

    def judged(self, verdict: Verdict) -> list[Found]:
        """Return the features of a verdict, the surest first."""
        return [one for one in self.found if one.following.verdict == verdict]

    def data(self) -> dict[str, Any]:
        """Return an object per feature, and the size of the sample."""
        return {
            "found": records(self.rows()),
            "rare": list(self.rare),
            "kinds": list(self.kinds),
            "units": len(self.units),
            "characters": len(self.ids),
            "scored": self.half,
            "shifts": self.shifts,
            "shifts_suffice": self.enough,
            "ablated_over": self.counted,
            "segments": self.segments,
            "controls": [f"{name(unit)}.{kind}" for unit, kind in self.controls],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row per feature, the surest first."""
        yield [
            "feature", "group", "binary", "ahead", "unit", "kind", "sign", "auc", "r", "spearman",
            "floor", "in_char", "in_char_floor", "span_f1", "span_f1_exact", "threshold", "probe",
            "used_on", "used_on_error", "used_off", "used_off_error", "used_by_random", "verdict",
        ]  # fmt: skip
        for one in self.found:
            it = one.following
            numbers = [
                it.auc, it.r, it.spearman, it.floor, it.in_char, it.in_char_floor, it.span_f1,
                it.span_f1_exact, it.threshold, one.probe, one.on.mean, one.on.error,
                one.off.mean, one.off.error, one.by_random.mean,
            ]  # fmt: skip
            yield [
                it.feature.name, it.feature.group, it.feature.binary, it.feature.ahead,
                name(it.unit), it.kind, it.sign, *plain(numbers), it.verdict,
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the scores of all units, (F, U), the features, (F, T), and their floors, (F,).

        `feature_names` is a list in JSON, as UTF-8.
        """
        features = [one.following.feature for one in self.found]
        names = json.dumps([feature.name for feature in features]).encode()
        kinds = [self.kinds.index(kind) for _, kind in self.units]
        return {
            **text_arrays(self.vocabulary, self.ids),
            "features": np.array([f.values for f in features]).reshape(-1, len(self.ids)),
            "feature_names": np.frombuffer(names, np.uint8),
            "binary": np.array([f.binary for f in features], np.uint8),
            "floor": np.array([one.following.floor for one in self.found]),
            "units": np.array([unit for unit, _ in self.units], np.int32).reshape(-1, 2),
            "unit_kinds": np.array([ord(self.kinds[k]) for k in kinds], np.uint32),
            "choice": self.choice,
            "scores": self.scores,
        }


def _probed(search: Search) -> Floats:
    """Return the score of a linear probe of the searched states for each feature, (F,)."""
    if not search.features:
        return np.zeros(0)
    targets = np.array([feature.values for feature in search.features])
    binary = np.array([feature.binary for feature in search.features])
    return probe(search.state(search.first), search.state(search.second), targets, binary)


def _effects(
    search: Search, best: Sequence[Following], most: int, options: Options, track: Track
) -> Effects:
    """Ablate the units of the surest features."""
    reading = search.reading
    follows = [one for one in best if one.verdict == "follows"][:most]
    held = list(dict.fromkeys((one.unit, one.kind) for one in follows))
    held = [unit for unit in held if can_clamp(reading.network, unit[1])]
    rng = np.random.default_rng(options.seed)
    others = [unit for unit in search.units if unit not in held] if held else []
    drawn = rng.permutation(len(others))[:CONTROLS]
    controls = [others[k] for k in drawn.tolist()]
    return Effects.of(reading, held, controls, track=track)
