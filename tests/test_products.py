import numpy as np
import pytest

from charrnn.network import products
from charrnn.network.products import COLUMNS, SMALL, Product, block_rows

SHAPES = [
    (8, 256, 1024),
    (8, 1024, 256),
    (32, 128, 512),
    (3, 512, 1536),
    (64, 256, 1024),
    (5, 64, 64),
]
ODD = [(4, 100, 400), (7, 65, 64), (2, 64, 65), (1, 32, 32)]


@pytest.fixture(params=[True, False], ids=["blocks", "plain"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(products, "has_small_products", lambda: request.param)
    return request.param


@pytest.mark.parametrize("shape", SHAPES + ODD)
@pytest.mark.parametrize("steps", [1, 64])
def test_it_is_the_product(blocks, rng, shape, steps):
    B, K, M = shape
    product = Product(K, M, np.empty((B, M), np.float32), steps, np.float32)
    a = rng.standard_normal((B, K)).astype(np.float32)
    view = product.view(a)
    for _ in range(2):
        W = rng.standard_normal((K, M)).astype(np.float32)
        product.load(W)
        a[:] = rng.standard_normal((B, K))
        exact = a.astype(np.float64) @ W.astype(np.float64)
        found = product(view)
        assert found is product.out
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


def test_a_transposed_matrix_is_taken_as_it_is(blocks, rng):
    W = rng.standard_normal((256, 128)).astype(np.float32)
    product = Product(128, 256, np.empty((4, 256), np.float32), 64, np.float32)
    product.load(W.T)
    a = rng.standard_normal((4, 128)).astype(np.float32)
    np.testing.assert_allclose(product(product.view(a)), a @ W.T, rtol=0, atol=1e-4)


def test_a_later_change_of_the_matrix_is_not_missed_once_loaded_again(blocks, rng):
    W = rng.standard_normal((64, 64)).astype(np.float32)
    product = Product(64, 64, np.empty((2, 64), np.float32), 64, np.float32)
    product.load(W)
    W *= 2
    product.load(W)
    a = np.ones((2, 64), np.float32)
    np.testing.assert_allclose(product(product.view(a)), a @ W, rtol=0, atol=1e-4)


@pytest.mark.parametrize("B", [1, 4, 16, 48, 64, 200])
@pytest.mark.parametrize("K", [64, 100, 192, 256, 768, 2048])
def test_blocks_divide_the_matrix_and_stay_small(B, K):
    rows = block_rows(B, K, 256)
    assert rows == 0 or (K % rows == 0 and B * rows * COLUMNS < SMALL)
    assert block_rows(B, K, 100) == 0


def test_float64_is_multiplied_as_it_is(monkeypatch):
    monkeypatch.setattr(products, "has_small_products", lambda: True)
    product = Product(64, 64, np.empty((2, 64)), 64, np.float64)
    product.load(np.eye(64))
    a = np.arange(128.0).reshape(2, 64)
    assert product.view(a) is a
    np.testing.assert_array_equal(product(a), a)


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
