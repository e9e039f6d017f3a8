"""A batch over processes: the same gradient, the same numbers again, and no process left behind."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import ConfigError, TrainingError
from charrnn.system.cores import bounds
from charrnn.system.shared_memory import SharedArrays
from charrnn.training import process_learner as module
from charrnn.training.config import TrainingConfig
from charrnn.training.learner import LocalLearner, Noise, Part
from charrnn.training.optimizer import AdamW
from charrnn.training.process_learner import ProcessLearner, choose_workers, learner_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="memory is handed on by descriptors")

T, V = 5, 7


def windows(B, count=3, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.integers(V, size=(T, B)), rng.integers(V, size=(T, B))) for _ in range(count)]


def learnt(learner, B):
    """Return a learner's results for three windows, the state carried, and one from a reset."""
    found = []
    for step, (x, y) in enumerate(windows(B)):
        loss = learner.learn(x, y, step)
        found.append((loss, learner.gradient.copy(), learner.state))
    learner.reset()
    loss = learner.learn(*windows(B)[0], 0)
    found.append((loss, learner.gradient.copy(), learner.state))
    return found


@pytest.fixture
def workers(tiny_network):
    """Make learners with workers, and close them."""
    made = []

    def make(parts, B=5, cell="lstm", **others):
        made.append(ProcessLearner(tiny_network(cell), T, B, parts, Noise(**others)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def of(learner):
    return [process.pid for process in learner._processes]


def test_the_parts_of_a_batch_are_all_of_it():
    for B in range(1, 40):
        for parts in range(1, B + 1):
            found = np.diff(bounds(B, parts))
            assert found.sum() == B
            assert found.min() >= 1
            assert found.max() - found.min() <= 1


@pytest.mark.slow
def test_one_two_and_three_find_the_same_gradient(tiny_network, workers, cell):
    B = 5  # divides neither by two nor by three
    expected = learnt(LocalLearner(tiny_network(cell), T, B), B)
    for parts in (2, 3):
        found = learnt(workers(parts, B, cell), B)
        for (loss, gradient, state), (loss_of_one, of_one, state_of_one) in zip(
            found, expected, strict=True
        ):
            assert loss == pytest.approx(loss_of_one, rel=1e-6)
            np.testing.assert_allclose(gradient, of_one, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(state, state_of_one, rtol=1e-5, atol=1e-6)
        assert found[0][0] == found[3][0]  # after a reset


def test_candidates_are_distinct_and_new_in_each_step_and_part(tiny_network):
    drawn = {}
    for part in (0, 1):
        learner = LocalLearner(
            tiny_network(vocabulary_size=50), T, 2, Noise(sampled=20), Part(part)
        )
        drawn |= {(part, step): learner._candidates(step).tolist() for step in range(4)}
        assert learner._candidates(2).tolist() == drawn[part, 2]
    assert all(len(set(ids)) == 20 for ids in drawn.values())
    assert len(set(map(tuple, drawn.values()))) == 8
    assert LocalLearner(tiny_network(), T, 2)._candidates(0) is None


def test_all_characters_as_candidates_are_the_exact_loss(workers):
    for exact, sampled in zip(
        learnt(workers(2), 5), learnt(workers(2, sampled=10**6), 5), strict=True
    ):
        assert sampled[0] == pytest.approx(exact[0], rel=1e-6)
        np.testing.assert_allclose(sampled[1], exact[1], rtol=1e-4, atol=1e-6)


def test_the_same_numbers_again_dropout_too(workers):
    one, two = (learnt(workers(2, dropout=0.5, seed=3), 5) for _ in range(2))
    other = learnt(workers(2, dropout=0.5, seed=4), 5)
    for (loss, gradient, state), (again, same, carried) in zip(one, two, strict=True):
        assert loss == again
        assert gradient.tobytes() == same.tobytes()
        assert state.tobytes() == carried.tobytes()
    assert one[0][0] != other[0][0]


def test_sequences_begin_anew_by_chance_and_only_they(tiny_network):
    B, x = 400, windows(400)[0][0]
    kept, begun, zero = (
        LocalLearner(tiny_network(), T, B, Noise(seed=3, restart=share))
        for share in (0.0, 0.25, 0.95)
    )
    state = np.random.default_rng(0).normal(0, 0.5, kept.state.shape).astype(np.float32)
    for learner in (kept, begun, zero):
        learner.state = state
    zero.state = np.zeros_like(state)
    zero.noise = Noise()
    for learner in (kept, begun, zero):
        learner.learn(x, x, 7)
    as_kept, as_zero = ((begun.state == each.state).all(axis=(0, 1, 3)) for each in (kept, zero))
    # A quarter begins anew, half of it from a(0) = 0 and half from a state drawn at random.
    assert not (as_kept & as_zero).any()
    assert 260 < as_kept.sum() < 340
    assert 30 < as_zero.sum() < 70
    assert 30 < (~as_kept & ~as_zero).sum() < 70
    again = LocalLearner(tiny_network(), T, B, Noise(seed=3, restart=0.25))
    again.state = state
    again.learn(x, x, 8)
    assert not np.array_equal(again.state, begun.state)  # others in another step


def test_a_state_that_is_set_before_the_first_window_and_after(tiny_network, workers):
    one, two = LocalLearner(tiny_network(), T, 5), workers(2)
    state = np.random.default_rng(0).normal(0, 0.5, one.state.shape).astype(np.float32)
    x, y = windows(5)[0]
    for _ in range(2):
        one.state = state
        two.state = state
        assert two.state.tobytes() == state.tobytes()
        assert two.learn(x, y, 0) == pytest.approx(one.learn(x, y, 0), rel=1e-6)
        state = -state


def test_parameters_that_are_moved_are_seen_by_all(tiny_network, workers):
    one, two = LocalLearner(tiny_network(), T, 5), workers(2)
    x, y = windows(5)[0]
    for learner in (one, two):
        learner.learn(x, y, 0)
        learner.network.params.flat *= 0.5
        learner.reset()
    assert two.learn(x, y, 1) == pytest.approx(one.learn(x, y, 1), rel=1e-6)


@pytest.mark.parametrize("least", [1, 10**9])
def test_parameters_are_moved_as_by_one_process(workers, monkeypatch, least):
    """Each process moves its share, if there are enough of them: the bytes are the same."""
    monkeypatch.setattr(module, "LEAST_MOVED", least)
    learner = workers(3)
    network, optimizer = learner.network, learner.optimizer(0.1)
    alone = network.params.flat.copy()
    beside = AdamW(alone, network.params.matrices, 0.1)
    for step, (x, y) in enumerate(windows(5, count=4)):
        learner.learn(x, y, step)
        rate = 0.01 / (1 + step)
        beside.step(alone, learner.gradient, rate)
        learner.move(optimizer, rate)
        assert network.params.flat.tobytes() == alone.tobytes()
    assert optimizer.t == 4
    assert optimizer.m.tobytes() == beside.m.tobytes()
    assert optimizer.v.tobytes() == beside.v.tobytes()
    optimizer.reset()
    assert not learner.shared["moments"].any()


def test_parameters_are_the_process_s_own_again_in_the_end(tiny_network, workers):
    learner, before = workers(2), tiny_network("lstm").params.flat
    network = learner.network
    assert network.params.flat is learner.shared["params"]
    assert network.params.flat.tobytes() == before.tobytes()
    network.W_ya[:], network.layers[0].W_aa[:] = 3, 4
    assert (network.params["W_ya"] == 3).all()
    after = network.params.flat.copy()
    learner.close()
    assert network.params.flat.tobytes() == after.tobytes()
    assert network.params.flat.base is not learner.shared["params"].base
    learner.shared["params"][:] = 0
    assert (network.W_ya == 3).all()
    assert (network.layers[0].W_aa == 4).all()


def test_no_process_is_started_before_there_is_something_to_do(workers):
    learner = workers(3)
    learner.reset()
    assert of(learner) == []


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_closing_ends_them_and_gives_everything_back(tiny_network, alive):
    shared_memory = Path("/dev/shm")
    before = descriptors(), sorted(shared_memory.iterdir())
    learner = ProcessLearner(tiny_network(), T, 5, 2)
    learner.learn(*windows(5)[0], 0)
    pids = of(learner)
    assert all(map(alive, pids))
    learner.close()
    learner.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    del learner
    assert (descriptors(), sorted(shared_memory.iterdir())) == before


def test_memory_that_is_not_closed_is_freed():
    before = descriptors()
    shared = SharedArrays.create({"a": ((3, 5), "f4"), "b": ((2,), "i8")})
    shared["a"][:], shared["b"][:] = 1.5, 7
    assert shared["a"].sum() == 22.5
    assert shared["b"].tolist() == [7, 7]
    kept = shared["b"]
    del shared
    kept += 1  # what is still used stays
    assert kept.tolist() == [8, 8]
    del kept
    assert descriptors() == before


def test_a_worker_that_is_killed_is_reported_and_the_others_end(workers, gone):
    learner = workers(3)
    learner.learn(*windows(5)[0], 0)
    pids = of(learner)
    os.kill(pids[1], signal.SIGKILL)
    with pytest.raises(TrainingError, match=r"killed by signal 9.*resume") as said:
        learner.learn(*windows(5)[0], 0)
    assert "\n" not in str(said.value)
    learner.close()
    assert gone(*pids)


def test_a_worker_that_cannot_start(workers, monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(TrainingError, match="ended with exit code 3"):
        workers(2).learn(*windows(5)[0], 0)


def test_stop_signals_go_to_the_first_process_alone(workers, capfd):
    learner = workers(2)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    expected = learner.learn(*windows(5)[0], 0)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(of(learner)[0], number)
    learner.reset()
    assert learner.learn(*windows(5)[0], 0) == expected
    learner.close()
    assert capfd.readouterr() == ("", "")


def test_started_from_another_thread(workers):
    learner, found = workers(2), []
    thread = threading.Thread(target=lambda: found.append(learner.learn(*windows(5)[0], 0)))
    thread.start()
    thread.join(20)
    assert len(found) == 1


def test_no_file_of_the_folder_is_imported(workers, tmp_path, monkeypatch):
    for name in ("json", "numpy", "charrnn", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    workers(2).learn(*windows(5)[0], 0)


PARENT = """
import sys, time
import numpy as np
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.training.optimizer import AdamW
from charrnn.training.process_learner import ProcessLearner
learner = ProcessLearner(Network(NetworkConfig(7), np.random.default_rng(0)), 5, 5, 3)
x = np.zeros((5, 5), int)
learner.learn(x, x, 0)
print(*[process.pid for process in learner._processes], flush=True)
while True:
    learner.learn(x, x, 0)
"""


@pytest.mark.slow
def test_workers_do_not_outlive_a_process_that_is_killed(alive, gone):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as process:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(alive, pids))
        process.kill()
        assert gone(*pids)


def test_the_best_number_of_workers(tiny_network, monkeypatch):
    config = tiny_network().config
    large = type(config)(100, hidden_size=512)
    monkeypatch.setattr(module, "cores", lambda: 8)
    assert choose_workers(config, 32, 64) == 1  # too little work to meet for
    assert choose_workers(large, 64, 64) == 8
    assert choose_workers(large, 8, 64) == 2  # four sequences each
    assert choose_workers(large, 1, 64) == 1
    monkeypatch.setattr(os, "name", "nt")
    assert choose_workers(large, 64, 64) == 1


def test_where_memory_cannot_be_shared(tiny_network, monkeypatch):
    monkeypatch.setattr(os, "name", "nt")
    config = TrainingConfig(max_steps=1, workers=2)
    with pytest.raises(ConfigError, match="choose 1"):
        learner_for(tiny_network(), config)
    assert isinstance(learner_for(tiny_network(), TrainingConfig(max_steps=1)), LocalLearner)


def test_a_state_drawn_at_random_is_one_that_a_cell_can_have(tiny_network, cell):
    learner = LocalLearner(tiny_network(cell), T, 2000, Noise(restart=0.9))
    learner._begin_anew(np.random.default_rng(0))
    a, *rest = learner.trace.first_state.swapaxes(0, 1)
    assert np.abs(a).max() <= 1
    assert 0.3 < (a.any(axis=(0, 2))).mean() < 0.6
    for c in rest:
        assert 20 < np.abs(c).max() < 100
        assert (np.abs(a) <= np.abs(np.tanh(c))).all()
