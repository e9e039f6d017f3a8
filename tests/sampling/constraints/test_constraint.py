"""Texts drawn under a constraint, against `re.fullmatch`, and what a filter must keep."""

import math
import random
import re
from itertools import product

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.sampling.config import ENDLESS
from charrnn.sampling.constraints import constraint as constraint_module
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.constraint import Constraint
from charrnn.sampling.constraints.positions import automaton_of
from charrnn.sampling.constraints.regular_expression import parse
from charrnn.sampling.constraints.steering import (
    acrostic,
    end_with,
    forbid,
    infill,
    match,
    must,
    template,
    together,
)
from charrnn.sampling.draw import draw, draw_rows
from charrnn.sampling.filters.chain import Filters
from charrnn.sampling.filters.truncation import MinP, Temperature, TopK, TopP
from charrnn.text.vocabulary import Vocabulary

ABC = Alphabet(Vocabulary.of("abcé\n"))
BYTES = Alphabet(Vocabulary.of_bytes(""))


def drawn(constraint, rng, V, filters=()):
    """Draw a text, as ids, from random log-probabilities; check every row of weights."""
    chain, ids = Filters([constraint, *filters]), []
    while not constraint.finished[0]:
        weights = chain.weights(rng.normal(0, 8, V))
        assert weights.max() == 1
        k = draw(weights, rng.random())
        assert weights[k] > 0
        ids.append(k)
        chain.accept(np.array([k]))
    return ids


def test_1000_texts_match_1000_random_expressions(random_expression):
    rng, python_rng, lengths = np.random.default_rng(0), random.Random(0), []
    while len(lengths) < 1000:
        pattern = random_expression(python_rng)
        texts = automaton_of(parse(pattern, ABC), ABC)
        if texts.is_empty:
            continue
        length = int(texts.shortest[0]) + python_rng.randint(0, 8)
        ids = drawn(Constraint(texts, length), rng, 5)
        text = ABC.vocabulary.decode(ids)
        assert re.fullmatch(pattern, text), (pattern, text)
        assert len(text) <= length
        lengths.append(len(text) - length)
    assert lengths.count(0) > 300
    assert min(lengths) < -3


def test_texts_of_bytes_match_random_expressions(random_expression):
    rng, python_rng = np.random.default_rng(1), random.Random(1)
    for _ in range(40):
        pattern = random_expression(python_rng, depth=2)
        texts = automaton_of(parse(pattern, BYTES), BYTES)
        if texts.is_empty:
            continue
        length = int(texts.shortest[0]) + 6
        text = bytes(drawn(Constraint(texts, length), rng, 256)).decode()
        assert re.fullmatch(pattern, text), (pattern, text)


@pytest.mark.parametrize(
    "filters",
    [[Temperature(0)], [Temperature(1e-5)], [Temperature(100)], [TopK(1)], [TopP(0.1)], [MinP(1.0)],
     [TopK(2), Temperature(0.3), MinP(0.5)]],
)  # fmt: skip
def test_with_other_filters_no_row_is_ever_empty(filters, random_expression):
    rng, python_rng = np.random.default_rng(2), random.Random(2)
    for _ in range(60):
        pattern = random_expression(python_rng)
        texts = automaton_of(parse(pattern, ABC), ABC)
        if not texts.is_empty:
            ids = drawn(Constraint(texts, int(texts.shortest[0]) + 5), rng, 5, filters)
            assert re.fullmatch(pattern, ABC.vocabulary.decode(ids))


def test_where_nothing_allowed_is_left_all_that_is_allowed_is_equally_likely():
    constraint = Constraint(match("[bc]+", ABC).texts, 5, B=2)
    log_p = np.full((2, 5), -math.inf)
    log_p[0, 1] = 0  # an a
    log_p[1, 2] = -2000  # a b, so unlikely that its weight would be 0
    constraint(log_p)
    b_or_c = [-math.inf, -math.inf, 0, 0, -math.inf]
    assert log_p.tolist() == [b_or_c, [-math.inf, -math.inf, 0, -math.inf, -math.inf]]


def test_of_what_is_allowed_the_odds_stay_as_they_are():
    constraint = Constraint(match("[abc]{3}", ABC).texts, 3)
    before = np.array([[-0.5, -3.0, -1.0, -2.0, 0.0]])
    after = before.copy()
    constraint(after)
    assert np.isinf(after[0, [0, 4]]).all()
    assert after[0, 1:4].tolist() == [-2, 0, -1]


