"""Where the bits go, against sums worked out one character at a time."""

import json
import math
import re
from collections import Counter
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import charrnn
from charrnn.errors import ConfigError, TextError
from charrnn.evaluation.ngram import NGram
from charrnn.evaluation.score import score
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.errors import training_text
from charrnn.inspection.views.errors.draw import draw
from charrnn.inspection.views.errors.error_types import TYPES, error_types
from charrnn.inspection.views.errors.groups import DISTANCES
from charrnn.inspection.views.errors.result import LISTED, Errors
from charrnn.inspection.views.errors.training_text import TrainingText
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal.colours import NONE
from charrnn.terminal.screen import Screen
from charrnn.text.repetition import SAME
from charrnn.text.vocabulary import Vocabulary

CHARACTERS = "\n abcdeé'\"().A1"
TEXT = "Abba 'a cab' (bad)\n\nA dead decade: a \"bad\" facade; 11 ace beads.\n" * 6
TEXT = "".join(c for c in TEXT if c in CHARACTERS)
WORDS = ["a", "bad", "cab", "a", "dead", "ace"]


@pytest.fixture
def vocabulary():
    return Vocabulary.of(CHARACTERS)


@pytest.fixture
def read(tiny_network, vocabulary):
    def make(text=TEXT, vocabulary=vocabulary, **network):
        made = tiny_network(vocabulary_size=len(vocabulary), **network)
        return Reading.of(made, vocabulary, vocabulary.encode(text))

    return make


