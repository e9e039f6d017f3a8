"""Texts that lead up to a constraint, against exact enumeration and against masking alone."""

import random
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from charrnn.checkpoint.checkpoint import load
from charrnn.errors import ConfigError
from charrnn.network.functions import log_softmax
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import ENDLESS
from charrnn.sampling.constraints import lookahead
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.constraint import Constraint
from charrnn.sampling.constraints.lookahead import Chain, Particles, found, learned, look_ahead
from charrnn.sampling.constraints.positions import automaton_of
from charrnn.sampling.constraints.regular_expression import parse
from charrnn.sampling.constraints.steering import infill, match, must
from charrnn.sampling.draw import draw
from charrnn.sampling.filters.chain import Filters
from charrnn.sampling.filters.truncation import Temperature, TopK
from charrnn.text.vocabulary import Vocabulary

ABC = Alphabet(Vocabulary.of("abcé\n"))
AB = Alphabet(Vocabulary.of("ab\n"))
OFF = Filters([])


def log_likelihood(network, ids):
    """Mean log-probability of characters after a line end, whose id is 0."""
    stepper, total = Stepper(network), 0.0
    stepper.read(np.array([0]))
    for k in ids:
        log_p = stepper.logits.astype(np.float64)
        log_softmax(log_p)
        total += log_p[0, k]
        stepper.read(np.array([k]))
    return total / len(ids)


def after_a_line_end(network):
    stepper = Stepper(network)
    stepper.read(np.array([0]))
    return stepper


def exactly(stepper, texts, length, temperature=1.0):
    """Every text that satisfies a constraint, with its probability, by trying all of them."""
    probable, V = {}, len(texts.column)

    def follow(stepper, constraint, begun, log_p):
        if constraint.finished[0]:
            probable[begun] = np.exp(log_p)
            return
        after = stepper.logits.astype(np.float64) / temperature
        log_softmax(after)
        for k in np.flatnonzero(constraint.allowed[0]).tolist():
            next_stepper, next_constraint = stepper.fork(), constraint.fork()
            next_stepper.read(np.array([k]))
            next_constraint.accept(np.array([k]))
            follow(next_stepper, next_constraint, (*begun, k), log_p + after[0, k])

    follow(stepper, Constraint(texts, length), (), 0.0)
    assert len(probable) <= V**length
    return probable


@pytest.fixture
def ab_network(cell, tiny_network):
    return tiny_network(cell, vocabulary_size=3, dtype=np.float64)


EXPRESSIONS = ["(?s).*ab.*", "[ab]{2}|.{5}", "(?s)(.*a){3}", "a(?:bb|\n+)a?", "(?s).*bb"]


@pytest.mark.parametrize("replaced", ["often", "never"])
@pytest.mark.parametrize("pattern", EXPRESSIONS)
def test_many_particles_are_weighted_as_the_exact_distribution(
    pattern, replaced, ab_network, monkeypatch
):
    """The twist is as poor as can be."""
    monkeypatch.setattr(lookahead, "EFFECTIVE", {"often": 0.99999, "never": 0}[replaced])
    texts, rng, K = match(pattern, AB).texts, np.random.default_rng(0), 50_000
    exact = exactly(after_a_line_end(ab_network), texts, 5, temperature=0.7)
    particles = Particles(
        after_a_line_end(ab_network).fork([0] * K),
        Filters([Temperature(0.7)]),
        untaught(texts, 5),
        rng,
    )
    for _ in particles.written():
        pass
    assert particles.replaced if replaced == "often" else not particles.replaced
    weights = particles.weights / particles.weights.sum()
    share = dict.fromkeys(exact, 0.0)
    for b in range(K):
        share[tuple(particles.ids[: particles.lengths[b], b].tolist())] += weights[b]
    total = sum(exact.values())
    assert sum(abs(share[text] - exact[text] / total) for text in exact) / 2 < 0.04
    assert np.exp(particles.drawn().log_chance) == pytest.approx(total, rel=0.05)


def untaught(texts, length):
    """A chain in which every character is equally likely everywhere."""
    chain, V = Chain(texts, length), len(texts.column)
    chain.learn_characters([(np.arange(V), np.full((V, V), -np.log(V)))])
    return chain


def test_without_room_for_characters_contexts_are_states(monkeypatch, tiny_network):
    network, texts = tiny_network(vocabulary_size=3, dtype=np.float64), must("aab", AB).texts
    full = Chain(texts, 5)
    monkeypatch.setattr(lookahead, "MOST", (len(texts) + 1) * (3 + 5))
    chain, rng = untaught(texts, 5), np.random.default_rng(5)
    assert len(chain.after) == len(texts) + 1 < len(full.after)
    particles = Particles(after_a_line_end(network).fork([0] * 20_000), OFF, chain, rng)
    for contexts, log_p in particles.written():
        chain.learn(contexts, log_p)
    exact = sum(exactly(after_a_line_end(network), texts, 5).values())
    assert np.exp(particles.drawn().log_chance) == pytest.approx(exact, rel=0.05)
    again = found(after_a_line_end(network), chain, OFF, rng, K=2000)
    assert np.exp(again.log_chance) == pytest.approx(exact, rel=0.05)
    assert "aab" in AB.vocabulary.decode(again.ids)


def test_a_chain_may_serve_several_texts(monkeypatch, tiny_network):
    monkeypatch.setattr(lookahead, "FREE", 4)
    stepper, texts = after_a_line_end(tiny_network(vocabulary_size=5)), must("cab", ABC).texts
    chain = learned(stepper, texts, 30, OFF, np.random.default_rng(0), K=8)
    made = [
        found(stepper, chain, OFF, np.random.default_rng(seed), K=8).ids.tolist()
        for seed in (*range(10), 0)
    ]
    assert all("cab" in ABC.vocabulary.decode(ids) for ids in made)
    assert made[0] == made[-1]
    assert len(set(map(tuple, made))) == 10


