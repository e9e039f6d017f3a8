"""What stands out in what a network did: rules with thresholds, that give a sentence or none.

Each rule looks at the result of one view, has its threshold beside it below, and names the view
that shows the evidence. A difference of bits counts where it is `CLEAR` standard errors from none;
what a unit follows, where it is above what the best unit would score by chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from charrnn.evaluation.statistics import Mean, mean_where
from charrnn.inspection.methods.effects import CLEAR
from charrnn.inspection.methods.features.following import Following
from charrnn.inspection.methods.features.shift_test import LEVEL, NEAREST
from charrnn.inspection.result import Cell, attributes, name, plain
from charrnn.inspection.views.context.result import WITHIN, Context
from charrnn.inspection.views.errors.result import Errors
from charrnn.inspection.views.find.result import Found
from charrnn.inspection.views.gates.result import STILL, STUCK, Gates
from charrnn.inspection.views.grad.result import Gradients
from charrnn.inspection.views.probs.result import Probabilities
from charrnn.network.cells import words
from charrnn.plurals import agreeing, counted

FEWEST = 30
"""Fewest characters, or gradients, of a mean that is reported."""

COSTLIER = 0.5  # bits
"""First letters of words must cost so much more than later ones."""

WORSE, EXTRA = 1.5, 0.03
"""Least cost of a hard class of characters, in multiples of that of all others; and the least
excess of its share of the bits over its share of the characters."""

MISJUDGED = 0.05  # bits
"""By so much the surprise must be more, or less, than was expected."""

SHORT, LONG = 8.0, 16.0  # characters
"""The longest memory is reported if it is shorter than the first, or as long as the second."""

IDLE = 0.02
"""The share of a layer's units that must be stuck at one gate."""

WEAK = 0.25
"""Of a score, and of it within the characters read, so much must lie between none and the best."""

USUAL = 35
"""So many features of an ordinary text can be tested."""

LEAST = 256  # characters
"""A text that is shorter tells nothing of gates, context and gradients."""

SORTS = {
    "letter 2": "second letters are",
    "letter 3": "third letters are",
    "letter 4+": "later letters are",
    "digit": "digits are",
    "punctuation": "punctuation is",
    "space": "spaces are",
    "newline": "line ends are",
    "other": "control characters are",
}
"""What may be hard for the network, by class."""


