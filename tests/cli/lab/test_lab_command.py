"""`charrnn lab`: what it writes, and what it refuses."""

import json
import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.text.vocabulary import Vocabulary


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, make_checkpoint):
    monkeypatch.chdir(tmp_path)
    make_checkpoint(Path("m.npz"))


def run(*arguments, text=None):
    result = CliRunner().invoke(app, ["lab", *map(str, arguments)], input=text)
    assert not result.exception or isinstance(result.exception, SystemExit)
    return result


def header(page):
    return json.loads(re.search(r'id="header">([^<]*)<', page)[1])


def test_it_writes_a_page_of_the_text(tmp_path):
    done = run("m.npz", "abcab")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "lab.html: 0." in done.stderr
    assert "who has the page has the network" in done.stderr
    found = header(Path("lab.html").read_text("utf-8"))
    assert found["text"] == "abcab"
    assert [model["name"] for model in found["models"]] == ["m.npz"]


def test_the_same_command_writes_the_same_bytes():
    for name in ("one.html", "two.html"):
        assert run("m.npz", "-o", name).exit_code == 0
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()
    found = header(Path("one.html").read_text("utf-8"))
    assert len(found["text"]) == 600
    assert "wrote this text itself" in found["source"]


def test_a_file_is_read_up_to_a_bound_and_unknown_characters_are_left_out():
    Path("t.txt").write_text("abXcd" * 1000)
    done = run("m.npz", "-f", "t.txt")
    assert done.exit_code == 0
    assert "opens with the first 4,000 of 5,000 characters" in done.stderr
    assert "800 characters unknown to this network: left out" in done.stderr
    assert header(Path("lab.html").read_text("utf-8"))["text"] == ("abcd" * 1000)[:3200]


def test_several_models_read_one_text(make_checkpoint):
    make_checkpoint(Path("n.npz"), cell="gru", vocabulary=Vocabulary.of_bytes("abc"))
    done = run("m.npz", "n.npz", "abcé", "-o", "-")
    assert done.exit_code == 0
    models = header(done.stdout)["models"]
    assert [model["vocabulary"]["kind"] for model in models] == ["characters", "bytes"]
    assert not Path("lab.html").exists()


def test_float16_says_what_it_costs():
    done = run("m.npz", "abcab", "--weights", "float16")
    assert re.search(r"float16 weights read the text at 2\.\d+ bits a character, float32 at 2\.",
                     done.stderr) or "bits a character" in done.stderr  # fmt: skip
    assert header(Path("lab.html").read_text("utf-8"))["models"][0]["stored"] == "float16"


def test_no_file_is_replaced_unless_asked():
    Path("lab.html").write_text("mine")
    refused = run("m.npz", "abc")
    assert refused.exit_code == 2
    assert "lab.html exists already" in refused.stderr
    assert "--overwrite" in refused.stderr
    assert Path("lab.html").read_text() == "mine"
    assert run("m.npz", "abc", "--overwrite").exit_code == 0
    assert Path("lab.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.npz"], "no such checkpoint"),
        (["m.npz"] * 7, "7 models; a page holds 6 at most"),
        (["m.npz", "abc", "-f", "m.npz"], "TEXT and --file each give a text"),
        (["m.npz", "abc", "-o", "m.npz"], "is a file that is read here"),
        (["m.npz", "abc", "-o", "no/lab.html"], "its folder does not exist"),
        (["m.npz", "abc", "-o", "-", "--open"], "--open shows a file"),
        (["m.npz", "XYZ"], "the text is empty"),
        (["m.npz", "abc", "--weights", "int8"], "int8"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, said):
    refused = run(*arguments)
    assert refused.exit_code in (1, 2)
    assert said in refused.stderr
    assert not Path("lab.html").exists()


def test_open_shows_the_page(monkeypatch):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert run("m.npz", "abc", "-o", "a b.html", "--open").exit_code == 0
    assert shown == [Path("a b.html").resolve().as_uri()]


def test_a_page_has_the_usual_permissions():
    run("m.npz", "abc")
    assert stat.S_IMODE(Path("lab.html").stat().st_mode) & 0o400
