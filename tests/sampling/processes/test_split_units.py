"""A text by two processes: what one would write, and no process left waiting."""

import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import CharRNNError
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.sampling import alternating
from charrnn.sampling import sample as samples
from charrnn.sampling.alternating import generate_alternating
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.filters.truncation import Temperature
from charrnn.sampling.generate import generate
from charrnn.sampling.processes import split_units as halves
from charrnn.sampling.processes.split_units import is_worthwhile
from charrnn.sampling.sample import LONG, Sample, choose_generator
from charrnn.system import child as started

pytestmark = pytest.mark.skipif(os.name != "posix", reason="memory is handed on by descriptors")


def some_network(cell="lstm", layers=2, size=32, embedding_size=0, dtype=np.float32):
    config = NetworkConfig(11, cell, size, layers, embedding_size)
    return Network(config, np.random.default_rng(1), dtype)


class Turns:
    """Takes halves from the first character on, or one way and the other in turns of some length.

    Each waits until the other process can go on, so that nothing depends on how fast it is.
    """

    def __init__(self, can_share, length=None):
        self._can_share, self._length, self._made = can_share, length, 0
        self.several = False

    def took(self, seconds):
        self._made += 1
        while not self._can_share():
            time.sleep(0.001)
        self.several = self._length is None or self._made // self._length % 2 == 1


@pytest.fixture
def in_turns(monkeypatch):
    monkeypatch.setattr(alternating, "Ways", lambda can_share: Turns(can_share, 7))


@pytest.fixture
def in_halves(monkeypatch):
    monkeypatch.setattr(alternating, "Ways", Turns)


@pytest.fixture
def others(monkeypatch):
    """The processes that are started, so that they can be asked about."""
    found = []

    class Kept(started.ChildProcess):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            found.append(self.pid)

    monkeypatch.setattr(halves, "ChildProcess", Kept)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ways", "layers", "embedding_size", "dtype"),
    [
        ("in_halves", 2, 0, np.float32),
        ("in_halves", 3, 5, np.float64),
        ("in_turns", 3, 5, np.float32),
        ("in_turns", 2, 0, np.float64),
    ],
)
def test_it_is_what_one_process_writes(request, cell, layers, embedding_size, dtype, ways):
    request.getfixturevalue(ways)
    network = some_network(cell, layers, 32, embedding_size, dtype)
    prompt, config = np.array([3, 1, 4]), Filters([Temperature(1.3)])
    said = []
    for how in (generate, generate_alternating):
        made = how(network, prompt, config, np.random.default_rng(5))
        said.append(list(islice(made, 600)))
        made.close()
    one, two = said
    np.testing.assert_allclose(
        [choice.scores for choice in two],
        [choice.scores for choice in one],
        rtol=0,
        atol=1e-5 if dtype == np.float32 else 1e-12,
    )
    assert [choice.id for choice in two] == [choice.id for choice in one]
    assert len({choice.id for choice in one}) > 5


@pytest.mark.usefixtures("in_halves")
def test_a_process_that_waits_long_continues_when_the_reader_does(others, gone):
    """A reader that pauses: the other process then looks seldom, and takes next to no time."""
    made = generate_alternating(
        some_network(), np.array([1]), Filters([]), np.random.default_rng(0)
    )
    list(islice(made, 50))
    [pid] = others

    def processor_time():
        user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    time.sleep(0.2)
    before = processor_time()
    time.sleep(1)
    assert processor_time() - before < 0.2
    assert len(list(islice(made, 50))) == 50
    made.close()
    assert gone(pid)


@pytest.mark.usefixtures("in_halves")
@pytest.mark.parametrize("looks", [1, halves.LOOKS])
def test_a_process_that_is_killed_is_reported(monkeypatch, others, looks):
    monkeypatch.setattr(halves, "LOOKS", looks)
    made = generate_alternating(
        some_network(), np.array([1]), Filters([]), np.random.default_rng(0)
    )
    list(islice(made, 20))
    os.kill(others[0], signal.SIGKILL)
    with pytest.raises(CharRNNError, match="killed by signal 9") as said:
        list(made)
    assert "\n" not in str(said.value)


