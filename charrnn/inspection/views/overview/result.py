"""What opens: the text with its surprise, its most telling units, and what rules found."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import NamedArrays
from charrnn.inspection.methods.effects import Effects
from charrnn.inspection.methods.features.following import Following, follow, surest
from charrnn.inspection.methods.features.search import Search, features_of
from charrnn.inspection.options import Options
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading, part_of
from charrnn.inspection.result import Cell, attributes, text_arrays
from charrnn.inspection.views.context.result import Context
from charrnn.inspection.views.errors.result import Errors
from charrnn.inspection.views.find.result import Found
from charrnn.inspection.views.gates.result import Gates
from charrnn.inspection.views.grad.result import Gradients
from charrnn.inspection.views.overview import rules as findings
from charrnn.inspection.views.overview.replication import parts_of, replicated
from charrnn.inspection.views.overview.rules import Finding
from charrnn.inspection.views.overview.telling_units import Telling, telling
from charrnn.inspection.views.probs.result import Probabilities

MOST = 7
"""Most sentences, the first of the rules in their order."""

ENOUGH = 400
"""Characters: a text that is shorter is shown, and nothing is said of it."""

SEARCHED = 4000
"""Largest number of characters, the last of the text, in which features of units are sought."""

CANDIDATES, CONTROLS = 6, 6
"""How many units are ablated, those that follow something most surely, and how many at random."""

CONTEXT = Options(targets=100, lags=128, quick=True)
"""From how many places, how far back; the state is asked next to nothing."""


@dataclass(frozen=True, eq=False)
class Overview:
    """The probabilities of a reading, its most telling units, and what stands out.

    units: the most telling first.
    findings: the most telling first; none of a short text.
    """

    view: ClassVar[str] = "overview"
    measures: ClassVar[dict[str, str]] = {
        "bits": "bits", "bits_error": "bits", "entropy": "bits", "excess": "bits",
    }  # fmt: skip

    probabilities: Probabilities
    units: tuple[Telling, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Compute what other views show, each with less work, and ask every rule."""
        probabilities = Probabilities.of(reading)
        part, passages = parts_of(len(reading))
        finding_in = part_of(reading, part) if passages else reading
        searched = Searched.of(finding_in, track)
        earned: list[Finding] = []
        if len(reading) >= ENOUGH:
            seed, of_part = options.seed, Probabilities.of(finding_in)
            found = _findings(finding_in, of_part, searched, seed, track)
            earned = [finding for finding in found if finding is not None][:MOST]
        if passages:
            known = {feature.name: feature for feature in features_of(reading)}
            tested = track(earned, "testing sentences", len(earned))
            earned = [
                replicated(one, known.get(str(one.evidence.get("feature"))), reading, passages)
                for one in tested
            ]
        return cls(probabilities, telling(reading, searched.best), tuple(earned))

    def data(self) -> dict[str, Any]:
        """Return the means, if anything was predicted, the units and the findings."""
        means = self.probabilities.means
        return {
            "means": means and attributes(means, *vars(means)),
            "units": [unit.data() for unit in self.units],
            "findings": [finding.data() for finding in self.findings],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a finding, its evidence as JSON."""
        yield ["id", "text", "view", "options", "holds", "passages", "evidence"]
        for found in (finding.data() for finding in self.findings):
            evidence = json.dumps(found["evidence"], ensure_ascii=False, allow_nan=False)
            yield [
                *(found[key] for key in ("id", "text", "view", "options", "holds", "passages")),
                evidence,
            ]

    def arrays(self) -> NamedArrays:
        """Return the surprise of each next character, nan at the end, and the units, (T, R).

        Findings are JSON, in UTF-8.
        """
        probabilities = self.probabilities
        written = json.dumps([finding.data() for finding in self.findings], ensure_ascii=False)
        return {
            **text_arrays(probabilities.vocabulary, probabilities.ids),
            "bits": np.append(probabilities.reading.surprise[1:], np.nan),
            "units": np.array([one.unit for one in self.units], np.int32),
            "kinds": np.array([ord(one.kind) for one in self.units], np.uint32),
            "values": np.array([one.values for one in self.units]).T,
            "findings": np.frombuffer(written.encode(), np.uint8),
        }


@dataclass(frozen=True, eq=False)
class Searched:
    """What units go with, over the last of a reading.

    best: of each feature that the text shows enough of, the unit that follows it best; the surest
        first.
    """

    search: Search
    best: list[Following]

    @classmethod
    def of(cls, reading: Reading, track: Track) -> Self:
        """Look for what every state of every unit goes with."""
        search = Search.of(reading, tuple(reading.states), Options(), track, most=SEARCHED)
        features = range(len(search.features))
        best = [follow(search, n, search.best(n)) for n in features]
        return cls(search, sorted(best, key=surest))


def _findings(
    reading: Reading, probabilities: Probabilities, searched: Searched, seed: int, track: Track
) -> Iterator[Finding | None]:
    """Yield what each rule says, the rules that tell most first."""
    errors = Errors.of(reading)
    yield findings.word_starts(errors)
    yield findings.weakness(errors)
    yield findings.confidence(probabilities)
    yield _unit(searched, len(reading), seed, track)
    top = reading.network.config.num_layers - 1
    yield findings.context(Context.of(reading, replace(CONTEXT, seed=seed, layer=top), track))
    yield findings.reach(Gradients.of((reading,), Options(seed=seed), track))
    gates = Gates.of(reading)
    yield findings.memory(gates)
    yield findings.idle(gates)


def _unit(searched: Searched, characters: int, seed: int, track: Track) -> Finding | None:
    """Say which unit follows what: the surest that is used there, that is used, or the surest.

    It is chosen by its effects in every second segment, which are estimated from the others.
    """
    search = searched.search
    F = len(search.features)
    short = findings.too_short(characters, F, len(search.chances[0].scores) if F else 0)
    if short is not None:
        return short
    surely = list(filter(findings.follows, searched.best))[:CANDIDATES]
    held = list(dict.fromkeys((one.unit, one.kind) for one in surely))
    others = [unit for unit in search.units if unit not in held] if held else []
    drawn = np.random.default_rng(seed).permutation(len(others))[:CONTROLS]
    controls = [others[k] for k in drawn.tolist()]
    choosing, estimating = Effects.of(search.reading, held, controls, track=track).halves()
    if not surely:
        return None
    tried = [Found.of(one, choosing) for one in surely]
    order = sorted(
        range(len(tried)), key=lambda n: (not tried[n].is_used_there, not tried[n].is_used)
    )
    return findings.unit(Found.of(surely[order[0]], estimating), len(estimating.places))
