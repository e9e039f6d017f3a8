"""What is measured of answers, against naive counts."""

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.evaluation.answers import (
    SourceReader,
    baselines,
    distance,
    greedy,
    interval,
    measure,
    naive_bayes,
    nearest,
)
from charrnn.evaluation.pairs import ROWS, PairLoss, encode_pairs
from charrnn.network.pairs import PairConfig, PairNetwork, PairTrace, read_answers, read_sources
from charrnn.network.stepper import Stepper
from charrnn.text.pairs import Pairs
from charrnn.text.vocabulary import Vocabulary

KNOWN = Vocabulary.of("abcd ")


def network_of(labels=0, seed=0, **more):
    config = PairConfig(vocabulary_size=len(KNOWN), hidden_size=7, labels=labels, **more)
    network = PairNetwork(config, np.random.default_rng(seed), np.float64)
    network.params.flat[:] *= 2
    return network


def some_pairs(rng, n, answers="ab"):
    sources = ["".join(rng.choice(list("abcd "), rng.integers(1, 12))) for _ in range(n)]
    return Pairs(tuple(sources), tuple(str(each) for each in rng.choice(list(answers), n)))


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_the_distance_is_that_of_its_recursion(one, other):
    @cache
    def naive(n, m):
        if not n or not m:
            return n + m
        return min(
            naive(n - 1, m) + 1, naive(n, m - 1) + 1,
            naive(n - 1, m - 1) + (one[n - 1] != other[m - 1]),
        )  # fmt: skip

    assert distance(one, other) == naive(len(one), len(other))


@pytest.mark.parametrize(("right", "count"), [(0, 10), (1, 7), (50, 100), (10, 10), (0, 0)])
def test_the_interval_holds_the_shares_that_a_test_does_not_refuse(right, count):
    low, high = interval(right, count)
    assert 0 <= low <= high <= 1
    if count:
        for p in (low, high):
            if 1e-9 < p < 1 - 1e-9:  # Wilson's ends are where the score test gives 1.96
                z = (right / count - p) / math.sqrt(p * (1 - p) / count)
                assert abs(z) == pytest.approx(1.959964, rel=1e-5)


def test_naive_bayes_is_the_product_of_its_words():
    learnt = Pairs(("a b", "a a", "c", "c b c"), ("x", "x", "y", "y"))
    source = "a c c z"
    words = {"x": Counter("abaa"), "y": Counter("ccbc")}
    scores = {
        label: 0.5 * math.prod((words[label][w] + 1) / (words[label].total() + 3) for w in "acc")
        for label in "xy"
    }
    assert naive_bayes(learnt, [source]) == [max(scores, key=scores.get)]
    assert naive_bayes(learnt, ["a", "c", "zz zz"]) == ["x", "y", "x"]


def test_the_nearest_text_is_the_one_that_shares_most():
    learnt = Pairs(("the third of May", "the fourth of June", "12 July"), ("1", "2", "3"))
    assert nearest(learnt, ["third of May", "a fourth of June", "July 12", "12 July"]) == [
        "1", "2", "3", "3"
    ]  # fmt: skip
    assert baselines(learnt, learnt, labelled=False) == {"nearest text": 3}
    labelled = Pairs(("a", "b", "c"), ("x", "x", "y"))
    assert baselines(labelled, labelled, labelled=True) == {"most frequent": 2, "naive Bayes": 3}


@pytest.mark.parametrize("labels", [(), ("a", "b")])
def test_what_is_measured_is_what_naive_counts_give(labels, rng):
    network, pairs = network_of(len(labels)), some_pairs(rng, 75)
    found = measure(network, KNOWN, labels, pairs, some_pairs(rng, 40))
    encoded = encode_pairs(pairs, KNOWN, labels)
    said, nats, symbols = [], 0.0, 0
    for source, answer in zip(encoded.sources, encoded.answers, strict=True):
        trace = PairTrace(network, len(source), len(answer) + 1, 1, scores=True)
        read = read_sources(network, source[:, None], trace)
        if labels:
            z = read.state[0, 0, 0] @ network.encoder.W_ya + network.encoder.b_y
            log_p = z - np.log(np.exp(z).sum())
            said.append(labels[int(log_p.argmax())])
            nats, symbols = nats - log_p[answer[0]], symbols + 1
            continue
        written, wanted = read_answers(network, answer[:, None], read.state, trace)
        nats -= sum(written.log_y_hat[u, 0, k] for u, k in enumerate(wanted[:, 0]))
        symbols += len(wanted)
        stepper, ids, k = Stepper(network.decoder), [], len(KNOWN)
        stepper.move(read.state)
        while len(ids) < 2 * 1 + 20:
            stepper.read(np.array([k]))
            k = int(stepper.logits[0].argmax())
            if k == len(KNOWN):
                break
            ids.append(k)
        said.append(KNOWN.decode(ids))
    assert list(found.answered) == said
    assert found.nats == pytest.approx(nats / symbols, rel=1e-9)
    assert found.right == sum(a == b for a, b in zip(said, pairs.answers, strict=True))
    if labels:
        counts = Counter(zip(pairs.answers, said, strict=True))
        assert found.confusion.tolist() == [[counts[a, b] for b in labels] for a in labels]
        f1 = []
        for label in labels:
            there, answered = pairs.answers.count(label), said.count(label)
            f1.append(2 * counts[label, label] / (there + answered))
        assert found.macro_f1 == pytest.approx(np.mean(f1))
        assert 0 <= found.calibration <= 1
    else:
        wrong = sum(map(distance, pairs.answers, said))
        assert found.errors == pytest.approx(wrong / len(pairs))


@pytest.mark.parametrize("labels", [0, 3])
def test_an_answer_does_not_depend_on_what_is_asked_beside_it(labels, rng):
    network = network_of(labels)
    network.params.flat[:] = network.params.flat.astype(np.float32)
    sources = [KNOWN.encode(source) for source in some_pairs(rng, ROWS).sources]
    reader = SourceReader(network)
    state, probabilities = reader.read(sources)
    for n in (0, 5, ROWS - 1):
        alone, one = SourceReader(network).read([sources[n]])
        np.testing.assert_allclose(state[:, :, [n]], alone, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(probabilities[[n]], one, rtol=1e-12)
    if not labels:
        together = greedy(network, state, 9)
        assert [greedy(network, state[:, :, [n]], 9)[0] for n in range(ROWS)] == together


def test_the_loss_is_of_the_beginning_of_a_random_order(rng):
    network, pairs = network_of(), encode_pairs(some_pairs(rng, 60), KNOWN)
    whole, part = PairLoss(pairs)(network), PairLoss(pairs, most=100)(network)
    assert whole.mean != part.mean
    assert part.mean == pytest.approx(whole.mean, rel=0.3)
