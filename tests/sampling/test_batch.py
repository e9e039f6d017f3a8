"""Samples made side by side: each is what it would be alone."""

import math
import os
import signal
import subprocess
import sys
from collections import deque
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.index import save_index
from charrnn.errors import CharRNNError
from charrnn.sampling import batch as together
from charrnn.sampling import many
from charrnn.sampling.batch import Part, generate_batch
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.draw import draw, draw_rows, random_streams
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.generate import DRAWN, WINDOW, generate
from charrnn.sampling.many import samples
from charrnn.sampling.processes import batch_worker as workers
from charrnn.sampling.processes import group_worker
from charrnn.sampling.processes.batch_worker import WORTH, RemoteBatch, is_worthwhile
from charrnn.sampling.sample import Sample
from charrnn.system.child import EndedError
from charrnn.text.copies import IndexedCorpus
from charrnn.text.corpus import from_text
from charrnn.text.vocabulary import Vocabulary

CONFIGS = [
    SamplingConfig(),
    SamplingConfig(temperature=1.7, min_p=0.2),
    SamplingConfig(temperature=0),
    SamplingConfig(top_k=3),
    SamplingConfig(top_p=0.6, min_p=0.1),
]


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("length", [1, 5, WINDOW + 3])
def test_each_row_is_what_it_would_be_alone(tiny_network, cell, config, length):
    network = tiny_network(cell, num_layers=2, dtype=np.float64)
    prompt = np.random.default_rng(length).integers(7, size=length)
    prompts = np.repeat(prompt[None], 5, axis=0)
    prompts[:, -1] = np.arange(5)
    steps = DRAWN + 20  # beyond the random numbers that are drawn at first
    streams = list(islice(random_streams(3), 5))
    known = Vocabulary(np.arange(1, 8))
    filters = filters_of(config, prompts, known)
    made = np.array(list(islice(generate_batch(network, prompts, filters, streams), steps)))
    for n, stream in enumerate(islice(random_streams(3), 5)):
        filters = filters_of(config, prompts[n : n + 1], known)
        alone = islice(generate(network, prompts[n], filters, stream), steps)
        assert made[:, n].tolist() == [choice.id for choice in alone]


@given(
    scores=st.lists(st.lists(st.floats(-50, 50), min_size=4, max_size=4), min_size=1, max_size=6),
    uniform=st.floats(0, 1, exclude_max=True),
    config=st.sampled_from(CONFIGS),
)
@settings(deadline=None, max_examples=200)
def test_rows_are_chosen_as_one_is(scores, uniform, config):
    scores = np.array(scores)
    known = Vocabulary(np.arange(1, 5))
    p = filters_of(config, np.zeros((len(scores), 1), int), known).row_weights(scores)
    one = np.zeros((1, 1), int)
    alone = [filters_of(config, one, known).weights(row) for row in scores]
    np.testing.assert_allclose(p, alone, rtol=1e-12)
    chosen = draw_rows(p, np.full(len(p), uniform))
    assert chosen.tolist() == [draw(row, uniform) for row in p]
    assert (p[np.arange(len(p)), chosen] > 0).all()


def test_a_prediction_that_is_not_a_number_is_reported():
    scores = np.zeros((3, 4))
    scores[1, 2] = np.nan
    with pytest.raises(CharRNNError, match="not a number"):
        Filters([]).row_weights(scores)


@pytest.mark.parametrize("characters", ["\nabc", "abcd"])
def test_groups_end_as_each_sample_does(tiny_network, characters):
    """With a stop text, without a prompt, and with more samples than are made side by side."""
    vocabulary = Vocabulary.of(characters)
    network = tiny_network(vocabulary_size=len(vocabulary), dtype=np.float64)
    config = SamplingConfig(length=30, stop=("ab",))
    none = np.array([], int)
    groups = list(samples(network, vocabulary, none, config, islice(random_streams(1), 70)))
    assert [len(group) for group in groups] == [64, 6]
    ends = set()
    made = [one for group in groups for one in group]
    for one, stream in zip(made, random_streams(1), strict=False):
        alone = Sample(network, vocabulary, none, config, stream)
        assert [c.id for c in one.choices()] == [c.id for c in alone.choices()]
        assert one.finish_reason == alone.finish_reason
        ends.add(one.finish_reason)
    assert ends == {"length", "stop"}


