"""Samples: what is generated, where it ends, and what is shown while it is made."""

import copy
import re
from itertools import islice
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import charrnn.sampling.sample
from charrnn.errors import CharRNNError
from charrnn.network.forward import forward
from charrnn.network.trace import Trace
from charrnn.sampling.candidates import candidates
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import draw, random_streams
from charrnn.sampling.endings import can_appear
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.generate import DRAWN, WINDOW, Choice, generate
from charrnn.sampling.many import samples
from charrnn.sampling.sample import Sample, first_ids, stream
from charrnn.text.vocabulary import Vocabulary


def rng(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


def chain(config, prompt, V=7):
    """The filters of a network that knows V characters."""
    return filters_of(config, np.atleast_2d(prompt), Vocabulary(np.arange(1, V + 1)))


def ids_of(choices):
    return [choice.id for choice in choices]


def read_one_by_one(network, ids):
    """Return the prediction after the last character, reading without windows."""
    trace = Trace(network, 1, 1)
    for k in ids:
        forward(network, np.array([[k]]), trace)
        trace.carry()
    return trace.log_y_hat[0, 0].copy()


@pytest.mark.parametrize("layers", [1, 2])
def test_each_choice_is_predicted_from_all_before_it(cell, layers, tiny_network):
    network = tiny_network(cell, num_layers=layers, dtype=np.float64)
    prompt = np.array([1, 5, 2, 2], np.uint8)
    made = list(islice(generate(network, prompt, chain(SamplingConfig(), prompt), rng()), 40))
    text = [*prompt, *ids_of(made)]
    for n, choice in enumerate(made):
        assert np.allclose(choice.log_y_hat, read_one_by_one(network, text[: len(prompt) + n]))
        assert abs(np.exp(choice.log_y_hat).sum() - 1) < 1e-9
    assert len({choice.log_y_hat.tobytes() for choice in made}) > 30


@pytest.mark.parametrize("length", [1, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 3 * WINDOW + 17])
def test_a_prompt_of_any_length_is_read_whole(length, cell, tiny_network):
    network = tiny_network(cell, num_layers=2, dtype=np.float64)
    prompt = rng(length).integers(0, 7, length).astype(np.uint8)
    first = next(generate(network, prompt, chain(SamplingConfig(), prompt), rng()))
    assert np.allclose(first.log_y_hat, read_one_by_one(network, prompt), rtol=1e-10)


def test_at_temperature_0_the_likeliest_is_taken(cell, tiny_network):
    network = tiny_network(cell)
    config = SamplingConfig(temperature=0)
    for choice in islice(generate(network, np.array([3]), chain(config, [3]), rng()), 50):
        assert choice.id == choice.log_y_hat.argmax()
        assert choice.p[choice.id] == 1


def test_a_seed_means_one_text(tiny_network, vocabulary):
    network, prompt = tiny_network(), vocabulary.encode("abé")
    texts = {
        seed: ["".join(stream(network, vocabulary, prompt, SamplingConfig(length=80), rng(seed)))
               for _ in range(2)]
        for seed in range(5)
    }  # fmt: skip
    assert all(first == second and len(first) == 80 for first, second in texts.values())
    assert len({first for first, _ in texts.values()}) == 5


@pytest.mark.parametrize("config", [{}, {"temperature": 0}, {"top_k": 2, "top_p": 0.5}])
def test_a_character_takes_one_random_number(config, tiny_network, vocabulary):
    config, numbers = SamplingConfig(length=DRAWN + 25, **config), rng(3)
    made = Sample(tiny_network(), vocabulary, np.array([1]), config, rng(3)).choices()
    for choice in made:
        assert choice.id == draw(choice.drawn_from, numbers.random())


def test_choices_are_not_written_over(tiny_network):
    generated = generate(tiny_network(), np.array([0]), chain(SamplingConfig(), [0]), rng())
    first = next(generated)
    kept = copy.deepcopy(first)
    list(islice(generated, 5))
    assert (first.log_y_hat == kept.log_y_hat).all()
    assert (first.p == kept.p).all()


def test_parameters_that_overflow_are_reported_in_words(tiny_network, vocabulary):
    network = tiny_network("rnn")
    network.params["b_a_0"][:] = 10  # so that a(t) is 1, and the sum of its products four times
    network.params["W_ya"][:] = 3e38
    with np.errstate(all="ignore"), pytest.raises(CharRNNError, match="too large"):
        list(stream(network, vocabulary, np.array([0]), SamplingConfig(), rng()))


@pytest.mark.parametrize("length", [0, 1, 7])
def test_the_length_is_that_of_what_follows_the_prompt(length, tiny_network, vocabulary):
    prompt = vocabulary.encode("abcde")
    made = Sample(tiny_network(), vocabulary, prompt, SamplingConfig(length=length), rng())
    assert made.finish_reason is None
    assert len("".join(made.pieces())) == length
    assert made.finish_reason == "length"


def test_a_length_of_minus_one_has_no_end(tiny_network, vocabulary):
    made = Sample(tiny_network(), vocabulary, np.array([0]), SamplingConfig(length=-1), rng())
    assert len(list(islice(made.choices(), 3000))) == 3000
    assert made.finish_reason is None


def test_an_empty_prompt_begins_a_line(tiny_network, vocabulary):
    config = SamplingConfig(length=30)
    empty = stream(tiny_network(), vocabulary, vocabulary.encode(""), config, rng())
    line = stream(tiny_network(), vocabulary, vocabulary.encode("\n"), config, rng())
    assert "".join(empty) == "".join(line)


def test_without_line_breaks_a_text_begins_like_its_corpus():
    numbers = rng(1)
    known = Vocabulary([1, 2, 3], [0, 30, 10])
    first = [int(first_ids(known, numbers)[0]) for _ in range(4000)]
    assert np.bincount(first, minlength=3)[0] == 0
    assert abs(first.count(1) / 4000 - 0.75) < 0.03
    uncounted = [int(first_ids(Vocabulary([1, 2, 3]), numbers)[0]) for _ in range(200)]
    assert set(uncounted) == {0, 1, 2}


# From here on the network is out of play: what it would have written is given.


def as_if_written(ids):
    """Put known ids in the place of what a network generates."""
    choices = (Choice(k, None, None) for k in ids)
    return patch.object(charrnn.sampling.sample, "choose_generator", lambda *_: lambda *_: choices)


def sample_of(vocabulary, text, stop, length=-1):
    with as_if_written(vocabulary.encode_prompt(text).tolist()):
        config = SamplingConfig(length=length, stop=stop)
        made = Sample(None, vocabulary, np.array([0]), config, None)
        return "".join(made.pieces()), made.finish_reason


def naive(text, stops):
    for end in range(len(text) + 1):
        met = [stop for stop in stops if text[:end].endswith(stop)]
        if met:
            return text[: end - max(map(len, met))], "stop"
    return text, "length"


AB = Vocabulary.of("ab\n")
texts = st.text("ab", max_size=40)
stops = st.lists(st.text("abx", min_size=1, max_size=6), max_size=4).map(tuple)


@given(texts, stops)
@settings(deadline=None, max_examples=400)
def test_a_sample_ends_where_the_first_stop_text_would_be_whole(text, stops):
    assert sample_of(AB, text, stops) == naive(text, stops)


@pytest.mark.parametrize(
    ("text", "stops", "left"),
    [
        ("abba", ["a"], ""),
        ("abba", ["abba"], ""),
        ("babba", ["bb"], "ba"),
        ("aabaaab", ["aab", "aaa"], ""),
        ("abaaab", ["aab", "abb", "aaa"], "ab"),
        ("abab", ["bab", "ba"], "a"),
        ("aaab", ["aab"], "a"),
        ("ab\nab", ["\n"], "ab"),
        ("abab", ["x", "abx"], "abab"),
        ("aba", ["abaa"], "aba"),
    ],
)
def test_stop_texts_that_overlap_or_never_come(text, stops, left):
    assert sample_of(AB, text, stops)[0] == left


@given(texts, stops)
@settings(deadline=None, max_examples=200)
def test_only_what_may_begin_a_stop_text_is_delayed(text, stops):
    text, _ = naive(text, stops)
    beginnings = [stop[:n] for stop in stops if "x" not in stop for n in range(1, len(stop))]
    said = []

    def ids():
        for n, k in enumerate(AB.encode(text).tolist()):
            delayed = max((len(b) for b in beginnings if text[:n].endswith(b)), default=0)
            assert "".join(said) == text[: n - delayed]
            yield k

    with as_if_written(ids()):
        made = Sample(None, AB, np.array([0]), SamplingConfig(length=-1, stop=stops), None)
        for piece in made.pieces():
            said.append(piece)
    assert "".join(said) == text


@given(texts, stops, st.integers(0, 12))
@settings(deadline=None, max_examples=200)
def test_the_length_counts_before_the_stop(text, stops, length):
    said, _ = sample_of(AB, text, stops, length)
    assert said == naive(text[:length], stops)[0]


BYTES = Vocabulary.of_bytes("x")


@given(st.text("aéÃ©中\U0001f600", max_size=20), st.lists(st.text("aéÃ中", min_size=1, max_size=3)))
@settings(deadline=None, max_examples=300)
def test_stop_texts_are_found_in_bytes(text, stops):
    assert sample_of(BYTES, text, tuple(stops)) == naive(text, stops)


def test_bytes_become_text_when_a_character_is_whole():
    with as_if_written([*"é中".encode(), 0xFF, ord("a"), 0xC3]):
        made = Sample(None, BYTES, np.array([0]), SamplingConfig(length=-1), None)
        assert list(made.pieces()) == ["é", "中", "\ufffd", "a", "\ufffd"]


def test_bytes_together_are_the_text_of_all_of_them(tiny_network):
    network = tiny_network(vocabulary_size=256)
    config = SamplingConfig(length=400, temperature=3, utf8=False)
    said = "".join(stream(network, BYTES, np.array([10]), config, rng()))
    ids = ids_of(islice(generate(network, np.array([10]), chain(config, [10], 256), rng()), 400))
    assert said == bytes(ids).decode("utf-8", "replace")
    assert "\ufffd" in said


@pytest.mark.parametrize("length", range(1, 8))
def test_bytes_are_whole_characters_whatever_the_length(tiny_network, length):
    network = tiny_network(vocabulary_size=256)
    for seed in range(20):
        config = SamplingConfig(length=length, temperature=3)
        made = Sample(network, BYTES, np.array([10]), config, rng(seed))
        assert len(bytes(ids_of(made.choices())).decode()) <= length
        assert made.finish_reason == "length"


@pytest.mark.parametrize("network_of", ["characters", "bytes"])
@pytest.mark.parametrize("together", [False, True])
def test_a_text_is_what_is_asked_and_ends_when_it_is_complete(tiny_network, network_of, together):
    vocabulary = Vocabulary.of("\nabcdeé ") if network_of == "characters" else BYTES
    network = tiny_network(vocabulary_size=len(vocabulary))
    config = SamplingConfig(length=40, match="(ab|é)+ [c-e]{3}", stop=("b",))
    if together:
        streams = islice(random_streams(4), 20)
        groups = samples(network, vocabulary, np.array([1]), config, streams)
        texts = [text for group in groups for text in group]
    else:
        texts = [Sample(network, vocabulary, np.array([1]), config, rng(n)) for n in range(20)]
    for made in texts:
        text = vocabulary.decode_output(ids_of(made.choices()))
        assert re.fullmatch("(ab|é)+ [c-e]{3}", text)
        assert made.finish_reason == ("length" if len(text.encode()) == 40 else "complete")


def test_a_stop_text_ends_nothing_that_is_incomplete(tiny_network):
    vocabulary = Vocabulary.of("\nabcdeé ")
    network, ends = tiny_network(vocabulary_size=len(vocabulary)), set()
    for seed in range(40):
        config = SamplingConfig(length=60, must=("ab",), stop=("e",), temperature=2)
        made = Sample(network, vocabulary, np.array([1]), config, rng(seed))
        text = vocabulary.decode(ids_of(made.choices()))
        assert "ab" in text
        assert "e" not in text[text.index("ab") + 2 :]
        ends.add(made.finish_reason)
    assert ends >= {"stop"}


def test_what_a_network_can_write():
    assert can_appear("ab\n", AB)
    assert not can_appear("abé", AB)
    assert can_appear("é中", BYTES)


def test_candidates_are_the_likeliest_and_the_chosen_one(tiny_network):
    config = SamplingConfig(temperature=2, top_k=6)
    ranks = set()
    for choice in islice(generate(tiny_network(), np.array([2]), chain(config, [2]), rng()), 60):
        found = candidates(choice, 3)
        order = sorted(range(7), key=lambda k: (-choice.log_y_hat[k], k))
        assert [each.id for each in found[:3]] == order[:3]
        assert [each.rank for each in found[:3]] == [1, 2, 3]
        [chosen] = [each for each in found if each.chosen]
        assert chosen.id == choice.id == order[chosen.rank - 1]
        assert len(found) == (3 if chosen.rank <= 3 else 4)
        for each in found:
            assert each.y_hat == pytest.approx(np.exp(np.float64(choice.log_y_hat[each.id])))
            assert each.p == choice.p[each.id]
        ranks.add(chosen.rank)
    assert {1, 4} <= ranks <= {1, 2, 3, 4, 5, 6}


def test_there_are_no_more_candidates_than_characters(tiny_network):
    choice = next(
        generate(tiny_network(), np.array([2]), chain(SamplingConfig(top_p=0.5), [2]), rng())
    )
    found = candidates(choice, 99)
    assert len(found) == 7
    assert sum(each.y_hat for each in found) == pytest.approx(1)
    assert found[-1].p == 0


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_character_that_a_prompt_of_bytes_begins_is_completed(tiny_network, cut):
    prompt = np.frombuffer("a😀".encode()[: 1 + cut], np.uint8)
    for seed in range(20):
        config = SamplingConfig(length=9, temperature=3)
        made = Sample(tiny_network(vocabulary_size=256), BYTES, prompt, config, rng(seed))
        (prompt.tobytes() + bytes(ids_of(made.choices()))).decode()
