"""The loop over one character at a time, against the loop over windows."""

from itertools import islice

import numpy as np
import pytest

from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.functions import log_softmax
from charrnn.network.kernels import fused
from charrnn.network.kernels.fused import FusedProduct
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.network.trace import Trace
from charrnn.sampling.filters.chain import Filters
from charrnn.sampling.generate import generate


def log_probabilities(stepper):
    z = stepper.logits.astype(np.float64)
    log_softmax(z)
    return z


def check(stepper, trace):
    """The state, and what is predicted in it, are those after the window that was read last."""
    np.testing.assert_allclose(stepper.state, trace.state, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_probabilities(stepper), trace.log_y_hat[-1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("B", [1, 3])
@pytest.mark.parametrize("embedding_size", [0, 3])
@pytest.mark.parametrize("layers", [1, 3])
def test_it_computes_what_a_window_does(cell, layers, embedding_size, B, tiny_network):
    network = tiny_network(cell, dtype=np.float64, num_layers=layers, embedding_size=embedding_size)
    ids = np.random.default_rng(1).integers(7, size=(30, B))
    stepper, trace = Stepper(network, B), Trace(network, 30, B)
    forward(network, ids, trace)
    for t, x in enumerate(ids):
        stepper.read(x)
        np.testing.assert_allclose(
            log_probabilities(stepper), trace.log_y_hat[t], rtol=0, atol=1e-12
        )
    check(stepper, trace)


@pytest.mark.parametrize("B", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 3])
@pytest.mark.parametrize("layers", [1, 3])
def test_whatever_is_done_between_steps(cell, layers, embedding_size, B, tiny_network):
    """It is moved to another state, forked, looked at: what follows is what a window computes."""
    network = tiny_network(cell, dtype=np.float64, num_layers=layers, embedding_size=embedding_size)
    stepper, trace = Stepper(network, B), Trace(network, 1, B)
    numbers = np.random.default_rng(4)
    for _ in range(120):
        x, what = numbers.integers(7, size=(1, B)), numbers.integers(5)
        if what == 0:
            trace.first_state[:] = numbers.uniform(-0.9, 0.9, trace.first_state.shape)
            stepper.move(trace.first_state)
        elif what == 1:
            rows = numbers.integers(B, size=B)
            trace.first_state[:] = trace.first_state[:, :, rows]
            stepper = stepper.fork(rows)
        elif what == 2:
            before = stepper.state.copy(), stepper.logits.copy()
            assert np.array_equal(stepper.state, before[0])
            assert np.array_equal(stepper.logits, before[1])
        forward(network, x, trace)
        stepper.read(x[0])
        check(stepper, trace)
        trace.carry()


def test_a_state_decides_what_is_predicted(cell, tiny_network):
    network = tiny_network(cell, dtype=np.float64, num_layers=2)
    stepper = Stepper(network)
    np.testing.assert_array_equal(stepper.logits[0], network.b_y)  # a(0) = 0
    stepper.read(np.array([3]))
    scores = stepper.state[-1, 0, 0] @ network.W_ya + network.b_y
    np.testing.assert_allclose(stepper.logits[0], scores, rtol=0, atol=1e-12)
    moved = Stepper(network)
    moved.move(stepper.state)
    np.testing.assert_allclose(moved.logits, stepper.logits, rtol=0, atol=1e-15)


def test_forks_go_their_own_ways(cell, tiny_network):
    network = tiny_network(cell, dtype=np.float64, num_layers=2)
    stepper = Stepper(network, 2)
    stepper.read(np.array([1, 5]))
    fork, alone = stepper.fork([1, 1, 0]), stepper.fork([0])
    assert (fork.B, alone.B, stepper.fork().B) == (3, 1, 2)
    before = stepper.state.copy()
    fork.read(np.array([2, 3, 4]))
    alone.read(np.array([4]))
    np.testing.assert_array_equal(stepper.state, before)
    np.testing.assert_allclose(alone.state[:, :, 0], fork.state[:, :, 2], rtol=0, atol=1e-12)
    assert not np.allclose(fork.logits[0], fork.logits[1])


def test_later_changes_of_the_parameters_do_not_reach_it(cell, tiny_network):
    network = tiny_network(cell, num_layers=2, embedding_size=3)
    stepper, kept = Stepper(network), Stepper(network)
    for k in (1, 2, 3):
        kept.read(np.array([k]))
    network.params.flat[:] = 0.5
    for k in (1, 2, 3):
        stepper.read(np.array([k]))
    np.testing.assert_array_equal(stepper.logits, kept.logits)


def test_a_function_is_called_after_each_step_of_a_layer(cell, tiny_network):
    network = tiny_network(cell, dtype=np.float64, num_layers=2)
    stepper, seen = Stepper(network, 2), []

    def shift(layer, t, after, gates):
        seen.append((layer, t, gates.shape[1:]))
        after[0] += 0.25

    stepper.after_step(shift)
    stepper.read(np.array([1, 2]))
    H = network.config.hidden_size
    assert seen == [(0, 0, (2, H)), (1, 0, (2, H))]
    changed = stepper.state.copy()
    stepper = Stepper(network, 2)
    stepper.read(np.array([1, 2]))
    np.testing.assert_allclose(changed[0, 0] - 0.25, stepper.state[0, 0], rtol=0, atol=1e-12)
    assert not np.allclose(changed[1, 0] - 0.25, stepper.state[1, 0])  # the layer above sees it


@pytest.mark.parametrize("threads", ["1", "2", "nonsense"])
def test_a_product_that_threads_nearly_share_is_made_large_enough(threads, monkeypatch):
    """With columns of zeros, which change no result."""
    monkeypatch.setattr(fused, "SHARED", 256)  # with 8 hidden units: 32 columns
    monkeypatch.setattr(fused.blas, "cores", lambda: 2)
    monkeypatch.setattr(fused.blas, "control", lambda: None)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
    for wide in (8 * 3 - 1, 8 * 3, 32):  # an RNN's own 8, and what it hands up
        product = FusedProduct((1, 8, 8), (1, wide - 8), np.float64)
        assert product.up.shape == (1, 1, wide - 8)
        nearly = 24 <= wide < 32 and threads != "1"
        assert product._W.shape[1] == (32 if nearly else -(-wide // 8) * 8)
    network = Network(NetworkConfig(7, "gru", 8, 2), np.random.default_rng(0), np.float64)
    found = []
    for shared in (256, 10**9):
        monkeypatch.setattr(fused, "SHARED", shared)
        made = generate(network, np.array([1]), Filters([]), np.random.default_rng(0))
        found.append([choice.scores for choice in islice(made, 30)])
    np.testing.assert_allclose(*found, rtol=0, atol=1e-12)
