"""How many threads a matrix product uses, in a process that has imported NumPy already."""

import os
import subprocess
import sys
import threading

import pytest

from charrnn.system import blas
from charrnn.system.blas import THREADS, Limit, Threads, control, in_environment, threads


@pytest.fixture
def number(monkeypatch):
    """A BLAS that remembers what it was set to."""
    asked = [8]
    monkeypatch.setattr(blas, "control", lambda: blas.Control(lambda: asked[-1], asked.append))
    monkeypatch.setattr(Limit, "_inside", 0)  # the tests themselves are in one
    return asked


def test_the_number_is_restored_once_all_have_left(number):
    with Limit(1):
        assert threads() == 1
        with Limit(3):
            assert threads() == 3
        assert threads() == 1
        with Limit(None):
            assert threads() == 1
    assert threads() == 8
    with pytest.raises(KeyError), Limit(2):
        raise KeyError
    assert threads() == 8


def test_nested_contexts(number):
    one, other = Limit(1), Limit(2)
    with one:
        other.__enter__()
    other.__exit__(None, None, None)
    assert threads() == 8


def test_in_threads_of_python(number):
    def work():
        for _ in range(200):
            with Limit(1):
                pass

    working = [threading.Thread(target=work) for _ in range(8)]
    for one in working:
        one.start()
    for one in working:
        one.join(60)
    assert threads() == 8


def test_items_are_computed_inside_and_yielded_outside(number):
    inside = []

    def make():
        for n in range(1000):
            inside.append(threads())
            yield n

    handed = []
    for n in Limit(2).each(make()):
        assert threads() == 8
        handed.append(n)
    assert handed == list(range(1000))
    assert set(inside) == {2}


def test_items_before_an_error_are_yielded(number, monkeypatch):
    monkeypatch.setattr(blas, "AHEAD", 60)
    ended = []

    def make():
        try:
            yield 1
            yield 2
            raise ValueError("the third")
        finally:
            ended.append(True)

    made = Limit(1).each(make())
    assert [next(made), next(made)] == [1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(made)
    monkeypatch.setattr(blas, "AHEAD", 0)
    made = Limit(1).each(make())
    next(made)
    made.close()
    assert ended == [True, True]
    assert threads() == 8


def test_a_blas_without_control_is_left_alone(monkeypatch):
    monkeypatch.setattr(blas, "control", lambda: None)
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    with Limit(1):
        assert threads() == blas.cores()
    monkeypatch.setenv(THREADS[-1], "3")
    assert threads() == 3


def test_the_number_of_the_environment(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    assert in_environment() is None
    for value, asked in (("2", 2), ("0", None), ("many", None), ("", None), ("-1", None)):
        monkeypatch.setenv("OMP_NUM_THREADS", value)
        assert in_environment() == asked


def test_several_threads_are_tried_and_left(number, monkeypatch):
    """By a clock that advances by the time of a piece: with several threads ten times as long."""
    now = [0.0]
    monkeypatch.setattr(blas.time, "perf_counter", lambda: now[0])
    shared, seen = Threads(), []
    for _ in range(400):
        with shared.piece():
            seen.append(threads())
            now[0] += 0.01 if threads() > 1 else 0.001
    assert seen[0] == 1
    assert 0 < seen.count(8) < 10
    assert threads() == 8


def test_a_single_thread_is_not_timed(monkeypatch):
    monkeypatch.setattr(blas, "threads", lambda: 1)
    monkeypatch.setattr(blas.Ways, "took", lambda *_: pytest.fail("measured"))
    with Threads().piece():
        pass


SET = """
import numpy
from charrnn.system import blas
assert blas.control() is not None
before = blas.threads()
with blas.Limit(1):
    assert blas.threads() == 1
    numpy.ones((300, 300)) @ numpy.ones((300, 300))
assert blas.threads() == before
print(before)
"""


def test_the_blas_of_this_numpy_is_set():
    if control() is None:
        pytest.skip("this NumPy's BLAS has no control that is known")
    environment = {name: value for name, value in os.environ.items() if name not in THREADS}
    done = subprocess.run(
        [sys.executable, "-c", SET],
        env=environment | {"OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout == "2\n"
