"""Texts that lead up to what is asked, against all texts of a small network."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest

from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.sample import Sample
from charrnn.text.vocabulary import Vocabulary

ABC = Vocabulary.of("\nabc")
PROMPT = np.array([0])


def rng(seed):
    return np.random.Generator(np.random.PCG64(seed))


def ids_of(network, config, seed):
    made = Sample(network, ABC, PROMPT, config, rng(seed))
    return [choice.id for choice in made.choices()]


def probabilities(network, config, length):
    """The probability of every text of a length under the options, by reading each of them."""
    found = {}
    for ids in product(range(len(ABC)), repeat=length):
        stepper, filters = Stepper(network), filters_of(config.unasked(), PROMPT[None], ABC)
        stepper.read(PROMPT)
        log_p = 0.0
        for k in ids:
            weights = filters.weights(stepper.logits[0].astype(float))
            with np.errstate(divide="ignore"):
                log_p += np.log(weights[k] / weights.sum())
            filters.accept(np.array([k]))
            stepper.read(np.array([k]))
        found[ABC.decode(ids)] = math.exp(log_p)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{"temperature": 1}, {"temperature": 0.6, "min_p": 0.05}, {"repeat_penalty": 1.5}],
)
def test_texts_come_as_often_as_the_network_writes_them(tiny_network, options):
    network = tiny_network(vocabulary_size=len(ABC), hidden_size=6)
    network.params["W_ya"][:] *= 3
    config = SamplingConfig(length=4, must=("ab",), look_ahead=32, **options)
    p = {text: q for text, q in probabilities(network, config, 4).items() if "ab" in text}
    total, draws = sum(p.values()), 400
    counts = Counter(ABC.decode(ids_of(network, config, seed)) for seed in range(draws))
    assert set(counts) <= set(p)
    # Half the sum of differences, against that of as many draws from the distribution itself.
    far = sum(abs(counts[text] / draws - q / total) for text, q in p.items()) / 2
    exact = rng(0).multinomial(draws, np.array(list(p.values())) / total, 200) / draws
    usual = np.abs(exact - np.array(list(p.values())) / total).sum(axis=1) / 2
    assert far < np.quantile(usual, 0.99) + 0.02


def test_a_seed_is_a_text_and_what_is_asked_holds(tiny_network, cell):
    network = tiny_network(cell, vocabulary_size=len(ABC))
    for seed in range(5):
        config = SamplingConfig(length=30, must=("abc", "cc"), forbid=("bb",), look_ahead=8)
        first, again = (ids_of(network, config, seed) for _ in range(2))
        text = ABC.decode(first)
        assert first == again
        assert "abc" in text
        assert "cc" in text
        assert "bb" not in text
        assert len(text) == 30


def test_without_particles_only_what_cannot_be_is_left_out(tiny_network):
    network = tiny_network(vocabulary_size=len(ABC))
    config = SamplingConfig(length=12, must=("abc",), look_ahead=0)
    assert not config.looks_ahead
    assert all("abc" in ABC.decode(ids_of(network, config, seed)) for seed in range(20))
