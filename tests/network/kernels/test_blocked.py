import numpy as np
import pytest

from charrnn.network.kernels import blocked as products
from charrnn.network.kernels.blocked import COLUMNS, SMALL, Product, block_rows

# P matrices side by side, of K rows and M columns, from B rows
SHAPES = [
    (4, 256, 256, 8),
    (1, 1024, 256, 8),
    (1, 1024, 256, 32),
    (4, 128, 128, 32),
    (1, 1536, 512, 3),
    (3, 512, 512, 3),
    (4, 256, 256, 64),
    (1, 64, 64, 5),
    (3, 512, 64, 4),
]
ODD = [(4, 100, 100, 4), (1, 65, 64, 7), (1, 64, 65, 2), (1, 32, 32, 1)]


@pytest.fixture(params=[True, False], ids=["blocks", "plain"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(products, "has_small_products", lambda: request.param)
    return request.param


def naive(a, W):
    """Return a @ W[p] for each p, in float64."""
    return np.array([a.astype(np.float64) @ each for each in W.astype(np.float64)])


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES + ODD)
@pytest.mark.parametrize("steps", [1, 64])
def test_it_is_the_product(blocks, rng, shape, steps):
    *matrices, B = shape
    product = Product(matrices, B, steps, np.float32)
    P, K, M = matrices
    a = rng.standard_normal((B, K)).astype(np.float32)
    view = product.view(a)
    for scaled in (False, True):
        W = rng.standard_normal(matrices).astype(np.float32)
        scale = np.arange(1.0, P + 1).astype(np.float32)
        product.load(W, scale if scaled else None)
        a[:] = rng.standard_normal((B, K))
        exact = naive(a, W)
        if scaled:
            exact *= scale[:, None, None]
        found = product(view)
        assert found is product.out
        assert found.shape == (P, B, M)
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


def test_matrices_and_rows_may_be_views(blocks, rng):
    """The gates of a matrix stored side by side; a matrix transposed; rows among others."""
    W = rng.standard_normal((64, 4 * 64)).astype(np.float32)
    rows = rng.standard_normal((5, 7, 4 * 64)).astype(np.float32)[:, 3]
    back = Product((1, 4 * 64, 64), 5, 64, np.float32)
    back.load(W.T[None])
    np.testing.assert_allclose(back(back.view(rows))[0], rows @ W.T, rtol=0, atol=1e-4)
    there = Product((4, 64, 64), 5, 64, np.float32)
    there.load(W.reshape(64, 4, 64).swapaxes(0, 1))
    found = there(there.view(rows[:, :64])).swapaxes(0, 1).reshape(5, 4 * 64)
    np.testing.assert_allclose(found, rows[:, :64] @ W, rtol=0, atol=1e-4)


def test_a_later_change_of_the_matrix_is_not_missed_once_loaded_again(blocks, rng):
    W = rng.standard_normal((1, 64, 64)).astype(np.float32)
    product = Product((1, 64, 64), 2, 64, np.float32)
    product.load(W)
    W *= 2
    product.load(W)
    a = np.ones((2, 64), np.float32)
    np.testing.assert_allclose(product(product.view(a)), naive(a, W), rtol=0, atol=1e-4)


@pytest.mark.parametrize("B", [1, 4, 16, 48, 64, 200])
@pytest.mark.parametrize("K", [64, 100, 192, 256, 768, 2048])
def test_blocks_divide_the_matrix_and_stay_small(B, K):
    rows = block_rows(B, K, 256)
    assert rows == 0 or (K % rows == 0 and B * rows * COLUMNS < SMALL)
    assert block_rows(B, K, 100) == 0


def test_float64_is_multiplied_as_it_is(monkeypatch):
    monkeypatch.setattr(products, "has_small_products", lambda: True)
    product = Product((1, 64, 64), 2, 64, np.float64)
    product.load(np.eye(64)[None])
    a = np.arange(128.0).reshape(2, 64)
    assert product.view(a).shape == (2, 64)
    np.testing.assert_array_equal(product(product.view(a))[0], a)


def test_the_answer_about_the_machine_is_a_fact_that_stays():
    assert products.has_small_products() is products.has_small_products()


@pytest.mark.parametrize(
    ("blas", "found", "answer"),
    [
        ("scipy-openblas", ["X86_V3", "X86_V4", "AVX512_ICL"], True),  # NumPy 2.4
        ("openblas64", ["AVX2", "AVX512_SKX"], True),  # NumPy 2.0
        ("scipy-openblas", ["AVX2"], False),
        ("accelerate", ["AVX512_SKX"], False),
    ],
)
def test_it_is_known_by_the_library_and_the_processor(monkeypatch, blas, found, answer):
    config = {"Build Dependencies": {"blas": {"name": blas}}, "SIMD Extensions": {"found": found}}
    monkeypatch.setattr(np, "show_config", lambda mode: config)
    assert products.has_small_products.__wrapped__() is answer
