"""A seed gives one text through every door: library, command, replay, state and batch."""

import json
import math
from dataclasses import replace
from itertools import cycle, islice, product

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import load
from charrnn.checkpoint.checkpoint import load as load_checkpoint
from charrnn.checkpoint.checkpoint import save
from charrnn.checkpoint.index import save_index
from charrnn.checkpoint.paths import index_path
from charrnn.cli import app
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import random_streams
from charrnn.sampling.filters.filter import Stateless
from charrnn.sampling.sample import Sample
from charrnn.text.copies import IndexedCorpus
from charrnn.text.corpus import from_text
from charrnn.text.vocabulary import Vocabulary

LENGTH, PROMPT, TOGETHER = 50, "ab", 64
FILTERS = {
    "plain": {},
    "greedy": {"temperature": 0},
    "top-k": {"top_k": 4},
    "top-p": {"top_p": 0.8},
    "min-p": {"min_p": 0.2},
    "typical": {"typical_p": 0.7},
    "all of these": {"top_k": 6, "typical_p": 0.95, "top_p": 0.9, "min_p": 0.05},
    "another order": {"min_p": 0.3, "order": ("temperature", "min_p"), "temperature": 1.5},
    "ramp": {"temperature": (1.6, 0.4)},
    "mirostat": {"mirostat": 2, "mirostat_tau": 1.5},
    "repeat": {"repeat_penalty": 1.4, "repeat_last_n": 20},
    "presence and frequency": {"presence_penalty": 0.3, "frequency_penalty": 0.2},
    "no-repeat": {"no_repeat_ngram_size": 4},
    "DRY": {"dry_multiplier": 1.0, "dry_allowed_length": 2},
    "no-copy": {"no_copy": 2},
    "stop": {"stop": ("cb", "dbe")},
    "mask": {"match": "([a-d]{2}\n?)*", "look_ahead": 0},
    "forbid": {"forbid": ("ca", "bb")},
    "look-ahead": {"must": ("dab",), "look_ahead": 8},
    "best of 3": {"best_of": 3},
    "beams": {"num_beams": 3},
}
NOT_KEPT = {"ramp", "stop", "mask", "forbid", "look-ahead", "best of 3", "beams"}
"""What does not go on from a state, or ends before its length."""
WHOLE = {"look-ahead", "best of 3", "beams"}
"""What is never made side by side."""


@pytest.fixture
def model(tmp_path, cell, vocabulary, make_checkpoint):
    """A model of two layers, and the index of a text beside it."""
    path = tmp_path / "model.npz"
    index = IndexedCorpus.of(from_text("abcde\nedcbaé\nacebdé\n" * 3), vocabulary)
    save_index(index_path(path), index)
    made = make_checkpoint(cell=cell, num_layers=2, hidden_size=6)
    save(path, replace(made, training=replace(made.training, sha256=index.sha256)))
    return path


def command(*arguments, **others):
    """The standard output of `charrnn sample`."""
    done = CliRunner().invoke(app, ["sample", *map(str, arguments)], **others)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def typed(options):
    """Options as they are typed."""
    words = []
    for name, value in options.items():
        several = value if isinstance(value, tuple) else (value,)
        if name in ("order", "temperature"):
            several = ({"order": ",", "temperature": ":"}[name].join(map(str, several)),)
        for one in several:
            words += [f"--{name.replace('_', '-')}", one]
    return words


def alone(model, options, rng, prompt=PROMPT):
    """The text that a sampler makes of a stream of random numbers, in pieces."""
    made, index = load_checkpoint(model), str(index_path(model))
    config = SamplingConfig(length=LENGTH, corpus_index=index, **options)
    ids = made.vocabulary.encode(prompt)
    return "".join(Sample(made.network, made.vocabulary, ids, config, rng).pieces())


CELLS = ("rnn", "lstm", "gru")


