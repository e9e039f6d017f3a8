"""Scores against a loop that reads one character after the other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.evaluation.score import WINDOW, ValidationLoss, score
from charrnn.network.backward import backward
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.text.batches import Streams
from charrnn.training.optimizer import AdamW, clip

V = 7
SIZES = [2, 3, 63, 64, 65, 255, 256, 257, 258, 513, 767, 769, 1537, 1538, 2305, 3000]


def naive(network, ids):
    trace, nats = Trace(network, 1, 1), []
    for x, y in pairwise(ids):
        forward(network, np.array([[x]]), trace)
        nats.append(-float(trace.log_y_hat[0, 0, y]))
        trace.carry()
    return np.array(nats)


def text(n, seed=0):
    """A text whose next character mostly follows from the last."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(V, size=n, dtype=np.uint8)
    for k in range(1, n):
        if rng.random() < 0.8:
            ids[k] = (2 * ids[k - 1] + 1) % V
    return ids


def trained(cell):
    network = Network(NetworkConfig(V, cell, 16), np.random.default_rng(0))
    trace = Trace(network, 16, 8)
    grad, optimizer = Gradient(network, trace), AdamW(network.params.flat, network.params.matrices)
    for x, y in list(Streams(text(4000, seed=1), 8, 16)) * 4:
        forward(network, x, trace)
        backward(network, y, trace, grad)
        clip(grad.params.flat, 1.0)
        optimizer.step(network.params.flat, grad.params.flat, 1e-2)
        trace.carry()
    return network


@pytest.fixture(scope="module")
def networks():
    return {cell: trained(cell) for cell in ("rnn", "lstm", "gru")}


@pytest.mark.parametrize("n", [2, 3, WINDOW, WINDOW + 1, WINDOW + 2, 2 * WINDOW + 1, 700])
def test_score_is_the_loop(networks, cell, n):
    ids = text(n)
    found = score(networks[cell], ids)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, naive(networks[cell], ids), rtol=0, atol=2e-5)


@pytest.mark.parametrize("n", [0, 1])
def test_there_is_nothing_to_score_in_less_than_two_characters(networks, n):
    assert score(networks["gru"], text(n)).shape == (0,)


def test_score_continues_from_a_state(networks):
    network, ids = networks["lstm"], text(500)
    whole, trace = score(network, ids), Trace(network, 32, 1)
    parts = [score(network, part, trace) for part in (ids[:101], ids[100:300], ids[299:])]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=2e-5)


@pytest.mark.parametrize("n", SIZES)
def test_the_validation_loss_is_near_the_score(networks, cell, n):
    ids = text(n)
    quick = ValidationLoss(ids, V)
    exact = float(score(networks[cell], ids).mean())
    first = quick(networks[cell]).mean
    one_piece = n < 8 * ValidationLoss.WARMUP  # read from its beginning like score, and as exact
    assert first == pytest.approx(exact, abs=1e-5 if one_piece else 1e-2)
    assert quick(networks[cell]).mean == first  # nothing is left behind by the first


def test_trained_networks_are_better_than_guessing(networks, cell):
    """Or the comparison above would say little."""
    assert score(networks[cell], text(2000)).mean() < 0.75 * np.log(V)


@given(n=st.integers(2, 3000))
@settings(deadline=None, max_examples=150)
def test_the_validation_loss_counts_every_target_once(n):
    # Ids that are places in the text, so that what is read where can be distinguished.
    quick = ValidationLoss(np.arange(n), 1)
    assert sorted(quick.y[quick.counted]) == list(range(1, n))
    np.testing.assert_array_equal(quick.y, quick.x + 1)
    for x, counted in zip(quick.x.T, quick.counted.T, strict=True):
        first, count = int(counted.argmax()), int(counted.sum())
        # Each piece in its order, and before it the characters before it.
        warmup = min(ValidationLoss.WARMUP, x[first])
        expected = np.arange(x[first] - warmup, x[first] + count)
        np.testing.assert_array_equal(x[first - warmup : first + count], expected)
