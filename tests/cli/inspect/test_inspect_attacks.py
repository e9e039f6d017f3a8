"""What may be asked of `inspect` to break it: said in a line, or drawn as ever."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import CharRNNError, ConfigError, TextError
from charrnn.inspection.methods.features.features import features
from charrnn.inspection.options import Options
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.output.heading import cut_note
from charrnn.inspection.places import place
from charrnn.inspection.reading import Reading
from charrnn.inspection.source import Source
from charrnn.inspection.views.diff.result import Differences
from charrnn.inspection.views.grad.result import Gradients
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.state.result import States
from charrnn.inspection.views.votes.result import Votes
from charrnn.terminal.screen import Screen
from charrnn.text import sources

TEXT = "abcdeedcba"


@pytest.fixture
def reading(tiny_network, vocabulary):
    return Reading.of(tiny_network(), vocabulary, vocabulary.encode(TEXT))


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "(" * 5000 + ")" * 5000])
def test_a_regular_expression_that_cannot_be_is_refused(reading, pattern):
    with pytest.raises(ConfigError, match="is no regular expression"):
        place(reading, f"/{pattern}/")
    with pytest.raises(ConfigError, match="is no regular expression"):
        features(TEXT, (f"x={pattern}",))


def test_a_regular_expression_is_not_warned_of(reading):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert place(reading, "/[[c]/") == 2


@pytest.mark.parametrize("value", [1e40, -1e300, math.inf, math.nan])
def test_a_unit_is_not_held_where_scores_are_no_numbers(value):
    with pytest.raises(ConfigError, match=r"^settings: 1=.* is not a number from"):
        Options(settings=(((0, 1), value),))
    Options(settings=(((0, 1), -1e6),))


def test_a_network_of_one_layer_says_so(reading):
    with pytest.raises(ConfigError, match=r"this network has layer 0 only$"):
        States.of(reading, Options(layer=1))


def test_a_rival_that_is_unknown_is_reported_as_one(reading):
    with pytest.raises(ConfigError, match=r"^rival: '漢' is not among .*nearest: [^;]*$"):
        Votes.of(reading, Options(rival="漢"))


def test_a_share_of_all_is_no_more_than_one(reading):
    rng = np.random.default_rng(0)
    for _ in range(100):
        s = rng.standard_normal(reading.states["a"].shape).astype(np.float32)
        reading.states["a"][:] = s
        found = States.of(reading, Options(rows=1000))
        assert all(shown.share <= 1 for shown in found.maps)


def test_a_perplexity_beyond_floats_is_drawn(tiny_network, vocabulary):
    network = tiny_network()
    network.params.flat[:] *= 1e5
    made = Reading.of(network, vocabulary, vocabulary.encode(TEXT))
    found = Differences.of((made, made), Options())
    assert found.models[0].whole.bits.mean > 1024
    assert list(VIEWS["diff"].draw(found, Screen(80)))


def test_what_is_shown_of_a_long_text_fits(make_checkpoint, tmp_path):
    checkpoint = make_checkpoint()
    source = Source.typed(checkpoint.vocabulary, "abcde" * 300, "error", 2000)
    envelope = Envelope(tmp_path / "model.npz", checkpoint, source, Options())
    for start in (0, 1000):
        lines = list(cut_note(envelope, Screen(60, span=(start, start + 320))))
        assert max(line.cell_len for line in lines) <= 60
        assert "shows the rest" in " ".join(line.plain for line in lines)


def test_one_character_is_not_several(tiny_network, vocabulary):
    short = Reading.of(tiny_network(), vocabulary, vocabulary.encode("a"))
    with pytest.raises(TextError, match="has 1 character, and"):
        Gradients.of((short,), Options())


@pytest.mark.parametrize("scale", [1e8, 1e14, 1e18, 1e30])
def test_huge_parameters_are_looked_at_without_a_warning(make_checkpoint, cell, scale):
    checkpoint = make_checkpoint(cell=cell)
    checkpoint.network.params.flat[:] *= scale
    ids = checkpoint.vocabulary.encode(TEXT)
    try:
        made = Reading.of(checkpoint.network, checkpoint.vocabulary, ids)
    except CharRNNError as error:
        assert "not a number" in str(error)  # noqa: PT017
        assert scale >= 1e14
        return
    for name in ("ablate", "context", "why", "votes", "steer"):
        options = Options(length=5, settings=(((0, 0), 1.0),) if name == "steer" else ())
        result = VIEWS[name].compute(made, options)
        assert list(VIEWS[name].draw(result, Screen(80)))
        result.data()


def test_a_file_that_cannot_be_looked_at_is_left_out(monkeypatch, tmp_path):
    (tmp_path / "a.txt").write_text("abc", encoding="utf-8")

    def refuse(self, **_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert [path.name for path in sources._files_below(tmp_path)] == ["a.txt"]


@pytest.mark.parametrize("values", [(3e38,), (3e38, -3e38), (1e-45,), (1e-38, -1e-45), (0.0, 3e38)])
def test_a_summary_of_parameters_at_the_ends_of_what_numbers_hold(make_checkpoint, values):
    checkpoint = make_checkpoint()
    flat = checkpoint.network.params.flat
    flat[:] = np.resize(np.array(values, np.float32), flat.size)
    result = VIEWS["summary"].compute(checkpoint, Options())
    assert all(sum(t["histogram"]) == t["parameters"] for t in result.data()["tensors"])
    assert list(VIEWS["summary"].draw(result, Screen()))
