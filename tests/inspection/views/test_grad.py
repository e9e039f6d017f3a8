"""The view `grad`: its numbers against closed forms, what it is asked for, what it draws."""

import json
import re
from dataclasses import replace
from itertools import chain

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from charrnn.errors import ConfigError, TextError
from charrnn.inspection.options import Options
from charrnn.inspection.output.schema import schema
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.grad import loss_gradients as descent
from charrnn.inspection.views.grad.result import Course, Gradients
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal import colours
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import folded
from charrnn.text.vocabulary import Vocabulary

V, T = 7, 14
ALPHABET = Vocabulary.of("abcdefg")


def read(network, T=T, seed=1):
    ids = np.random.default_rng(seed).integers(network.config.vocabulary_size, size=T)
    return Reading.of(network, ALPHABET, ids)


def with_spectrum(tiny_network, factor, H=6):
    """A simple network whose state is 0 for ever and whose Jacobian is a rotation by a factor."""
    network = tiny_network("rnn", V, H, np.float64)
    network.params["W_ax_0"][:] = 0
    network.params["b_a_0"][:] = 0
    Q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((H, H)))
    network.params["W_aa_0"][:] = factor * Q
    return network


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(0.5, "vanishing"), (0.89, "vanishing"), (0.9, "steady"), (1.0, "steady"),
     (1.036, "steady"), (1.037, "exploding"), (1.5, "exploding")],
)  # fmt: skip
def test_the_verdict_on_a_known_spectrum(tiny_network, factor, verdict):
    reading = read(with_spectrum(tiny_network, factor), 100)
    course = Gradients.of((reading,)).models[0].courses[0]
    np.testing.assert_allclose(course.quartiles, [factor ** np.arange(50)] * 3, rtol=1e-9)
    assert course.rate == pytest.approx(factor)
    assert course.verdict == verdict
    if factor != 1:
        assert course.e_fold == pytest.approx(-1 / np.log(factor))
    short = Gradients.of((reading,), Options(lags=15)).models[0].courses[0]
    assert (short.verdict, Gradients.of((reading,), Options(lags=16)).lags) == ("unknown", 16)


def test_numbers_in_closed_form():
    """Norms that fall by r a lag: 90% of their sum lies where 1 - r^(k+1) is 90% of the whole."""
    r, K = 0.8, 20
    scale = np.array([[1e-9], [3.0], [7e5]])
    course = Course(0, "a", scale * r ** np.arange(K + 1))
    np.testing.assert_allclose(course.quartiles, [r ** np.arange(K + 1)] * 3)
    assert course.slope == pytest.approx(np.log(r))
    sums = 1 - r ** np.arange(1, K + 2)
    assert course.reach.tolist() == [np.flatnonzero(sums >= 0.9 * sums[-1])[0]] * 3
    assert course.norm == 3.0
    several = Course(0, "a", np.array([[1, 1.0], [1, 2.0], [4, 12.0]]))
    np.testing.assert_allclose(several.quartiles[:, 1], [1.5, 2, 2.5])
    assert several.m90 == 1


def test_a_norm_too_small_to_be_squared_is_reported(tiny_network):
    network = tiny_network("rnn", V, 6)
    network.params.flat[:] = with_spectrum(tiny_network, 0.3).params.flat
    [norms] = descent.norms(read(network, 70), np.array([68]), 60)["a"]
    np.testing.assert_allclose(norms[0] / norms[0, 0], 0.3 ** np.arange(61), rtol=1e-3)


def test_gradients_that_are_none():
    dead = Course(0, "a", np.eye(3, 30)[:1])
    assert (dead.rate, dead.e_fold, dead.m90, dead.verdict) == (0, 0, 0, "vanishing")
    ended = Course(0, "a", np.array([[1, 0.1, 0.01] + [0] * 20]))
    assert ended.rate == pytest.approx(0.1)
    norms = np.array([[0.0] * 20, [np.inf] * 20, [1.0] + [np.nan] * 19])
    none = Course(0, "a", norms)
    assert not none.is_measured.any()
    assert none.verdict == "unknown"
    assert np.isnan([none.rate, none.e_fold, none.m90, none.norm, *none.quartiles.ravel()]).all()
    level = Course(0, "a", np.ones((1, 20)))
    level.__dict__["slope"] = 0.0
    assert (level.rate, level.e_fold, level.verdict) == (1, np.inf, "steady")
    some = Course(0, "a", np.vstack([norms, 2.0 * np.ones(20)]))
    assert some.is_measured.tolist() == [False, False, False, True]
    assert (some.rate, some.norm, some.verdict) == (pytest.approx(1), 2.0, "steady")


