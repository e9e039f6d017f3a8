"""Beam search, against the greedy text and a search of all texts of a small network."""

import math
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.evaluation.score import score as surprises
from charrnn.network.stepper import Stepper
from charrnn.sampling.beam import Beams, beam_search, score
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.endings import endings_of
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.generate import state_after
from charrnn.sampling.sample import Sample
from charrnn.text.vocabulary import Vocabulary

ABC = Vocabulary.of("\nabc")


def sharp(tiny_network, cell="lstm", **options):
    """A network whose predictions are far from even."""
    network = tiny_network(cell, vocabulary_size=len(ABC), dtype=np.float64, **options)
    network.params["W_ya"][:] *= 6
    return network


def log_p(network, prompt, ids):
    return -float(surprises(network, np.concatenate([prompt, ids]))[len(prompt) - 1 :].sum())


def greedy(network, prompt, config):
    config = replace(config, num_beams=1, temperature=0)
    made = Sample(network, ABC, prompt, config, np.random.default_rng(0))
    return [choice.id for choice in made.choices()]


@pytest.mark.parametrize(
    "options",
    [{}, {"no_repeat_ngram_size": 3}, {"repeat_penalty": 1.5, "repeat_last_n": 5},
     {"forbid": ("ab",)}, {"stop": ("c",)}],
)  # fmt: skip
def test_one_beam_is_the_greedy_text(tiny_network, cell, options):
    network = sharp(tiny_network, cell)
    for seed in range(20):
        prompt = np.random.default_rng(seed).integers(4, size=6)
        config = SamplingConfig(length=25, temperature=1, **options)
        stepper = Stepper(network)
        stepper.move(state_after(network, prompt))
        filters = filters_of(config, prompt[None], ABC)
        beams = Beams(stepper, filters, endings_of(config, ABC), config, 1, 1)
        beams.search()
        [found] = beams.complete
        assert found.ids == greedy(network, prompt, config)


@pytest.mark.parametrize("options", [{}, {"forbid": ("ab",)}, {"stop": ("c",)}])
def test_the_best_text_is_no_less_likely_than_the_greedy_one(tiny_network, options):
    network = sharp(tiny_network)
    better = 0
    for seed in range(100):
        prompt = np.random.default_rng(seed).integers(4, size=5)
        config = SamplingConfig(length=20, num_beams=4, length_penalty=0, **options)
        best = beam_search(network, ABC, prompt, config)[0]
        found = log_p(network, prompt, best.ids)
        other = log_p(network, prompt, np.array(greedy(network, prompt, config), int))
        if "stop" not in options:  # what ends a text is no part of it
            assert found >= other - 1e-9
        better += found > other + 1e-9
    assert better > 10


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("asked", ["[a-c]{1,3}\n?", ".{3}", "(ab|c)+"])
def test_enough_beams_find_what_a_search_of_all_texts_does(tiny_network, cell, asked, alpha):
    network, prompt = sharp(tiny_network, cell), np.array([0])
    config = SamplingConfig(length=4, match=asked, num_beams=300, length_penalty=alpha)
    whole = {ids for n in range(1, 5) for ids in product(range(4), repeat=n)
             if re.fullmatch(asked, ABC.decode(ids))}  # fmt: skip
    goes_on = {ids[:n] for ids in whole for n in range(len(ids))}
    every = [
        (log_p(network, prompt, np.array(ids)) / len(ids) ** alpha, ids) for ids in whole - goes_on
    ]
    every.sort(reverse=True)
    found = [tuple(text.ids.tolist()) for text in beam_search(network, ABC, prompt, config)]
    assert found == [ids for _, ids in every]


def test_texts_are_ranked_by_their_score(tiny_network):
    network, prompt = sharp(tiny_network), np.array([1, 2])
    config = SamplingConfig(length=12, num_beams=8, stop=("\n",), length_penalty=1.3)
    found = beam_search(network, ABC, prompt, config)
    assert len({tuple(text.ids.tolist()) for text in found}) == len(found) == 8
    assert all(0 not in text.ids for text in found)
    ranks = []
    for text in found:
        ends = [0] if text.finish_reason == "stop" else []
        ranks.append(score(log_p(network, prompt, [*text.ids, *ends]), len(text.ids), config))
    assert ranks == sorted(ranks, reverse=True)
    assert {text.finish_reason for text in found} == {"stop", "length"}


def test_groups_differ_by_more_than_beams_do(tiny_network):
    def overlap(**options):
        same = []
        for seed in range(10):
            network = sharp(tiny_network, seed=seed)
            config = SamplingConfig(length=20, num_beams=4, **options)
            texts = [text.ids for text in beam_search(network, ABC, np.array([0]), config)]
            same += [
                float((texts[m] == texts[n]).mean()) for n in range(len(texts)) for m in range(n)
            ]
        return np.mean(same)

    assert overlap(num_beam_groups=4, diversity_penalty=3.0) < overlap() - 0.1


def test_beams_keep_to_what_is_asked_with_other_filters(tiny_network):
    config = SamplingConfig(
        length=20, num_beams=6, must=("cab",), forbid=("bb",), no_repeat_ngram_size=4
    )
    for text in beam_search(sharp(tiny_network), ABC, np.array([0]), config):
        said = ABC.decode(text.ids)
        assert "cab" in said
        assert "bb" not in said


def test_a_seed_changes_nothing(tiny_network):
    texts = set()
    for seed in range(4):
        config = SamplingConfig(length=30, num_beams=3, temperature=2)
        made = Sample(sharp(tiny_network), ABC, np.array([0]), config, np.random.default_rng(seed))
        texts.add(tuple(choice.id for choice in made.choices()))
        assert made.finish_reason == "length"
    assert len(texts) == 1


@pytest.mark.parametrize("together", [True, False])
def test_the_best_of_several_is_the_likeliest(tiny_network, together):
    network = sharp(tiny_network)
    extra = {} if together else {"must": ("ab",), "look_ahead": 4}
    for seed in range(5):
        rng = np.random.Generator(np.random.PCG64(seed))
        config = SamplingConfig(length=20, best_of=6, **extra)
        made = Sample(network, ABC, np.array([1]), config, rng)
        best = np.array([choice.id for choice in made.choices()])
        rng = np.random.Generator(np.random.PCG64(seed))
        each = []
        for stream in rng.spawn(6):
            one = Sample(network, ABC, np.array([1]), replace(config, best_of=1), stream)
            each.append(np.array([choice.id for choice in one.choices()]))
        means = [log_p(network, np.array([1]), ids) / len(ids) for ids in each]
        assert best.tolist() == each[int(np.argmax(means))].tolist()
        assert math.isclose(log_p(network, np.array([1]), best) / len(best), max(means))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_beams": 4, "length": -1}, "num_beams: a text without end"),
        ({"best_of": 4, "length": -1}, "best_of: a text without end"),
        ({"num_beams": 2, "best_of": 2}, "num_beams: beams are not drawn"),
        ({"num_beams": 4, "num_beam_groups": 3}, "num_beam_groups: 4 beams are not 3 groups"),
        ({"num_beams": 4, "mirostat": 2}, "mirostat: beams are not drawn"),
        ({"num_beams": 0}, "num_beams: 0 is out of range"),
    ],
)
def test_contradictions_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        SamplingConfig(**options)
