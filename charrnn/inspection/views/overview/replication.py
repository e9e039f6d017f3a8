"""Whether what was found in a text also holds in passages that had no part in finding it.

A sentence may be true of what was read and false of its author. So where a text is long enough, the
first half of it serves to find sentences, and the second, cut into `PASSAGES`, to test each again:
whether what it says points the same way there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from charrnn.evaluation.statistics import mean_where
from charrnn.inspection.methods.effects import Effects
from charrnn.inspection.methods.features.features import Feature
from charrnn.inspection.methods.features.following import none_at_all
from charrnn.inspection.methods.features.scores import auc, correlation
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading, part_of
from charrnn.inspection.result import Cell
from charrnn.inspection.views.context.result import Context
from charrnn.inspection.views.errors.result import Errors
from charrnn.inspection.views.gates.result import Gates
from charrnn.inspection.views.grad.result import Gradients
from charrnn.inspection.views.overview.rules import LONG, Finding
from charrnn.inspection.views.probs.result import Probabilities

PASSAGES = 9
"""Passages that a sentence is tested in."""

LEAST = 400
"""Fewest characters of a passage."""

FEW = 3
"""Fewest characters of a kind in a passage that show which way it goes."""

TARGETS = 16
"""Places of a passage from which contexts are cut and gradients go back."""

ALIKE = 2.0
"""Factor within which a reach of gradients, or a hold, is the same."""


def parts_of(characters: int) -> tuple[slice, list[slice]]:
    """Return the part of a text in which sentences are found, and passages to test them in.

    The whole text, and none, where it is too short.
    """
    found = characters // 2
    if (characters - found) // PASSAGES < LEAST:
        return slice(0, characters), []
    bounds = np.linspace(found, characters, PASSAGES + 1).astype(int).tolist()
    return slice(0, found), [slice(*pair) for pair in pairwise(bounds)]


def replicated(
    finding: Finding, feature: Feature | None, whole: Reading, passages: Sequence[slice]
) -> Finding:
    """Return a finding with the number of passages in which it holds, of those that can tell.

    feature: of the whole text, that a unit is said to follow.
    whole: the reading of the whole text.
    """
    if finding.id == "unit" and feature is not None:
        answers = _unit(finding.evidence, feature, whole, passages)
    elif finding.id in _TESTS:
        test = _TESTS[finding.id]
        answers = [test(finding.evidence, part_of(whole, passage)) for passage in passages]
    else:
        return finding
    known = [answer for answer in answers if answer is not None]
    return replace(finding, holds=sum(known), passages=len(known)) if known else finding


def _word_starts(_: Mapping[str, Cell], passage: Reading) -> bool | None:
    errors = Errors.of(passage)
    first, later = (mean_where(errors.bits, on) for on in (errors.seen == 0, errors.seen > 0))
    return first.mean > later.mean if min(first.count, later.count) >= FEW else None


def _weakness(evidence: Mapping[str, Cell], passage: Reading) -> bool | None:
    errors = Errors.of(passage)
    of_class = [group for group in errors.table("class") if group.name == evidence["class"]]
    if not of_class or not FEW <= of_class[0].count < len(errors.bits):
        return None
    return bool(of_class[0].bits.mean > errors.bits.mean())


def _confidence(evidence: Mapping[str, Cell], passage: Reading) -> bool | None:
    excess = Probabilities.of(passage).excess[:-1]
    return bool(excess.mean() * _number(evidence["excess"]) > 0)


def _context(evidence: Mapping[str, Cell], passage: Reading) -> bool | None:
    n = int(_number(evidence["n"]))
    top = passage.network.config.num_layers - 1
    context = Context.of(passage, Options(targets=TARGETS, lags=2 * n, quick=True, layer=top))
    tried = context.lengths.tolist()
    return context.excess[tried.index(n)].mean > 0 if n in tried else None


def _reach(evidence: Mapping[str, Cell], passage: Reading) -> bool | None:
    found = Gradients.of((passage,), Options(targets=TARGETS))
    [course] = found.models[0].of_kind("x")
    if not course.is_measured.any():
        return None
    m90 = float(np.median(course.reach[course.is_measured]))
    before = _number(evidence["m90"])
    return course.verdict == evidence["verdict"] and before / ALIKE <= m90 <= before * ALIKE


def _memory(evidence: Mapping[str, Cell], passage: Reading) -> bool | None:
    layer, j = map(int, str(evidence["unit"]).split(":"))
    [memory] = [memory for memory in Gates.of(passage).memories if memory.layer == layer]
    hold, before = float(memory.hold[j]), _number(evidence["longest"])
    return before / ALIKE <= hold and (hold <= before * ALIKE or before >= LONG)


def _idle(evidence: Mapping[str, Cell], passage: Reading) -> bool | None:
    gates = Gates.of(passage)
    if still := int(_number(evidence["still"])):
        layers = range(passage.network.config.num_layers)
        return 2 * sum(len(gates.still(layer)) for layer in layers) >= still
    [gate] = [
        gate
        for gate in gates.gates
        if (gate.layer, gate.name) == (evidence["layer"], evidence["gate"])
    ]
    return 2 * int(gate.stuck.sum()) >= _number(evidence["stuck"])


_TESTS: dict[str, Callable[[Mapping[str, Cell], Reading], bool | None]] = {
    "word_starts": _word_starts,
    "weakness": _weakness,
    "confidence": _confidence,
    "context": _context,
    "reach": _reach,
    "memory": _memory,
    "idle": _idle,
}


def _unit(
    evidence: Mapping[str, Cell], feature: Feature, whole: Reading, passages: Sequence[slice]
) -> list[bool | None]:
    """Test whether a unit goes with its feature the same way, and is needed there if it was."""
    layer, j = map(int, str(evidence["unit"]).split(":"))
    held = (layer, j), str(evidence["kind"])
    values = whole.series(held[1])[:, layer, j].astype(np.float64) * _number(evidence["sign"])
    segments = [range(some.start, some.stop - 1) for some in passages]
    effects = Effects.of(whole, [held] if evidence["used"] else [], (), segments)
    answers: list[bool | None] = []
    for n, some in enumerate(passages):
        on, f, u = feature.on[some], feature.values[some], values[some]
        if not FEW <= int(on[:-1].sum()) <= len(on) - FEW:
            answers.append(None)
            continue
        score = (auc if feature.binary else correlation)(u[None], f[None])[0, 0]
        goes = bool(score > none_at_all(feature))
        if evidence["used"]:
            goes = goes and effects.of_segment(n).where(held, feature.on).mean > 0
        answers.append(goes)
    return answers


def _number(value: Cell) -> float:
    assert isinstance(value, float | int)
    return float(value)