def test_a_process_that_is_killed_early_is_reported(others):
    made = generate_alternating(
        some_network(), np.array([1]), Filters([]), np.random.default_rng(0)
    )
    next(made)
    os.kill(others[0], signal.SIGKILL)
    with pytest.raises(CharRNNError, match="killed by signal 9"):
        list(made)


@pytest.mark.usefixtures("in_halves")
def test_it_ends_when_no_more_is_wanted(others):
    shared_memory = Path("/dev/shm")
    before = len(list(Path("/proc/self/fd").iterdir())), sorted(shared_memory.iterdir())
    made = generate_alternating(
        some_network(), np.array([1]), Filters([]), np.random.default_rng(0)
    )
    list(islice(made, 20))
    del made
    assert not Path(f"/proc/{others[0]}").exists()
    assert (len(list(Path("/proc/self/fd").iterdir())), sorted(shared_memory.iterdir())) == before


def test_what_is_not_a_number_is_reported(others, gone):
    network = some_network()
    network.b_y[2] = np.nan
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"), pytest.raises(CharRNNError, match="not a number"):
        list(generate_alternating(network, np.array([1]), Filters([]), rng))
    assert gone(*others)


PARENT = """
import numpy as np
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.system import child as started
from charrnn.sampling import alternating
from charrnn.sampling.processes import split_units as halves
from charrnn.sampling.filters.chain import Filters

class Ways:
    def __init__(self, can_share):
        self.can_share, self.several = can_share, False

    def took(self, seconds):
        self.several = self.can_share()

class Printing(started.ChildProcess):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        print(self.pid, flush=True)

halves.ChildProcess = Printing
alternating.Ways = Ways
network = Network(NetworkConfig(7, "gru", 32, 2), np.random.default_rng(0))
for choice in alternating.generate_alternating(
    network, np.array([1]), Filters([]), np.random.default_rng(0)
):
    pass
"""


def test_it_does_not_outlive_a_process_that_is_killed(gone):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        time.sleep(0.5)  # whether it writes in halves by now or not, it has to end
        assert Path(f"/proc/{pid}").exists()
        process.kill()
    assert gone(pid)


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(halves, "cores", lambda: 2)
    monkeypatch.setattr(halves.platform, "machine", lambda: "x86_64")


@pytest.mark.usefixtures("two_cores")
def test_when_it_pays(monkeypatch):
    network = some_network("lstm", 2, 256)
    assert is_worthwhile(network)
    assert choose_generator(network, ENDLESS) is generate_alternating
    assert choose_generator(network, LONG) is generate_alternating
    assert choose_generator(network, LONG - 1) is generate
    assert choose_generator(some_network("lstm", 1, 512), ENDLESS) is generate  # one layer
    assert not is_worthwhile(some_network("lstm", 2, 250))
    assert not is_worthwhile(some_network("lstm", 2, 64))  # one core's cache holds it
    assert not is_worthwhile(some_network("lstm", 2, 512))  # two do not
    monkeypatch.setattr(halves.platform, "machine", lambda: "arm64")
    assert not is_worthwhile(network)
    monkeypatch.setattr(halves.platform, "machine", lambda: "AMD64")
    assert is_worthwhile(network)
    monkeypatch.setattr(halves, "cores", lambda: 1)
    assert not is_worthwhile(network)
    monkeypatch.setattr(halves, "cores", lambda: 2)
    monkeypatch.setattr(os, "name", "nt")
    assert not is_worthwhile(network)


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("pays", [True, False])
def test_a_long_sample_is_made_so(monkeypatch, vocabulary, others, pays, gone):
    monkeypatch.setattr(samples, "LONG", 30 if pays else 31)
    monkeypatch.setattr(halves, "LEAST", 0)
    network = Network(NetworkConfig(len(vocabulary), "lstm", 32, 2), np.random.default_rng(0))
    config = SamplingConfig(length=30)
    sample = Sample(network, vocabulary, np.array([1]), config, np.random.default_rng(0))
    made = [choice.id for choice in sample.choices()]
    filters = filters_of(config, np.array([[1]]), vocabulary)
    expected = generate(network, np.array([1]), filters, np.random.default_rng(0))
    assert made == [choice.id for choice in islice(expected, 30)]
    assert len(others) == pays
    assert gone(*others)
