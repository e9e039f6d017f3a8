"""Random regular expressions, and random texts."""

import random

import pytest

LETTERS = "abcé\n"
ATOMS = (
    "a", "b", "c", "é", r"\n", ".", r"\w", r"\s", r"\W", r"\S", "[ab]", "[^a]", "[a-c]", r"[^\s]",
    r"[\w\n]", "[]a]", "[^]b]", "[b-cé]", r"\x61", "(?i:A)", "(?s:.)", "(?i:[^B])", "(?a:\\w)", "É",
)  # fmt: skip
QUANTIFIERS = ("?", "*", "+", "{2}", "{1,2}", "{0,3}", "{2,}", "{,2}", "*?", "+?", "??", "{1,3}?")


@pytest.fixture(scope="session")
def random_expression():
    """Make a regular expression from random numbers, whose groups are `depth` deep at most."""

    def make(rng: random.Random, depth=3):
        kind = rng.random()
        if depth == 0 or kind < 0.25:
            return rng.choice(ATOMS)
        if kind < 0.55:
            return "".join(make(rng, depth - 1) for _ in range(rng.randint(1, 3)))
        if kind < 0.75:
            parts = "|".join(make(rng, depth - 1) for _ in range(rng.randint(2, 3)))
            opening = rng.choice(["(", "(?:", "(?P<x>"]) if depth == 3 else "("
            return f"{opening}{parts})"
        return f"(?:{make(rng, depth - 1)}){rng.choice(QUANTIFIERS)}"

    return make


@pytest.fixture(scope="session")
def random_text():
    def make(rng: random.Random, longest=7):
        return "".join(rng.choices(LETTERS, k=rng.randint(0, longest)))

    return make
