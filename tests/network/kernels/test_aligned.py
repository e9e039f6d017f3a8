"""Every array that is worked on begins at a line of the cache, whatever its shape."""

import tracemalloc

import numpy as np
import pytest

from charrnn.network.config import NetworkConfig
from charrnn.network.gradient import Gradient
from charrnn.network.kernels.aligned import ALIGNMENT, empty, zeros
from charrnn.network.network import Network
from charrnn.network.trace import Trace

SHAPES = [(), (1,), (0, 3), (5, 7), (2, 3, 65)]


@pytest.mark.parametrize("make", [zeros, empty])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_begins_at_a_line_of_the_cache(make, dtype, shape):
    for _ in range(20):
        array = make(shape, dtype)
        assert array.ctypes.data % ALIGNMENT == 0 or array.size == 0
        assert array.shape == shape
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable


def test_zeros_are_zeros(rng):
    for size in rng.integers(1, 10_000, 50).tolist():
        array = zeros((size,), np.float32)
        assert not array.any()
        array[:] = 1  # what is freed is taken again


def test_no_more_memory_is_allocated_than_requested():
    tracemalloc.start()
    kept = empty((1000, 1000), np.float32)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.nbytes <= taken <= kept.nbytes + 2000


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_so_does_all_that_learning_reads_and_writes(cell):
    """With 16 hidden units or a multiple every gate of every step of it does, too."""
    network = Network(NetworkConfig(65, cell, 32, 2), np.random.default_rng(0))
    trace = Trace(network, 8, 4, dropout=0.5)
    grad = Gradient(network, trace)
    arrays = [trace.zx, trace.states, trace.up, trace.masks, grad.da, grad.dzx, grad.dza]
    arrays += [step for slab in (trace.zx, trace.states) for step in slab.reshape(-1, 4, 32)]
    arrays += [network.params.flat, grad.params.flat, grad.recur.out, trace.recur[0].out]
    assert {array.ctypes.data % ALIGNMENT for array in arrays} == {0}
