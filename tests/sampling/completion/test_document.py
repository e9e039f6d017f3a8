"""A text that is edited, against reading all of it from the beginning."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError, UnknownCharacter
from charrnn.evaluation.score import score
from charrnn.network.functions import log_softmax
from charrnn.network.stepper import Stepper
from charrnn.sampling.completion import states as states_module
from charrnn.sampling.completion.continuations import LONGEST
from charrnn.sampling.completion.document import Document
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.sample import Sample
from charrnn.text.vocabulary import Vocabulary

KNOWN = Vocabulary.of("\n abcde")
edits = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.text("\n abcde", max_size=12)),
        st.tuples(st.just("delete"), st.integers(-6, 6)),
        st.tuples(st.just("move"), st.integers(-3, 40)),
        st.tuples(st.just("put"), st.text("abc ", max_size=9)),
        st.tuples(st.sampled_from(["undo", "redo"]), st.none()),
    ),
    max_size=25,
)


@pytest.fixture
def document(tiny_network):
    return Document(
        tiny_network(vocabulary_size=len(KNOWN), dtype=np.float64), KNOWN, SamplingConfig()
    )


def naive_edit(text, cursor, edit, value):
    if edit == "insert":
        return text[:cursor] + value + text[cursor:], cursor + len(value)
    if edit == "delete":
        start, stop = (cursor - value, cursor) if value >= 0 else (cursor, cursor - value)
        start, stop = max(0, start), min(len(text), stop)
        return text[:start] + text[stop:], start
    if edit == "move":
        return text, max(0, min(value, len(text)))
    return value, len(value)


def predicted(document):
    """What the network expects at the cursor, reading from the beginning."""
    stepper = Stepper(document.network)
    before = document.vocabulary.encode_prompt("\n" + document.text[: document.cursor])
    for k in before:
        stepper.read(np.array([k]))
    z = stepper.logits[0].astype(float)
    log_softmax(z)
    return np.exp(z)


@given(edits)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_all_edits_lead_to_what_reading_anew_would(document, edits):
    document.put("")
    document._done.clear()
    document._undone.clear()
    text, cursor, before, after = document.text, document.cursor, [], []
    for edit, value in edits:
        if edit == "undo":
            assert document.undo() == bool(before)
            if before:
                after.append((text, cursor))
                text = before.pop()[0]
                cursor = document.cursor
        elif edit == "redo":
            assert document.redo() == bool(after)
            if after:
                before.append((text, cursor))
                text = after.pop()[0]
                cursor = document.cursor
        else:
            getattr(document, edit)(value)
            new, cursor = naive_edit(text, cursor, edit, value)
            if new != text:
                before.append((text, cursor))
                after.clear()
            text = new
        assert (document.text, document.cursor) == (text, cursor)
        found = {one.id: one.y_hat for one in document.candidates(len(KNOWN))}
        expected = predicted(document)
        np.testing.assert_allclose([found[k] for k in range(len(KNOWN))], expected, rtol=1e-9)
    nats = score(document.network, KNOWN.encode("\n" + text)) if text else np.empty(0)
    np.testing.assert_allclose(document.surprises(), nats / np.log(2), rtol=1e-9)


def test_states_that_are_not_kept_are_computed_again(document, monkeypatch, rng):
    document._states._most = 2 * states_module.SPARSE
    text = "".join(rng.choice(list("abcde \n"), 400))
    document.insert(text)
    document.surprises()
    assert len(document._states._states) < 100
    for place in (399, 250, 17, 3, 0, 400):
        document.move(place)
        found = {one.id: one.y_hat for one in document.candidates(len(KNOWN))}
        np.testing.assert_allclose(
            [found[k] for k in range(len(KNOWN))], predicted(document), rtol=1e-9
        )


def test_a_suggestion_ends_at_a_space_and_has_its_probability(tiny_network):
    network = tiny_network(vocabulary_size=len(KNOWN), dtype=np.float64)
    network.params["W_ya"][:] *= 4
    document = Document(network, KNOWN, SamplingConfig())
    document.insert("ab")
    found = document.suggestions()
    assert found == sorted(found, key=lambda each: -each[1])
    for text, p in found:
        assert (text[-1].isspace() and not any(map(str.isspace, text[1:-1]))) or (
            len(text) == LONGEST
        )
        ids = KNOWN.encode("\nab" + text)
        nats = score(document.network, ids)[2:]
        assert p == pytest.approx(np.exp(-nats.sum()), rel=1e-6)
    first = found[0][0]
    document.accept(1)
    assert document.text == "ab" + first
    with pytest.raises(ConfigError, match="no suggestion 9"):
        document.accept(9)


def test_what_is_generated_is_what_sampling_writes(document):
    document.insert("abc ")
    document.generate(50, 7)
    config = SamplingConfig(length=50)
    rng = np.random.Generator(np.random.PCG64(7))
    sample = Sample(document.network, KNOWN, KNOWN.encode("\nabc "), config, rng)
    assert document.text == "abc " + "".join(sample.pieces())
    document.undo()
    assert document.text == "abc "
    document.set_options(temperature=0, top_k=2)
    document.generate(5, 1)
    assert len(document.text) == 9


def test_what_the_network_does_not_know_changes_nothing(document):
    document.insert("ab")
    for change in (document.insert, document.put):
        with pytest.raises(UnknownCharacter):
            change("aЖ")
    assert (document.text, document.cursor) == ("ab", 2)


def test_bytes_are_whole_characters(tiny_network):
    document = Document(
        tiny_network(vocabulary_size=256, dtype=np.float64), Vocabulary.of_bytes(""),
        SamplingConfig(temperature=3),
    )  # fmt: skip
    document.insert("aé😀")
    assert len(document.surprises()) == 3
    document.delete(1)
    document.generate(40, 1)
    assert document.text.startswith("aé")
    assert "\ufffd" not in document.text


@pytest.mark.parametrize(
    "options", [{"must": ("a",)}, {"num_beams": 2}, {"best_of": 2}, {"temperature": (1, 0.5)}]
)
def test_what_is_asked_of_a_whole_text_is_refused(document, options):
    with pytest.raises(ConfigError, match="typed"):
        document.set_options(**options)
    with pytest.raises(ConfigError, match="no option"):
        document.set_options(zzz=1)
