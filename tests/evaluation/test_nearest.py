"""The most similar text, against cosines of counts made one by one."""

import math
import tracemalloc
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.evaluation.nearest import NearestText
from charrnn.text.pairs import Pairs

texts = st.text(st.sampled_from("ab é\U0010ffff"), min_size=1, max_size=12)


def runs(text):
    padded = f"\0\0{text}\0\0"
    return Counter(padded[n : n + 3] for n in range(len(padded) - 2))


def cosine(one, other):
    product = sum(n * other[run] for run, n in one.items())
    return product / math.sqrt(
        sum(n * n for n in one.values()) * sum(n * n for n in other.values())
    )


@given(st.lists(texts, min_size=1, max_size=8), texts)
@settings(deadline=None)
def test_it_is_that_of_the_largest_cosine(sources, asked):
    pairs = Pairs(tuple(sources), tuple(map(str, range(len(sources)))))
    found = int(NearestText(pairs).answer(asked))
    cosines = [cosine(runs(asked), runs(source)) for source in sources]
    assert cosines[found] >= max(cosines) - 1e-12


def test_a_text_that_was_learnt_is_its_own_nearest():
    pairs = Pairs(("third of May", "May the third", "May"), ("a", "b", "c"))
    assert [NearestText(pairs).answer(source) for source in pairs.sources] == ["a", "b", "c"]
    assert NearestText(pairs).answer("zzz") in "abc"


def test_many_texts_take_memory_in_proportion_to_their_characters():
    rng = np.random.default_rng(0)
    sources = tuple("".join(rng.choice(list("0123456789+"), size=7)) for _ in range(20_000))
    tracemalloc.start()
    nearest = NearestText(Pairs(sources, sources))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 * sum(len(source) + 2 for source in sources)
    assert nearest.answer(sources[7]) == sources[7]
