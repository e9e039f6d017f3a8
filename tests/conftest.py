"""Small things that many tests share: a network, a vocabulary, a model file."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import typer.testing

from charrnn.checkpoint.checkpoint import Checkpoint, save, this_program
from charrnn.checkpoint.record import TrainingRecord
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.system.blas import Limit
from charrnn.text.vocabulary import Vocabulary
from charrnn.training import defaults as defaults_module
from charrnn.training import plan as plan_module
from charrnn.training.estimate import Pace

LONGEST = 300
"""Seconds after which a process that a test has started is killed, and what it started too: a test
fails then, and does not wait for ever."""


def pytest_configure(config):
    """Take signals as a program at a terminal does, however the tests are started; keep bytecode.

    Under nohup and behind a shell's `&` some are ignored, and what ignores a signal hands that on.
    Where Python writes no bytecode, each of the processes that tests start would compile
    the program anew, and each worker the tests: it is kept with what pytest keeps.
    """
    if sys.dont_write_bytecode and not sys.pycache_prefix:
        sys.pycache_prefix = str(config.rootpath / ".pytest_cache" / "bytecode")
        sys.dont_write_bytecode = False
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Products in one thread: several wait for each other where the machine has other work."""
    with Limit(1):
        yield


@pytest.fixture(scope="session", autouse=True)
def one_command():
    """Build the command once: at each call of a runner that takes a sixth of a test of `cli`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.testing._get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def a_time_limit():
    """Kill every process that a test has started `LONGEST` seconds ago."""
    started, begin = weakref.WeakKeyDictionary(), subprocess.Popen.__init__

    def timed(self, *arguments, **options):
        begin(self, *arguments, **options)
        started[self] = time.monotonic()

    def watch():
        while not over.wait(1):
            for process, since in list(started.items()):
                if process.returncode is None and time.monotonic() - since > LONGEST:
                    for pid in [process.pid, *descendants(process.pid)]:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)

    over = threading.Event()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    subprocess.Popen.__init__ = timed
    yield
    subprocess.Popen.__init__ = begin
    over.set()
    watcher.join()


def descendants(pid):
    """The processes that a process has started, and those that they have, where the system says."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from descendants(child)


@pytest.fixture(params=["rnn", "lstm", "gru"])
def cell(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def vocabulary():
    """Seven characters, a line end among them."""
    return Vocabulary.of("\nabcdeé")


@pytest.fixture
def tiny_network():
    """Make a network whose every parameter, the biases too, is random."""

    def make(cell="lstm", vocabulary_size=7, hidden_size=4, dtype=np.float32, seed=0, **others):
        config = NetworkConfig(vocabulary_size, cell, hidden_size, **others)
        rng = np.random.default_rng(seed)
        network = Network(config, rng, dtype)
        for name in network.params:
            parameter = network.params[name]
            parameter += rng.normal(0, 0.5 * hidden_size**-0.5, parameter.shape)
        return network

    return make


@pytest.fixture
def make_checkpoint(tiny_network, vocabulary):
    """Make a checkpoint of a tiny network; given a path, save it there too."""

    def make(path=None, vocabulary=vocabulary, **network):
        made = tiny_network(vocabulary_size=len(vocabulary), **network)
        record = TrainingRecord(
            sources=("text.txt",), encoding="utf-8", sha256="0" * 64,
            train_characters=900, val_characters=100, config={"batch_size": 4, "epochs": None},
            steps=20, characters_read=640, seconds=1.5, best_step=10, val_loss=1.25,
            val_scored="once", baselines={"uniform": 1.9}, ended="its budget",
        )  # fmt: skip
        history = np.array([[10, 1.5, 1.25], [20, 1.0, 1.5]])
        checkpoint = Checkpoint(made, vocabulary, record, history, this_program())
        if path is not None:
            save(path, checkpoint)
        return checkpoint

    return make


@pytest.fixture
def seen():
    """Return what stands on a terminal in the end: its lines, after all moves of the cursor."""

    def seen(sent):
        lines, row, column = [""], 0, 0
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", sent):
            if piece == "\r":
                column = 0
            elif piece == "\n":
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            elif piece.endswith("A") and piece.startswith("\x1b["):
                row -= int(piece[2:-1] or 1)
                assert row >= 0, "the cursor left the screen"
            elif not piece.startswith("\x1b"):
                line = lines[row].ljust(column)
                lines[row] = line[:column] + piece + line[column + len(piece) :]
                column += len(piece)
        return [line.rstrip() for line in lines]

    return seen


@pytest.fixture
def alive():
    """Return whether a process is there, and not only waiting to be reaped."""

    def alive(pid):
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return status.rsplit(")", 1)[1].split()[0] != "Z"

    return alive


@pytest.fixture
def gone(alive):
    """Tell whether processes end, or have ended, within a minute."""

    def gone(*pids):
        end = time.monotonic() + 60
        while any(map(alive, pids)) and time.monotonic() < end:
            time.sleep(0.01)
        return not any(map(alive, pids))

    return gone


QUICK = Pace(step=1e-3, epoch=1e-4, evaluation=1e-3)
"""What a plan measures, where that does not matter."""


@pytest.fixture
def quick(monkeypatch):
    """Leave out what a plan measures: half a second."""
    monkeypatch.setattr(plan_module, "measure", lambda *_: QUICK)
    monkeypatch.setattr(defaults_module, "measure_speed", lambda *_: 1e5)