@pytest.mark.parametrize(
    ("cell", "name", "seeds"),
    [
        *((cell, name, 1) for cell, name in zip(cycle(CELLS), FILTERS, strict=False)),
        *(pytest.param(*each, 20, marks=pytest.mark.slow) for each in product(CELLS, FILTERS)),
    ],
    indirect=["cell"],
)
def test_a_seed_gives_one_text_through_every_door(model, name, seeds, tmp_path):
    options = FILTERS[name]
    given = {"length": LENGTH, "corpus_index": str(index_path(model)), **options}
    shared = [model, "-n", LENGTH, "-p", PROMPT, *typed(options)]
    library, lines, found = load(model), [], {}
    for seed in range(seeds):
        text = alone(model, options, next(random_streams(seed)))
        line = command(*shared, "--seed", seed, "--json")
        lines.append(line)
        found[seed] = {
            "pieces": text,
            "stream": "".join(library.stream(PROMPT, seed=seed, **given)),
            "generate": library.generate(PROMPT, seed=seed, **given),
            "text": command(*shared, "--seed", seed).removeprefix(PROMPT),
            "JSON": json.loads(line)["text"],
        }
        if name not in NOT_KEPT:
            kept, cut = tmp_path / f"{seed}.state.npz", 1 + 7 * seed % (LENGTH - 1)
            first = command(*shared, "--seed", seed, "-n", cut, "--state-out", kept)
            rest = [model, *typed(options), "-n", LENGTH - cut, "--state-in", kept]
            found[seed]["state"] = first.removeprefix(PROMPT) + command(*rest)
        if name not in WHOLE:
            many = command(*shared, "--seed", seed, "--json", "--num-samples", TOGETHER)
            first, *others = (json.loads(line)["text"] for line in many.splitlines())
            found[seed]["among many"] = first
            n = 1 + seed % (TOGETHER - 1)
            other = alone(model, options, next(islice(random_streams(seed), n, None)))
            assert others[n - 1] == other
    replayed = command(model, "--replay", "-", input="".join(lines))
    for seed, texts in found.items():
        assert texts == dict.fromkeys(texts, texts["pieces"]), seed
    assert replayed == "".join(texts["pieces"] + "\n" for texts in found.values())
    if seeds > 1 and name not in ("greedy", "beams"):
        assert len({texts["pieces"] for texts in found.values()}) > 1


@pytest.mark.parametrize("seed", range(3))
def test_a_network_of_bytes_gives_one_text_through_every_door(tmp_path, make_checkpoint, seed):
    path, options = tmp_path / "bytes.npz", {"temperature": 2.5}
    make_checkpoint(path, Vocabulary.of_bytes("x"))
    text, library = alone(path, options, next(random_streams(seed))), load(path)
    assert library.generate(PROMPT, seed=seed, length=LENGTH, **options) == text
    shared = [path, "-n", LENGTH, "-p", PROMPT, *typed(options), "--seed", seed]
    assert command(*shared) == PROMPT + text
    line = command(*shared, "--json")
    assert json.loads(line)["text"] == text
    assert command(path, "--replay", "-", input=line) == text + "\n"
    first = command(*shared, "--json", "--num-samples", 2).splitlines()[0]
    assert json.loads(first)["text"] == text


class Rare(Stateless):
    """A filter of one's own: it lowers what was drawn last."""

    def __init__(self, last=None):
        self._last = last

    def __call__(self, log_p):
        if self._last is not None:
            log_p[np.arange(len(log_p)), self._last] -= math.log(3)

    def accept(self, ids):
        self._last = ids.copy()

    def fork(self, rows):
        return Rare(None if self._last is None else self._last[rows])


@pytest.mark.parametrize("seed", range(3))
def test_a_filter_of_ones_own_gives_one_text_by_the_library_and_the_sampler(model, seed):
    made, config = load_checkpoint(model), SamplingConfig(length=LENGTH)
    ids = made.vocabulary.encode(PROMPT)
    rng = next(random_streams(seed))
    sample = Sample(made.network, made.vocabulary, ids, config, rng, filters=[Rare()])
    text = "".join(sample.pieces())
    library = load(model)
    assert library.generate(PROMPT, seed=seed, length=LENGTH, filters=[Rare()]) == text
    stream = library.stream(PROMPT, seed=seed, length=LENGTH, filters=[Rare()])
    assert "".join(stream) == text != library.generate(PROMPT, seed=seed, length=LENGTH)