@dataclass(frozen=True)
class Finding:
    """A sentence that was earned.

    id: the rule that it is by.
    view, options: the view that shows the evidence, and what to ask it for.
    evidence: the numbers that it rests on, by name; those of the sentence, unrounded, among them.
    holds, passages: in how many of some passages that had no part in finding it the sentence holds;
        None where it was not tested.
    """

    id: str
    text: str
    view: str
    evidence: Mapping[str, Cell]
    options: str = ""
    holds: int | None = None
    passages: int | None = None

    @property
    def stamp(self) -> str:
        """What the sentence ends with: in how many other passages it holds, if it was tested."""
        if self.holds is None or self.passages is None:
            return ""
        if 2 * self.holds <= self.passages:
            return " [only in this passage]"
        return f" [{self.holds}/{self.passages}]"

    def data(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        return {
            **attributes(self, "id", "text", "view", "options", "holds", "passages"),
            "evidence": {key: plain(value) for key, value in self.evidence.items()},
        }


def word_starts(errors: Errors) -> Finding | None:
    """Report that first letters of words cost more than later ones, by `COSTLIER` and clearly."""
    first = mean_where(errors.bits, errors.seen == 0)
    later = mean_where(errors.bits, errors.seen > 0)
    more, error = first.mean - later.mean, float(np.hypot(first.error, later.error))
    if not (min(first.count, later.count) >= FEWEST and more >= COSTLIER and more > CLEAR * error):
        return None
    return Finding(
        "word_starts",
        f"first letters of words cost {first.mean:.2f} bits, later ones {later.mean:.2f} "
        f"(± {error:.2f})",
        "errors",
        {
            "first": first.mean, "first_count": first.count, "later": later.mean,
            "later_count": later.count, "difference": more, "error": error,
        },
    )  # fmt: skip


def weakness(errors: Errors) -> Finding | None:
    """Report which class of characters has most bits beyond its share of the characters.

    By `EXTRA` at least; and its mean less `CLEAR` standard errors must be `WORSE` times that of all
    others. First letters of words have a rule of their own.
    """
    n, total = len(errors.bits), float(errors.bits.sum())
    worst, most = None, EXTRA
    for group in errors.table("class"):
        if group.name not in SORTS or not FEWEST <= group.count < n:
            continue
        others = (total - group.bits.mean * group.count) / (n - group.count)
        extra = group.share - group.count / n
        if group.bits.mean - CLEAR * group.bits.error >= WORSE * others and extra >= most:
            worst, most = (group, others), extra
    if worst is None:
        return None
    group, others = worst
    part = group.count / n
    return Finding(
        "weakness",
        f"{SORTS[group.name]} hard: {group.bits.mean:.2f} ± {group.bits.error:.2f} bits, all else "
        f"{others:.2f}; {part:.0%} of the text, {group.share:.0%} of the bits",
        "errors",
        {
            "class": group.name, "count": group.count, "bits": group.bits.mean,
            "error": group.bits.error, "others": others, "of_characters": part,
            "of_bits": group.share,
        },
    )  # fmt: skip


def confidence(found: Probabilities) -> Finding | None:
    """Report that the surprise is more, or less, than was expected, by `MISJUDGED` and clearly."""
    if found.means is None:
        return None
    excess = mean_where(found.excess[:-1])
    if not abs(excess.mean) >= max(MISJUDGED, CLEAR * excess.error) or np.isnan(excess.error):
        return None
    means, said = found.means, float(found.top_p[:-1, 0].mean())
    too = "over" if excess.mean > 0 else "under"
    return Finding(
        "confidence",
        f"{too}confident: expected {means.entropy:.2f} bits, paid {means.bits:.2f} "
        f"(± {excess.error:.2f})",
        "probs",
        {
            "expected": means.entropy, "bits": means.bits, "excess": excess.mean,
            "error": excess.error, "claimed": said, "right": means.top1,
        },
        "--paint excess",
    )  # fmt: skip


def follows(found: Following) -> bool:
    """Return whether a unit follows a feature: above chance, as no echo, and not weakly."""
    return found.verdict == "follows" and found.surplus >= WEAK


def unit(found: Found, predictions: int) -> Finding | None:
    """Report what a unit follows above chance and by `WEAK`, and what it costs at its mean.

    predictions: how many the cost is of.
    """
    it = found.following
    if not follows(it):
        return None
    measure = "AUC" if it.feature.binary else "r"
    said = (
        f"{name(it.unit)}{'' if it.kind == 'a' else f'.{it.kind}'} follows '{it.feature.name}' "
        f"({measure} {_share(it.score)}, chance {_share(it.floor)})"
    )
    there = f"{found.on.mean:+.3f} ± {found.on.error:.3f} bits there"
    if np.isfinite(found.on.half):
        low, high = found.on.interval
        there += f" ({low:+.3f} to {high:+.3f} in 9 of 10 passages)"
    if found.is_used:
        said += f"; without it {there}, {found.off.mean:+.3f} elsewhere"
    elif np.isfinite(found.on.error):
        said += f", but is not needed: without it {there}"
    return Finding(
        "unit",
        said,
        "neuron",
        {
            "unit": name(it.unit), "kind": it.kind, "feature": it.feature.name,
            "binary": it.feature.binary, "sign": it.sign, "score": it.score, "floor": it.floor,
            "in_char": it.in_char, "in_char_floor": it.in_char_floor, "cost_on": found.on.mean,
            "cost_on_error": found.on.error, "cost_off": found.off.mean,
            "cost_off_error": found.off.error, "by_random": found.by_random.mean,
            "cost_on_low": found.on.interval[0], "cost_on_high": found.on.interval[1],
            "used": found.is_used, "segments": found.on.segments, "predictions": predictions,
        },
        f"--unit {name(it.unit)}" + (f" --kind {it.kind}" if it.kind != "a" else ""),
    )  # fmt: skip


def too_short(characters: int, features: int, shifts: int) -> Finding | None:
    """Report what cannot be decided: too few shifts of a text leave its features to chance.

    features: how many were tested; shifts: of how many characters the text could be shifted.
    """
    if features and shifts + 1 >= features / LEVEL:
        return None
    half = max(features, USUAL) / LEVEL / (1 - 2 * NEAREST)
    needed = int(np.ceil(half / 50)) * 100
    what = "which unit follows what"
    many = f"{counted(characters, 'character')} {agreeing(characters, 'is', 'are')}"
    instead = f"; about {needed:,} would do" if needed > characters else ""
    return Finding(
        "short",
        f"{many} too few to tell {what}{instead}",
        "find",
        {"characters": characters, "features": features, "shifts": shifts, "needed": needed},
    )


def context(found: Context) -> Finding | None:
    """Report how little context costs clearly more than all of it, and what is surely enough.

    Characters are compared one by one with what they cost after all of the text. More: by
    `CLEAR` standard errors and the share `WITHIN`, as after all shorter contexts; enough: `CLEAR`
    errors more are still within.
    """
    if len(found.targets) < FEWEST:
        return None
    most = WITHIN * found.whole.mean
    lengths = list(zip(found.lengths.tolist(), found.excess, strict=True))
    short = list(takewhile(lambda tried: _clearly_more(tried[1], most), lengths))
    if not short:
        return None
    n, excess = short[-1]
    unsure = [n for n, it in lengths if not it.mean + CLEAR * it.error <= most]
    enough = next((longer for longer, _ in lengths if longer > max(unsure)), None)
    read = counted(n, "character")
    said = f"it loses {excess.mean:.2f} ± {excess.error:.2f} bits with {read} of context"
    if enough is not None:
        said += f", <{WITHIN:.0%} with {enough}"
    return Finding(
        "context",
        said,
        "context",
        {
            "n": n, "excess": excess.mean, "error": excess.error, "enough": enough,
            "longest": lengths[-1][0], "targets": len(found.targets),
        },
    )  # fmt: skip


def reach(found: Gradients) -> Finding | None:
    """Report how far back losses reach, by the gradient of `FEWEST` of them by what was read."""
    [course] = found.models[0].of_kind("x")
    losses = int(course.is_measured.sum())
    if losses < FEWEST:
        return None
    q25, median, q75 = np.quantile(course.reach[course.is_measured], [0.25, 0.5, 0.75]).tolist()
    below = np.flatnonzero(course.median < 0.5)
    half = int(below[0]) if len(below) else None
    last, far = float(course.median[-1]), counted(found.lags, "character")
    if course.verdict == "exploding":
        said = (
            f"gradients explode: {last:.3g} times as large {counted(found.lags, 'character')} back"
        )
    elif half is None:
        said = f"gradients hold: {last:.2f} of one is left {far} back"
    else:
        said = f"gradients halve in {counted(half, 'character')}"
    said += f"; 90% lies within {median:.0f} ({q25:.0f} to {q75:.0f})"
    return Finding(
        "reach",
        said,
        "grad",
        {
            "half": half, "m90": median, "m90_q25": q25, "m90_q75": q75, "left": last,
            "lags": found.lags, "losses": losses, "verdict": course.verdict,
        },
        "--kind x",
    )  # fmt: skip


def memory(found: Gates) -> Finding | None:
    """Report of integrators, of a hold of `LONG` characters, or of none as long as `SHORT`."""
    if not found.memories or len(found.ids) < LEAST:
        return None
    hold = np.array([memory.hold for memory in found.memories])
    saturated = np.array([memory.is_stuck for memory in found.memories])
    integrators = int(sum(memory.integrators.sum() for memory in found.memories))
    if saturated.all():
        return None
    # What is stuck at an end of its range is kept for long, and stores next to nothing.
    place, j = np.unravel_index(int(np.where(saturated, -1, hold).argmax()), hold.shape)
    memory = found.memories[place]
    longest, reset = float(memory.hold[j]), float(memory.reset[j])
    if not integrators and SHORT <= longest < LONG:
        return None
    stuck = int(saturated.sum())
    its = name((memory.layer, int(j)))
    lasts = f"{longest:g} char" if np.isfinite(longest) else "beyond this text"
    said = f"integrators: {integrators or 'none'} of {hold.size}"
    said += f", {stuck} saturated" if stuck else ""
    said += f"; longest hold {lasts} ({its})"
    return Finding(
        "memory",
        said,
        "memory",
        {
            "units": hold.size, "integrators": integrators, "longest": longest, "unit": its,
            "reset": reset, "saturated": stuck, "median": float(np.median(hold)),
            "characters": len(found.ids),
        },
    )  # fmt: skip


def idle(found: Gates) -> Finding | None:
    """Report of units that never move, and of a gate that is stuck in `IDLE` of a layer's units."""
    if len(found.ids) < LEAST:
        return None
    still = [
        name((gate.layer, j))
        for gate in found.gates
        if gate.name == "a"
        for j in found.still(gate.layer)
    ]
    units = sum(len(gate.mean) for gate in found.gates if gate.name == "a")
    worst = max(found.gates, key=lambda gate: int(gate.stuck.sum()))
    stuck, size = int(worst.stuck.sum()), len(worst.mean)
    parts = []
    if still:
        never = f"{still[0]} never moves" if len(still) == 1 else f"{len(still)} never move"
        parts.append(f"of {counted(units, 'unit')} {never} (sd below {STILL})")
    if stuck >= max(1, IDLE * size):
        are, gates = agreeing(stuck, "is", "are"), f"{words(worst.name).removeprefix('hidden ')}s"
        parts.append(
            f"{stuck} of {size} {gates} of layer {worst.layer} {are} stuck for over {STUCK:.0%} of "
            "the steps"
        )
    if not parts:
        return None
    return Finding(
        "idle",
        "; ".join(parts),
        "gates",
        {
            "units": units, "still": len(still), "layer": worst.layer, "gate": worst.name,
            "stuck": stuck, "of": size, "characters": len(found.ids),
        },
    )  # fmt: skip


def _clearly_more(it: Mean, most: float) -> bool:
    return it.mean > most and it.mean > CLEAR * it.error


def _share(value: float) -> str:
    """Return a number between 0 and 1 without the 0 before its point."""
    return f"{value:.2f}".removeprefix("0")
