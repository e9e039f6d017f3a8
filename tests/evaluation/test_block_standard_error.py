"""Standard errors of neighbours that are alike, by blocks."""

import math

import numpy as np
import pytest

from charrnn.evaluation.statistics import block_standard_error


def test_block_standard_error():
    values = np.arange(20.0) ** 2
    blocks = [np.mean(values[k : k + 4]) for k in range(0, 20, 4)]
    error, count = block_standard_error(values)
    assert count == 5
    assert error == pytest.approx(np.sqrt(np.var(blocks, ddof=1) / 5))
    assert math.isnan(block_standard_error(np.zeros(3))[0])
    assert math.isnan(block_standard_error(np.zeros(0))[0])


def test_block_standard_error_sees_that_neighbours_are_alike():
    rng = np.random.default_rng(0)
    steps = rng.standard_normal(10_000)
    series = np.zeros(10_000)
    for t in range(1, 10_000):
        series[t] = 0.9 * series[t - 1] + steps[t]
    # The variance of its mean is (1 + .9) / (1 - .9) times that of its values, over n.
    true = series.std() / 100 * np.sqrt(19)
    assert block_standard_error(series)[0] == pytest.approx(true, rel=0.25)
