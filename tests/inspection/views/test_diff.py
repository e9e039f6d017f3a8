"""Models on one text: sums by hand, marks taken off again, units planted and found."""

import json
import math
import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from typer.testing import CliRunner

import charrnn
from charrnn.cli import app
from charrnn.errors import ConfigError
from charrnn.evaluation.score import score
from charrnn.inspection.methods.character_classes import CLASSES, classes
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.diff import unit_matching as correspondence
from charrnn.inspection.views.diff.draw import draw
from charrnn.inspection.views.diff.draw_changed import changed
from charrnn.inspection.views.diff.result import Differences
from charrnn.inspection.views.diff.unit_matching import Correspondence
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal.colours import _DARK
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

TEXT = "abba cab, bad.\nAé dead a\n" * 8
WIDE = Vocabulary.of(TEXT + "xyz")


@pytest.fixture
def read(tiny_network):
    def make(cell="lstm", text=TEXT, vocabulary=None, scale=3.0, **network):
        vocabulary = vocabulary or Vocabulary.of(text)
        made = tiny_network(cell, vocabulary_size=len(vocabulary), **network)
        made.params["W_ya"][:] *= scale
        return Reading.of(made, vocabulary, vocabulary.encode(text))

    return make


def said(found, width=80, **screen):
    return "\n".join(line.plain for line in draw(found, Screen(width, **screen)))


# Bits --------------------------------------------------------------------------------------------


def test_each_reads_with_its_own_ids_and_the_sums_are_right(read, cell):
    one, two = read(cell), read("gru", vocabulary=WIDE, seed=5)
    assert not np.array_equal(one.ids, two.ids)
    found = Differences.of((one, two))
    nats = [score(reading.network, reading.ids) for reading in (one, two)]
    bits = np.array(nats) / math.log(2)
    assert np.allclose(found.bits, bits, rtol=0, atol=1e-4)
    assert np.allclose(found.change, bits[1:] - bits[0], atol=1e-4)
    first, second = found.models
    assert first.label == f"1 {cell}"
    assert second.label == "2 gru"
    assert first.whole.change is None
    assert math.isclose(second.whole.change.mean, np.mean(bits[1] - bits[0]), abs_tol=1e-4)
    kinds = [CLASSES[k] for k in classes(TEXT)[1:]]
    for n, model in enumerate(found.models):
        counted = 0
        for sort in model.sorts:
            here = [t for t, kind in enumerate(kinds) if kind == sort.name]
            assert sort.bits.count == len(here)
            counted += len(here)
            assert math.isclose(sort.bits.mean, np.mean([bits[n][t] for t in here]), abs_tol=1e-4)
            if n:
                reported = np.mean([bits[1][t] - bits[0][t] for t in here])
                assert math.isclose(sort.change.mean, reported, abs_tol=1e-4)
        assert counted == len(TEXT) - 1
        reading = (one, two)[n]
        right = sum(
            reading.log_y_hat[t].argmax() == reading.ids[t + 1] for t in range(len(TEXT) - 1)
        )
        assert model.top1 == right / (len(TEXT) - 1)
        a = reading.states["a"]
        assert model.saturated == sum(abs(v) > 0.9 for v in a.flat) / a.size


def test_a_model_differs_in_nothing_from_itself(read):
    reading = read()
    found = Differences.of((reading, reading))
    assert not found.change.any()
    assert found.models[1].whole.change.error == 0
    shown = said(found)
    assert "where 2 is" not in shown
    assert re.findall(r"[{]\+\w*", shown) == ["{+better"]
    assert re.findall(r"\[-\w*", shown) == ["[-worse"]


