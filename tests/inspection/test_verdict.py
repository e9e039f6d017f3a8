"""What would be answered after each character, against answering each beginning alone."""

import numpy as np
import pytest

from charrnn.checkpoint.pairs import PairCheckpoint
from charrnn.errors import TextError, UnknownCharacter
from charrnn.evaluation.answers import SourceReader, greedy
from charrnn.inspection.verdict import LONGEST, verdict_of
from charrnn.network.pairs import PairConfig, PairNetwork
from charrnn.text.vocabulary import Vocabulary

KNOWN = Vocabulary.of("abc ")


def checkpoint_of(labels=(), *, reverse=False):
    config = PairConfig(
        vocabulary_size=len(KNOWN), hidden_size=8, labels=len(labels), reverse=reverse
    )
    network = PairNetwork(config, np.random.default_rng(2), np.float64)
    network.params.flat[:] *= 3
    return PairCheckpoint(network, KNOWN, None, np.empty((0, 3)), {}, labels)


@pytest.mark.parametrize("reverse", [False, True])
def test_each_character_has_the_answer_of_its_beginning(reverse, rng):
    model = checkpoint_of(("bad", "good", "odd"), reverse=reverse)
    text = "".join(rng.choice(list("abc "), 70)) + "c"
    found = verdict_of(model, text)
    for t in (0, 1, 31, 32, 50, len(text) - 1):
        _, [alone] = SourceReader(model.network).read([KNOWN.encode(text[: t + 1])])
        np.testing.assert_allclose(found.probabilities[t], alone, rtol=1e-9)
        assert found.answers[t] == model.labels[alone.argmax()]
    shares = found.probabilities[:, model.labels.index(found.final)]
    naive = sorted(
        ((t, shares[t] - shares[t - 1]) for t in range(1, len(text))),
        key=lambda turn: -abs(turn[1]),
    )
    assert found.turns(5) == [(t, pytest.approx(change)) for t, change in naive[:5]]
    data = found.data()
    assert [step["character"] for step in data["steps"]] == list(text)
    assert sum(data["steps"][9]["probabilities"].values()) == pytest.approx(1)


def test_what_is_written_is_shown_where_a_word_ends():
    model, text = checkpoint_of(), "ab c  ba"
    found = verdict_of(model, text)
    assert [t for t, answer in enumerate(found.answers, 1) if answer] <= [2, 4, 8]
    for n in (2, 4, 8):
        state, _ = SourceReader(model.network).read([KNOWN.encode(text[:n])])
        assert found.answers[n - 1] == KNOWN.decode(greedy(model.network, state, 200)[0])
    assert found.final == found.answers[-1]
    assert "probabilities" not in found.data()["steps"][0]


def test_what_cannot_be_answered_is_refused():
    for text, error in (("", TextError), ("a" * (LONGEST + 1), TextError), ("x", UnknownCharacter)):
        with pytest.raises(error):
            verdict_of(checkpoint_of(), text)
