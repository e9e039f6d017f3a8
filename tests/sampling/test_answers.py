"""Answers: drawn as the network has them, and searched by beams."""

import itertools

import numpy as np
import pytest

from charrnn.evaluation.answers import SourceReader
from charrnn.network.functions import log_softmax
from charrnn.network.pairs import PairConfig, PairNetwork
from charrnn.network.stepper import Stepper
from charrnn.sampling.answers import Answering
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import random_streams
from charrnn.text.vocabulary import Vocabulary

KNOWN = Vocabulary.of("abc")
LABELS = ("no", "perhaps", "yes")


def answering(labels=(), seed=0, scale=3.0, **config):
    network = PairNetwork(
        PairConfig(vocabulary_size=3, hidden_size=6, labels=len(labels)),
        np.random.default_rng(seed), np.float64,
    )  # fmt: skip
    network.params.flat[:] *= scale
    return Answering(network, KNOWN, labels, SamplingConfig(**config)), network


def ids(*texts):
    return [KNOWN.encode(text) for text in texts]


def log_p_of(network, source, answer, *, ended=True):
    """The log-probability of an answer, and of its end, read one symbol at a time."""
    state, _ = SourceReader(network).read([source])
    stepper, total = Stepper(network.decoder), 0.0
    stepper.move(state)
    symbols = [3, *KNOWN.encode(answer).tolist(), 3]
    for before, k in itertools.pairwise(symbols if ended else symbols[:-1]):
        stepper.read(np.array([before]))
        z = stepper.logits[0].astype(float)
        log_softmax(z)
        total += z[k]
    return total


def test_labels_come_as_often_as_the_network_has_them():
    found, network = answering(LABELS, temperature=1.0)
    [source] = ids("abca")
    _, [probabilities] = SourceReader(network).read([source])
    n = 4000
    said = [a.text for a in found.answers([source] * n, random_streams(1))]
    counts = np.array([said.count(label) for label in LABELS])
    expected = n * probabilities
    assert ((counts - expected) ** 2 / expected).sum() < 23  # p > 1e-5, two degrees of freedom
    greedy, _ = answering(LABELS, temperature=0.0)
    [answer] = greedy.answers([source], random_streams(1))
    assert answer.text == LABELS[probabilities.argmax()]
    np.testing.assert_allclose(answer.probabilities, probabilities)
    assert answer.log_p == pytest.approx(np.log(probabilities.max()))


def test_written_answers_come_as_often_as_the_network_has_them():
    found, network = answering(temperature=1.0, length=2)
    [source] = ids("bca")
    n = 4000
    said = [a.text for a in found.answers([source] * n, random_streams(3))]
    texts = ["", *"abc", *("".join(two) for two in itertools.product("abc", repeat=2))]
    probabilities = np.exp([log_p_of(network, source, text, ended=len(text) < 2) for text in texts])
    assert probabilities.sum() == pytest.approx(1)
    counts = np.array([said.count(text) for text in texts])
    expected = n * probabilities
    assert ((counts - expected) ** 2 / expected).sum() < 45  # p > 1e-5, twelve degrees of freedom


def test_an_answer_has_its_log_probability_and_depends_on_its_own_numbers(rng):
    found, network = answering(temperature=1.0, length=8)
    sources = ids(*("".join(rng.choice(list("abc"), rng.integers(1, 9))) for _ in range(70)))
    answers = list(found.answers(sources, random_streams(5)))
    for source, answer in zip(sources, answers, strict=True):
        ended = answer.finish_reason == "stop"
        assert ended == (len(answer.text) < 8)
        assert answer.log_p == pytest.approx(
            log_p_of(network, source, answer.text, ended=ended), rel=1e-9
        )
    streams = list(itertools.islice(random_streams(5), 70))
    again = [next(found.answers([s], [rng])) for s, rng in zip(sources, streams, strict=True)]
    assert [a.text for a in again] == [a.text for a in answers]


def test_one_beam_is_greedy_and_many_find_the_best(rng):
    for seed in range(12):
        source = KNOWN.encode("".join(rng.choice(list("abc"), 5)))
        greedy, network = answering(seed=seed, temperature=0.0, length=3)
        [likeliest] = greedy.answers([source], random_streams(0))
        wide, _ = answering(seed=seed, num_beams=64, length_penalty=0.0, length=3)
        [best] = wide.answers([source], random_streams(0))
        texts = ["".join(t) for n in range(4) for t in itertools.product("abc", repeat=n)]
        exact = max(texts, key=lambda t: log_p_of(network, source, t, ended=len(t) < 3))
        assert best.text == exact
        assert best.log_p >= likeliest.log_p - 1e-12