@pytest.fixture
def cut(monkeypatch):
    """Cut every group into parts for some cores, each made by a process of its own, or not."""

    def cut(cores, *, elsewhere=True):
        monkeypatch.setattr(together, "cores", lambda: cores)
        monkeypatch.setattr(together, "LEAST", 1)
        monkeypatch.setattr(workers, "WORTH", 0 if elsewhere else math.inf)

    return cut


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"temperature": 0}, {"top_k": 2, "stop": ["a"]}])
def test_processes_make_the_same_samples_as_one(tiny_network, vocabulary, cut, cell, settings):
    network, config = tiny_network(cell), SamplingConfig(length=50, **settings)
    found = []
    for elsewhere in (False, True):
        cut(3, elsewhere=elsewhere)
        streams = islice(random_streams(2), 7)
        [group] = samples(network, vocabulary, np.array([3]), config, streams)
        found.append([[choice.id for choice in sample.choices()] for sample in group])
    assert found[0] == found[1]
    if settings != {"temperature": 0}:
        assert len({tuple(ids) for ids in found[0]}) > 1


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("prompt", [[3], []])
def test_workers_make_the_same_groups_as_one_process(
    tiny_network, vocabulary, monkeypatch, prompt, scored, backwards
):
    network = tiny_network(vocabulary_size=len(vocabulary))
    config = SamplingConfig(length=21, stop=("ab",), temperature=1.5)
    found = []
    for processes in (1, 3):
        monkeypatch.setattr(group_worker, "cores", lambda processes=processes: processes)
        monkeypatch.setattr(many, "cores", lambda processes=processes: processes)
        monkeypatch.setattr(group_worker, "WORTH", 3 * 64 * 21 * network.params.flat.size)
        streams, ids = islice(random_streams(2), 64 * 5 + 7), np.array(prompt, int)
        groups = list(samples(network, vocabulary, ids, config, streams, scored=scored))
        assert [len(group) for group in groups] == [64] * 5 + [7]
        made = {
            (g, n): [(c.id, c.scored) for c in one.choices()]
            for g, group in sorted(enumerate(groups), reverse=backwards)
            for n, one in enumerate(group)
        }
        found.append([made[key] for key in sorted(made)])
    assert found[0] == found[1]
    assert len({tuple(one) for one in found[0]}) > 100


def test_a_worker_that_dies_is_reported(tiny_network, vocabulary, monkeypatch):
    network = tiny_network(vocabulary_size=len(vocabulary))
    worker = group_worker.GroupWorker(network, vocabulary, SamplingConfig(length=20), scored=False)
    prompts, streams = np.full((64, 1), 3), list(islice(random_streams(1), 64))
    blocks = worker.make(prompts, streams)
    assert next(blocks).shape == (16, 64)
    worker.process._process.kill()
    worker.process._process.wait()
    with pytest.raises(CharRNNError, match="a worker process was killed by signal 9 while it made"):
        worker.make(prompts, streams)


def test_parts_are_what_the_whole_would_be(tiny_network, vocabulary, cut):
    network, config = tiny_network(dtype=np.float64), SamplingConfig(length=50)
    found = {}
    for cores in (1, 3):
        cut(cores)
        streams = islice(random_streams(2), 50)
        [group] = samples(network, vocabulary, np.array([3]), config, streams)
        found[cores] = [[choice.id for choice in sample.choices()] for sample in group]
    assert found[1] == found[3]
    assert len({tuple(ids) for ids in found[1]}) > 40


@given(samples=st.integers(1, 300), parameters=st.integers(1, 10**7), cores=st.integers(1, 40))
def test_each_sample_is_in_one_part(samples, parameters, cores):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(together, "cores", lambda: cores)
        parts = together.parts_of(samples, parameters)
    assert [k for part in parts for k in range(part.start, part.stop)] == list(range(samples))
    assert len(parts) <= cores
    assert len(parts) == 1 or samples * parameters / len(parts) >= together.LEAST