@pytest.fixture
def training(tmp_path):
    def make(text, name="train.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return str(tmp_path / name)

    return make


def rows_of(result, table):
    heading, *rows = result.rows()
    return {row[1]: dict(zip(heading, row, strict=True)) for row in rows if row[0] == table}


def test_every_class_costs_what_its_characters_do(read, cell):
    reading = read(cell=cell)
    bits = score(reading.network, reading.ids) / math.log(2)
    expected = {}
    for t, (kind, shown) in enumerate(zip(classes(TEXT)[1:], bits, strict=True)):
        right = reading.log_y_hat[t].argmax() == reading.ids[t + 1]
        expected.setdefault(CLASSES[kind], []).append((shown, right))
    result = Errors.of(reading)
    found = rows_of(result, "class")
    assert list(found) == [name for name in CLASSES if name in expected]
    for name, members in expected.items():
        assert found[name]["count"] == len(members)
        assert found[name]["bits"] == pytest.approx(np.mean([shown for shown, _ in members]))
        assert found[name]["top1"] == pytest.approx(np.mean([right for _, right in members]))
        total = sum(shown for shown, _ in members)
        assert found[name]["share"] == pytest.approx(total / bits.sum())
        assert found[name]["gain"] is found[name]["ngram_bits"] is None
    for table in ("class", "character"):
        assert sum(row["share"] for row in rows_of(result, table).values()) == pytest.approx(1)
        assert sum(row["count"] for row in rows_of(result, table).values()) == len(TEXT) - 1
    [whole] = rows_of(result, "all").values()
    assert whole["bits"] == pytest.approx(bits.mean())


def test_letters_seen_are_counted_together_from_ten_on(read):
    found = rows_of(Errors.of(read("a" * 13 + " bb")), "letters seen")
    assert {name: row["count"] for name, row in found.items()} == {
        "0": 1, "1": 2, **{str(n): 1 for n in range(2, 10)}, "10+": 3
    }  # fmt: skip


def test_what_is_closed_is_sorted_by_where_it_was_opened(read):
    text = "(" + "a" * 8 + ")" + "(" + "a" * 9 + ')"' + "a" * 200 + '"'
    reading = read(text)
    found = rows_of(Errors.of(reading), "closing")
    assert [(name, row["count"]) for name, row in found.items()] == [
        ("1 to 9", 1), ("10 to 19", 1), ("160 and more", 1)
    ]  # fmt: skip
    assert found["1 to 9"]["bits"] == pytest.approx(reading.surprise[9])
    assert found["160 and more"]["bits"] == pytest.approx(reading.surprise[-1])
    assert DISTANCES[1] == 10


def test_lists_name_the_worst_of_what_is_alike(read, rng):
    text = "".join(rng.choice(list("ab .1"), 500))
    reading = read(text)
    result = Errors.of(reading)
    bits = reading.surprise
    alike = [text[max(0, t - 3) : t + 1] for t in range(len(text))]
    expected = {}
    for t in sorted(range(1, len(text)), key=lambda t: (-bits[t], t)):
        expected.setdefault(alike[t], (t - 1, alike[1:].count(alike[t])))
    assert [tuple(place) for place in result.worst()] == list(expected.values())[:LISTED]
    assert max(place.times for place in result.worst()) > 1
    sure = result.confident()
    shares = [float(np.exp(reading.log_y_hat[t].max())) for t, _ in sure]
    assert shares == sorted(shares, reverse=True)
    assert all(reading.log_y_hat[t].argmax() != reading.ids[t + 1] for t, _ in sure)
    assert result.wins() == result.losses() == []
    shown = result.data()["lists"]["worst"][0]
    t = shown["t"]
    assert (shown["left"][-1], shown["next"]) == (text[t], text[t + 1])
    assert text[t + 2 :].startswith(shown["right"])
    assert shown["rank"] == 1 + sum(reading.log_y_hat[t] > reading.log_y_hat[t, reading.ids[t + 1]])


# Against n-grams --------------------------------------------------------------------------------


def test_a_lower_order_is_what_fitting_it_gives(rng):
    ids, other = rng.integers(0, 4, 300), rng.integers(0, 5, 200)
    whole = NGram.fit(ids, 6, 5)
    for order in range(1, 7):
        np.testing.assert_array_equal(
            whole.of_order(order).log_probabilities(other),
            NGram.fit(ids, order, 5).log_probabilities(other),
        )
    for order in (0, 7):
        with pytest.raises(ValueError, match="from 1 to 6"):
            whole.of_order(order)


def test_the_gain_is_what_the_network_saves(read, training, vocabulary):
    name = training("a bad cab (a dead ace)\n" * 20)
    reading = read()
    result = Errors.of(reading, Options(train=name))
    ids = vocabulary.encode("a bad cab (a dead ace)\n" * 20)
    means = []
    for order in range(1, 10):
        ngram = -NGram.fit(ids, order, len(vocabulary)).log_probabilities(reading.ids) / np.log(2)
        np.testing.assert_allclose(result.comparison.bits[order - 1], ngram[1:], rtol=1e-12)
        means.append(ngram[1:].mean())
    best = int(np.argmin(means))
    assert result.comparison.best == best
    about = result.data()["ngrams"]
    assert about["compared_with"] == best + 1
    assert [order["bits"] for order in about["orders"]] == pytest.approx(means)
    whole = rows_of(result, "all")["all"]
    assert whole["gain"] == pytest.approx(means[best] - reading.surprise[1:].mean())
    least = result.comparison.bits.min(axis=0)
    types = error_types(TEXT, reading.surprise, np.append(np.nan, least), Counter(WORDS * 20))
    assert result.comparison.types.tolist() == types[1:].tolist()
    gain = result.gain
    assert gain[result.wins()[0].t] == gain.max()
    assert gain[result.losses()[0].t] == gain.min()
    classes_gain = sum(row["gain"] * row["count"] for row in rows_of(result, "class").values())
    assert classes_gain == pytest.approx(gain.sum())


def test_the_text_that_is_read_is_not_counted(read, training):
    before, after = "a cab. " * 9, "(bad dead)" * 8
    reading = read()
    training_text = TrainingText.of(reading, training(before + TEXT + after))
    assert training_text.left_out == (len(before), len(before) + len(TEXT))
    assert reading.vocabulary.decode(training_text.ids) == before + after
    assert training_text.shared == 0
    with pytest.raises(ConfigError, match="nothing that this network knows but the text"):
        TrainingText.of(reading, training(TEXT))


def test_a_passage_in_common_is_reported(read, training):
    common = "cab a dead bad ace (decade) ''abc1"[: SAME + 1]
    text = "1" * 40 + common + "1" * 25
    found = TrainingText.of(read(text), training("a. " * 30 + common + "b" * 50))
    assert found.left_out is None
    assert found.shared == pytest.approx((SAME + 1) / len(text))
    short = TrainingText.of(read(text), training("a. " * 30 + common[2:] + "b" * 50))
    assert short.shared == 0
    few = TrainingText.of(read("abc"), training("abcabc"))
    assert few.left_out is None
    assert few.shared == 0


def test_the_last_of_a_long_training_text_is_counted(read, training, monkeypatch):
    monkeypatch.setattr(training_text, "MOST", 50)
    found = TrainingText.of(read(), training("a" * 60 + "b" * 40 + "xyz" * 3))
    assert found.vocabulary.decode(found.ids) == "a" * 10 + "b" * 40
    assert (found.characters, found.unknown, found.is_cut) == (109, 9, True)
    assert not TrainingText.of(read(), training("a" * 50)).is_cut
    assert not TrainingText.of(read(), training("a" * 25 + TEXT + "b" * 25)).is_cut


def test_a_training_text_that_is_none_is_refused(read, training):
    with pytest.raises(TextError):
        TrainingText.of(read(), training("a") + "b")
    for text in ("", "xyz"):
        with pytest.raises(ConfigError, match="nothing that this network knows"):
            TrainingText.of(read(), training(text))


def test_bytes_are_counted_as_bytes(tiny_network, tmp_path):
    vocabulary = Vocabulary.of_bytes("a")
    file = tmp_path / "train.bin"
    file.write_bytes(b"\xff\xc3\xa9\xc3\xa9 \xc2\xbb(a)")
    network = tiny_network(vocabulary_size=256)
    reading = Reading.of(network, vocabulary, vocabulary.encode_prompt("é «(»)" * 20))
    result = Errors.of(reading, Options(train=str(file)))
    assert result.comparison.training.ids.tolist() == list(file.read_bytes())
    assert rows_of(result, "class")["word start"]["count"] == 2 * 20 - 1
    # The second bytes of the marks are no marks themselves.
    assert rows_of(result, "closing")["1 to 9"]["count"] == 20
    assert "".join(line.plain for line in draw(result, Screen(80)))


def test_each_error_is_put_down_to_the_first_type_that_fits():
    text = "Zoe saw Zoella. Zoella ran\n\nto"
    types = {
        "n-gram": [1],
        "repeated word": range(16, 22),
        "rare word": [0, 2, 8, 9, 10, 11, 12, 13],
        "word start": [4, 23, 28],
        "after punctuation": [15, 27],
        "rest": [3, 5, 6, 7, 14, 22, 24, 25, 26, 29],
    }
    counts = Counter({"saw": 5, "ran": 9, "to": 6, "Zoella": 4, "Zoe": 1})
    bits, ngram = np.full(len(text), 3.0), np.full(len(text), 2.0)
    ngram[1] = 0.99
    found = error_types(text, bits, ngram, counts)
    expected = {t: name for name, places in types.items() for t in places}
    assert {t: TYPES[n] for t, n in enumerate(found)} == expected
    bits[::2] = 0.99
    bits[1] = np.nan
    found = error_types(text, bits, ngram, counts)
    assert found[::2].tolist() == [-1] * len(found[::2])
    assert found[1] == -1
    assert TYPES[found[23]] == "word start"


def test_a_word_is_repeated_within_a_thousand_characters():
    counts = Counter({"abba": 9, "a": 5000, "bad": 9})
    for apart, kind in ((1000, "repeated word"), (1001, "word start")):
        text = "abba" + "." * (apart - 4) + "abba bad bad"
        found = error_types(text, np.full(len(text), 2.0), np.full(len(text), 2.0), counts)
        assert TYPES[found[apart]] == kind
        assert TYPES[found[-1]] == "rest"  # too short to be known by its letters
    text = ("abba" + "." * 600) * 3
    found = error_types(text, np.full(len(text), 2.0), np.full(len(text), 2.0), counts)
    assert [TYPES[found[t]] for t in (604, 1208)] == ["repeated word"] * 2


# Drawn and written ------------------------------------------------------------------------------


def test_the_data_are_as_the_schema_says(read, training):
    path = Path(charrnn.__file__).parent / "inspection" / "views" / "errors" / "schema.json"
    check = jsonschema.Draft202012Validator(json.loads(path.read_bytes()))
    name = training("a bad cab\n" * 40)
    for options in (Options(), Options(train=name)):
        for text in (TEXT, "ab", "a"):
            made = Errors.of(read(text), options)
            check.validate(json.loads(json.dumps(made.data(), allow_nan=False)))
            arrays = made.arrays()
            assert len(arrays["bits"]) == len(text) - 1
    with pytest.raises(jsonschema.ValidationError):
        check.validate(made.data() | {"more": 1})


def test_what_is_drawn_fits_and_says_what_it_is(read, training):
    name = training("xx" + TEXT + "a bad cab\n" * 40)
    reading = read()
    for width in (40, 60, 80, 160):
        for screen in (Screen(width), Screen(width, ascii_only=True)):
            lines = [line.plain for line in draw(Errors.of(reading, Options(train=name)), screen)]
            assert max(map(len, lines)) <= width
    said = "\n".join(lines)
    assert "the text read is characters 0 to" in said
    assert re.search(r"word start +[0-9]+ +[0-9.]+ +[0-9.]+", said)
    assert "lost most against the" in said
    plain = "\n".join(line.plain for line in draw(Errors.of(reading), Screen(80, NONE)))
    assert "--train FILE" in plain
    assert "gain" not in plain
    for text in ("..", "11", "\n\n", "  ", "aa"):  # characters of one sort: some tables are empty
        few = "\n".join(line.plain for line in draw(Errors.of(read(text)), Screen(80)))
        assert ("letters of the word" in few) == (text == "aa")
        alone = read(text, Vocabulary.of(text))
        assert all("nan" not in line.plain for line in draw(Errors.of(alone), Screen(80)))
    [nothing] = draw(Errors.of(read("a"), Options(train=name)), Screen(80))
    assert "costs nothing" in nothing.plain
    assert max(map(len, VIEWS["errors"].explain().splitlines())) < 80
