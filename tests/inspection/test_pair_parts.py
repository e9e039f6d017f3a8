"""The parts of a network of pairs as the views read them, against how the pairs are learnt."""

import math

import numpy as np
import pytest

from charrnn.checkpoint.pairs import PairCheckpoint
from charrnn.errors import ConfigError, TextError
from charrnn.evaluation.answers import SourceReader, greedy
from charrnn.evaluation.pairs import ROWS, EncodedPairs, losses
from charrnn.inspection.methods.clamping import surprises
from charrnn.inspection.options import Options
from charrnn.inspection.pair_parts import PartRead, look, part_of_pairs, with_boundary
from charrnn.inspection.reading import Reading, part_of
from charrnn.inspection.views.grad.loss_gradients import _read
from charrnn.inspection.views.ledger.result import Ledger
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.step.result import Step
from charrnn.inspection.views.why.occlusion import Question, read_again
from charrnn.network.pairs import PairConfig, PairNetwork, PairTrace
from charrnn.text.boundary import BOUNDARY
from charrnn.text.vocabulary import Vocabulary

KNOWN = Vocabulary.of("abc é")
SOURCE, ANSWER = "abba c", "ébac b"
LIMIT = 100


def pairs_of(cell="lstm", labels=(), vocabulary=KNOWN, **more):
    config = PairConfig(
        vocabulary_size=len(vocabulary), cell=cell, hidden_size=7, num_layers=2, labels=len(labels),
        reverse=not labels, **more,
    )  # fmt: skip
    network = PairNetwork(config, np.random.default_rng(4), np.float64)
    network.params.flat[:] *= 2
    return PairCheckpoint(network, vocabulary, None, np.empty((0, 3)), {}, tuple(labels))


def read(pairs, text=f"{SOURCE}\t{ANSWER}", part=None):
    """What a part computes as it reads, with the state that it began at."""
    found = PartRead.of(pairs, text, part, "error", LIMIT)
    predicts = found.first is not None
    model = found.checkpoint
    return Reading.of(
        model.network, model.vocabulary, found.source.ids, first=found.first, predicts=predicts
    )


def decoder(cell="lstm"):
    return read(pairs_of(cell), part="decoder")


@pytest.mark.parametrize(
    "vocabulary", [KNOWN, Vocabulary.of_bytes("aé".encode().decode("latin-1"))]
)
def test_the_decoder_is_surprised_as_in_learning(vocabulary):
    pairs = pairs_of(vocabulary=vocabulary)
    reading = read(pairs)
    end = -reading.log_y_hat[-1, pairs.network.config.boundary]
    nats = np.nansum(reading.surprise) * math.log(2) + end
    x, y = map(vocabulary.encode_prompt, (SOURCE, ANSWER))
    trace = PairTrace(pairs.network, len(x), len(y) + 1, ROWS, scores=True)
    [expected], [symbols] = losses(pairs.network, EncodedPairs((x,), (y,)), np.array([0]), trace)
    assert nats == pytest.approx(expected, rel=1e-10)
    assert symbols == len(reading)
    assert reading.text[0] == BOUNDARY


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_every_method_that_reads_again_begins_after_the_source(cell):
    reading = decoder(cell)
    state, _ = SourceReader(pairs_of(cell).network).read([KNOWN.encode(SOURCE)])
    np.testing.assert_array_equal(reading.state_before(0), state[:, :, 0])
    np.testing.assert_allclose(surprises(reading, [[]])[0], reading.surprise, rtol=1e-10)
    trace = _read(reading, np.array([5]), 5)
    np.testing.assert_allclose(trace.log_y_hat[:, 0], reading.log_y_hat[:6], rtol=1e-10)
    T = len(reading)
    question = Question(reading, T - 1, 0, 1, T, 3)
    again = read_again(question, reading.ids[:, None])
    expected = reading.log_y_hat[-1, 0] - reading.log_y_hat[-1, 1]
    np.testing.assert_allclose(again.log_odds[:, 0], expected, rtol=1e-10)
    step = Step.of(reading, Options(at="0")).layers[1]
    for kind, values in reading.states.items():
        np.testing.assert_allclose(step.before[kind], reading.first[kind][1], rtol=1e-12)
        np.testing.assert_allclose(step.after[kind], values[0, 1], rtol=1e-10)
    later = part_of(reading, slice(2, None))
    np.testing.assert_array_equal(later.state_before(0), reading.state_before(2))
    np.testing.assert_array_equal(later.state_before(1), reading.state_before(3))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_in_the_ledger_the_boundary_has_written_what_the_source_left(cell):
    for account in Ledger.of(decoder(cell)).accounts:
        assert account.gap < 1e-10


@pytest.mark.parametrize("labels", [(), ("no", "yes")])
def test_the_encoder_reads_the_source_as_in_learning(labels):
    pairs = pairs_of(labels=labels)
    reading = read(pairs, SOURCE, "encoder")
    assert reading.text == (SOURCE if labels else SOURCE[::-1])
    state, _ = SourceReader(pairs.network).read([KNOWN.encode(SOURCE)])
    np.testing.assert_allclose(reading.state_before(len(reading)), state[:, :, 0], rtol=1e-10)
    assert reading.log_y_hat.shape == (len(SOURCE), 0)
    with pytest.raises(ConfigError, match="an encoder makes none") as raised:
        look(VIEWS["probs"], pairs, SOURCE, "encoder", "error", Options())
    assert ("decoder" in str(raised.value)) is not bool(labels)
    shown = look(VIEWS["state"], pairs, SOURCE, "encoder", "error", Options())
    assert shown.source.ids.tolist() == reading.ids.tolist()


@pytest.mark.parametrize("vocabulary", [KNOWN, Vocabulary.of_bytes("abc")])
def test_without_an_answer_the_network_writes_one(vocabulary):
    pairs = pairs_of(vocabulary=vocabulary)
    part = PartRead.of(pairs, SOURCE, None, "error", LIMIT)
    state, _ = SourceReader(pairs.network).read([vocabulary.encode_prompt(SOURCE)])
    [ids] = greedy(pairs.network, state, LIMIT)
    assert part.source.ids[1:].tolist() == ids[: LIMIT - 1]
    assert part.source.notes == ("the network writes the answer",)
    assert len(PartRead.of(pairs, f"{SOURCE}\t", None, "error", LIMIT).source.ids) == 1


def test_what_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="has no decoder"):
        PartRead.of(pairs_of(labels=("a", "b")), SOURCE, "decoder", "error", LIMIT)
    with pytest.raises(ConfigError, match=r"U\+10FFFF"):
        with_boundary(Vocabulary.of(f"a{BOUNDARY}"))
    with pytest.raises(TextError, match="empty"):
        PartRead.of(pairs_of(), "\tabc", None, "error", LIMIT)


def test_a_part_is_a_model_of_its_own():
    pairs = pairs_of()
    whole = part_of_pairs(pairs)
    assert whole.network is pairs.network.decoder
    assert len(whole.vocabulary) == whole.network.config.vocabulary_size == len(KNOWN) + 1
    assert part_of_pairs(pairs, "encoder").vocabulary == KNOWN
