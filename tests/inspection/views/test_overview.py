"""What stands out: each rule in a case where it must speak, and in one where it must be silent."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import charrnn
from charrnn.cli import app
from charrnn.inspection.methods.effects import Effect
from charrnn.inspection.methods.features.features import Feature
from charrnn.inspection.methods.features.following import Following
from charrnn.inspection.methods.features.shift_test import LEVEL, far_shifts, smooth_length
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.output.heading import framed
from charrnn.inspection.reading import Reading, part_of
from charrnn.inspection.source import Source
from charrnn.inspection.views.context.result import Context
from charrnn.inspection.views.errors.result import Errors
from charrnn.inspection.views.find.result import Found
from charrnn.inspection.views.gates.result import Gates
from charrnn.inspection.views.grad.result import Course, Descent, Gradients
from charrnn.inspection.views.overview import result as overview_module
from charrnn.inspection.views.overview import rules as findings
from charrnn.inspection.views.overview.draw import draw
from charrnn.inspection.views.overview.draw_next_commands import next_commands
from charrnn.inspection.views.overview.replication import parts_of, replicated
from charrnn.inspection.views.overview.result import Overview
from charrnn.inspection.views.overview.rules import Finding
from charrnn.inspection.views.probs.result import Probabilities
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal import colours
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

CHARACTERS = '\n abcde.1"'
RULES = (
    "word_starts", "weakness", "confidence", "unit", "short", "context", "reach", "memory", "idle",
)  # fmt: skip


@pytest.fixture
def vocabulary():
    return Vocabulary.of(CHARACTERS)


@pytest.fixture
def text(rng):
    words = rng.choice(["abc", "bad", "cede", "a", "dab.", "1"], 600)
    return " ".join(words) + "\n"


@pytest.fixture
def read(tiny_network, vocabulary, text):
    def make(text=text, vocabulary=vocabulary, **network):
        made = tiny_network(vocabulary_size=len(vocabulary), **network)
        return Reading.of(made, vocabulary, vocabulary.encode(text))

    return make


def costing(reading, bits):
    """Return a reading in which each character after the first costs so much, (T - 1,)."""
    V = len(reading.vocabulary)
    p = np.exp2(-bits)
    log_y_hat = np.log(np.repeat((1 - p) / (V - 1), V).reshape(-1, V))
    log_y_hat[np.arange(len(p)), reading.ids[1:]] = np.log(p)
    uniform = np.full((1, V), -np.log(V))
    return replace(reading, log_y_hat=np.concatenate([log_y_hat, uniform]))


def with_values(reading, **series):
    """Return a reading in which states or gates of layer 0 are others, (T, H) each."""
    states, gates = dict(reading.states), dict(reading.gates)
    for kind, values in series.items():
        (states if kind in states else gates)[kind] = values[:, None].astype(np.float32)
    return replace(reading, states=states, gates=gates)


# Where the bits go ------------------------------------------------------------------------------


def letters(text, first, later, other):
    """Return what each character after the first costs: of words, and all others."""
    letter = np.array([c.isalpha() for c in text])
    start = letter & ~np.concatenate([[False], letter[:-1]])
    return np.where(start, first, np.where(letter, later, other))[1:]


def test_first_letters_that_are_costlier_are_reported(read, text, rng):
    noise = rng.normal(0, 0.1, len(text) - 1)
    bits = letters(text, 4.0, 1.5, 2.0) + noise
    found = findings.word_starts(Errors.of(costing(read(), bits)))
    assert found.view == "errors"
    assert found.text.startswith("first letters of words cost 4.00 bits, later ones 1.50")
    is_first = letters(text, 1, 0, 0) == 1
    assert found.evidence["first"] == pytest.approx(bits[is_first].mean(), abs=1e-6)
    assert found.evidence["first_count"] == is_first.sum()
    assert found.evidence["difference"] == pytest.approx(2.5, abs=0.05)
    assert 0 < found.evidence["error"] < 0.05


def test_first_letters_are_not_reported_without_need(read, text, rng):
    def shown(first, later, noise=0.1, text=text):
        bits = letters(text, first, later, 2.0)
        # What is hard is hard for a while: so are the errors of blocks.
        slow = np.repeat(rng.normal(0, noise, len(bits) // 30 + 1), 30)[: len(bits)]
        return findings.word_starts(Errors.of(costing(read(text), np.maximum(0.05, bits + slow))))

    assert shown(1.5, 1.5) is None
    assert shown(1.5, 4.0) is None
    assert shown(1.95, 1.5) is None  # less than half a bit
    assert shown(2.05, 1.5) is not None
    assert shown(8.2, 7.6, noise=4.0) is None  # more than half a bit, and no more than noise
    assert shown(4.0, 1.5, text=text[:60]) is None  # too few words
    assert shown(4.0, 1.5, text="1. " * 200) is None  # no words at all


def test_a_class_that_is_hard_is_reported(read, text, rng):
    mark = np.array([c == "." for c in text])[1:]
    digit = np.array([c == "1" for c in text])[1:]
    bits = np.where(mark, 7.0, np.where(digit, 4.0, 1.5)) + rng.normal(0, 0.1, len(mark))
    found = findings.weakness(Errors.of(costing(read(), bits)))
    assert found.view == "errors"
    assert found.evidence["class"] == "punctuation"
    assert found.evidence["others"] == pytest.approx(bits[~mark].mean(), abs=1e-6)
    assert found.evidence["of_bits"] == pytest.approx(bits[mark].sum() / bits.sum())
    assert found.evidence["of_characters"] == pytest.approx(mark.mean())
    assert found.text.startswith("punctuation is hard: 7.00 ± ")
    easier = np.where(mark, 1.5, bits)
    assert findings.weakness(Errors.of(costing(read(), easier))).evidence["class"] == "digit"


def test_no_class_is_hard_without_need(read, text, rng):
    mark, space = (np.array([c == its for c in text])[1:] for its in ". ")

    def shown(there, elsewhere, noise=0.1, where=mark, text=text):
        bits = np.where(where, there, elsewhere) + rng.normal(0, noise, len(where))
        return findings.weakness(Errors.of(costing(read(text), np.maximum(0.05, bits))))

    assert shown(5.0, 1.5) is not None
    assert shown(1.5, 1.5) is None
    assert shown(2.1, 1.5, where=space) is None  # not half as much again
    assert shown(2.5, 1.5, where=space) is not None
    for seldom, clear in ((1.0, True), (0.06, False)):  # dear in the mean, but by a few alone
        dear = np.where(rng.random(len(mark)) < seldom, 2.7 / seldom, 0.05)
        bits = np.where(mark, dear, 1.5)
        assert bits[mark].mean() > 1.5 * 1.5
        assert (findings.weakness(Errors.of(costing(read(), bits))) is not None) == clear
    first = letters(text, 1, 0, 0) == 1
    assert shown(5.0, 1.5, where=first) is None  # has a rule of its own
    rare = ("abc bad " * 19 + "1. ") * 40
    few = np.array([c == "." for c in rare])[1:]
    assert shown(3.0, 1.5, where=few, text=rare) is None  # hard, but a small part of the whole
    assert shown(5.0, 1.5, where=mark[:120], text=text[:121]) is None  # of fewer than 30


# Confidence -------------------------------------------------------------------------------------


def drawn(tiny_network, rng, temperature, n=3000):
    """Return a reading of characters drawn from scores, that says they were divided by that."""
    vocabulary = Vocabulary.of("\nabcdeé")
    scores = rng.normal(0, 1.5, (n, 7))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    ids = (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 6)
    reading = Reading.of(tiny_network(), vocabulary, np.append(0, ids[:-1]))
    said = scores / temperature
    return replace(reading, log_y_hat=said - np.log(np.exp(said).sum(axis=1, keepdims=True)))


@pytest.mark.parametrize(("temperature", "said"), [(0.5, "overconfident"), (2.0, "underconfident")])
def test_a_wrong_confidence_is_reported(tiny_network, rng, temperature, said):
    reading = drawn(tiny_network, rng, temperature)
    found = findings.confidence(Probabilities.of(reading))
    assert found.text.startswith(f"{said}: expected ")
    assert (found.view, found.options) == ("probs", "--paint excess")
    p = np.exp(reading.log_y_hat[:-1])
    expected = -(p * np.log2(p)).sum(axis=1).mean()
    bits = reading.surprise[1:].mean()
    assert found.evidence["expected"] == pytest.approx(expected)
    assert found.evidence["excess"] == pytest.approx(bits - expected)
    assert found.evidence["claimed"] == pytest.approx(p.max(axis=1).mean())
    assert (found.evidence["excess"] > 0) == (temperature < 1)


@pytest.mark.slow
def test_a_right_confidence_is_not_reported(tiny_network):
    shown = [
        findings.confidence(Probabilities.of(drawn(tiny_network, np.random.default_rng(seed), 1.0)))
        for seed in range(40)
    ]
    assert shown.count(None) >= 39
    shown = [
        findings.confidence(Probabilities.of(drawn(tiny_network, np.random.default_rng(n), 1, 300)))
        for n in range(40)
    ]
    assert shown.count(None) >= 38
    few = drawn(tiny_network, np.random.default_rng(0), 0.5, n=12)
    assert findings.confidence(Probabilities.of(few)) is None
    one = Probabilities.of(drawn(tiny_network, np.random.default_rng(0), 0.5, n=1))
    assert findings.confidence(one) is None


# Units ------------------------------------------------------------------------------------------


def followed(verdict="follows", score=0.9, in_char=0.88, kind="c", binary=True):
    nothing = float("nan")
    feature = Feature("line start", "layout", np.zeros(4), binary)
    return Following(
        feature, (1, 7), kind, -1, score if binary else nothing, nothing if binary else score,
        nothing, in_char, 0.55, 0.5, 0.5, 0.1, 0.62, verdict,
    )  # fmt: skip


def effect(count, mean, error):
    return Effect(count, mean, error, (1, 7), "c", 0.2, "line start", 8)


def cost(on=0.3, error=0.05, off=0.01, by_random=0.004, **following):
    unsure = float("nan")
    return Found(
        followed(**following), unsure, effect(90, on, error), effect(900, off, 0.005),
        effect(90, by_random, unsure),
    )  # fmt: skip


def test_a_unit_that_follows_is_reported_with_its_floor_and_cost():
    found = findings.unit(cost(), 1000)
    assert found.text == (
        "1:7.c follows 'line start' (AUC .90, chance .62); without it +0.300 ± 0.050 bits "
        "there, +0.010 elsewhere"
    )
    assert (found.view, found.options) == ("neuron", "--unit 1:7 --kind c")
    assert found.evidence["floor"] == 0.62
    assert findings.unit(cost(kind="a"), 9).options == "--unit 1:7"
    assert "(r .90, chance .62)" in findings.unit(cost(binary=False), 9).text
    for unused in (cost(on=0.14), cost(by_random=0.16), cost(on=-0.3, by_random=-1.0)):
        assert "is not needed: without it " in findings.unit(unused, 9).text
    unknown = findings.unit(cost(error=float("nan")), 9)
    assert unknown.text.endswith("(AUC .90, chance .62)")
    assert unknown.data()["evidence"]["cost_on_error"] is None


def test_a_unit_that_does_not_follow_is_not_reported():
    for verdict in ("echo", "below noise", "too short"):
        assert findings.unit(cost(verdict=verdict), 9) is None
    assert findings.unit(cost(score=0.63), 9) is not None
    assert findings.unit(cost(score=0.62), 9) is None  # too weak
    assert findings.unit(cost(in_char=0.62), 9) is None
    assert findings.unit(cost(score=0.24, in_char=float("nan"), binary=False), 9) is None


def planted(read, rng, noise=0.2):
    """Return a reading with a unit that follows quotes, among others that follow nothing."""
    words = rng.choice(["ab", "cad", "deed", '"', "1"], 900)
    reading = read(" ".join(words) + "\n", hidden_size=8)
    inside = np.cumsum([c == '"' for c in reading.text]) % 2
    values = {kind: rng.normal(0, 0.3, (len(reading), 8)) for kind in ("a", "c")}
    values["c"][:, 5] = 1 - 2 * inside + rng.normal(0, noise, len(reading))
    return with_values(reading, **values)


def test_the_unit_that_follows_is_found(read, rng):
    found = {finding.id: finding for finding in Overview.of(planted(read, rng)).findings}
    it = found["unit"].evidence
    assert (it["unit"], it["kind"], it["feature"], it["sign"]) == ("0:5", "c", 'inside "..."', -1)
    assert it["score"] > 0.98 > it["floor"]
    assert "short" not in found


@pytest.mark.slow
def test_units_that_follow_nothing_are_not_found(read):
    for seed in range(8):
        found = Overview.of(planted(read, np.random.default_rng(seed), noise=1e3)).findings
        assert not {"unit", "short"} & {finding.id for finding in found}


@pytest.mark.slow
def test_the_unit_that_is_used_there_is_preferred(read, rng, monkeypatch):
    words = rng.choice(["ab", "cad", "deed", '"', "1"], 900)
    reading = read(" ".join(words) + "\n", hidden_size=8)
    letter = np.array([c.isalpha() for c in reading.text])
    began = np.maximum.accumulate(np.where(letter, 0, np.arange(len(letter))))
    values = rng.normal(0, 0.3, (len(reading), 8))
    values[:, 1] = np.cumsum([c == '"' for c in reading.text]) % 2
    values[:, 2] = np.tanh(np.arange(len(letter)) - began - 1.5) + rng.normal(0, 0.1, len(letter))
    reading = with_values(reading, a=values, c=rng.normal(0, 0.3, (len(reading), 8)))
    costs = {}

    def shown(one, _):
        on, off = costs[one.unit[1]]
        return Found(one, 0.0, effect(90, on, 0.01), effect(90, off, 0.01), effect(90, 0.0, 0.01))

    def chosen():
        [it] = [one for one in Overview.of(reading).findings if one.id == "unit"]
        return it.evidence["unit"]

    monkeypatch.setattr(overview_module.Found, "of", staticmethod(shown))
    monkeypatch.setattr(overview_module, "CANDIDATES", 99)
    for quotes, place, unit in (
        ((0.0, 0.0), (0.0, 0.0), "0:1"),  # none is used: the surest
        ((0.0, 0.0), (0.3, 0.4), "0:2"),
        ((0.0, -0.5), (0.3, 0.4), "0:2"),
        ((0.3, 0.4), (0.3, 0.4), "0:1"),
        ((0.3, 0.4), (0.3, 0.1), "0:2"),
        ((0.3, 0.1), (0.9, 0.1), "0:1"),
    ):
        costs |= {1: quotes, 2: place}
        assert chosen() == unit


# A text that is too short -----------------------------------------------------------------------


@given(features=st.integers(3, 90))
@settings(deadline=None, max_examples=30)
def test_a_short_text_is_reported_with_how_long_it_should_be(features):
    found = findings.too_short(300, features, 40)
    assert found.view == "find"
    needed = found.evidence["needed"]
    assert f"300 characters are too few to tell which unit follows what; about {needed:,}" in (
        found.text
    )

    def suffices(characters):
        shifts = len(far_shifts(smooth_length(characters // 2)))
        return shifts + 1 >= max(features, findings.USUAL) / LEVEL

    assert suffices(needed * 107 // 100)
    assert not suffices(needed * 9 // 10)
    assert findings.too_short(9000, features, int(features / LEVEL) - 1) is None
    assert findings.too_short(9000, features, int(features / LEVEL) - 2) is not None


def test_nothing_is_said_of_a_very_short_text(read):
    assert Overview.of(read("a")).findings == ()
    for characters in (overview_module.ENOUGH - 1, overview_module.ENOUGH):
        reading = read("abc bad.\n" * 60)
        text = reading.vocabulary.decode(reading.ids[:characters])
        ids = {one.id for one in Overview.of(read(text)).findings}
        shown = characters == overview_module.ENOUGH
        assert ("short" in ids) == ("reach" in ids) == ("memory" in ids) == shown


# The past ---------------------------------------------------------------------------------------


def contexts(rng, excess, noise=0.3, targets=100, full=2.0):
    """Return contexts of 1, 2, 4, ... characters, each costing so much more than all."""
    lengths = 2 ** np.arange(len(excess))
    whole = full + rng.normal(0, 0.5, targets)
    bits = whole + np.array(excess)[:, None] + rng.normal(0, noise, (len(excess), targets))
    vocabulary = Vocabulary.of("ab")
    ids = np.zeros(1000, np.intp)
    return Context(vocabulary, ids, np.arange(targets), lengths, bits, whole, (0,), ())


def test_the_context_that_is_used_is_reported(rng):
    found = findings.context(contexts(rng, [2.0, 1.0, 0.5, 0.2, 0.0, 0.0], noise=0.02))
    assert found.view == "context"
    assert (found.evidence["n"], found.evidence["enough"]) == (8, 16)
    assert found.text.startswith("it loses 0.20 ± 0.00 bits with 8 characters of context, <1% with")
    unsure = findings.context(contexts(rng, [2.0, 1.0, 0.5, 0.2, 0.0, 0.0], noise=0.1))
    assert (unsure.evidence["n"], unsure.evidence["enough"]) == (8, None)
    assert unsure.text.endswith("with 8 characters of context")
    one = findings.context(contexts(rng, [2.0, 0.0, 0.0], noise=0.02))
    assert "with 1 character of context, <1% with 2" in one.text


def test_no_context_is_reported_that_is_noise(rng):
    assert findings.context(contexts(rng, [0.0] * 6)) is None
    assert findings.context(contexts(rng, [0.05] * 6, noise=3.0)) is None
    assert findings.context(contexts(rng, [0.0, 0.0, 2.0, 0.0])) is None  # shorter ones cost less
    assert findings.context(contexts(rng, [0.01] * 6, noise=0.001)) is None  # clear, but under 1%
    assert findings.context(contexts(rng, [2.0, 0.0], targets=29)) is None
    shown = [
        findings.context(contexts(np.random.default_rng(seed), [0.0] * 8)) for seed in range(60)
    ]
    assert shown.count(None) >= 58  # at three errors of ten blocks


def gradients(norms):
    course = Course(None, "x", norms)
    model = Descent(None, Vocabulary.of("ab"), np.zeros(500, np.intp), (course,))
    return Gradients(np.arange(len(norms)), norms.shape[1] - 1, "a", (model,))


def decaying(rate, losses=48, lags=64, rng=None):
    scale = np.ones(losses) if rng is None else np.exp(rng.normal(0, 2, losses))
    return scale[:, None] * rate ** np.arange(lags + 1)


def test_how_far_gradients_reach_is_reported(rng):
    found = findings.reach(gradients(decaying(0.8, rng=rng)))
    assert (found.view, found.options) == ("grad", "--kind x")
    assert found.evidence["half"] == 4  # .8^3 = .512, .8^4 = .41
    assert found.evidence["m90"] == 10  # 1 - .8^11 = .914, 1 - .8^10 = .893
    assert found.text == "gradients halve in 4 characters; 90% lies within 10 (10 to 10)"
    held = findings.reach(gradients(decaying(0.999)))
    assert held.text.startswith("gradients hold: 0.94 of one is left 64 characters back; 90% lies")
    grown = findings.reach(gradients(decaying(1.1)))
    assert grown.text.startswith("gradients explode: 446 times as large 64 characters back")
    assert findings.reach(gradients(decaying(0.6))).text.startswith("gradients halve in 2 charact")
    assert "in 1 character;" in findings.reach(gradients(decaying(0.49))).text


def test_too_few_gradients_show_nothing():
    assert findings.reach(gradients(decaying(0.8, losses=29))) is None
    lost = decaying(0.8)
    lost[20:, 3] = np.nan
    assert findings.reach(gradients(lost)) is None
    assert findings.reach(gradients(np.zeros((48, 65)))) is None


# Gates ------------------------------------------------------------------------------------------


def opened(read, cell="lstm", kind="f", T=400, **units):
    """Return gates of a reading in which units are open so far, all others by a half."""
    values = np.full((T, 20), 0.5)
    for unit, value in units.items():
        values[:, int(unit[1:])] = value
    reading = read("ab" * (T // 2), cell=cell, hidden_size=20)
    reading = with_values(reading, **dict.fromkeys(reading.states, np.full((T, 20), 0.3)))
    return Gates.of(with_values(reading, **{kind: values}))


def test_a_long_memory_is_reported(read):
    found = findings.memory(opened(read, _3=0.95, _4=0.8, _7=0.97))
    assert found.view == "memory"
    assert found.evidence["integrators"] == 2
    assert found.evidence["longest"] == 33  # 0.97^33 < 1/e < 0.97^32
    assert found.text == "integrators: 2 of 20; longest hold 33 char (0:7)"
    slow = opened(read, "gru", "u", _5=np.where(np.arange(400) % 5 == 0, 0.89, 0.99))
    shown = findings.memory(slow)
    assert shown.text.startswith("integrators: none of 20; longest hold 33 char (0:5")
    short = findings.memory(opened(read, _3=0.86))
    assert short.text.startswith("integrators: none of 20; longest hold 7 char (0:3")
    brief = findings.memory(opened(read, _3=0.91))
    assert brief.text.startswith("integrators: 1 of 20; longest hold 11 char (0:3")
    endless = findings.memory(opened(read, _3=1.0))
    assert "longest hold beyond this text (0:3" in endless.text
    assert endless.data()["evidence"]["longest"] is None


def test_a_unit_that_holds_and_is_reset_has_a_long_memory(read):
    """Its geometric mean is short: 49 steps of all and one of next to nothing."""
    found = findings.memory(opened(read, _3=np.where(np.arange(400) % 50 == 0, 0.001, 1.0)))
    assert found.evidence["longest"] in (25, 26, 27)
    assert found.evidence["reset"] == pytest.approx(0.02)
    assert -1 / np.mean(np.log(np.where(np.arange(400) % 50 == 0, 0.001, 1.0))) < 8


def test_a_saturated_unit_is_not_the_longest_memory(read):
    values = np.full((400, 20), 0.5)
    values[:, 3], values[:, 4] = 1.0, 0.96
    c = np.full((400, 20), 0.3)
    c[:, 3] = 5.0
    reading = with_values(read("ab" * 200, hidden_size=20), f=values, c=c)
    found = findings.memory(Gates.of(reading))
    assert found.evidence["unit"] == "0:4"
    assert ", 1 saturated; " in found.text


def test_an_ordinary_memory_is_not_reported(read):
    assert findings.memory(opened(read, _3=0.9)) is None  # 9.5 characters
    assert findings.memory(opened(read, _3=0.95, T=254)) is None
    rnn = Gates.of(read("ab" * 200, cell="rnn"))
    assert findings.memory(rnn) is None


def test_units_that_are_idle_are_reported(read, rng):
    reading = read("ab" * 200, hidden_size=20)
    a = rng.normal(0, 0.3, (400, 20))
    a[:, [3, 8]] = 0.25
    f = np.full((400, 20), 0.5)
    f[:, 5] = 0.05
    found = findings.idle(Gates.of(with_values(reading, a=a, f=f)))
    assert found.view == "gates"
    assert found.text == (
        "of 20 units 2 never move (sd below 0.01); 1 of 20 forget gates of layer 0 is stuck for "
        "over 99% of the steps"
    )
    a[:, 8] += rng.normal(0, 0.3, 400)
    alone = findings.idle(Gates.of(with_values(reading, a=a, f=np.full((400, 20), 0.5))))
    assert alone.text == "of 20 units 0:3 never moves (sd below 0.01)"


def test_units_that_move_are_not_idle(read, rng):
    a, half = rng.normal(0, 0.3, (400, 60)), np.full((400, 60), 0.5)
    reading = with_values(read("ab" * 200, hidden_size=60), i=half, g=half, o=half)
    assert findings.idle(Gates.of(with_values(reading, a=a, f=half))) is None
    one = half.copy()
    one[:, 3] = 0.99
    assert findings.idle(Gates.of(with_values(reading, a=a, f=one))) is None  # 1 of 60: under 2%
    one[:, 4] = 0.99
    assert findings.idle(Gates.of(with_values(reading, a=a, f=one))) is not None
    one[:5, 3:5] = 0.5
    assert findings.idle(Gates.of(with_values(reading, a=a, f=one))) is None
    a[:, :] = 0
    still = with_values(reading, a=a, f=half)
    assert findings.idle(Gates.of(still)) is not None
    assert findings.idle(Gates.of(part_of(still, slice(255)))) is None


# The whole --------------------------------------------------------------------------------------

LONGEST = [
    Finding("word_starts", "first letters of words cost 13.82 bits, later ones 11.69 (± 0.10)",
            "errors", {}),
    Finding("weakness", "control characters are hard: 13.82 ± 0.45 bits, all else 11.80; 12% of "
            "the text, 25% of the bits", "errors", {}),
    Finding("confidence", "underconfident: expected 12.13 bits, paid 11.94 (± 0.03)", "probs", {},
            "--paint excess"),
    Finding("unit", "1:127.c follows 'string literal' (AUC .99, chance .96); without it "
            "+0.231 ± 0.055 bits there, +0.006 elsewhere", "neuron", {},
            "--unit 1:127 --kind c"),
    Finding("context", "it loses 0.18 ± 0.05 bits with 128 characters of context, <1% with 128",
            "context", {}),
    Finding("reach", "gradients explode: 1.23e+09 times as large 64 characters back; 90% lies "
            "within 64 (60 to 64)", "grad", {}, "--kind x"),
    Finding("memory", "integrators: 129 of 1024, 12 saturated; longest hold 1979 char (1:126)",
            "memory", {}),
]  # fmt: skip


WHOLE = Screen(span=(0, None))  # as the command draws a view that shows no span


def test_the_first_seven_sentences_are_reported(read, monkeypatch):
    many = [Finding(f"rule {n}", "so", "probs", {}) for n in range(9)]
    some = [None, *many[:3], None, *many[3:]]
    monkeypatch.setattr(overview_module, "_findings", lambda *_: iter(some))
    assert Overview.of(read()).findings == tuple(many[:7])


def test_all_fits_a_screen_of_80_by_24(make_checkpoint, read, text):
    made = Overview.of(read())
    checkpoint = make_checkpoint(vocabulary=made.probabilities.vocabulary)
    source = Source.typed(checkpoint.vocabulary, text, "error", 10_000)
    envelope = Envelope(Path("models/" + "long" * 15), checkpoint, source, None)
    for shown in (LONGEST, LONGEST[:3], []):
        result = replace(made, findings=tuple(shown))
        for screen in (
            WHOLE,
            replace(WHOLE, palette=colours._DARK),
            replace(WHOLE, ascii_only=True),
        ):
            lines = [
                line.plain for line in framed(partial(draw, result), envelope, screen, onward=())
            ]
            assert len(lines) <= 24
            assert max(map(len, lines)) <= 80
            if not shown:
                assert len(lines) >= 20  # what is not needed for sentences shows units
            assert screen.ascii_only == all(line.isascii() for line in lines)


def test_the_view_follows_its_sentence(read):
    result = replace(Overview.of(read()), findings=tuple(LONGEST))
    for width in (60, 80, 200):
        lines = [line.plain for line in draw(result, Screen(width))]
        numbered = [line for line in lines if line[:2] in {f"{n} " for n in range(1, 8)}]
        assert [line.split("  ")[-1].strip() for line in numbered] == [
            f"{one.view} {one.options}".strip() for one in LONGEST
        ]
        assert {len(line) for line in numbered} == {width}
        said = " ".join(" ".join(lines).split())
        assert (LONGEST[0].text in said) == (width > 60)
    narrow = " ".join(" ".join(line.plain for line in draw(result, Screen(40))).split())
    for one in LONGEST:
        assert {*one.text.split(), one.view, *one.options.split()} <= set(narrow.split())
    nothing = [line.plain for line in draw(replace(result, findings=()), Screen())]
    assert not any("what stands out" in line for line in nothing)


def test_units_that_go_with_something_come_first(read):
    reading = read("abc bad.\n" * 300)
    made = Overview.of(reading)
    chances = [one.following is None for one in made.units]
    assert chances == sorted(chances)
    assert len({one.unit for one in made.units}) == len(made.units)
    for one in made.units:
        assert one.values.shape == (len(reading),)
        assert np.abs(one.values).max() <= 1
        if one.following is not None:
            assert one.following.verdict != "below noise"
    a = reading.states["a"].var(axis=0).ravel()
    rest = [one.unit for one in made.units if one.following is None]
    H = reading.network.config.hidden_size
    varies = [a[layer * H + j] for layer, j in rest]
    assert varies == sorted(varies, reverse=True)


def test_what_leads_on_is_typed_as_it_stands(read):
    made = Overview.of(read("abc bad"))
    for command, width, begins in (
        ("charrnn inspect", 80, "charrnn inspect --view step"),
        ("charrnn inspect", 40, "--view step"),
        ("charrnn inspect " + "x" * 60, 80, "--view step"),
    ):
        lines = [line.plain for line in next_commands(made, command, Screen(width), own_text=True)]
        assert sum(line.startswith(begins) for line in lines) == 1
        assert max(map(len, lines)) <= width
        assert any("-f FILE" in line for line in lines)
    own = [line.plain for line in next_commands(made, "charrnn inspect", Screen(), own_text=False)]
    assert not any("-f FILE" in line for line in own)


def test_every_view_that_is_named_takes_what_it_is_to_be_asked(make_checkpoint, tmp_path):
    make_checkpoint(tmp_path / "model.npz", num_layers=2, hidden_size=8)
    (tmp_path / "text.txt").write_text("abc bad\ncaé cede " * 20, encoding="utf-8", newline="")
    for one in LONGEST:
        assert one.view in VIEWS
        options = one.options.replace("1:127", "1:7").split()
        model = [str(tmp_path / "model.npz"), "-f", str(tmp_path / "text.txt")]
        done = CliRunner().invoke(
            app, ["inspect", *model, "--unknown", "skip", "--view", one.view, *options]
        )
        assert done.exit_code == 0, done.output
        assert "does not concern" not in done.output


@pytest.mark.parametrize("characters", [1, 2, 3, 40, 300, 2000])
def test_the_data_are_as_the_schema_says(read, text, cell, characters):
    path = Path(charrnn.__file__).parent / "inspection" / "views" / "overview" / "schema.json"
    check = jsonschema.Draft202012Validator(json.loads(path.read_bytes()))
    made = Overview.of(read(text[:characters], cell=cell, num_layers=2))
    data = json.loads(json.dumps(made.data(), allow_nan=False))
    check.validate(data)
    assert (data["means"] is None) == (characters == 1)
    assert {one["id"] for one in data["findings"]} <= set(RULES)
    written = made.arrays()
    assert json.loads(written["findings"].tobytes().decode()) == data["findings"]
    np.testing.assert_array_equal(written["bits"][:-1], made.probabilities.reading.surprise[1:])
    assert (
        written["values"].shape == (characters, len(made.units)) == (characters, len(data["units"]))
    )
    heading, *rows = made.rows()
    assert [row[0] for row in rows] == [one["id"] for one in data["findings"]]
    assert [json.loads(row[heading.index("evidence")]) for row in rows] == [
        one["evidence"] for one in data["findings"]
    ]


def test_the_schema_knows_every_rule(read, rng, text):
    path = Path(charrnn.__file__).parent / "inspection" / "views" / "overview" / "schema.json"
    schema = json.loads(path.read_bytes())
    kinds = schema["properties"]["findings"]["items"]["oneOf"]
    assert [kind["properties"]["id"]["const"] for kind in kinds] == list(RULES)
    bits = letters(text, 4.0, 1.5, 2.0)
    mark = np.array([c == "." for c in text])[1:]
    errors = Errors.of(costing(read(), np.where(mark, 9.0, bits) + rng.random(len(bits)) / 9))
    a, f = np.zeros((400, 20)), np.full((400, 20), 0.5)
    gates = Gates.of(with_values(read("ab" * 200, hidden_size=20), a=a, f=f))
    shown = [
        findings.word_starts(errors),
        findings.weakness(errors),
        findings.unit(cost(), 9),
        findings.too_short(3, 0, 0),
        findings.context(contexts(rng, [2.0, 1.0, 0.0], noise=0.02)),
        findings.reach(gradients(decaying(0.8))),
        findings.memory(gates),
        findings.idle(gates),
    ]
    check = jsonschema.Draft202012Validator(schema)
    units = [one.data() for one in Overview.of(read("abc bad.")).units]
    empty = {"means": None, "units": units}
    check.validate(empty | {"findings": [one.data() for one in shown[:7]]})
    check.validate(empty | {"findings": [shown[7].data()]})
    more = shown[0].data()
    more["evidence"]["more"] = 1
    with pytest.raises(jsonschema.ValidationError):
        check.validate(empty | {"findings": [more]})


def test_it_is_the_same_each_time_and_shows_how_far_it_is(read):
    doing = []

    def track(steps, what, total):
        doing.append(what)
        return steps

    reading = read(hidden_size=8)
    one, other = Overview.of(reading, track=track), Overview.of(reading)
    assert one.data() == other.data()
    assert {"scoring units", "reading short contexts", "going back"} <= set(doing)


def test_the_explanation_fits():
    assert max(map(len, VIEWS["overview"].explain().splitlines())) < 80
    assert VIEWS["overview"].explain().endswith("\n")


# Other passages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("characters", [1, 400, 7198])
def test_a_short_text_is_not_tested_again(characters):
    assert parts_of(characters) == (slice(0, characters), [])


def test_passages_had_no_part_in_finding():
    found, passages = parts_of(9001)
    assert len(passages) == 9
    assert found.stop == passages[0].start
    assert passages[-1].stop == 9001
    assert min(some.stop - some.start for some in passages) >= 400


def test_a_sentence_holds_where_its_passage_says_so(read, rng):
    """First letters are costlier in the first half and in five of nine passages."""
    text = " ".join(rng.choice(["abc", "bad", "cede", "a", "dab.", "1"], 3600))
    part, passages = parts_of(len(text))
    first = np.full(len(text), 4.0)
    for some in passages[:4]:
        first[some] = 0.5
    dear, cheap = letters(text, 1, 0, 0) == 1, letters(text, 0, 1, 0) == 1
    bits = np.where(dear, first[1:], np.where(cheap, 1.5, 2.0)) + rng.normal(0, 0.05, len(text) - 1)
    reading = costing(read(text), bits)
    finding = findings.word_starts(Errors.of(part_of(reading, part)))
    tested = replicated(finding, None, reading, passages)
    assert (tested.holds, tested.passages) == (5, 9)
    assert tested.stamp == " [5/9]"
    assert replace(tested, holds=4).stamp == " [only in this passage]"
    assert finding.stamp == ""
    assert replace(finding, id="short") == replicated(
        replace(finding, id="short"), None, reading, passages
    )


def test_the_screen_and_the_data_say_where_a_sentence_holds(read):
    reading = read("abc bad. 1 cede\n" * 460)
    made = Overview.of(reading)
    assert made.findings
    for one in made.findings:
        assert one.passages == 9
        assert one.data()["holds"] == one.holds
    said = " ".join(" ".join(line.plain for line in draw(made, Screen(200))).split())
    assert "what stands out [and holds in other passages]" in said
    assert all(one.stamp.strip() in said for one in made.findings)


def test_a_unit_goes_with_its_feature_in_other_passages(read, rng):
    words = rng.choice(["ab", "cad", "deed", '"', "1"], 2800)
    reading = read(" ".join(words) + "\n", hidden_size=8)
    inside = np.cumsum([c == '"' for c in reading.text]) % 2
    values = {kind: rng.normal(0, 0.3, (len(reading), 8)) for kind in ("a", "c")}
    values["c"][:, 5] = 1 - 2 * inside + rng.normal(0, 0.2, len(reading))
    _, passages = parts_of(len(reading))
    for some in passages[6:]:
        values["c"][some, 5] *= -1
    made = Overview.of(with_values(reading, **values))
    [it] = [one for one in made.findings if one.id == "unit"]
    assert it.evidence["unit"] == "0:5"
    assert not it.evidence["used"]
    assert (it.holds, it.passages) == (6, 9)