def test_the_chance_of_few_particles_is_right_on_average(tiny_network):
    network = tiny_network(vocabulary_size=3, dtype=np.float64)
    texts, rng = match("(?s)(.*a){3}", AB).texts, np.random.default_rng(1)
    chances = []
    for _ in range(400):
        particles = Particles(after_a_line_end(network).fork([0] * 4), OFF, untaught(texts, 6), rng)
        for _ in particles.written():
            pass
        chances.append(np.exp(particles.drawn().log_chance))
    exact = sum(exactly(after_a_line_end(network), texts, 6).values())
    error = np.std(chances) / np.sqrt(len(chances))
    assert abs(np.mean(chances) - exact) < 4 * error < exact / 5


def test_texts_are_drawn_by_the_exact_distribution(monkeypatch, tiny_network):
    monkeypatch.setattr(lookahead, "FREE", 4)
    network = tiny_network(vocabulary_size=3, dtype=np.float64)
    texts, rng, n = match("(?s).*ab.*", AB).texts, np.random.default_rng(2), 400
    exact = exactly(after_a_line_end(network), texts, 3)
    total, counts = sum(exact.values()), dict.fromkeys(exact, 0)
    for _ in range(n):
        drawn = look_ahead(after_a_line_end(network), texts, 3, OFF, rng, K=16)
        counts[tuple(drawn.ids.tolist())] += 1
    expected = np.array(list(exact.values())) / total * n
    chi_square = ((np.array(list(counts.values())) - expected) ** 2 / expected).sum()
    freedom = len(exact) - 1
    assert chi_square < freedom + 4 * np.sqrt(2 * freedom)


def test_what_is_asked_is_never_violated(random_expression, monkeypatch, cell, tiny_network):
    monkeypatch.setattr(lookahead, "FREE", 4)
    network, made = tiny_network(cell, vocabulary_size=5), 0
    rng, python_rng = np.random.default_rng(3), random.Random(3)
    for filters in [OFF, Filters([TopK(1)]), Filters([Temperature(0)])] * 15:
        pattern = random_expression(python_rng)
        texts = automaton_of(parse(pattern, ABC), ABC)
        if texts.is_empty:
            continue
        length = int(texts.shortest[0]) + 6
        made_one = look_ahead(after_a_line_end(network), texts, length, filters, rng, K=4)
        text = ABC.vocabulary.decode(made_one.ids)
        assert re.fullmatch(pattern, text), (pattern, text)
        assert len(text) <= length
        assert 0 < made_one.particles <= 4 + 1e-9
        made += 1
    assert made > 30


def test_the_chain_says_how_probable_its_own_texts_are_to_satisfy():
    """The twist of a chain in which every character is equally likely: a share of all texts."""
    texts = match("(?s).*ab.*", AB).texts
    log_h = untaught(texts, 6).twist()
    for n in range(7):
        every = ["".join(letters) for letters in product("\nab", repeat=n)]
        share = sum("ab" in text for text in every) / len(every)
        assert np.exp(log_h[n, 0]) == pytest.approx(share, rel=1e-5)


def test_a_seed_means_one_text_and_the_place_is_kept(tiny_network):
    stepper = after_a_line_end(tiny_network(vocabulary_size=5))
    before = stepper.logits.copy()
    texts = must("cab", ABC).texts
    first, again, other = (
        look_ahead(stepper, texts, 30, OFF, np.random.default_rng(seed)).ids.tolist()
        for seed in (1, 1, 2)
    )
    assert first == again != other
    assert (stepper.logits == before).all()


@pytest.mark.parametrize(
    ("length", "words"),
    [(ENDLESS, "length: a text without end"), (2, "length: 2 characters is not enough"),
     (10**8, "length: to look 100,000,000 characters ahead, with 4 states, takes too much")],
)  # fmt: skip
def test_lengths_that_cannot_be_are_refused(length, words, tiny_network):
    stepper = after_a_line_end(tiny_network(vocabulary_size=5))
    with pytest.raises(ConfigError, match=words):
        look_ahead(stepper, must("cab", ABC).texts, length, OFF, np.random.default_rng(0))


@pytest.fixture(scope="module")
def playwright():
    return load(Path(__file__).parents[3] / "checkpoints" / "playwright.npz")


def masked(network, texts, length, rng):
    stepper, constraint, ids = after_a_line_end(network), Constraint(texts, length), []
    chain = Filters([constraint])
    while not constraint.finished[0]:
        k = np.array([draw(chain.weights(stepper.logits[0].astype(np.float64)), rng.random())])
        chain.accept(k)
        stepper.read(k)
        ids.append(int(k[0]))
    return ids


@pytest.mark.parametrize(
    ("asked", "length"),
    [(lambda a: must("candle", a), 60),
     (lambda a: infill("The q___k m_n is i_ the wa__r", a), 29)],
)  # fmt: skip
def test_words_stand_where_the_network_would_have_put_them(asked, length, playwright):
    network, alphabet = playwright.network, Alphabet(playwright.vocabulary)
    assert alphabet.text[0] == "\n"
    texts, rng = asked(alphabet).texts, np.random.default_rng(4)
    anything = match("(?s).*", alphabet).texts
    free, mask = (
        np.mean([log_likelihood(network, masked(network, which, length, rng)) for _ in range(24)])
        for which in (anything, texts)
    )
    ahead = np.mean(
        [
            log_likelihood(
                network, look_ahead(after_a_line_end(network), texts, length, OFF, rng).ids
            )
            for _ in range(10)
        ]
    )
    assert ahead > 1.15 * free  # both are negative
    assert ahead > mask + 0.1
