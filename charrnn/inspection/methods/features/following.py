"""How well a unit follows a feature of a text, with the verdict on it.

Signs, thresholds and the best units are chosen on the first half of the text. All reported
numbers are of the second half, which had no part in the choice.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from charrnn.inspection.methods.features.features import Feature
from charrnn.inspection.methods.features.scores import auc, correlation, rank_correlation
from charrnn.inspection.methods.features.search import Search
from charrnn.inspection.methods.features.shift_test import Chance, within_chance
from charrnn.inspection.methods.features.spans import best_threshold, span_f1
from charrnn.inspection.options import Unit

Verdict = Literal["follows", "echo", "below noise", "too short"]

ECHO = 1 / 3
"""Fraction of a unit's score, 2 AUC - 1 or r, that must remain within the characters read;
with less it is an echo of the character itself."""


@dataclass(frozen=True, eq=False)
class Following:
    """The scores of one unit for one feature, over the second half of the text.

    kind: the state or gate of the unit.
    sign: whether it is larger (1) or smaller (-1) with the feature, on the first half.
    auc: of sign times the unit; nan for a number.
    r, spearman: of sign times the unit.
    in_char: within the characters read, the AUC of a binary feature or r of a number; nan where
        the character determines the feature.
    in_char_floor: the chance level of that for this one unit.
    span_f1: F1 of the spans where the unit times sign is above threshold; nan for a number.
    span_f1_exact: the same, for identical spans.
    threshold: in the unit's own values; nan for a number.
    floor: the chance level of the best of all units.
    verdict: "below noise", "too short" a text, "echo" of the character read, "follows".
    """

    feature: Feature
    unit: Unit
    kind: str
    sign: int
    auc: float
    r: float
    spearman: float
    in_char: float
    in_char_floor: float
    span_f1: float
    span_f1_exact: float
    threshold: float
    floor: float
    verdict: Verdict

    @property
    def score(self) -> float:
        """The score compared with the floor: the AUC of a binary feature, r of a number."""
        return self.auc if self.feature.binary else self.r

    @property
    def surplus(self) -> float:
        """The weaker of the score and its control, from 0 (no relation) to 1."""
        none = none_at_all(self.feature)
        weaker = float(np.nan_to_num(np.fmin(self.score, self.in_char), nan=none))
        return (weaker - none) / (1 - none)


def none_at_all(feature: Feature) -> float:
    """Return the score of a unit without any relation to a feature."""
    return 0.5 if feature.binary else 0.0


def follow(search: Search, n: int, u: int) -> Following:
    """Return how a unit follows a feature, by their indices in a search."""
    feature, (unit, kind) = search.features[n], search.units[u]
    sign = search.sign(n, u)
    series = sign * search.series(u).astype(np.float64)
    before, after = series[search.first], series[search.second]
    ids = search.reading.ids[search.second]
    f = feature.values[search.second]
    score = auc if feature.binary else correlation
    whole = float(score(after[None], f[None])[0, 0])
    within, near = float("nan"), None
    if np.isfinite(search.within[n, u]):
        within = float(score(after[None], f[None], ids)[0, 0])
        near = Chance(within_chance(after, f, ids, binary=feature.binary), len(search.features))
    threshold = span = exact = float("nan")
    if feature.binary:
        threshold = best_threshold(before, feature.values[search.first] > 0)
        said = (after > threshold)[None]
        span, exact = (float(span_f1(said, f > 0, exact=exact)[0]) for exact in (False, True))
    return Following(
        feature=feature,
        unit=unit,
        kind=kind,
        sign=sign,
        auc=whole if feature.binary else float("nan"),
        r=float(correlation(after[None], f[None])[0, 0]),
        spearman=float(rank_correlation(after[None], f[None])[0, 0]),
        in_char=within,
        in_char_floor=near.floor if near else float("nan"),
        span_f1=span,
        span_f1_exact=exact,
        threshold=sign * threshold,
        floor=search.chances[n].floor,
        verdict=_verdict(search.chances[n], whole, near, within, none_at_all(feature)),
    )


def _verdict(
    chance: Chance, score: float, near: Chance | None, within: float, none: float
) -> Verdict:
    """Return the verdict on a score and that within characters; none: that without a relation."""
    if not score > chance.floor:
        return "below noise"
    if not chance.enough:
        return "too short"
    if near is None or not within > near.floor or within - none < ECHO * (score - none):
        return "echo"
    return "follows"


def surest(found: Following) -> tuple[int, float]:
    """Return the sort key: followers first, then echoes, then noise; the best first in each."""
    order: list[Verdict] = ["follows", "echo", "too short", "below noise"]
    return order.index(found.verdict), -found.surplus
