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
    before = document.vocabulary.encode_prompt(document.text[: document.cursor] or "\n")
    for k in before:
        stepper.read(np.array([k]))
    z = stepper.logits[0].astype(float)
    log_softmax(z)
    return np.exp(z)


def bits_of(document, text):
    """The surprise of a text: of its first character after a line end, of the others as in it."""
    if not text:
        return []
    first = score(document.network, KNOWN.encode("\n" + text[0]))
    return np.append(first, score(document.network, KNOWN.encode(text))) / np.log(2)


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
    np.testing.assert_allclose(document.surprises(), bits_of(document, text), rtol=1e-9)


def test_states_that_are_not_kept_are_computed_again(document, monkeypatch, rng):
    document._states._most = 4 * states_module.SPARSE
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
        nats = score(document.network, KNOWN.encode("ab" + text))[1:]
        assert p == pytest.approx(np.exp(-nats.sum()), rel=1e-6)
    first = found[0][0]
    document.accept(1)
    assert document.text == "ab" + first
    with pytest.raises(ConfigError, match="no suggestion 9"):
        document.accept(9)


@pytest.mark.parametrize("prompt", ["abc ", "", "a", "e" * 70 + " b"])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_generated_is_what_sampling_writes(document, prompt, seed):
    document.insert(prompt)
    document.set_options(stop=("ab",), temperature=1.5)
    document.generate(50, seed)
    config = SamplingConfig(length=50, stop=("ab",), temperature=1.5)
    rng = np.random.Generator(np.random.PCG64(seed))
    sample = Sample(document.network, KNOWN, KNOWN.encode(prompt), config, rng)
    written = "".join(sample.pieces())
    assert document.text == prompt + written
    assert document.undo() == bool(written)
    assert document.text == prompt


def test_generating_anew_replaces_what_stands_behind_the_cursor(document):
    document.insert("abc dea")
    document.move(3)
    document.generate(9, 3)
    inserted = document.text
    assert inserted.endswith(" dea")
    document.undo()
    document.generate(9, 3, anew=True)
    assert document.text + " dea" == inserted
    document.undo()
    assert (document.text, document.cursor) == ("abc dea", 3)


def test_typing_in_the_middle_reads_no_more_than_what_is_before_the_cursor(document, rng):
    text = "".join(rng.choice(list("abcde \n"), 500))
    document.insert(text)
    document.surprises()
    document.move(200)
    document.insert("a")
    document.candidates(3)
    document.suggestions()
    assert len(document.bits) == 201
    assert not document.read_on(501, seconds=0)
    assert document.read_on(501, seconds=60)
    text = text[:200] + "a" + text[200:]
    np.testing.assert_allclose(document.bits, bits_of(document, text), rtol=1e-9)


def test_what_options_forbid_is_not_suggested(tiny_network):
    network = tiny_network(vocabulary_size=len(KNOWN), dtype=np.float64)
    network.params["W_ya"][:] *= 4
    for options in ({"only": "[abc ]"}, {"forbid": ("d", "e", "\n")}):
        document = Document(network, KNOWN, SamplingConfig(**options))
        document.insert("de")  # what is typed may hold it
        for text, _ in document.suggestions():
            assert set(text) <= set("abc ")
        assert {KNOWN[one.id] for one in document.candidates(9) if one.p} <= set("abc ")
        document.generate(100, 1)
        assert set(document.text[2:]) <= set("abc ")


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("a ", True), (" a ", True), (" ", False), ("  ", False), ("\n", True), ("b", False),
        (" ,. ", False), (", a ", True), ("a\n", True),
    ],
)  # fmt: skip
def test_a_suggestion_is_complete_with_a_word(tiny_network, text, complete):
    vocabulary = Vocabulary.of("\n ,.ab")
    document = Document(tiny_network(vocabulary_size=len(vocabulary)), vocabulary, SamplingConfig())
    assert document._is_complete(vocabulary.encode(text).tolist()) is complete


def test_a_byte_of_a_letter_is_no_space(tiny_network):
    document = Document(
        tiny_network(vocabulary_size=256), Vocabulary.of_bytes(""), SamplingConfig()
    )
    assert not document._is_complete(list("аР".encode()))  # it ends with the byte of U+00A0
    assert document._is_complete(list("аР ".encode()))


def test_unknown_characters_are_left_out_or_replaced_where_that_is_chosen(document):
    skipping = Document(document.network, KNOWN, SamplingConfig(), "skip")
    skipping.insert("ЖaЖb")
    document.insert("ab")
    assert skipping.text == "ЖaЖb"
    assert skipping.candidates(7) == document.candidates(7)
    assert skipping.surprises() == [0, document.surprises()[0], 0, document.surprises()[1]]
    nearest = Document(document.network, KNOWN, SamplingConfig(), "nearest")
    nearest.insert("áb")
    assert nearest.candidates(7) == document.candidates(7)


def test_a_long_text_keeps_few_states(document, rng):
    document._states._most = 4 * states_module.SPARSE
    text = "".join(rng.choice(list("abcde \n"), 5000))
    document.insert(text)
    document.surprises()
    assert len(document._states._states) <= 4 * states_module.SPARSE
    document.move(1234)
    found = {one.id: one.y_hat for one in document.candidates(len(KNOWN))}
    np.testing.assert_allclose(
        [found[k] for k in range(len(KNOWN))], predicted(document), rtol=1e-9
    )


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