def completions(alphabet, pattern, begun, left):
    """Whether a beginning can be completed to a match by at most `left` characters, by trying."""
    return any(
        re.fullmatch(pattern, begun + "".join(ending))
        for n in range(left + 1)
        for ending in product(alphabet, repeat=n)
    )


def test_a_character_is_allowed_if_and_only_if_some_completion_fits(random_expression):
    alphabet = Alphabet(Vocabulary.of("ab\n"))
    python_rng, rng = random.Random(3), np.random.default_rng(3)
    for pattern in [random_expression(python_rng, 2) for _ in range(60)]:
        texts = automaton_of(parse(pattern, alphabet), alphabet)
        if texts.is_empty or texts.shortest[0] > 5:
            continue
        constraint, begun = Constraint(texts, 5), ""
        for left in range(5, -1, -1):
            allowed = [
                left > 0 and completions("ab\n", pattern, begun + letter, left - 1)
                for letter in "\nab"
            ]
            assert constraint.allowed[0].tolist() == allowed, (pattern, begun)
            assert constraint.finished.tolist() == [not any(allowed)]
            if constraint.finished[0]:
                assert re.fullmatch(pattern, begun)
                break
            k = int(rng.choice(np.flatnonzero(allowed)))
            begun += "\nab"[k]
            constraint.accept(np.array([k]))


