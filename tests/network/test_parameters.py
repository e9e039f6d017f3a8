"""Named arrays that are one vector."""

import numpy as np
import pytest

from charrnn.network.parameters import Parameters

SHAPES = {"W": (2, 3), "U": (3, 1), "b": (3,), "nothing": (0, 5)}


def test_the_arrays_are_the_vector_in_their_order():
    params = Parameters(SHAPES)
    assert params.flat.dtype == np.float32
    np.testing.assert_array_equal(params.flat, np.zeros(12))
    params.flat[:] = np.arange(12)
    np.testing.assert_array_equal(params["W"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(params["U"], [[6], [7], [8]])
    np.testing.assert_array_equal(params["b"], [9, 10, 11])


def test_each_array_shares_memory_with_the_vector_both_ways():
    params = Parameters(SHAPES, np.float64)
    for name in ("W", "U", "b"):
        assert np.shares_memory(params[name], params.flat)
        params[name][:] = 7
    np.testing.assert_array_equal(params.flat, np.full(12, 7.0))
    params.flat *= 2
    assert params["U"][2, 0] == 14


def test_a_vector_from_elsewhere_is_taken_as_it_is():
    flat = np.arange(12, dtype=np.float32)
    params = Parameters(SHAPES, flat=flat)
    assert params.flat is flat
    params["b"][0] = -1
    assert flat[9] == -1


def test_a_vector_of_another_length_is_no_home():
    with pytest.raises(ValueError, match="reshape"):
        Parameters(SHAPES, flat=np.zeros(11, np.float32))


def test_it_is_a_mapping():
    params = Parameters(SHAPES)
    assert list(params) == list(SHAPES)
    assert len(params) == 4
    assert params.shapes == SHAPES
    assert "W" in params
    assert "V" not in params
    with pytest.raises(KeyError):
        params["V"]


def test_matrices_come_first_in_every_network(tiny_network, cell):
    network = tiny_network(cell, num_layers=2, embedding_size=3)
    decayed = network.params.flat[: network.params.matrices]
    for name, view in network.params.items():
        assert np.shares_memory(view, decayed) == name.startswith("W"), name
