"""The cards of some units, each beside the text that it is painted on.

Nothing here turns the sign of a unit round: whether it is high or low inside of quotes is chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from charrnn.array_types import NamedArrays
from charrnn.inspection.methods.character_classes import CLASSES
from charrnn.inspection.methods.clamping import can_clamp
from charrnn.inspection.methods.effects import NO_EFFECT, Effects
from charrnn.inspection.methods.features.following import Following, follow, surest
from charrnn.inspection.methods.features.search import Search
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading, part_of
from charrnn.inspection.result import (
    Cell,
    OfText,
    attributes,
    mean_and_error,
    name,
    plain,
    stacked,
    text_arrays,
)
from charrnn.inspection.views.neuron.card import Card, Cost
from charrnn.inspection.views.neuron.wiring import Inflow

FEATURED = 8000
"""Largest number of characters, the last of the text, that features are scored on: one half to
choose the sign and the threshold, the other to score."""

CONTROLS = 7
"""How many units drawn at random are ablated too, at least."""

SOURCES = 10
"""How many of what drives a unit are written."""

Role = Literal["asked", "chosen", "random"]


@dataclass(frozen=True, eq=False)
class UnitReport:
    """A unit's card, and what takes all the others to tell.

    role: whether it was asked for, chosen, or drawn at random as a control.
    follows: for each feature of the text, the surest first.
    cost: None of a gate, which cannot be held, and where nothing is predicted.
    """

    role: Role
    card: Card
    follows: tuple[Following, ...]
    cost: Cost | None


@dataclass(frozen=True, eq=False)
class Neuron(OfText):
    """Some units: those that were asked for, or one that is worth looking at.

    The one that is chosen is the one that follows some feature of the text most surely, or, if none
    does, the one of the largest variance. Those drawn at random are no better than others.

    counted: how many predictions the costs are of.
    by_random: what it costs, in bits a character, to hold each of the units drawn at random.
    scored, tested, enough: on how many characters features are scored, the last of the text; how
        many features; and whether these are enough characters to tell chance.
    """

    view: ClassVar[str] = "neuron"
    measures: ClassVar[dict[str, str]] = {
        "hold": "characters", "tau": "characters", "lasts": "characters",
        "period": "characters", "pushes": "nats",
        "bits": "bits", "bits_error": "bits", "by_random": "bits", "cost_on": "bits",
        "cost_on_error": "bits", "cost_off": "bits", "cost_off_error": "bits",
    }  # fmt: skip

    units: tuple[UnitReport, ...]
    counted: int
    segments: int
    by_random: tuple[float, ...]
    scored: int
    tested: int
    enough: bool

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Fill in the cards.

        Raises
        ------
        ConfigError
            There is no such unit, kind or layer, or a feature that is asked for is none.
        """
        options.check_units(reading.network.config)
        kind, controls = options.kind_shown, options.random or 0
        reading.series(kind)
        if options.quick:
            reading = part_of(reading, slice(max(1, len(reading) // 8)))
            options = replace(options, quick=False)
        kinds = tuple(reading.states) if options.kind is None else (options.kind,)
        search = Search.of(reading, kinds, options, track, most=FEATURED)
        meant = [(unit, kind) for unit in options.units] or [_most_worth(search, options)]
        drawn = _drawn(search, meant, options)
        role: Role = "asked" if options.units else "chosen"
        roles: list[Role] = [role] * len(meant) + ["random"] * controls
        shown = [*meant, *drawn[:controls]]

        can_hold = len(reading) > 1 and can_clamp(reading.network, meant[0][1])
        held, controls_held = (shown, drawn) if can_hold else ([], [])
        effects = Effects.of(reading, held, controls_held, track=track)
        reports = []
        for n, (unit, kind) in track(enumerate(shown), "describing units", len(shown)):
            u = search.units.index((unit, kind))
            follows = sorted(
                (follow(search, f, u) for f in range(len(search.features))), key=surest
            )
            cost = Cost.of(reading, effects, (unit, kind), follows) if can_hold else None
            reports.append(UnitReport(roles[n], Card.of(reading, unit, kind), tuple(follows), cost))
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            units=tuple(reports),
            counted=len(effects.places),
            segments=len(effects.segments),
            by_random=tuple(effect.mean for effect in effects.of_controls()),
            scored=search.second.stop - search.second.start,
            tested=len(search.features),
            enough=all(chance.enough for chance in search.chances),
        )

    def data(self) -> dict[str, Any]:
        """Return the text and a card for each unit."""
        return {
            "text": [self.vocabulary[k] for k in self.ids],
            "units": [self._card(report) for report in self.units],
            "features": self.tested,
            "scored": self.scored,
            "shifts_suffice": self.enough,
            "ablated_over": self.counted,
            "segments": self.segments,
            "by_random": list(self.by_random),
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a character, a column a unit."""
        return self.rows_of({report.card.named: report.card.values for report in self.units})

    def arrays(self) -> NamedArrays:
        """Return the values, (N, T), and what moves and is moved by characters, (N, V).

        `moved_by` and `pushes` are nan for what is not reported.
        """
        N, V = len(self.units), len(self.vocabulary)
        moved_by, pushed = np.full((2, N, V), np.nan)
        for n, report in enumerate(self.units):
            for response in report.card.moved_by:
                moved_by[n, response.k] = response.mean
            if report.card.pushes is not None:
                pushed[n] = report.card.pushes
        cards = [report.card for report in self.units]
        return {
            **text_arrays(self.vocabulary, self.ids),
            "units": np.array([card.unit for card in cards], np.int32),
            "kinds": np.array([ord(card.kind) for card in cards], np.uint32),
            **stacked(cards, "values", "histogram"),
            "autocorrelation": np.array([card.rhythm.r for card in cards]),
            "moved_by": moved_by,
            "pushes": pushed,
        }

    def _card(self, report: UnitReport) -> dict[str, Any]:
        card, cost, rhythm = report.card, report.cost, report.card.rhythm
        wires = card.wiring
        return {
            "unit": name(card.unit),
            "kind": card.kind,
            "role": report.role,
            "span": list(card.span),
            "histogram": plain(card.histogram),
            **attributes(card, "mean", "sd", "low", "high", "hold", "reset", "tau"),
            **attributes(rhythm, "lasts"),
            "rhythm": attributes(rhythm, "period", "peak", "floor"),
            "follows": [_follows(following, cost) for following in report.follows],
            "top": [self._context(card, t) for t in card.top],
            "bottom": [self._context(card, t) for t in card.bottom],
            "moved_by": [
                {
                    "char": self.vocabulary[response.k],
                    "count": response.count,
                    "change": plain(response.mean),
                    "change_error": plain(response.error),
                }
                for response in card.moved_by
            ],
            "pushes": None
            if card.pushes is None
            else dict(zip(self.vocabulary, plain(card.pushes), strict=True)),
            "driven_by": {
                "gates": list(wires.gates),
                "own_sd": plain(wires.own.sd),
                "own": _sources(
                    wires.own, [name((card.unit[0], i)) for i in range(len(wires.own))]
                ),
                "below_sd": plain(wires.below.sd),
                "below": _sources(wires.below, self.below(card)),
            },
            "cost": cost
            and {
                **mean_and_error("bits", cost.whole),
                "by_class": {
                    CLASSES[k]: {"count": mean.count, **mean_and_error("bits", mean)}
                    for k, mean in enumerate(cost.by_class)
                    if mean.count
                },
            },
            "values": plain(card.values),
        }

    def below(self, card: Card) -> list[str]:
        """Return the names of what feeds a unit from below: characters, or units."""
        layer = card.unit[0]
        if layer == 0:
            return list(self.vocabulary)
        return [name((layer - 1, i)) for i in range(len(card.wiring.below))]

    def _context(self, card: Card, t: int) -> dict[str, Any]:
        return {
            "t": t,
            "value": plain(card.values[t]),
            "left": self.vocabulary.decode(self.ids[max(0, t - 30) : t]),
            "char": self.vocabulary[self.ids[t]],
            "right": self.vocabulary.decode(self.ids[t + 1 : t + 11]),
        }


def _most_worth(search: Search, options: Options) -> tuple[Unit, str]:
    """Return the unit that follows some feature most surely, else the one of largest variance."""
    best = [follow(search, n, search.best(n)) for n in range(len(search.features))]
    if best and (first := min(best, key=surest)).verdict == "follows":
        return first.unit, first.kind
    kind = options.kind_shown
    units = [unit for unit, other in search.units if other == kind]
    layers, indices = np.array(units).T
    variance = search.reading.series(kind)[:, layers, indices].var(axis=0, dtype=np.float64)
    return units[int(variance.argmax())], kind


def _drawn(
    search: Search, but: Sequence[tuple[Unit, str]], options: Options
) -> list[tuple[Unit, str]]:
    """Draw units of the same kind at random, others than those."""
    kind = but[0][1]
    others = [unit for unit in search.units if unit[1] == kind and unit not in but]
    rng = np.random.default_rng(options.seed)
    order = rng.permutation(len(others))[: max(CONTROLS, options.random or 0)]
    return [others[k] for k in order.tolist()]


def _follows(following: Following, cost: Cost | None) -> dict[str, Any]:
    """Return how a unit follows one feature, and what its loss costs there and elsewhere."""
    feature = following.feature
    numbers = ("auc", "r", "spearman", "floor", "in_char", "in_char_floor", "span_f1", "threshold")
    return {
        "feature": feature.name,
        "group": feature.group,
        **attributes(feature, "binary", "ahead"),
        **attributes(following, "sign", *numbers),
        **mean_and_error("cost_on", cost.on[feature.name] if cost else NO_EFFECT),
        **mean_and_error("cost_off", cost.off[feature.name] if cost else NO_EFFECT),
        "verdict": following.verdict,
    }


def _sources(inflow: Inflow, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return what drives a unit most, the strongest first."""
    return [
        {
            "source": names[n],
            "strength": plain(inflow.strength[n]),
            "weights": plain(inflow.weights[n]),
        }
        for n in inflow.strongest(SOURCES)
    ]
