"""Averaged parameters against sums written out."""

import numpy as np
import pytest

from charrnn.training.averaging import CHUNK, Average


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_the_average_is_the_weighted_sum(tiny_network, share):
    network, rng = tiny_network(), np.random.default_rng(0)
    average, expected = Average(network, share), network.params.flat.astype(np.float64)
    for t in range(1, 200):
        network.params.flat[:] = rng.standard_normal(network.params.flat.size)
        average.step(network.params.flat, t)
        expected += (network.params.flat - expected) / (share * t + 1)
    np.testing.assert_allclose(average.flat, expected, atol=1e-5)
    assert average.network.params["W_ya"].base is average.flat


def test_after_ten_thousand_steps_the_last_tenth_weighs_two_thirds(tiny_network):
    """As of an exponential average whose time constant is that tenth."""
    network = tiny_network()
    average = Average(network, 0.1)
    for t in range(1, 10_001):
        network.params.flat[:] = t > 9_000
        average.step(network.params.flat, t)
    assert average.flat[0] == pytest.approx(1 - 0.9**10, abs=2e-3)


def test_a_vector_longer_than_a_chunk(tiny_network):
    network = tiny_network(hidden_size=80)
    assert network.params.flat.size > CHUNK
    average = Average(network, 0.0)
    network.params.flat[:] = np.arange(network.params.flat.size)
    average.step(network.params.flat, 1)
    np.testing.assert_allclose(average.flat, network.params.flat, rtol=1e-6)
