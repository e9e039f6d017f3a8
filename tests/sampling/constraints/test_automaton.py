"""Automata against the sets of all short texts, and against searching."""

import random
from collections import deque
from itertools import product

import numpy as np
import pytest

from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.automaton import NEVER, TooManyStates, both, but
from charrnn.sampling.constraints.positions import automaton_of
from charrnn.sampling.constraints.regular_expression import parse
from charrnn.text.vocabulary import Vocabulary

ALPHABET = Alphabet(Vocabulary.of("ab\n"))
LETTERS = "\nab"
TEXTS = ["".join(letters) for n in range(7) for letters in product(LETTERS, repeat=n)]


def made(pattern):
    return automaton_of(parse(pattern, ALPHABET), ALPHABET)


def texts_of(automaton):
    return {text for text in TEXTS if automaton.matches([LETTERS.index(c) for c in text])}


def patterns(random_expression, seed, n):
    rng = random.Random(seed)
    while n:
        pattern = random_expression(rng, depth=2)
        if "x41" not in pattern:
            yield pattern
            n -= 1


def test_combinations_are_those_of_the_sets(random_expression):
    several = patterns(random_expression, 0, 120)
    for one, other in zip(several, several, strict=False):
        a, b = made(one), made(other)
        assert texts_of(both(a, b)) == texts_of(a) & texts_of(b), (one, other)
        assert texts_of(but(a, b)) == texts_of(a) - texts_of(b), (one, other)


def test_what_contradicts_itself_is_the_empty_set():
    for empty in (both(made("a+"), made("b+")), but(made("a+"), made("a*")), made("ax")):
        assert empty.is_empty
        assert not texts_of(empty)
        assert empty.shortest[0] == NEVER
        assert (empty.next == -1).all()
        assert empty.next.shape == (1, 3)


def searched(automaton, state):
    """The least number of characters to an accepting state, by trying them breadth first."""
    waiting, seen = deque([(state, 0)]), {state}
    while waiting:
        state, n = waiting.popleft()
        if automaton.accepting[state]:
            return n
        for after in automaton.next[state].tolist():
            if after >= 0 and after not in seen:
                seen.add(after)
                waiting.append((after, n + 1))
    return None


def test_shortest_is_what_a_search_finds_and_no_state_is_dead(random_expression):
    for pattern in [*patterns(random_expression, 1, 100), "a{3,}b|(ab){7}", ".*a.{4}"]:
        automaton = made(pattern)
        if not automaton.is_empty:
            found = [searched(automaton, state) for state in range(len(automaton))]
            assert automaton.shortest.tolist() == found


def test_no_smaller_automaton_matches_the_same(random_expression):
    """States that are as many as the different sets of endings (Myhill-Nerode)."""
    for pattern in [*patterns(random_expression, 2, 60), "(a|b)*abb", "(aa|bb)*"]:
        automaton = made(pattern)
        if automaton.is_empty or len(automaton) > 20:
            continue
        endings = set()
        for state in range(len(automaton)):
            ends = []
            for text in TEXTS:
                at = state
                for letter in text:
                    at = automaton.next[at, LETTERS.index(letter)] if at >= 0 else -1
                ends.append(at >= 0 and bool(automaton.accepting[at]))
            endings.add(tuple(ends))
        assert len(endings) == len(automaton), pattern


@pytest.mark.parametrize(
    ("pattern", "states"), [("(a|b)*abb", 4), ("a{5}", 6), (".*", 1), ("(aa)*", 2), ("aa*|bb*", 3)]
)
def test_known_numbers_of_states(pattern, states):
    assert len(made(pattern)) == states


def test_every_state_is_reached_from_the_first(random_expression):
    for pattern in patterns(random_expression, 3, 60):
        automaton = made(pattern)
        reached = {0}
        for _ in range(len(automaton)):
            reached |= {after for s in reached for after in automaton.next[s].tolist()} - {-1}
        assert reached == set(range(len(automaton)))


def test_the_types_are_those_that_are_said():
    automaton = made("a[ab]*\n")
    assert automaton.next.dtype == np.int32
    assert automaton.shortest.dtype == np.int32
    assert automaton.accepting.dtype == np.bool_
    assert automaton.next.shape == (len(automaton), 3)


def test_products_of_too_many_states_are_refused():
    assert len(both(made("(.{97})*"), made("(.{101})*"))) == 97 * 101
    with pytest.raises(TooManyStates):
        both(made("(.{101})*"), made("(.{103})*"))
