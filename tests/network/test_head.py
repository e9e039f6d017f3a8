"""The loss from the hidden states, exact and estimated, against sums written out."""

import math
from itertools import combinations

import numpy as np
import pytest

from charrnn.network.functions import cross_entropy
from charrnn.network.head import Readout, learn, learn_sampled

N, H, V = 9, 4, 8


@pytest.fixture
def given(rng):
    """Parameters, what is handed up, and what came: of eight characters the first three."""
    params = Readout(rng.standard_normal((H, V)), rng.standard_normal(V))
    return params, rng.standard_normal((N, H)), rng.integers(3, size=N)


def gradients(params):
    return Readout(np.full_like(params.W_ya, 7), np.full_like(params.b_y, 7)), np.empty((N, H))


def naive(params, up, y, weight):
    """The mean of log(sum of weight e^z) - z[y], by its definition; no weight is as absent."""
    total = 0.0
    for row, k in zip(up, y, strict=True):
        z = [float(row @ params.W_ya[:, v] + params.b_y[v]) for v in range(V)]
        total += math.log(sum(w * math.exp(s) for w, s in zip(weight, z, strict=True))) - z[k]
    return total / N


def test_the_loss_is_its_definition(given):
    params, up, y = given
    grad, d_up = gradients(params)
    assert learn(params, up, y, grad, d_up) == pytest.approx(naive(*given, [1] * V), abs=1e-12)


@pytest.mark.parametrize("candidates", [[5], [0, 6, 7], [3, 4, 5, 6, 7]])
def test_an_estimate_counts_what_did_not_come_for_more(given, candidates):
    params, up, y = given
    grad, d_up = gradients(params)
    came = set(y.tolist())
    each = V / len(candidates)
    weight = [1 if v in came else each if v in candidates else 0 for v in range(V)]
    loss = learn_sampled(params, up, y, grad, d_up, np.array(candidates))
    assert loss == pytest.approx(naive(params, up, y, weight), abs=1e-12)

    # Its gradients are those of the estimate, by central differences.
    for array, found in ((params.W_ya, grad.W_ya), (params.b_y, grad.b_y), (up, d_up)):
        for index in np.ndindex(array.shape):
            kept, both = array[index], []
            for step in (1e-5, -1e-5):
                array[index] = kept + step
                both.append(naive(params, up, y, weight))
            array[index] = kept
            assert found[index] == pytest.approx((both[0] - both[1]) / 2e-5, abs=1e-8)


def test_all_as_candidates_is_exact(given):
    params, up, y = given
    (exact, d_exact), (sampled, d_sampled) = gradients(params), gradients(params)
    loss = learn(params, up, y, exact, d_exact)
    assert learn_sampled(params, up, y, sampled, d_sampled, np.arange(V)) == pytest.approx(loss)
    for one, other in zip((*exact, d_exact), (*sampled, d_sampled), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 5])
def test_the_sum_is_right_in_the_mean(given, n):
    """Over all ways to draw n candidates of V, the estimated sum of each row is the exact one."""
    params, up, _ = given
    up, y = up[:1], np.array([2])
    z = up[0] @ params.W_ya + params.b_y
    sums = []
    for drawn in combinations(range(V), n):
        grad, d_up = gradients(params)
        loss = learn_sampled(params, up, y, grad, d_up[:1], np.array(drawn))
        sums.append(math.exp(loss + z[2]))
    assert np.mean(sums) == pytest.approx(np.exp(z).sum(), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("height", [0.0, 1.0, 59.0, 61.0, 90.0, 700.0, 1e30])
@pytest.mark.parametrize("sign", [1, -1])
def test_scores_of_any_height(dtype, height, sign):
    """Nothing overflows on the way, which would be an error here."""
    z = np.array([[0.0, -1.0, 0.5], [0.25, 0.0, 0.0]], dtype)
    z[0] += dtype(sign * height)
    y, exact = np.array([1, 0]), np.exp(z - z.max(axis=1, keepdims=True), dtype=np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    loss = -np.log(exact[[0, 1], y]).mean()
    exact[[0, 1], y] -= 1
    assert cross_entropy(z, y, 2) == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(z, exact / 2, rtol=1e-5, atol=1e-6)


def test_a_score_that_is_not_a_number_is_reported():
    for wrong in (np.nan, np.inf):
        z = np.array([[0.0, wrong], [1.0, 2.0]], np.float32)
        with np.errstate(invalid="ignore"):
            assert not math.isfinite(cross_entropy(z, np.array([0, 1]), 2))
