"""The weights that filters leave, against their rules over lists, and against draws by counting."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.index import save_index
from charrnn.errors import CharRNNError
from charrnn.network.functions import log_softmax
from charrnn.sampling.config import ORDER, SamplingConfig
from charrnn.sampling.draw import draw, draw_rows
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.generate import Choice
from charrnn.text.copies import IndexedCorpus
from charrnn.text.corpus import from_text
from charrnn.text.vocabulary import Vocabulary

TEMPERATURES = [0, 1e-7, 1e-3, 0.5, 1, 100, 1e308]
BREAKER = 2
"""The id of a character at which DRY ends a run."""
CORPUS = np.random.default_rng(4).integers(4, size=120).tolist()
"""The text that is not to be copied."""


def known(V):
    return Vocabulary(np.arange(1, V + 1))


def log_probabilities(scores, dtype=np.float64):
    z = np.array(scores, dtype)
    log_softmax(z)
    return z


def distribution(scores, config, text=(0,)):
    """The probabilities that characters are drawn by after a text, (V,)."""
    filters = filters_of(config, np.array([text], int), known(len(scores)))
    weights = filters.weights(np.asarray(scores, np.float64))
    return weights / weights.sum()


# A few levels only, so that equally likely characters are common.
levels = st.lists(st.sampled_from([-1e4, -30.0, -1.0, 0.0, 0.5, 1e4]), min_size=1, max_size=12)
scattered = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=40)
scores = levels | scattered
sampling = st.builds(
    SamplingConfig,
    temperature=st.sampled_from(TEMPERATURES),
    top_k=st.sampled_from([0, 1, 2, 5, 12, 99, 10**15]),
    top_p=st.sampled_from([1e-300, 0.1, 0.5, 0.9, 1 - 1e-16, 1.0]),
    min_p=st.sampled_from([0.0, 1e-300, 0.05, 0.5, 1.0]),
    order=st.permutations(ORDER),
)


class Before(NamedTuple):
    """What a rule may look at beside the prediction.

    text: the ids before the character.
    made: how many of them follow the prompt.
    limit: mirostat's μ, in nats.
    """

    text: Sequence[int] = (0,)
    made: int = 0
    limit: float = math.inf


def naive(log_y_hat, config, before):
    """Follow the rules one after the other, in probabilities, over lists."""
    log_p = shifted(dict(enumerate(log_y_hat)))  # of what is left
    for name in ("no_copy", *config.order):
        left = RULES[name](log_p, config, before)
        log_p = shifted({k: left[k] for k in sorted(left)})
    p = probabilities(log_p)
    return [p.get(k, 0.0) for k in range(len(log_y_hat))]


def shifted(log_p):
    largest = max(log_p.values())
    return {k: z - largest for k, z in log_p.items()}


def without(log_p, banned):
    """What is left, or all of it where that is nothing."""
    left = {k: z for k, z in log_p.items() if k not in banned}
    return left or log_p


def followers(ending, n, text):
    """What follows the n characters of an ending in a text."""
    if len(ending) < n:
        return set()
    return {text[m + n] for m in range(len(text) - n) if text[m : m + n] == ending}


def repeated(text):
    """For each character, the most of the end of the text that it has followed before."""
    found = {}
    for place in range(len(text) - 1):
        run = 0
        while run <= place and text[place - run] == text[-1 - run] != BREAKER:
            run += 1
        found[text[place + 1]] = max(found.get(text[place + 1], 0), run)
    return found


def probabilities(log_p):
    p = {k: math.exp(z) for k, z in log_p.items()}
    total = math.fsum(p.values())
    return {k: one / total for k, one in p.items()}


def reaching(log_p, share, key):
    """The first by a key, and then by id, whose probabilities sum to a share."""
    if share == 1:
        return log_p
    p, ordered, reached = probabilities(log_p), sorted(log_p, key=lambda k: (key(k), k)), 0
    while math.fsum(p[k] for k in ordered[:reached]) < share:
        reached += 1
    return {k: log_p[k] for k in ordered[: max(1, reached)]}


def no_copy(log_p, config, before):
    n, text = config.no_copy, list(before.text)
    return without(log_p, followers(text[len(text) - n :], n, CORPUS)) if n else log_p


def penalties(log_p, config, before):
    text, last, factor = before.text, config.repeat_last_n, config.repeat_penalty
    window = Counter(text if last < 0 else text[max(0, len(text) - last) :])
    total = 1 if factor == 1 else math.fsum(map(math.exp, log_p.values()))
    lower, flat = config.frequency_penalty, config.presence_penalty
    return {
        k: (z - math.log(total)) * (factor if window[k] else 1)
        - lower * window[k]
        - (flat if window[k] else 0)
        for k, z in log_p.items()
    }


def no_repeat_ngram(log_p, config, before):
    n, text = config.no_repeat_ngram_size - 1, list(before.text)
    return log_p if n < 0 else without(log_p, followers(text[len(text) - n :], n, text))


def dry(log_p, config, before):
    lowered, allowed = dict(log_p), config.dry_allowed_length
    for k, run in repeated(before.text).items() if config.dry_multiplier else ():
        if k in lowered and run >= allowed:
            lowered[k] -= config.dry_multiplier * config.dry_base ** (run - allowed)
    return lowered


def top_k(log_p, config, before):
    ordered = sorted(log_p, key=lambda k: (-log_p[k], k))
    return {k: log_p[k] for k in ordered[: config.top_k or None]}


def typical_p(log_p, config, before):
    p = probabilities(log_p)
    expected = math.fsum(p[k] * log_p[k] for k in p)
    return reaching(log_p, config.typical_p, lambda k: abs(log_p[k] - expected))


def top_p(log_p, config, before):
    return reaching(log_p, config.top_p, lambda k: -log_p[k])


def min_p(log_p, config, before):
    p = config.min_p
    return {k: z for k, z in log_p.items() if not p or z >= math.log(p)}


def temperature(log_p, config, before):
    temperature = config.temperature
    if isinstance(temperature, tuple):
        first, last = temperature
        temperature = first + (last - first) * min(1, before.made / (config.length - 1))
    if temperature < 1e-6:
        return {max(log_p, key=lambda k: (log_p[k], -k)): 0.0}
    return {k: z / temperature for k, z in log_p.items()}


def mirostat(log_p, config, before):
    if not config.mirostat:
        return log_p
    total = math.fsum(map(math.exp, log_p.values()))
    left = {k: z for k, z in log_p.items() if math.log(total) - z <= before.limit}
    return left or top_k(log_p, SamplingConfig(top_k=1), before)


RULES = {
    rule.__name__: rule
    for rule in (no_copy, penalties, no_repeat_ngram, dry, top_k, typical_p, top_p, min_p,
                 temperature, mirostat)
}  # fmt: skip


@pytest.mark.slow
@given(scores, sampling, st.sampled_from([np.float32, np.float64]))
@settings(deadline=None, max_examples=300)
def test_the_distribution_is_that_of_the_rules(scores, config, dtype):
    log_y_hat = log_probabilities(scores, dtype)
    before = log_y_hat.copy()
    with np.errstate(all="raise", under="ignore"):
        p = distribution(log_y_hat, config)
    assert abs(p.sum() - 1) < 1e-12
    assert (p >= 0).all()
    assert p[log_y_hat.argmax()] == p.max() > 0
    assert np.allclose(
        p, naive(log_y_hat.astype(float).tolist(), config, Before()), rtol=1e-9, atol=1e-300
    )
    assert (log_y_hat == before).all()


@given(scores, st.integers(1, 50))
@settings(deadline=None, max_examples=200)
def test_top_k_keeps_exactly_k_even_of_equals(scores, k):
    every = distribution(log_probabilities(scores), SamplingConfig(temperature=1))
    p = distribution(log_probabilities(scores), SamplingConfig(temperature=1, top_k=k))
    assert np.count_nonzero(p) == min(k, np.count_nonzero(every))
    assert p[p > 0].min() > 0
    if left_out := every[p == 0].tolist():
        assert max(left_out) <= every[p > 0].min()


@given(scores, st.floats(0.001, 1))
@settings(deadline=None, max_examples=200)
def test_top_p_keeps_the_smallest_set_that_reaches_p(scores, top_p):
    every = distribution(log_probabilities(scores), SamplingConfig(temperature=1))
    p = distribution(log_probabilities(scores), SamplingConfig(temperature=1, top_p=top_p))
    kept = every[p > 0]
    assert kept.sum() >= top_p - 1e-12
    assert kept.sum() - kept.min() < top_p + 1e-12
    assert max(every[p == 0], default=0) <= kept.min()


@given(scores, st.floats(0.001, 1))
@settings(deadline=None, max_examples=200)
def test_min_p_keeps_what_is_near_to_the_likeliest(scores, min_p):
    every = distribution(log_probabilities(scores), SamplingConfig(temperature=1))
    p = distribution(log_probabilities(scores), SamplingConfig(temperature=1, min_p=min_p))
    assert (every[p > 0] >= min_p * every.max() * (1 - 1e-12)).all()
    assert (every[p == 0] <= min_p * every.max() * (1 + 1e-12)).all()


def test_each_filter_works_on_what_the_one_before_has_left():
    log_y_hat = np.log([0.4, 0.3, 0.2, 0.1])
    both = SamplingConfig(temperature=1, top_k=2, top_p=0.55)
    # Of the two that top-k leaves, the first has 4/7 > 0.55; of all four it has only 0.4.
    assert distribution(log_y_hat, both).tolist() == [1, 0, 0, 0]
    alone = distribution(log_y_hat, SamplingConfig(temperature=1, top_p=0.55))
    assert np.allclose(alone, [4 / 7, 3 / 7, 0, 0])


def test_a_low_temperature_sharpens_and_a_high_one_levels():
    log_y_hat = np.log([0.5, 0.25, 0.25])
    assert np.allclose(
        distribution(log_y_hat, SamplingConfig(temperature=0.5)), [4 / 6, 1 / 6, 1 / 6]
    )
    assert np.allclose(distribution(log_y_hat, SamplingConfig(temperature=1e9)), [1 / 3] * 3)


@pytest.mark.parametrize("temperature", [0, 1e-7, 1e-3])
def test_cold_is_the_likeliest_and_the_first_of_equals(temperature):
    log_y_hat = log_probabilities([1.0, 3.0, -1e4, 2.0])
    config = SamplingConfig(temperature=temperature, top_k=3, top_p=0.9, min_p=0.1)
    assert distribution(log_y_hat, config).tolist() == [0, 1, 0, 0]
    equals = distribution(log_probabilities([1.0, 3.0, 3.0]), SamplingConfig(temperature=0))
    assert equals.tolist() == [0, 1, 0]


@pytest.mark.parametrize("temperature", [0, 0.8])
@pytest.mark.parametrize("config", [{}, {"top_k": 2}, {"top_p": 0.99}, {"min_p": 1e-9}])
def test_what_is_impossible_is_never_chosen(temperature, config):
    p = distribution(
        np.array([-np.inf, math.log(0.5), -np.inf, math.log(0.5)]),
        SamplingConfig(temperature=temperature, **config),
    )
    assert p[[0, 2]].tolist() == [0, 0]
    assert p.sum() == 1


@pytest.mark.parametrize("temperature", [0, 0.8])
@pytest.mark.parametrize("bad", [[np.nan, -1], [-1, np.nan], [np.inf, 0], [-np.inf, -np.inf]])
def test_a_prediction_that_is_no_number_is_refused(temperature, bad):
    with pytest.raises(CharRNNError, match="not a number"):
        distribution(np.array(bad, np.float32), SamplingConfig(temperature=temperature))


# With memory: a text is made first, of which some characters are far likelier than others.
V, MADE, DRAWS = 30, 100, 100_000
PROMPT = [0, 1, 2, 3, 0, 1, 3, 1]
FILTERS = {
    "plain": {},
    "top-k": {"top_k": 9},
    "top-p": {"top_p": 0.8},
    "min-p": {"min_p": 0.05},
    "typical": {"typical_p": 0.6},
    "mirostat": {"mirostat": 2, "mirostat_tau": 1.5},
    "ramp": {"temperature": (1.7, 0.6), "length": 2 * MADE},
    "repeat": {"repeat_penalty": 1.5, "repeat_last_n": 9},
    "presence": {"presence_penalty": 0.7, "repeat_last_n": 9},
    "frequency": {"frequency_penalty": 0.02, "repeat_last_n": -1},
    "no-repeat": {"no_repeat_ngram_size": 3},
    "DRY": {"dry_multiplier": 0.4, "dry_base": 1.5, "dry_allowed_length": 2,
            "dry_sequence_breaker": (chr(1 + BREAKER),)},
    "no-copy": {"no_copy": 2},
    "a usual chain": {"repeat_penalty": 1.2, "top_k": 12, "typical_p": 0.95, "top_p": 0.9,
                      "min_p": 0.02},
    "a chain against repetition": {"no_copy": 2, "no_repeat_ngram_size": 4, "mirostat": 2,
                                   "dry_multiplier": 0.3, "dry_allowed_length": 1,
                                   "dry_sequence_breaker": (chr(1 + BREAKER),)},
    "a chain in another order": {"presence_penalty": 0.4, "frequency_penalty": 0.01, "top_p": 0.95,
                                 "min_p": 0.1,
                                 "order": ("temperature", "min_p", "top_p", "penalties")},
}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "model.index.npz"
    corpus = from_text("".join(chr(1 + k) for k in CORPUS))
    save_index(path, IndexedCorpus.of(corpus, known(V)))
    return str(path)


def after_a_text(config, seed=3):
    """The filters after a text that was drawn with them, and a prediction.

    Beside them, by the rules alone: what the next character is drawn by.
    """
    rng = np.random.default_rng(seed)
    filters = filters_of(config, np.array([PROMPT]), known(V))
    text, target = list(PROMPT), config.mirostat_tau * math.log(2)
    limit = 2 * target

    def predicted():
        return log_probabilities(rng.normal(0, 1.2, V) + 3 * (np.arange(V) < 4))

    for made in range(MADE):
        scores = predicted()
        k, _ = filters.draw(scores, rng.random())
        filters.accept(np.array([k]))
        if config.mirostat:
            p = naive(scores.tolist(), config, Before(text, made, limit))
            limit -= config.mirostat_eta * (-math.log(p[k]) - target)
        text.append(k)
    scores = predicted()
    return filters, scores, np.array(naive(scores.tolist(), config, Before(text, MADE, limit)))


def assert_as_probable(drawn, p):
    """By the chi-square of the ids that were drawn, p > 1e-4."""
    counts, draws = np.bincount(drawn, minlength=V), len(drawn)
    assert counts[p == 0].sum() == 0
    seldom = draws * p < 5  # as the distribution of the sum asks for
    expected = np.append(draws * p[~seldom], max(draws * p[seldom].sum(), 1e-9))
    counts = np.append(counts[~seldom], counts[seldom].sum())
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    # The value that chance exceeds once in 10^4 times (Wilson & Hilferty 1931).
    df = max(1, len(expected) - 2)
    assert chi_square < df * (1 - 2 / (9 * df) + 3.719 * math.sqrt(2 / (9 * df))) ** 3


@pytest.mark.parametrize("temperature", [0, 1e-7, 1e-3, 1, 100])
@pytest.mark.parametrize("name", FILTERS)
def test_characters_come_as_often_as_they_are_probable(name, temperature, index):
    """By the chi-square of 100,000 draws, p > 1e-4."""
    config = SamplingConfig(**{"temperature": temperature, "corpus_index": index} | FILTERS[name])
    filters, scores, p = after_a_text(config)
    weights = filters.weights(scores)
    np.testing.assert_allclose(weights / weights.sum(), p, rtol=1e-9, atol=1e-300)
    uniform = np.random.default_rng(5).random(DRAWS)
    assert_as_probable(draw_rows(np.broadcast_to(weights, (DRAWS, V)), uniform), p)
    if temperature == 1 and name != "plain":
        without = np.exp(scores) / np.exp(scores).sum()
        assert np.abs(p - without).max() > 0.01  # it does something here


@pytest.mark.parametrize(
    ("name", "temperature", "draws"),
    [
        *((name, temperature, 4000) for name in FILTERS for temperature in (0, 1)),
        *(pytest.param(name, 1, DRAWS, marks=pytest.mark.slow) for name in FILTERS),
    ],
)
def test_filters_draw_from_their_weights(name, temperature, draws, index):
    """Also those that end a chain, and draw in an order of their own."""
    config = SamplingConfig(**{"temperature": temperature, "corpus_index": index} | FILTERS[name])
    filters, scores, p = after_a_text(config)
    uniform = np.random.default_rng(6).random(draws)
    drawn = [filters.draw(scores, one) for one in uniform.tolist()]
    assert_as_probable([k for k, _ in drawn], p)
    choice = Choice(drawn[0][0], scores, drawn[0][1])
    np.testing.assert_allclose(choice.p, p, rtol=1e-9, atol=1e-12)
    assert filters.draw_rows(scores[None], uniform[:1])[0] == drawn[0][0]


@pytest.mark.parametrize("temperature", [0, 1e-7, 1e-3, 1, 100])
@pytest.mark.parametrize("name", FILTERS)
def test_a_fork_goes_on_as_its_text_does(name, temperature, index):
    config = SamplingConfig(**{"temperature": temperature, "corpus_index": index} | FILTERS[name])
    filters, _, _ = after_a_text(config)
    forked, rng = filters.fork(np.zeros(1, int)), np.random.default_rng(1)
    kept = filters.fork(np.zeros(1, int))
    scores = rng.normal(0, 1.5, (30, V))
    first = filters.weights(scores[0])
    for one in scores:
        weights, other = filters.weights(one), forked.weights(one)
        np.testing.assert_array_equal(weights, other)
        assert np.isfinite(weights).all()
        assert weights.max() > 0
        k = draw(weights, rng.random())
        filters.accept(np.array([k]))
        forked.accept(np.array([k]))
    np.testing.assert_array_equal(kept.weights(scores[0]), first)  # its own place, unmoved


OFF = [
    {"top_k": 0}, {"top_k": V}, {"top_k": 10**15}, {"top_p": 1.0}, {"min_p": 0.0},
    {"typical_p": 1.0}, {"mirostat": 0, "mirostat_tau": 0.1}, {"temperature": (1, 1)},
    {"repeat_penalty": 1.0, "repeat_last_n": -1}, {"repeat_penalty": 3.0, "repeat_last_n": 0},
    {"presence_penalty": 2.0, "frequency_penalty": 2.0, "repeat_last_n": 0},
    {"presence_penalty": 0.0, "frequency_penalty": 0.0}, {"no_repeat_ngram_size": 0},
    {"dry_multiplier": 0.0, "dry_allowed_length": 1},
    {"dry_multiplier": 2.0, "dry_penalty_last_n": 0, "dry_allowed_length": 1}, {"no_copy": 0},
]  # fmt: skip


@pytest.mark.parametrize("options", OFF, ids=str)
def test_off_means_off(options, index, rng):
    text, scores = rng.integers(4, size=200).tolist(), rng.normal(0, 2, V)
    plain = distribution(scores, SamplingConfig(temperature=1), text)
    config = SamplingConfig(**{"temperature": 1, "corpus_index": index} | options)
    np.testing.assert_array_equal(distribution(scores, config, text), plain)
