"""Views in a program and in a notebook, and as pictures; nothing in them runs or is loaded."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from charrnn import CharRNN, load
from charrnn.errors import ConfigError, TextError
from charrnn.inspection.views.registry import VIEWS
from charrnn.text.vocabulary import Vocabulary

TEXT = "the cat sat on the mat.\n" * 30
HOSTILE = "<script>alert(1)</script>&amp;\"'<svg onload=x>\x1b[31m\u202e]]>{}{0}%s[/b]"


@pytest.fixture(scope="module")
def model():
    fitted = CharRNN("lstm", hidden_size=8, num_layers=2, seed=1)
    return fitted.fit(TEXT, max_steps=20, batch_size=4, seq_length=16, workers=1, progress=False)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    fitted = CharRNN("gru", hidden_size=6, seed=1)
    return fitted.fit(
        HOSTILE * 20, max_steps=4, batch_size=2, seq_length=8, workers=1, progress=False
    )


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_there(model, name):
    others = [model] if VIEWS[name].compares and VIEWS[name].models[0] > 1 else []
    text = TEXT[:200] if VIEWS[name].reads_text else None
    found = model.inspect(text, view=name, others=others, quick=True)
    assert found.data()
    assert list(found.rows())
    assert found.arrays() is not None
    assert found.view.name == name
    said = str(found)
    assert "lstm, 2 layers of 8" in said
    assert "\x1b" not in said
    assert re.sub(r"<[^>]*>", "", found._repr_html_()).strip()


def test_options_are_given_as_a_program_has_them(model):
    found = model.inspect("the cat", view="why", at=-1)
    assert found.data()["t"] == 6
    assert len(found.swap) == 7  # an attribute of the result
    unit = model.inspect("the cat", view="step", at=2, units="1:3", top=2)
    assert unit.data()["units"][0]["unit"] == "1:3"
    steered = model.inspect("the cat", view="steer", settings={(1, 2): 0.5}, length=10)
    assert steered.data()["settings"] == {"1:2": 0.5}


def test_without_a_text_the_network_writes_one(model):
    assert len(model.inspect(view="probs", seed=3).data()["characters"]) == 300


def test_a_file_is_read(model, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("the mat")
    assert len(model.inspect(file, view="probs").data()["characters"]) == 7


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda model: model.inspect("a", view="nothing"), ConfigError, "'nothing' is none of"),
        (lambda model: model.inspect("a", depth=3), ConfigError, "inspect: depth is none of limit"),
        (lambda model: model.inspect("a", view="probs", top=0), ConfigError, "top"),
        (lambda model: model.inspect("Q", view="probs"), TextError, "not among"),
        (lambda model: model.inspect("a", view="diff"), ConfigError, "compares 2 models"),
    ],
)
def test_what_is_wrong_is_said(model, call, error, said):
    with pytest.raises(error, match=said):
        call(model)


@pytest.mark.parametrize("name", ["overview", "probs", "state", "step", "neuron"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_picture_of_a_hostile_text_is_text(hostile, name, theme):
    found = hostile.inspect(HOSTILE * 3, view=name, quick=True)
    svg = found.svg(theme=theme)
    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "style", "defs", "clipPath", "rect", "g", "text"}
    for element in root.iter():
        assert not any(key.lower().startswith("on") or "href" in key for key in element.attrib)
    assert not re.search(r"https?://(?!www\.w3\.org/)|@import|url\((?!#)", svg)
    for page in (found.html(theme=theme), found._repr_html_()):
        seen = Tags()
        seen.feed(page)
        assert seen.names <= {
            "html", "head", "meta", "title", "style", "body", "pre", "code", "span"
        }  # fmt: skip
        assert not re.search(r"https?://|@import|url\(", page)
        assert "\x1b" not in page
        assert "\u202e" not in page


class Tags(HTMLParser):
    """The tags of a page; an attribute that could run something is an error."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        assert {name for name, _ in attrs} <= {"style", "class", "charset", "lang"}


def test_a_picture_is_the_same_each_time(model):
    found = model.inspect("the cat", view="probs")
    assert found.svg() == found.svg()
    assert found.html(width=60) == found.html(width=60)
    assert found.svg() != found.svg(theme="light")


def test_to_compute_loads_no_rich(model, tmp_path):
    path = tmp_path / "m.npz"
    model.save(path)
    code = (
        "import sys, charrnn\n"
        "found = charrnn.load(sys.argv[1]).inspect('the cat', view='why')\n"
        "found.data()\n"
        "assert 'rich' not in sys.modules\n"
        "print(found)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert "lstm, 2 layers of 8" in done.stdout


def test_the_vocabulary_of_another_model_may_have_another_order(model):
    other = load_with_more(model)
    found = model.inspect("the cat sat", view="diff", others=[other])
    assert found.data()


def load_with_more(model):
    fitted = CharRNN("gru", hidden_size=5, seed=2)
    fitted.fit("zq" + TEXT, max_steps=4, batch_size=2, seq_length=8, workers=1, progress=False)
    assert isinstance(fitted.vocabulary, Vocabulary)
    return fitted


def test_a_loaded_model_is_inspected_too(model, tmp_path):
    model.save(tmp_path / "m.npz")
    found = load(tmp_path / "m.npz").inspect("the cat", view="probs")
    assert found.data() == model.inspect("the cat", view="probs").data()


def test_a_reading_and_a_history_show_themselves_in_a_notebook(hostile, model):
    read = hostile.read(HOSTILE * 3)
    assert "<script" not in read._repr_html_()
    assert "&lt;script" in read._repr_html_()
    assert "hidden state" in read._repr_html_()
    history = model.history
    page = history._repr_html_()
    rows = len(history.step)
    assert page.count("<tr>") == 1 + (rows if rows <= 20 else 21)
    assert f"<td>{history.step[-1]}</td>" in page
    assert f"<td>{history.val_loss[0]:.4f}</td>" in page
    seen = Tags()
    seen.feed(page + read._repr_html_())
    assert seen.names <= {"table", "thead", "tbody", "tr", "td", "th", "p", "code"}