def test_what_explodes_out_of_all_bounds_is_reported_without_a_warning(tiny_network):
    network = tiny_network("rnn", V, 6)
    network.params.flat[:] = with_spectrum(tiny_network, 1e4).params.flat
    result = Gradients.of((read(network, 100),))
    assert result.models[0].courses[0].verdict == "unknown"
    assert validated(result)["models"][0]["courses"][0]["rate"] is None
    for line in VIEWS["grad"].draw(result, Screen(60)):
        assert line.cell_len <= 60


# What is asked for ------------------------------------------------------------------------------


@given(
    T=st.integers(3, 60),
    lags=st.none() | st.integers(1, 80),
    targets=st.none() | st.integers(1, 200),
    quick=st.booleans(),
    seed=st.integers(0, 5),
)
@settings(deadline=None, max_examples=60)
def test_every_target_has_all_its_lags(tiny_network_once, T, lags, targets, quick, seed):
    reading = read(tiny_network_once, T)
    options = Options(lags=lags, targets=targets, quick=quick, seed=seed)
    result = Gradients.of((reading,), options)
    K, chosen = result.lags, result.targets
    expected = min(lags, T - 2) if lags else min(64, (T - 1) // 2)
    assert expected == K
    assert K <= chosen.min() <= chosen.max() <= T - 2
    assert sorted(set(chosen.tolist())) == chosen.tolist()
    wanted = max(1, (targets or 128) // 8) if quick else targets or 128
    assert len(chosen) == min(wanted, T - 1 - K)
    assert Gradients.of((reading,), options).targets.tolist() == chosen.tolist()
    course = result.models[0].courses[0]
    assert course.norms.shape == (len(chosen), K + 1)
    assert (course.reach <= K).all()


@pytest.fixture(scope="module")
def tiny_network_once():
    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network

    return Network(NetworkConfig(V, "gru", 4), np.random.default_rng(0))


def test_layers_and_kinds(tiny_network):
    lstm, rnn = (read(tiny_network(cell, V, num_layers=2), 40) for cell in ("lstm", "rnn"))
    every = Gradients.of((lstm,)).models[0].courses
    assert [(course.layer, course.kind) for course in every] == [
        (0, "a"), (0, "c"), (0, "z"), (1, "a"), (1, "c"), (1, "z"), (None, "x")
    ]  # fmt: skip
    upper = Gradients.of((lstm,), Options(layer=1)).models[0].courses
    assert [(course.layer, course.kind) for course in upper] == [
        (1, "a"), (1, "c"), (1, "z"), (None, "x")
    ]  # fmt: skip
    np.testing.assert_array_equal(upper[0].norms, every[3].norms)
    with pytest.raises(ConfigError, match="layer: 2"):
        Gradients.of((lstm,), Options(layer=2))
    with pytest.raises(ConfigError, match="kind: 'c' is none of a z x, the gradients of the rnn"):
        Gradients.of((lstm, rnn), Options(kind="c"))
    for T in (1, 2):
        with pytest.raises(TextError, match="needs 3"):
            Gradients.of((read(rnn.network, T),))


# Several models ---------------------------------------------------------------------------------


def validated(result):
    data = result.data()
    json.dumps(data, allow_nan=False)
    whole = schema(VIEWS["grad"])
    form = whole["properties"]["data"] | {"$defs": whole["$defs"]}
    jsonschema.Draft202012Validator(form).validate(data)
    return data


def three_models(tiny_network):
    """Three networks that read one text, the last by a vocabulary of its own."""
    text = "abcdefg" * 20
    other = Vocabulary.of("gfedcba漢\x1b")
    readings = [
        Reading.of(network, known, known.encode(text))
        for known, network in (
            (ALPHABET, tiny_network("rnn", V)),
            (ALPHABET, tiny_network("lstm", V, num_layers=2)),
            (other, tiny_network("gru", len(other))),
        )
    ]
    return text, tuple(readings)


def test_models_are_followed_from_the_same_characters(tiny_network):
    text, readings = three_models(tiny_network)
    result = Gradients.of(readings, Options(targets=10))
    data = validated(result)
    assert [model["cell"] for model in data["models"]] == ["rnn", "lstm", "gru"]
    for n, model in enumerate(data["models"]):
        assert [text[target["t"]] for target in model["targets"]] == [
            target["read"] for target in model["targets"]
        ]
        assert all(text[target["t"] + 1] == target["next"] for target in model["targets"])
        alone = Gradients.of((readings[n],), Options(targets=10)).data()["models"][0]
        assert model == alone
    arrays = result.arrays()
    assert arrays["da_1"].shape == (1, 10, 65)
    assert arrays["dc_2"].shape == arrays["dz_2"].shape == (2, 10, 65)
    assert arrays["dx_3"].shape == (10, 65)
    assert "dc_3" not in arrays
    heading, *rows = result.rows()
    assert heading == ["model", "layer", "kind", "lag", "q25", "median", "q75"]
    assert len(rows) == (3 + 7 + 3) * 65
    course = data["models"][1]["courses"][4]
    found = [row for row in rows if row[:3] == [2, 1, "c"]]
    assert [row[5] for row in found] == course["median"]
    np.testing.assert_allclose(
        np.median(arrays["dc_2"][1] / arrays["dc_2"][1, :, :1], axis=0), course["median"]
    )


def test_a_model_may_read_fewer_characters(tiny_network):
    network = tiny_network("rnn", V)
    for readings in ((read(network, 40), read(network, 30)), (read(network, 30), read(network))):
        T = min(map(len, readings))
        result = Gradients.of(readings)
        assert result.lags == (T - 1) // 2
        assert result.targets.max() <= T - 2


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("kind", ["a", "z", "x"])
def test_models_side_by_side_fit_every_screen(tiny_network, width, kind):
    _, readings = three_models(tiny_network)
    for models in (readings[:2], readings, readings * 2):
        result = Gradients.of(models, Options(kind=kind, targets=20))
        said = []
        for screen in (
            Screen(width), Screen(width, ascii_only=True), Screen(width, colours._DARK),
        ):  # fmt: skip
            drawn = (folded(line, width) for line in VIEWS["grad"].draw(result, screen))
            lines = list(chain.from_iterable(drawn))
            assert max(cell_len(line.plain) for line in lines) <= width
            plain = "\n".join(line.plain for line in lines)
            assert not screen.ascii_only or plain.isascii()
            said.append(plain)
        for n, model in enumerate(models, 1):
            verdict = model.network.config.cell
            assert f"{n} {verdict}" in said[0]
            assert f"{n} {verdict}" in said[1].replace("layer", "").split("in numbers")[0]
        assert "…" not in said[0]
        rows = said[0].split("in numbers")[1].split("per char, ")[0].splitlines()[2:]
        assert rows
        if width > 40:  # there columns stand below each other
            ends = {line.split()[-1] for line in rows}
            assert ends <= {"vanishing", "steady", "exploding"}


def test_models_that_read_alike_share_a_line_of_text(tiny_network):
    text, (rnn, lstm, other) = three_models(tiny_network)
    result = Gradients.of((rnn, lstm), Options(targets=2))
    for screen, times in ((Screen(120), 1), (Screen(120, colours._DARK), 2)):
        said = "\n".join(line.plain for line in VIEWS["grad"].draw(result, screen))
        for t in result.targets:
            line = rf"^{t} .*{text[t - 20 : t + 1]} {text[t + 1]} "
            assert len(re.findall(line, said, re.MULTILINE)) == times
    assert re.search("^t .* 60 +50 +40 +30 +20 +10 +0 ", said, re.MULTILINE)
    wide = replace(other, vocabulary=Vocabulary.of("\x1bbcdefg字漢"))  # what was g takes two cells
    result = Gradients.of((rnn, wide), Options(targets=2))
    said = "\n".join(line.plain for line in VIEWS["grad"].draw(result, Screen(120)))
    assert re.search("^t +M90", said, re.MULTILINE)
    for t in result.targets:
        assert len(re.findall(rf"^{t} ", said, re.MULTILINE)) == 2


def test_the_screen_says_what_was_found(tiny_network):
    reading = read(with_spectrum(tiny_network, 0.5), 100)
    result = Gradients.of((reading,))
    said = "\n".join(line.plain for line in VIEWS["grad"].draw(result, Screen(80)))
    assert "layer 0: vanishing;" in said
    assert "2e-15 of it is left after 49 characters" in said  # 2 ** -49
    assert "90% of the sum lies within 3" in said  # 1 - 2 ** -4 is more than 0.9
    assert " 8  .004" in said
    assert " .500 " in said


def test_the_text_before_a_loss_is_painted_by_decades(tiny_network):
    reading = read(with_spectrum(tiny_network, 0.1), 60)
    result = replace(Gradients.of((reading,)), targets=np.array([50]))
    course = result.models[0].courses[0]
    one = replace(course, norms=course.norms[:1])
    model = replace(result.models[0], courses=(one,))
    lines = VIEWS["grad"].draw(replace(result, models=(model,)), Screen(80))
    text, heights = [line.plain for line in lines if line.plain.startswith(("50 ", "   "))][-2:]
    assert text == f"50 {reading.text[51 - 30 : 51]} {reading.text[51]}".ljust(len(text))
    assert heights[3:33] == " " * 26 + "▃▅▇█"