PATTERNS = ["a+b?", ".*(ab|ba).*", "(a|bc){2,4}", "(?s).*abc.{0,3}", "[ab]{4}|[bc]{9}"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_many_rows_are_what_each_is_alone(pattern):
    texts, rng, B = match(pattern, ABC).texts, np.random.default_rng(4), 17
    together, alone = Constraint(texts, 10, B), [Constraint(texts, 10) for _ in range(B)]
    for _ in range(12):
        scores = rng.normal(0, 5, (B, 5))
        scores -= scores.max(axis=1, keepdims=True)
        rows = scores.copy()
        together(rows)
        for b, one in enumerate(alone):
            row = scores[b : b + 1].copy()
            one(row)
            assert row[0].tolist() == rows[b].tolist()
        ids = draw_rows(np.exp(rows), rng.random(B))
        together.accept(ids)
        for b, one in enumerate(alone):
            one.accept(ids[b : b + 1])
        assert together.finished.tolist() == [one.finished[0] for one in alone]
        assert together.states.tolist() == [one.states[0] for one in alone]
        assert together.left == alone[0].left


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_fork_goes_on_as_the_first_would_and_apart_from_it(pattern):
    texts = match(pattern, ABC).texts
    constraint, rng = Constraint(texts, 12), np.random.default_rng(5)
    for _ in range(2):
        log_p = rng.normal(0, 5, (1, 5))
        constraint(log_p)
        constraint.accept(log_p.argmax(axis=1))
    before = constraint.states.tolist(), constraint.left
    fork = constraint.fork()
    ids = drawn(fork, np.random.default_rng(6), 5)
    assert (constraint.states.tolist(), constraint.left) == before
    assert drawn(constraint, np.random.default_rng(6), 5) == ids


def test_a_fork_may_take_some_rows_several_times():
    constraint = Constraint(match("ab+|c+", ABC).texts, 9, B=2)
    constraint.accept(ABC.vocabulary.encode("ac"))
    fork = constraint.fork([1, 0, 1])
    assert [ABC.vocabulary.decode(np.flatnonzero(fork.allowed[b])) for b in range(3)] == [
        "c", "b", "c",
    ]  # fmt: skip
    fork.accept(ABC.vocabulary.encode("cbc"))
    assert constraint.left == 8
    assert fork.left == 7


def test_a_text_is_finished_where_no_character_may_follow():
    constraint = Constraint(match("ab|abc", ABC).texts, 9)
    for letter, finished in (("a", False), ("b", False), ("c", True)):
        constraint.accept(ABC.vocabulary.encode(letter))
        assert constraint.finished.tolist() == [finished]


def test_a_text_is_finished_where_its_length_leaves_no_room_for_a_longer_one():
    constraint = Constraint(match("(abc)+", ABC).texts, 5)
    for letter in "abc":
        assert constraint.finished.tolist() == [False]
        constraint.accept(ABC.vocabulary.encode(letter))
    assert constraint.finished.tolist() == [True]


def test_a_finished_row_is_left_alone_and_stays_finished():
    constraint = Constraint(match("a|c{8}", ABC).texts, 8, B=2)
    constraint.accept(ABC.vocabulary.encode("ac"))
    assert constraint.finished.tolist() == [True, False]
    log_p = np.array([[-1.0, -2, 0, -3, -4]] * 2)
    constraint(log_p)
    assert log_p[0].tolist() == [-1, -2, 0, -3, -4]
    assert np.isfinite(log_p[1]).tolist() == [False, False, False, True, False]
    for _ in range(7):
        constraint.accept(ABC.vocabulary.encode("bc"))
    assert constraint.finished.tolist() == [True, True]


def test_without_end_anything_may_still_come():
    constraint = Constraint(must("abc", ABC).texts, ENDLESS)
    for _ in range(1000):
        assert constraint.allowed.all()
        constraint.accept(ABC.vocabulary.encode("b"))
    assert not constraint.finished[0]
    ending = Constraint(match("ab?", ABC).texts, ENDLESS)
    ending.accept(ABC.vocabulary.encode("a"))
    ending.accept(ABC.vocabulary.encode("b"))
    assert ending.finished.tolist() == [True]


@pytest.mark.parametrize("B", [1, 3])
def test_what_may_not_follow_is_not_accepted(B):
    constraint = Constraint(match("ab", ABC).texts, 9, B)
    with pytest.raises(ValueError, match="id 2 may not follow"):
        constraint.accept(np.array([1, 2, 1][:B] if B > 1 else [2]))


@pytest.mark.parametrize(("length", "shortest"), [(0, 3), (2, 3)])
def test_a_length_that_is_not_enough_is_refused(length, shortest):
    with pytest.raises(ConfigError, match=f"^length: {length} .*shortest .* {shortest:,}; give"):
        Constraint(must("abc", ABC).texts, length)


def test_rows_of_large_vocabularies_are_forgotten_before_they_fill_the_memory(monkeypatch):
    many = {kept: [] for kept in (constraint_module.KEPT, 10)}
    for kept, rows in many.items():
        monkeypatch.setattr(constraint_module, "KEPT", kept)
        constraint = Constraint(must("abcé", ABC).texts, 4, B=2)
        for letter in "abcé":
            rows.append(np.zeros((2, 5)))
            constraint(rows[-1])
            constraint.accept(ABC.vocabulary.encode(letter * 2))
    assert np.array_equal(*many.values())
    rng = np.random.default_rng(7)
    text = ABC.vocabulary.decode(drawn(Constraint(must("abcé", ABC).texts, 40), rng, 5))
    assert "abcé" in text
    assert len(text) == 40


LONG = Alphabet(Vocabulary.of("abcdefghijklmnopqrstuvwxyz ADENY,.\n"))


@pytest.mark.parametrize(
    ("asked", "check"),
    [
        ([must("whale", LONG)], lambda text: "whale" in text),
        ([template("Dear ____,\nyours, ____", LONG)],
         lambda text: re.fullmatch(r"Dear [^\n]+,\nyours, [^\n]+\n?", text)),
        ([infill("A q___k fox", LONG)], lambda text: re.fullmatch("A q...k fox", text)),
        ([acrostic("ANDY", LONG)],
         lambda text: [line[0] for line in text.splitlines()] == list("ANDY")),
        ([end_with("[aeiou]ly|e", LONG)],
         lambda text: all(re.search("([aeiou]ly|e)$", line) for line in text.splitlines())),
        ([acrostic("DAY", LONG), forbid("e", LONG), must("whal", LONG)],
         lambda text: "e" not in text and "whal" in text and len(text.splitlines()) == 3),
    ],
)  # fmt: skip
def test_texts_that_are_steered_satisfy_plain_checks(asked, check):
    texts, rng = together(asked), np.random.default_rng(8)
    shortest = int(texts.shortest[0])
    for length in (shortest, shortest + 1, shortest + 30):
        for _ in range(10):
            text = LONG.vocabulary.decode(drawn(Constraint(texts, length), rng, len(LONG.text)))
            assert check(text), text
            assert len(text) <= length
