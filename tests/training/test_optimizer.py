"""AdamW and clipping against their textbooks, and the shape of the learning rate."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.training.optimizer import CHUNK, AdamW, clip, learning_rate


def textbook(params, grads, rates, matrices, decay):
    """Adam as Kingma & Ba (2015) write it, with the decay of Loshchilov & Hutter (2019)."""
    b1, b2, epsilon = AdamW.beta_1, AdamW.beta_2, AdamW.epsilon
    params, m, v = [list(map(float, values)) for values in (params, params * 0, params * 0)]
    for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), start=1):
        for k, g in enumerate(map(float, grad)):
            m[k] = b1 * m[k] + (1 - b1) * g
            v[k] = b2 * v[k] + (1 - b2) * g * g
            m_hat, v_hat = m[k] / (1 - b1**t), v[k] / (1 - b2**t)
            decayed = decay * params[k] if k < matrices else 0.0
            params[k] -= rate * (m_hat / (math.sqrt(v_hat) + epsilon) + decayed)
    return np.array(params)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_is_the_textbook(decay):
    rng = np.random.default_rng(0)
    params, grads = rng.standard_normal(30), rng.standard_normal((25, 30))
    rates = rng.uniform(1e-4, 1e-1, 25)
    expected = textbook(params, grads, rates, 20, decay)
    optimizer = AdamW(params, 20, decay)
    for grad, rate in zip(grads, rates, strict=True):
        optimizer.step(params, grad, rate)
    np.testing.assert_allclose(params, expected, rtol=1e-12, atol=1e-12)
    assert optimizer.t == 25


def test_the_first_step_is_the_learning_rate():
    params = np.zeros(5)
    AdamW(params, 5).step(params, np.array([1e-3, -4.0, 1e4, 0.0, -1e-2]), 0.25)
    np.testing.assert_allclose(params, [-0.25, 0.25, -0.25, 0, 0.25], rtol=1e-4)


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_pieces_of_the_vector_make_no_difference(size):
    rng = np.random.default_rng(0)
    whole, grads = rng.standard_normal(size), rng.standard_normal((3, size))
    parts = [whole[:9].copy(), whole[9:].copy()]
    one = AdamW(whole, size, 0.1)
    two = [AdamW(part, len(part), 0.1) for part in parts]
    for grad in grads:
        one.step(whole, grad, 1e-2)
        for optimizer, part, own in zip(two, parts, np.split(grad, [9]), strict=True):
            optimizer.step(part, own, 1e-2)
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_only_matrices_decay():
    params = np.ones(4)
    AdamW(params, 2, 0.5).step(params, np.zeros(4), 0.1)
    np.testing.assert_allclose(params, [0.95, 0.95, 1, 1], rtol=1e-15)


@given(
    exponent=st.floats(-12, 12),
    limit=st.floats(1e-3, 1e3),
    size=st.integers(1, 3000),
    dtype=st.sampled_from([np.float32, np.float64]),
)
@settings(deadline=None, max_examples=100)
def test_clip_never_exceeds_and_keeps_the_direction(exponent, limit, size, dtype):
    grad = np.random.default_rng(size).standard_normal(size).astype(dtype)
    grad *= dtype(10**exponent)
    before = grad.astype(np.float64)
    norm = float(np.linalg.norm(before))
    assert clip(grad, limit) == pytest.approx(norm, rel=1e-5)
    after = grad.astype(np.float64)
    assert np.linalg.norm(after) <= limit * (1 + 1e-5) or norm <= limit
    scale = min(1, limit / norm)
    np.testing.assert_allclose(after, before * scale, rtol=1e-5)


def test_a_small_gradient_is_not_touched():
    grad = np.array([3.0, -4.0], np.float32)
    for limit in (5.0, 6.0, 0.0):
        assert clip(grad, limit) == 5.0
        np.testing.assert_array_equal(grad, [3, -4])


@pytest.mark.parametrize("size", [1e20, 1e30, 1e37])
def test_huge_gradients_do_not_overflow(size):
    grad = np.full(1000, size, np.float32)
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        norm = clip(grad, 1.0)
    assert norm == pytest.approx(size * math.sqrt(1000), rel=1e-5)
    assert np.linalg.norm(grad.astype(float)) == pytest.approx(1, rel=1e-5)


def test_tiny_gradients_do_not_vanish():
    grad = np.full(100, 1e-30, np.float32)
    assert clip(grad, 1.0) == pytest.approx(1e-29, rel=1e-5, abs=0)


def test_the_norm_of_a_million_is_exact_enough():
    grad = np.random.default_rng(0).standard_normal(1_000_000).astype(np.float32)
    exact = math.sqrt(math.fsum(float(g) ** 2 for g in grad))
    # In float32: how far off depends on the order in which a processor adds.
    assert clip(grad, 1.0) == pytest.approx(exact, rel=1e-5)
    assert np.linalg.norm(grad.astype(float)) <= 1 + 1e-5


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_norm_that_is_not_finite_is_reported_and_nothing_is_scaled(bad):
    grad = np.array([1.0, bad, 2.0], np.float32)
    assert not math.isfinite(clip(grad, 1.0))
    np.testing.assert_array_equal(grad, np.array([1.0, bad, 2.0], np.float32))


highest = st.floats(1e-5, 10)
share = st.floats(0, 0.95)


@given(highest=highest, warmup=share, final=share)
@settings(deadline=None, max_examples=200)
def test_the_learning_rate_rises_to_its_highest_and_falls_to_its_final_share(
    highest, warmup, final
):
    rates = [learning_rate(highest, k / 1000, warmup, final) for k in range(1001)]
    assert max(rates) <= highest * (1 + 1e-12)
    assert learning_rate(highest, warmup, warmup, final) == pytest.approx(highest)
    assert rates[-1] == pytest.approx(highest * final)
    assert min(rates) >= min(highest * final * (1 - 1e-12), highest * 1e-3)
    up, down = rates[: math.ceil(warmup * 1000)], rates[math.ceil(warmup * 1000) :]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    if warmup:
        assert rates[0] == pytest.approx(highest * 1e-3)


@given(highest=highest, warmup=st.floats(0.01, 0.95), final=share, progress=st.floats(0, 1))
@settings(deadline=None, max_examples=200)
def test_the_learning_rate_does_not_jump(highest, warmup, final, progress):
    step = 1e-6
    before, after = (
        learning_rate(highest, at, warmup, final) for at in (progress, progress + step)
    )
    steepest = max(1 / warmup, math.pi / 2 / (1 - warmup))
    assert abs(after - before) <= highest * steepest * step * 1.01


def test_half_way_down_the_cosine():
    assert learning_rate(1.0, 0.55, 0.1, 0.0) == pytest.approx(0.5)
    assert learning_rate(1.0, 0.05, 0.1, 0.0) == pytest.approx(0.5)
    assert learning_rate(2.0, 0.775, 0.1, 0.2) == pytest.approx(
        2 * (0.2 + 0.8 * (1 - math.sqrt(0.5)) / 2)
    )
