"""Where the time of training goes: the parts are the whole, and a slow part is seen as one."""

import time

import numpy as np
import pytest

from charrnn.cli.train import show_profile as display
from charrnn.network import head as readout
from charrnn.network.cells import LSTM
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.system.child import ChildProcess
from charrnn.terminal.screen import Screen
from charrnn.text.batches import Streams
from charrnn.training import trainer as training
from charrnn.training.batches import TextBatches
from charrnn.training.config import TrainingConfig
from charrnn.training.optimizer import AdamW
from charrnn.training.profile import PARTS, REST, Profile
from charrnn.training.trainer import Trainer


def profiled(**config):
    ids = np.random.default_rng(0).integers(7, size=600)
    network = Network(NetworkConfig(7, "lstm", 16), np.random.default_rng(0))
    config = TrainingConfig(batch_size=4, seq_length=16, max_steps=6, **config)
    trainer = Trainer(network, TextBatches(ids, ids[:100], 7, config), config)
    trainer.profile = Profile()
    start = time.perf_counter()
    for _ in trainer.run():
        pass
    trainer.finish()
    return trainer.profile, time.perf_counter() - start


def seconds(profile):
    return {share.part: share.seconds for share in profile.shares()}


def test_the_parts_are_the_whole():
    shares = []
    for _ in range(5):  # other work on the machine may come between two looks at the clock
        profile, taken = profiled()
        found = seconds(profile)
        assert profile.steps == 6
        shares.append(sum(found.values()) / taken)
    assert min(abs(share - 1) for share in shares) < 0.1
    assert {"products", "cells", "softmax", "optimiser", "one-hot", "data", REST} <= set(found)
    assert set(found) <= {*PARTS, REST}


def slow(function):
    def slowly(*arguments, **named):
        end = time.perf_counter() + 0.02
        while time.perf_counter() < end:
            pass
        return function(*arguments, **named)

    # The profiler goes by the place that the code object names.
    code = function.__code__
    slowly.__code__ = slowly.__code__.replace(co_filename=code.co_filename, co_name=code.co_name)
    return slowly


@pytest.mark.parametrize(
    ("owner", "name", "part"),
    [
        (readout, "cross_entropy", "softmax"),
        (AdamW, "step", "optimiser"),
        (training, "clip", "optimiser"),
        (LSTM, "backward", "cells"),
        (Streams, "__getitem__", "data"),
    ],
)
def test_a_slow_part_shows(monkeypatch, owner, name, part):
    before = seconds(profiled()[0])
    monkeypatch.setattr(owner, name, slow(getattr(owner, name)))
    after = seconds(profiled()[0])
    assert after[part] - before.get(part, 0) > 0.09
    assert max(after, key=lambda p: after[p] - before.get(p, 0)) == part


def test_waiting_for_workers_is_reported(monkeypatch):
    before = seconds(profiled(workers=2)[0])
    assert before["waiting"] > 0.04  # a worker has to start before its first window
    monkeypatch.setattr(ChildProcess, "send", slow(ChildProcess.send))
    after = seconds(profiled(workers=2)[0])
    assert after["sharing"] - before["sharing"] > 0.09


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_it_is_drawn(width, ascii_only):
    profile, _ = profiled()
    lines = [
        line.plain
        for line in display.draw(profile.shares(), 6, Screen(width, ascii_only=ascii_only))
    ]
    assert max(map(len, lines)) <= width
    assert "6 steps" in lines[1]
    shares = [float(line.split("%")[0].split()[-1]) for line in lines if "%" in line]
    assert sum(shares) == pytest.approx(100, abs=1)
    assert "".join(lines).isascii() or not ascii_only