def test_the_error_of_a_change_is_that_of_the_differences(read):
    one, two = read(), read(seed=9)
    found = Differences.of((one, two)).models[1].whole.change
    change = (two.surprise - one.surprise)[1:]
    length = int(len(change) ** 0.5)
    means = [np.mean(change[n * length : (n + 1) * length]) for n in range(len(change) // length)]
    assert math.isclose(found.error, np.std(means, ddof=1) / len(means) ** 0.5, rel_tol=0.1)


def test_what_is_not_the_same_text_is_refused(read):
    one = read()
    with pytest.raises(
        ConfigError, match="at 200 one reads 'a', the other 'b'; give a text of char"
    ):
        Differences.of((read(text=TEXT + "a"), read(text=TEXT + "b", vocabulary=WIDE)))
    with pytest.raises(ConfigError, match="one reads 200 of them, the other 201"):
        Differences.of((one, read(text=TEXT + "b")))
    with pytest.raises(ConfigError, match="models 1 and 3"):
        Differences.of((one, one, read(text=TEXT + "b")))
    as_bytes = Vocabulary.of_bytes("a")
    latin = TEXT.encode().decode("latin-1")
    with pytest.raises(ConfigError, match=r"the other 'Ã'; give a text of ASCII only"):
        Differences.of((one, read(text=latin, vocabulary=as_bytes)))
    plain = TEXT.replace("é", "e")
    Differences.of((read(text=plain), read(text=plain, vocabulary=as_bytes)))


def test_what_is_not_there_is_refused(read):
    with pytest.raises(ConfigError, match="layer: 1"):
        Differences.of((read(num_layers=2), read()), Options(layer=1))
    with pytest.raises(ConfigError, match="kind: 'c'"):
        Differences.of((read("lstm"), read("gru")), Options(kind="c"))


# Marks -------------------------------------------------------------------------------------------


def painted(text, change, width=60, **screen):
    vocabulary = Vocabulary.of(text)
    ids = vocabulary.encode(text)
    lines = changed(vocabulary, ids, range(len(text)), np.array(change), Screen(width, **screen))
    return list(lines)


def test_marks_are_about_runs():
    change = [math.nan, -1, -2, 0.9, 1, -1.5, 8, 8, -0.9]
    [line] = painted("abcdefghi", change)
    assert line.plain == "0 a{+bc+}d[-e-]{+f+}[-gh-]i"


@given(
    st.lists(st.tuples(st.sampled_from("ab \n漢\x1b"), st.floats(-9, 9)), min_size=1, max_size=200),
    st.integers(40, 90),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_marks_can_be_taken_off_again(characters, width, ascii_only):
    text = "".join(character for character, _ in characters)
    change = [value for _, value in characters]
    lines = painted(text, change, width, ascii_only=ascii_only)
    shown = {" ": " ", "\n": r"\n" if ascii_only else "↵", "\x1b": r"\x1b"}
    shown["漢"] = r"\u6f22" if ascii_only else "漢"
    margin = len(str(len(text))) + 1
    rest = 0
    for line in lines:
        assert line.cell_len == cell_len(line.plain) <= width
        assert line.plain[:margin].strip() == str(rest)
        way, body = 0, line.plain[margin:]
        while body:
            mark = body[:2]
            if mark in ("{+", "[-"):
                assert way == 0
                way = -1 if mark == "{+" else 1
                body = body[2:]
                continue
            if mark in ("+}", "-]"):
                assert way == (-1 if mark == "+}" else 1)
                way, body = 0, body[2:]
                continue
            symbol = shown.get(text[rest], text[rest])
            assert body.startswith(symbol)
            assert way == (np.sign(change[rest]) if abs(change[rest]) >= 1 else 0)
            body, rest = body[len(symbol) :], rest + 1
        assert way == 0
        assert text[rest - 1] == "\n" or rest == len(text) or line.cell_len > width - 12
    assert rest == len(text)


def test_colours_say_what_the_marks_say():
    change = [math.nan, -1.5, -4.5, 0.9, 1.5, 7]
    [line] = painted("abcdef", change, palette=_DARK)
    assert line.plain == "0 abcdef"
    styles = {span.start - 2: span.style for span in line.spans if span.start >= 2}
    better, worse = _DARK.negative, _DARK.positive
    assert [styles.get(n, "") for n in range(6)] == [
        "", better[0], better[3], "", worse[0], worse[3]
    ]  # fmt: skip
    blue = Style.parse(better[2]).bgcolor.get_truecolor()
    assert blue.blue > blue.red


# Units -------------------------------------------------------------------------------------------


@pytest.fixture
def slow(rng):
    """Make values that change slowly: sums of noise that fade, (T, U)."""

    def make(U, T=600):
        noise, values = rng.normal(size=(T, U)), np.zeros((T, U))
        for t in range(1, T):
            values[t] = 0.7 * values[t - 1] + noise[t]
        return values.astype(np.float32)

    return make


def test_planted_pairs_are_found_and_others_are_not(slow):
    one, other = slow(8), slow(11)
    other[:, 4] = 3 - 2 * one[:, 7]
    other[:, 9] = one[:, 0] + 0.5 * slow(1)[:, 0]
    other[:, 2] = 1.0  # never moves
    found = Correspondence.of(one, other, np.random.default_rng(0))
    assert found.pairs.tolist()[:2] == [[7, 4], [0, 9]]
    assert math.isclose(found.r[0], -1, abs_tol=1e-5)
    assert math.isclose(found.r[1], np.corrcoef(one[:, 0], other[:, 9])[0, 1], abs_tol=1e-5)
    assert len(found.pairs) <= 3
    assert 0.1 < found.floor < 0.4


def test_chance_stays_below_the_floor(slow):
    passed = sum(
        len(Correspondence.of(slow(6, 300), slow(6, 300), np.random.default_rng(n)).pairs) > 0
        for n in range(60)
    )
    assert passed <= 10  # of 60, where about 3 are to be expected


def test_each_unit_is_taken_once_and_the_closest_first(slow, rng):
    base = slow(5)
    mixed = (base @ rng.normal(size=(5, 5))).astype(np.float32)
    found = Correspondence.of(base, mixed, np.random.default_rng(0))
    r = np.corrcoef(base.T, mixed.T)[:5, 5:]
    left = np.abs(r)
    for (i, j), reported in zip(found.pairs.tolist(), found.r, strict=True):
        assert math.isclose(abs(reported), left.max(), abs_tol=1e-5)
        assert math.isclose(reported, r[i, j], abs_tol=1e-5)
        left[i], left[:, j] = 0, 0
    assert left.max() <= found.floor
    assert len(found.pairs) >= 3


def test_a_network_corresponds_to_itself_shuffled(read):
    """Units in another order, some with their sign turned, are the same units."""
    one = read("rnn", hidden_size=6)
    order, sign = np.array([3, 0, 5, 1, 4, 2]), np.array([1, -1, 1, -1, -1, 1])
    a = one.states["a"][:, 0]
    found = Correspondence.of(a, (a * sign)[:, order], np.random.default_rng(0))
    partner = {int(order[j]): i for i, j in found.pairs.tolist()}
    assert partner == {i: i for i in range(6)}
    assert np.allclose(np.abs(found.r), 1, atol=1e-5)
    assert [float(np.sign(r)) for r in found.r] == [sign[i] for i, _ in found.pairs.tolist()]


@pytest.mark.parametrize("T", [1, 2, 3])
def test_of_a_short_text_nothing_is_reported_of_units(slow, T):
    found = Correspondence.of(slow(3, T), slow(3, T), np.random.default_rng(0))
    assert found.pairs.shape == (0, 2)
    assert math.isnan(found.floor) or found.floor >= 0


def test_pairs_name_units_of_the_layers_that_are_compared(read):
    one, two = read(num_layers=2, hidden_size=3), read(num_layers=2, hidden_size=5, seed=3)
    found = Differences.of((one, two), Options(layer=1))
    assert {layer for a, b, _ in found.pairs for layer, _ in (a, b)} <= {1}
    both = Differences.of((one, two), Options(kind="c"))
    for a, b, r in both.pairs:
        reported = np.corrcoef(one.states["c"][:, a[0], a[1]], two.states["c"][:, b[0], b[1]])[0, 1]
        assert math.isclose(r, reported, abs_tol=1e-4)
    assert both.pairs


def test_the_seed_chooses_the_shifts(read, monkeypatch):
    monkeypatch.setattr(correspondence, "SHIFTS", 2)
    pair = (read(), read(seed=4))
    floors = {Differences.of(pair, Options(seed=seed)).units.floor for seed in (0, 0, 1, 2)}
    assert 1 < len(floors) <= 3


def test_the_work_is_tracked(read):
    seen = []

    def track(steps, doing, total):
        seen.append((doing, total, len(list(steps))))
        return iter(())

    Differences.of((read(), read(seed=1)), Options(), track)
    assert seen == [("comparing units", 20, 20)]


# What is shown ------------------------------------------------------------------------------------


def test_two_models_are_reported_apart(read, rng):
    text = "".join(rng.choice(list("abcd .\n"), 500))
    one, two = read(text=text), read("gru", text, seed=2, scale=6.0)
    found = Differences.of((one, two), Options(top=3, rows=2))
    shown = said(found)
    assert re.search(r"^1 lstm +\d\.\d{3}", shown, re.MULTILINE)
    assert re.search(r"^2 gru +\d\.\d{3} +± \d\.\d{3} +[+-]\d\.\d{3} +± ", shown, re.MULTILINE)
    for title, sign in (("where 2 is better", -1), ("where 2 is worse", 1)):
        part = shown.split(title)[1].split("\n\n")[0]
        rows = re.findall(r"^ *(\d+) +(\S+) +(\S+) +(\S+) +(\d+)  ", part, re.MULTILINE)
        assert len(rows) == len({text[max(0, int(t) - 2) : int(t) + 2] for t, *_ in rows}) == 3
        change = found.change[0]
        assert float(rows[0][3]) == round(sign * (sign * change).max(), 2)
        for t, a, b, reported, times in rows:
            place = int(t)
            same = text[max(0, place - 2) : place + 2]
            count = len(re.findall(f"(?={re.escape(same)})", text)) if place >= 2 else 1
            assert int(times) == count
            assert math.isclose(float(b) - float(a), float(reported), abs_tol=0.011)
            assert math.isclose(change[int(t)], float(reported), abs_tol=0.006)
    [saved] = re.findall(r"^all .* (-?\d+\.\d) *$", shown, re.MULTILINE)
    assert math.isclose(float(saved), -found.change.sum(), abs_tol=0.06)
    assert len(re.findall(r"0:\d ~ 0:\d [+-]\.\d{3}", shown)) == min(2, len(found.pairs))
    assert found.pairs
    itself = said(Differences.of((one, one)), 120)
    assert "4 of 4 units have a partner" in itself
    assert "4 of them with the one of the same name" in itself


def test_more_models_have_a_row_each(read):
    readings = tuple(read(seed=seed) for seed in range(6))
    found = Differences.of(readings)
    assert found.units is None
    for width in (40, 60, 80, 160):
        shown = said(found, width)
        assert len(re.findall(r"^[1-6] lstm ", shown, re.MULTILINE)) % 6 == 0
        assert "{+" not in shown
        for sort in found.models[0].sorts:
            assert shown.count(f"{sort.name} ") + shown.count(f"{sort.name}\n") >= 1
    assert found.data()["units"] is None
    assert "units_1" not in found.arrays()


def test_one_character_and_two(read):
    for text in ("a", "ab"):
        for count in (2, 3):
            found = Differences.of(
                tuple(read(text=text, vocabulary=WIDE, seed=n) for n in range(count))
            )
            shown = said(found)
            assert ("it is read, not predicted" in shown) == (text == "a")
            json.dumps(found.data(), allow_nan=False)
            assert len(list(found.rows())) == len(text)


def test_the_forms_agree(read):
    schema = json.loads(
        (Path(charrnn.__file__).parent / "inspection/views/diff/schema.json").read_bytes()
    )
    for count in (2, 4):
        found = Differences.of(tuple(read(seed=n) for n in range(count)))
        data = found.data()
        jsonschema.Draft202012Validator(schema).validate(data)
        heading, *rows = found.rows()
        assert len(rows) == len(TEXT) - 1
        for t, row in enumerate(rows):
            cells = dict(zip(heading, row, strict=True))
            assert (cells["t"], cells["read"], cells["next"]) == (t, TEXT[t], TEXT[t + 1])
            for n in range(1, count + 1):
                assert cells[f"bits_{n}"] == data["bits"][n - 1][t] == found.bits[n - 1, t]
            assert cells["change_2"] == found.change[0, t]
            assert cells["class"] == CLASSES[classes(TEXT)[t + 1]]
        arrays = found.arrays()
        assert arrays["bits"].shape == (count, len(TEXT) - 1)
        if count == 2:
            assert len(arrays["units_1"]) == len(arrays["r"]) == len(data["units"]["pairs"])


def test_as_it_is_typed(make_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_checkpoint(Path("a.npz"))
    make_checkpoint(Path("b.npz"), cell="gru", vocabulary=Vocabulary.of("\nabcdeéxyz"))

    def run(*arguments):
        return CliRunner().invoke(app, ["inspect", *arguments, "--view", "diff"])

    done = run("a.npz", "b.npz", "abcde\nabé" * 9)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0].startswith("a.npz")
    assert done.stdout.splitlines()[1].startswith("b.npz")
    alone = run("a.npz", "abc")
    assert alone.exit_code == 2
    assert "compares 2 models" in alone.stderr
    other = run("a.npz", "b.npz", "abxc", "--unknown", "skip")
    assert other.exit_code == 2
    assert "error: models 1 and 2 do not read the same characters: at 2" in other.stderr
    written = run("b.npz", "a.npz", "abcde" * 9, "--format", "json")
    assert [model["path"] for model in json.loads(written.stdout)["models"]] == ["b.npz", "a.npz"]


def test_the_explanation_fits():
    assert VIEWS["diff"].explain().endswith("\n")
    assert max(map(len, VIEWS["diff"].explain().splitlines())) <= 79
