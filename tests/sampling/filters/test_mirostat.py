"""Mirostat, against its algorithm written out, and by the surprise of what it writes."""

import math

import numpy as np
import pytest

from charrnn.sampling.draw import draw
from charrnn.sampling.filters.mirostat import Mirostat


def test_it_is_the_algorithm(rng):
    target, rate = 1.2, 0.15
    change, limit = Mirostat(target, rate, 1), 2 * target
    for _ in range(300):
        p = rng.dirichlet(np.ones(12) * 0.5)
        log_p = np.log(p)[None] - np.log(p).max()
        change(log_p)
        kept = [k for k in range(12) if -math.log2(p[k]) <= limit] or [int(p.argmax())]
        assert np.flatnonzero(log_p[0] > -math.inf).tolist() == kept
        k = int(rng.choice(kept))
        change.accept(np.array([k]))
        limit -= rate * (-math.log2(p[k] / p[kept].sum()) - target)


@pytest.mark.parametrize("target", [0.8, 1.5, 2.5])
def test_the_surprise_is_near_the_target(target):
    """Over distributions of 4.2 bits on average, of 8 seeds."""
    means = []
    for seed in range(8):
        rng, change, bits = np.random.default_rng(seed), Mirostat(target, 0.1, 1), []
        for _ in range(1500):
            log_p = np.log(rng.dirichlet(np.ones(40) * 0.7))[None]
            log_p -= log_p.max()
            change(log_p)
            w = np.exp(log_p[0])
            k = draw(w, rng.random())
            bits.append(-math.log2(w[k] / w.sum()))
            change.accept(np.array([k]))
        means.append(np.mean(bits[100:]))
    assert abs(np.mean(means) - target) < 0.05
    assert np.abs(np.array(means) - target).max() < 0.15


def test_rows_are_as_alone_and_a_fork_continues(rng):
    together, alone = Mirostat(1.0, 0.2, 3), [Mirostat(1.0, 0.2, 1) for _ in range(3)]
    for step in range(40):
        log_p = np.log(rng.dirichlet(np.ones(9), 3))
        log_p -= log_p.max(axis=1, keepdims=True)
        rows = log_p.copy()
        together(rows)
        for b, one in enumerate(alone):
            single = log_p[b : b + 1].copy()
            one(single)
            np.testing.assert_array_equal(rows[b] > -np.inf, single[0] > -np.inf)
        ids = rows.argmax(axis=1)
        together.accept(ids)
        for b, one in enumerate(alone):
            one.accept(ids[b : b + 1])
        if step == 20:
            order = np.array([2, 0, 1])
            together, alone = together.fork(order), [alone[b] for b in order]


def test_what_was_not_left_changes_nothing(rng):
    """As a character that a user typed, or that something else chose."""
    change = Mirostat(0.1, 0.5, 1)
    log_p = np.log(rng.dirichlet(np.ones(9)))[None]
    log_p -= log_p.max()
    change(log_p)
    before = change.carried
    change.accept(log_p.argmin(axis=1))
    assert change.carried == before
    change.accept(log_p.argmax(axis=1))
    assert change.carried != before
