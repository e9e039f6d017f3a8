"""Saving while training goes on: when it is due, what is reported, and when it is given up."""

import math
from types import SimpleNamespace

import pytest

from charrnn.errors import CheckpointError
from charrnn.training import autosave as module
from charrnn.training.autosave import Saving
from charrnn.training.trainer import Evaluation, Progress


def progress(step, improved=None):
    evaluation = None if improved is None else Evaluation(step, 1.5, 1.25, improved)
    return Progress(step, step * 32, 0.5, 0.1, 1.5, 0.7, 1e-2, 1.0, 1.25, evaluation)


class Clock:
    """Time that passes when it is set to."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class Disk:
    """Stands for a run, counts what is saved, and fails when it is set to."""

    def __init__(self, clock):
        self.clock, self.saved, self.full, self.slow = clock, [], False, 0.0

    def save(self, path):
        self._take(path, "model")

    def save_state(self, path):
        self.clock.now += self.slow
        self._take(path, "state")

    def _take(self, path, what):
        if self.full is True or self.full == what:
            raise CheckpointError(f"{path.name}: the disk is full")
        self.saved.append(what)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def disk(clock):
    return Disk(clock)


@pytest.fixture
def saving(disk, tmp_path):
    return Saving(disk, tmp_path / "model.npz", state_every=30)


def test_a_model_that_is_better_is_saved_at_once(saving, disk):
    assert saving.after(progress(1)) is None
    assert saving.after(progress(2, improved=False)) is None
    assert disk.saved == []
    assert saving.after(progress(3, improved=True)) is None
    assert disk.saved == ["model"]
    assert (saving.failed, saving.failures) == (False, 0)


def test_the_state_is_saved_now_and_then_whatever_the_step(saving, disk, clock):
    clock.now += 29
    saving.after(progress(1))
    assert disk.saved == []
    clock.now += 1
    saving.after(progress(2))
    assert disk.saved == ["state"]
    saving.after(progress(3))
    clock.now += 30
    saving.after(progress(4, improved=True))
    assert disk.saved == ["state", "model", "state"]


def test_a_state_that_takes_long_to_save_is_saved_less_often(saving, disk, clock):
    disk.slow = 10.0
    clock.now += 30
    saving.after(progress(1))
    for _ in range(200):
        clock.now += 1
        saving.after(progress(2))
    assert disk.saved == ["state"] * 2


def test_a_failure_is_reported_and_the_third_in_a_row_ends_the_run(saving, disk):
    disk.full = True
    for step in (1, 2):
        assert "not saved: model.npz: the disk is full" in saving.after(progress(step, True))
        assert saving.failed
    assert saving.after(progress(3, improved=False)) is None
    disk.full = False
    assert saving.after(progress(4, improved=True)) is None
    assert not saving.failed
    disk.full = True
    for step in (5, 6):
        assert saving.after(progress(step, improved=True))
    with pytest.raises(CheckpointError, match=r"the disk is full; the third failure in a row"):
        saving.after(progress(7, improved=True))
    assert saving.failures == 5


def test_a_full_disk_is_not_tried_at_every_step(saving, disk, clock):
    disk.full = True
    clock.now += 30
    assert saving.after(progress(1))
    assert [saving.after(progress(step)) for step in range(2, 50)] == [None] * 48
    clock.now += 30
    assert saving.after(progress(50))


def test_a_model_that_could_not_be_saved_is_saved_with_the_next_state(saving, disk, clock):
    disk.full = "model"
    assert saving.after(progress(1, improved=True))
    disk.full = False
    clock.now += 30
    assert saving.after(progress(2)) is None
    assert disk.saved == ["model", "state"]


def test_at_a_stop_both_are_tried(saving, disk):
    for full, saved in (("state", ["model"]), ("model", ["state"]), (True, [])):
        disk.full, disk.saved = full, []
        with pytest.raises(CheckpointError):
            saving.stopped()
        assert disk.saved == saved
    disk.full = False
    saving.stopped()
    assert disk.saved == ["state", "model"]


def test_no_time_is_never(disk, tmp_path, clock):
    saving = Saving(disk, tmp_path / "model.npz", state_every=math.inf)
    clock.now += 1e9
    saving.after(progress(1, improved=False))
    assert disk.saved == []


class HalfwayError(Exception):
    """An error of a display or a log."""


@pytest.mark.parametrize(
    ("between", "full", "saved"),
    [(True, False, ["state"]), (False, False, []), (True, "state", [])],
    ids=str,
)
def test_whatever_is_raised_between_two_steps_the_run_is_saved(saving, disk, between, full, saved):
    disk.trainer, disk.full = SimpleNamespace(between_steps=between), full
    with pytest.raises(HalfwayError), saving.guarded():
        raise HalfwayError
    assert disk.saved == saved
