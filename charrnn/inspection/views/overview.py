"""What stands out: the means, the text with its surprise, and what rules found worth a sentence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from charrnn.inspection import findings
from charrnn.inspection.features.following import Following, follow, surest
from charrnn.inspection.features.search import Search, part_of
from charrnn.inspection.findings import LEAST, Finding
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, plain
from charrnn.inspection.tracking import Track, untracked
from charrnn.inspection.units.costs import Costs
from charrnn.inspection.views.context import Context
from charrnn.inspection.views.errors import Errors
from charrnn.inspection.views.find import Found, where_on
from charrnn.inspection.views.gates import Gates
from charrnn.inspection.views.gradients import Gradients
from charrnn.inspection.views.probabilities import Probabilities

MOST = 7
"""How many sentences are told, the first of the rules in their order."""

SEARCHED = 4000
"""What units follow is looked for in so many characters at most, the last of the text."""

CANDIDATES, CONTROLS = 6, 6
"""How many units are ablated, those that follow something most surely, and how many at random."""

CONTEXT = Options(targets=100, lags=128, quick=True)
"""From how many places, how far back; the state is asked next to nothing."""


@dataclass(frozen=True, eq=False)
class Overview:
    """The probabilities of a reading, and what was found, the most telling first."""

    view: ClassVar[str] = "overview"
    measures: ClassVar[dict[str, str]] = {
        "bits": "bits", "bits_error": "bits", "entropy": "bits", "excess": "bits",
    }  # fmt: skip

    probabilities: Probabilities
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options | None = None, track: Track = untracked) -> Self:
        """Compute what other views show, each with less work, and ask every rule."""
        probabilities = Probabilities.of(reading)
        found = _findings(reading, probabilities, (options or Options()).seed, track)
        earned = [finding for finding in found if finding is not None]
        return cls(probabilities, tuple(earned[:MOST]))

    def data(self) -> dict[str, Any]:
        """Return the means, if anything was predicted, and the findings."""
        means = self.probabilities.means
        return {
            "means": means and {name: plain(value) for name, value in vars(means).items()},
            "findings": [finding.data() for finding in self.findings],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a finding, its evidence as JSON."""
        yield ["id", "text", "view", "options", "evidence"]
        for found in (finding.data() for finding in self.findings):
            evidence = json.dumps(found["evidence"], ensure_ascii=False, allow_nan=False)
            yield [found["id"], found["text"], found["view"], found["options"], evidence]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the surprise of each character, nan for the first; findings as JSON, in UTF-8."""
        probabilities = self.probabilities
        written = json.dumps([finding.data() for finding in self.findings], ensure_ascii=False)
        return {
            "ids": probabilities.ids.astype(np.int32),
            "codepoints": probabilities.vocabulary.code_points[probabilities.ids],
            "bits": probabilities.reading.surprise,
            "findings": np.frombuffer(written.encode(), np.uint8),
        }


def _findings(
    reading: Reading, probabilities: Probabilities, seed: int, track: Track
) -> Iterator[Finding | None]:
    """Yield what each rule says, the rules that tell most first."""
    errors = Errors.of(reading)
    yield findings.word_starts(errors)
    yield findings.weakness(errors)
    yield findings.confidence(probabilities)
    yield _unit(reading, seed, track)
    if len(reading) < LEAST:
        return
    top = reading.network.config.num_layers - 1
    yield findings.context(Context.of(reading, replace(CONTEXT, seed=seed, layer=top), track))
    yield findings.reach(Gradients.of((reading,), Options(seed=seed), track))
    gates = Gates.of(reading)
    yield findings.memory(gates)
    yield findings.idle(gates)


def _unit(reading: Reading, seed: int, track: Track) -> Finding | None:
    """Say which unit follows what: the surest that is used there, that is used, or the surest."""
    part = part_of(reading, slice(max(0, len(reading) - SEARCHED), None))
    search = Search.of(part, tuple(part.states), Options(), track)
    F = len(search.features)
    short = findings.too_short(len(reading), F, len(search.chances[0].scores) if F else 0)
    if short is not None:
        return short
    best = sorted((follow(search, n, search.best(n)) for n in range(F)), key=surest)
    surely = list(filter(findings.follows, best))[:CANDIDATES]
    held = list(dict.fromkeys((one.unit, one.kind) for one in surely))
    others = [unit for unit in search.units if unit not in held] if held else []
    drawn = np.random.default_rng(seed).permutation(len(others))[:CONTROLS]
    controls = [others[k] for k in drawn.tolist()]
    costs = Costs.of(part, held, controls, range(len(part) - 1), track)
    found = [_with_costs(one, costs) for one in surely]
    found.sort(key=lambda one: (not one.is_used_there, not one.is_used))
    return findings.unit(found[0], len(costs.places)) if found else None


def _with_costs(one: Following, costs: Costs) -> Found:
    unit, on = (one.unit, one.kind), where_on(one.feature)
    return Found(
        one,
        probe=float("nan"),
        on=costs.where(unit, on),
        off=costs.where(unit, ~on),
        by_random=costs.by_random(on),
    )