def test_errors_of_a_worker_are_reported(tiny_network, vocabulary, cut, capfd):
    cut(2)
    network = tiny_network()
    network.b_y[2] = np.nan
    config = SamplingConfig(length=5)
    [group] = samples(network, vocabulary, np.array([3]), config, islice(random_streams(2), 40))
    with np.errstate(all="ignore"), pytest.raises(CharRNNError, match="not a number"):
        next(group[0].choices())
    with np.errstate(all="ignore"):
        elsewhere = three_elsewhere(network)
    with pytest.raises(CharRNNError, match="not a number"):
        next(elsewhere)
    assert capfd.readouterr() == ("", "")


def three_elsewhere(network):
    prompts, streams = np.full((3, 1), 3), list(islice(random_streams(2), 3))
    known = Vocabulary(np.arange(1, 8))
    return RemoteBatch(Part(network, known, prompts, SamplingConfig(), streams))


def test_another_process_searches_the_same_index(tiny_network, tmp_path):
    text, path = "\1\2\3\4\5\6\7\7\6\5\4\3\2\1" * 9, tmp_path / "m.index.npz"
    known = Vocabulary.of(text)
    save_index(path, IndexedCorpus.of(from_text(text), known))
    config, prompts = SamplingConfig(no_copy=1, corpus_index=str(path)), np.ones((3, 2), int)
    network, made = tiny_network(), []
    for where in (Part.blocks, RemoteBatch):
        part = Part(network, known, prompts, config, list(islice(random_streams(5), 3)))
        made.append(np.concatenate(list(islice(where(part), 9))))
    assert np.array_equal(*made)
    texts = [known.decode(ids) for ids in np.concatenate([prompts[:, -1:].T, made[0]]).T]
    assert not [one for one in texts for n in range(len(one) - 1) if one[n : n + 2] in text]


def test_a_process_that_is_killed_is_reported(tiny_network):
    elsewhere = three_elsewhere(tiny_network())
    next(elsewhere)
    os.kill(elsewhere.process.pid, signal.SIGKILL)
    with pytest.raises(CharRNNError, match=r"killed by signal 9.*fewer at a time") as found:
        deque(elsewhere, maxlen=0)  # what it had written is still there
    assert "\n" not in str(found.value)


def test_a_process_that_cannot_receive_its_order_is_reported(tiny_network, monkeypatch):
    def broken(*_):
        raise EndedError("a worker process ended with exit code 3")

    monkeypatch.setattr(workers, "ChildProcess", broken)
    with pytest.raises(CharRNNError, match=r"exit code 3.*fewer at a time"):
        three_elsewhere(tiny_network())


def test_a_process_ends_when_its_pipe_is_closed(tiny_network):
    elsewhere = three_elsewhere(tiny_network())
    pid = elsewhere.process.pid
    for _ in range(3):
        next(elsewhere)
    del elsewhere
    assert not Path(f"/proc/{pid}").exists()


PARENT = """
import sys, time
import numpy as np
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.sampling.batch import Part
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.processes.batch_worker import RemoteBatch
from charrnn.text.vocabulary import Vocabulary
network = Network(NetworkConfig(7), np.random.default_rng(0))
streams = list(map(np.random.default_rng, range(2)))
known = Vocabulary(np.arange(1, 8))
made = RemoteBatch(Part(network, known, np.ones((2, 1), int), SamplingConfig(), streams))
next(made)
print(made.process.pid, flush=True)
time.sleep(60)
"""


def test_a_process_does_not_outlive_one_that_is_killed(gone):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        process.kill()
    assert gone(pid)


def test_when_processes_is_worthwhile(tiny_network, monkeypatch):
    network = tiny_network()
    size = network.params.flat.size
    few = WORTH // size // 100
    assert not is_worthwhile(network, 100, few)
    assert is_worthwhile(network, 100, few + 1)
    assert is_worthwhile(network, 2, ENDLESS)
    monkeypatch.setattr(os, "name", "nt")
    assert not is_worthwhile(network, 2, ENDLESS)
