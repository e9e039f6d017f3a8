"""A text that stops and goes on, against one that never stopped."""

import json

import numpy as np
import pytest

from charrnn.checkpoint.checkpoint import load_place, save_place
from charrnn.errors import CheckpointError
from charrnn.sampling import place as places
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.place import Continued, load, place_after, read_on, save
from charrnn.sampling.sample import Sample

PROMPT = np.array([3, 1, 4, 1, 5])
OPTIONS = [
    {},
    {"temperature": 0},
    {"top_k": 3, "top_p": 0.9, "min_p": 0.05, "typical_p": 0.9},
    {"mirostat": 2, "mirostat_tau": 1.2},
    {"repeat_penalty": 1.4, "presence_penalty": 0.2, "frequency_penalty": 0.1, "repeat_last_n": 30},
    {"repeat_penalty": 1.4, "repeat_last_n": -1},
    {"no_repeat_ngram_size": 4},
    {"dry_multiplier": 1.0, "dry_allowed_length": 2},
]


def rng(seed):
    return np.random.Generator(np.random.PCG64(seed))


def pieces_of(network, vocabulary, config, lengths, seed, path):
    """The ids of a text that stops after each of some lengths, is kept in a file, and goes on."""
    place, made = place_after(network, PROMPT), []
    for n, length in enumerate(lengths):
        part = SamplingConfig(**config | {"length": length})
        continued = Continued(network, vocabulary, place, part, rng(seed if n == 0 else 99))
        sample = Sample(network, vocabulary, PROMPT, part, rng(0), continued=continued)
        made += [choice.id for choice in sample.choices()]
        save(path, continued.place, "x")
        place = load(path, network, vocabulary, "x")
    return made


@pytest.mark.parametrize("seeds", [[0], pytest.param([1, 2], marks=pytest.mark.slow)])
@pytest.mark.parametrize("options", OPTIONS)
def test_a_text_goes_on_as_if_it_had_never_stopped(
    tiny_network, vocabulary, cell, options, seeds, tmp_path
):
    network = tiny_network(cell, num_layers=2)
    for seed in seeds:
        whole = Sample(
            network, vocabulary, PROMPT, SamplingConfig(length=550, **options), rng(seed)
        )
        expected = [choice.id for choice in whole.choices()]
        for lengths in ([300, 250], [1, 256, 0, 293], [549, 1]):
            path = tmp_path / "place.npz"
            assert pieces_of(network, vocabulary, options, lengths, seed, path) == expected


def test_a_stop_text_has_been_read(tiny_network, vocabulary, tmp_path):
    """A text that goes on after its stop text writes what would have followed it."""
    network, numbers = tiny_network(), 5
    whole = Sample(network, vocabulary, PROMPT, SamplingConfig(length=300), rng(numbers))
    lines = vocabulary.decode([choice.id for choice in whole.choices()]).split("\n")
    assert len(lines) > 5
    place, found = place_after(network, PROMPT), []
    for _ in range(5):
        config = SamplingConfig(length=300, stop=("\n",))
        continued = Continued(network, vocabulary, place, config, rng(numbers))
        sample = Sample(network, vocabulary, PROMPT, config, rng(0), continued=continued)
        found.append(vocabulary.decode([choice.id for choice in sample.choices()]))
        place = continued.place
    assert found == lines[:5]


def test_more_may_be_read_before_it_goes_on(tiny_network, vocabulary):
    network = tiny_network(dtype=np.float64)
    more = np.array([2, 2, 6])
    config = SamplingConfig(length=40, temperature=0)
    continued = Continued(network, vocabulary, place_after(network, PROMPT), config, rng(1))
    first = [choice.id for choice, _ in zip(continued.choices(), range(20), strict=False)]
    there = read_on(network, continued.place, more)
    on = Continued(network, vocabulary, there, config, rng(1))
    found = [choice.id for choice, _ in zip(on.choices(), range(40), strict=False)]
    text = np.concatenate([PROMPT, first, more])
    expected = Sample(network, vocabulary, text, config, rng(1))
    assert found == [choice.id for choice in expected.choices()]


def test_it_takes_the_same_memory_however_long_the_text(monkeypatch, tiny_network, vocabulary):
    monkeypatch.setattr(places, "REMEMBERED", 100)
    config = SamplingConfig(length=-1)
    there = place_after(tiny_network(), PROMPT)
    continued = Continued(tiny_network(), vocabulary, there, config, rng(0))
    for _ in zip(range(1000), continued.choices(), strict=False):
        pass
    assert len(continued.place.history) == 100


@pytest.fixture
def kept(tiny_network, vocabulary, tmp_path):
    path, network = tmp_path / "place.npz", tiny_network()
    config = SamplingConfig(mirostat=2)
    continued = Continued(network, vocabulary, place_after(network, PROMPT), config, rng(0))
    next(iter(continued.choices()))
    save(path, continued.place, "x")
    return path, network


def test_a_state_of_another_model_is_refused(kept, vocabulary):
    with pytest.raises(CheckpointError, match="another model"):
        load(kept[0], kept[1], vocabulary, "y")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("state", np.zeros((2, 2, 1, 4), np.float32)),
        ("state", np.full((1, 2, 1, 4), np.nan, np.float32)),
        ("state", np.zeros((1, 2, 1, 4))),
        ("history", np.array([7], np.uint32)),
        ("history", np.array([], np.uint32)),
        ("history", np.array([1.0])),
        ("history", np.zeros(70_000, np.uint32)),
        ("state", None),
        ("history", None),
    ],
)
def test_arrays_that_do_not_fit_are_refused(kept, vocabulary, name, wrong):
    path, network = kept
    arrays, meta = load_place(path)
    del arrays[name]
    if wrong is not None:
        arrays[name] = wrong
    save_place(path, arrays, meta)
    with pytest.raises(CheckpointError, match="damaged"):
        load(path, network, vocabulary, "x")


@pytest.mark.parametrize("name", ["last", "numbers", "carried"])
@pytest.mark.parametrize(
    "wrong",
    [None, 3.5, -5, 99, "x", [], {}, ["x"], [None], {"state": "1"}, {"state": "-1", "inc": "3"},
     {"state": "1", "inc": str(2**128)}, {"state": [], "inc": "1"}, True],
)  # fmt: skip
def test_a_description_that_is_wrong_is_refused(kept, vocabulary, name, wrong):
    path, network = kept
    arrays, meta = load_place(path)
    save_place(path, arrays, meta | {name: wrong})
    if (name, json.dumps(wrong)) == ("carried", "[]"):
        load(path, network, vocabulary, "x")  # as from a text without mirostat
        return
    with pytest.raises(CheckpointError, match="damaged"):
        load(path, network, vocabulary, "x")
