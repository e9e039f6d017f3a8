"""`charrnn inspect` as it is typed."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.inspection.views.registry import VIEWS
from charrnn.text.vocabulary import Vocabulary

TEXT = "abc\nbad\ncaé\n" * 4
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch, tmp_path):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORFGBG", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model(make_checkpoint, tmp_path):
    path = tmp_path / "model.npz"
    make_checkpoint(path, num_layers=2)
    return str(path)


def run(*arguments, text=None):
    return CliRunner().invoke(app, ["inspect", *arguments], input=text)


def typed(*arguments, stdin=b"", **surroundings):
    """Run the command in a process of its own, its output in bytes."""
    inherited = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": inherited, "PYTHONIOENCODING": "", **surroundings}
    return subprocess.run(
        [sys.executable, "-m", "charrnn", "inspect", *arguments],
        input=stdin, capture_output=True, env=env, check=False, timeout=60,
    )  # fmt: skip


def refused(*arguments, code=2, text=None):
    """Return the one line in which a command is refused."""
    result = run(*arguments, text=text)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    [line] = result.stderr.splitlines()[-1:]
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("view", [None, "overview", "probs", "state", "gates", "summary"])
def test_every_view_is_drawn(model, view):
    chosen = ["--view", view] if view else []
    result = run(model, TEXT, *chosen)
    assert result.exit_code == 0, result.output
    assert "lstm, 2 layers of 4" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout


def test_without_a_text_it_reads_what_it_writes_itself(model):
    said = run(model).stdout
    assert "reads 300 characters of its own, seed 0" in said
    assert "what is in the file: --view summary" in said
    assert "W_ax_1" in run(model, "--view", "summary").stdout
    assert len(said.splitlines()) <= 23
    assert run(model, "--seed", "1").stdout != said == run(model, "--seed", "0").stdout


@pytest.mark.parametrize("view", [name for name, view in VIEWS.items() if view.reads_text])
def test_every_view_reads_what_the_model_writes_where_there_is_no_text(model, view):
    models = [model] * VIEWS[view].models[0]
    wanted = {"steer": ["--set", "0:1=1"], "neuron": ["--unit", "1:2"]}.get(view, [])
    found = run(*models, "--view", view, *wanted, "--limit", "400", "--format", "json", "--quick")
    assert found.exit_code == 0, found.output
    read = json.loads(found.stdout)["input"]
    assert (read["source"], read["seed"]) == (None, 0)
    assert read["n"] == min(400, VIEWS[view].sample_length)
    assert "the text is written by the model, seed 0" in found.stderr


def test_models_that_know_the_same_characters_read_the_same(make_checkpoint, tmp_path):
    for n in range(2):
        make_checkpoint(tmp_path / f"{n}.npz", seed=n)
    found = run("0.npz", "1.npz", "--sample", "40", "--view", "diff", "--format", "json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["input"]["n"] == 40


def test_a_short_text_is_shown_with_its_states(model):
    said = run(model, "abc bad cade".replace(" ", "\n")).stdout
    assert "too few" not in said.replace("too few for a standard error", "")
    assert "hidden state a" in said
    assert "--view step" in said
    assert len(said.splitlines()) <= 23


def test_of_one_layer_a_unit_is_its_index(make_checkpoint, model, tmp_path):
    make_checkpoint(tmp_path / "one.npz")
    ways = [run("one.npz", TEXT, "--view", "state", "--unit", unit) for unit in ("2", "0:2")]
    assert ways[0].exit_code == 0
    assert ways[0].stdout == ways[1].stdout
    asked = ("--view", "steer", "--format", "json")
    held = [run("one.npz", TEXT, *asked, "--set", one).stdout for one in ("2=1", "0:2=1")]
    assert held[0] == held[1] != ""
    above = ("--view", "state", "--unit", "2", "--layer", "1", "--format", "json")
    assert json.loads(run(model, TEXT, *above).stdout)["params"]["units"] == ["1:2"]
    said = refused(model, TEXT, "--view", "state", "--unit", "2")
    assert "2 is in every layer" in said
    assert "1:2" in said


def test_a_step_opens_at_the_beginning(model):
    assert "step t=0 of 0 to 47: reads a" in run(model, TEXT, "--view", "step").stdout


def test_how_units_are_written_stands_above_them(model):
    for view, wanted in (("state", []), ("steer", ["--set", "0:1=1"]), ("ledger", [])):
        said = run(model, TEXT, "--view", view, *wanted).stdout
        assert "units are written layer:unit, from 0:0 to 1:3" in said
    assert "layer 0, unit" in " ".join(run(model).stdout.split()) or "layer 1, unit" in " ".join(
        run(model).stdout.split()
    )
    for view in ("probs", "votes", "why"):
        assert "p: y_hat, how likely" in run(model, TEXT, "--view", view).stdout


def test_the_newest_checkpoint_is_taken(make_checkpoint, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    for name, cell in (("a", "gru"), ("b", "rnn")):
        make_checkpoint(tmp_path / "checkpoints" / f"{name}.npz", cell=cell)
    os.utime(tmp_path / "checkpoints" / "a.npz", (9e9, 9e9))
    result = run()
    assert result.exit_code == 0
    assert "gru, 1 layer" in result.stdout
    assert "a.npz" in result.stdout
    assert result.stderr == ""
    assert "newest model: checkpoints/a.npz" in run("--format", "json").stderr


def test_a_text_comes_from_anywhere(model, tmp_path):
    Path("text.txt").write_text(TEXT, encoding="utf-8", newline="")
    ways = [
        run(model, TEXT, "--format", "json"),
        run(model, "-f", "text.txt", "--format", "json"),
        run(model, "-", "--format", "json", text=TEXT),
        run(model, "--file", "-", "--format", "json", text=TEXT),
    ]
    found = [json.loads(way.stdout) for way in ways]
    assert [one["input"]["source"] for one in found] == [None, "text.txt", "-", "-"]
    assert len({one["input"]["sha256"] for one in found}) == 1
    for one in found:
        assert one["data"] == found[0]["data"]
        assert one["input"]["n"] == len(TEXT)


def test_every_form_is_written_where_it_should_go(model):
    for suffix in ("json", "jsonl", "csv", "npz", "txt"):
        result = run(model, TEXT, "--view", "state", "-o", f"out.{suffix}")
        assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(Path("out.json").read_bytes())["view"] == "state"
    lines = Path("out.jsonl").read_bytes().splitlines()
    assert len(lines) == 1 + len(TEXT)
    assert json.loads(lines[1])["char"] == "a"
    table = list(csv.reader(io.StringIO(Path("out.csv").read_bytes().decode(), newline="")))
    assert len(table) == 1 + len(TEXT)
    assert sorted(table[0][3:]) == sorted(
        f"{layer}:{unit}" for layer in (0, 1) for unit in range(4)
    )
    with np.load("out.npz", allow_pickle=False) as arrays:
        assert arrays["a"].shape == (len(TEXT), 2, 4)
        assert bytes(arrays["meta"]).decode().isprintable()
    assert "\x1b" not in Path("out.txt").read_text(encoding="utf-8")
    assert sorted(path.name for path in Path().glob("out*")) == sorted(
        f"out.{suffix}" for suffix in ("json", "jsonl", "csv", "npz", "txt")
    )


def test_options_reach_the_view(model):
    chosen = ["--view", "state", "--kind", "f", "--units", "1:3,1:0"]
    found = json.loads(run(model, TEXT, *chosen, "--format", "json").stdout)
    assert found["params"]["units"] == ["1:3", "1:0"]
    assert found["data"]["kind"] == "f"
    [layer] = found["data"]["layers"]
    assert layer["units"] == ["1:3", "1:0"]
    said = run(
        model, TEXT, "--view", "state", "--layer", "1", "--rows", "2", "--by", "change"
    ).stdout
    assert "layer 0" not in said
    assert "2 of 4 units" in said
    assert "most change first" in said
    top = json.loads(run(model, TEXT, "--view", "probs", "--top", "2", "--format", "json").stdout)
    assert {len(character["top"]) for character in top["data"]["characters"]} == {2}


def test_guesses_are_gone_on_from_at_a_temperature(model):
    chosen = ["--view", "probs", "--branch", "3", "--temperature", "0.5", "--format", "json"]
    data = json.loads(run(model, TEXT, *chosen).stdout)["data"]
    usual = json.loads(run(model, TEXT, *chosen[:2], *chosen[-2:]).stdout)["data"]
    assert {len(guess["branch"]) for c in data["characters"] for guess in c["top"]} == {3}
    assert data["means"]["entropy"] < usual["means"]["entropy"]
    painted = run(model, TEXT, "--view", "probs", "--paint", "rank")
    assert "\nrank  " in painted.stdout
    assert painted.stderr == ""


def test_a_place_is_shown_in_the_place_of_a_span(model):
    result = run(model, TEXT * 20, "--view", "state", "-t", "500")
    assert result.exit_code == 0
    assert "after character 500" in result.stdout
    assert "shown:" not in result.stdout
    assert result.stderr == ""
    assert "shown:" in run(model, TEXT * 20, "--view", "state").stdout
    assert "at: 900 is not there" in refused(model, TEXT, "--view", "state", "-t", "900")


def test_the_limit_cuts_and_says_so(model):
    result = run(model, TEXT, "--limit", "10", "--format", "json")
    assert json.loads(result.stdout)["input"]["n"] == 10
    assert f"the first 10 of {len(TEXT)} characters are read" in result.stderr


def test_unknown_characters(model):
    assert "'z' (U+007A) at position 1 is not among the 7" in refused(model, "azb")
    skipped = run(model, "azb", "--unknown", "skip", "--format", "json")
    assert json.loads(skipped.stdout)["input"]["n"] == 2
    assert "1 character unknown to this network: skipped" in skipped.stderr
    nearest = run(model, "aEb", "--view", "probs", "--unknown", "nearest", "--format", "json")
    characters = json.loads(nearest.stdout)["data"]["characters"]
    assert [character["read"] for character in characters] == ["a", "e", "b"] or [
        character["read"] for character in characters
    ] == ["a", "é", "b"]
    assert "empty" in refused(model, "zz", "--unknown", "skip", code=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([TEXT, "--view", "prob"], "view: there is no 'prob'; did you mean probs (what was"),
        ([TEXT, "--view", "xyz"], "view: 'xyz' is none of overview, probs, errors, state"),
        ([TEXT, "-f", "x"], "leave all but one out"),
        ([TEXT, "--view", "state", "--layer", "2"], "this network has layers 0 to 1"),
        ([TEXT, "--view", "state", "--units", "0:4"], "units: 0:4 is not there"),
        ([TEXT, "--units", "a:4"], "'a:4' is no unit; write layer:index"),
        ([TEXT, "--units", "4"], "4 is in every layer, and this network has layers 0 to 1"),
        ([TEXT, "--view", "state", "--kind", "u"], "kind: 'u' is none of the lstm's a c i f o g"),
        ([TEXT, "--view", "state", "--kind", "\x1b[31m"], r"kind: '\x1b[31m' is none"),
        ([TEXT, "--top", "0"], "top: 0 is out of range; give a whole number from 1 on"),
        ([TEXT, "--limit", "0"], "limit: 0 is out of range; give a whole number from 1 on"),
        ([TEXT, "--width", "20"], "width: 20 is less than 40"),
        ([TEXT, "--view", "state", "--span", "x"], "span: 'x' is no span"),
        ([TEXT, "-o", "x.png"], "its suffix is none of"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(model, arguments, said):
    assert said in refused(model, *arguments)


def test_files_that_are_not_there(model):
    assert "no such checkpoint" in refused("missing.npz", "a", code=1)
    assert "no such file" in refused(model, "-f", "missing.txt", code=1)
    assert "no checkpoint there" in refused(code=1)
    assert "is empty" in refused(model, "", code=1)
    assert "cannot be saved" in refused(model, "a", "-o", "no/such/folder.json", code=1)


def test_a_text_that_names_a_file_is_what_is_in_it(model, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("held out.txt", "held", "folder/a.md"):
        Path(name).write_text(TEXT, encoding="utf-8", newline="")
        read = run(model, name, "--format", "json")
        assert read.exit_code == 0, read.output
        assert json.loads(read.stdout)["input"]["source"] == name
        assert read.stderr.startswith(f"reads the file {name}, not its name")
    assert json.loads(run(model, "folder", "--format", "json").stdout)["input"]["n"] == len(TEXT)
    itself = run(model, "-", "--format", "json", "--unknown", "skip", text="held")
    assert json.loads(itself.stdout)["input"]["given"] == 4
    missing = run(model, "abc.de", "--unknown", "skip")
    assert "there is no file abc.de; reads 6 characters as text" in missing.stderr
    assert run(model, "abcd").stderr == ""


def test_a_lone_argument_that_is_no_model_is_a_text_for_the_newest(make_checkpoint, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    assert "no checkpoint there" in refused("But, soft!", code=1)
    make_checkpoint(tmp_path / "checkpoints" / "a.npz")
    Path("text.txt").write_text(TEXT, encoding="utf-8", newline="")
    for argument, source in ((TEXT, None), ("text.txt", "text.txt"), ("-", "-")):
        result = run(argument, "--format", "json", text=TEXT)
        assert result.exit_code == 0, result.output
        reported = json.loads(result.stdout)["input"]
        assert (reported["source"], reported["n"]) == (source, len(TEXT))
        assert "newest model: checkpoints/a.npz" in result.stderr
    word = run("missing").stderr
    assert "there is no model or file missing; reads 7 characters as text" in word
    # A model is one by its ending, or by what lies there.
    assert "no such checkpoint" in refused("missing.npz", code=1)
    make_checkpoint(tmp_path / "b.npz")
    Path("b.npz").rename("b")
    assert "newest" not in run("b").stderr
    assert "no such checkpoint" in refused("missing", "-f", "text.txt", code=1)


def test_one_character(model):
    said = run(model, "a").stdout
    assert "nothing is averaged" in said


def test_a_text_that_is_not_wanted_is_reported(model):
    result = run(model, TEXT, "--view", "summary")
    assert result.exit_code == 0
    assert "reads no text" in result.stderr


def test_output_by_process_is_plain_and_npz_goes_through_a_pipe(model):
    result = typed(model, "-", "--view", "probs", stdin=TEXT.encode())
    assert result.returncode == 0, result.stderr
    assert b"\x1b" not in result.stdout
    assert "█".encode() in result.stdout
    written = typed(model, TEXT, "--view", "state", "--format", "npz").stdout
    arrays = np.load(io.BytesIO(written), allow_pickle=False)
    assert arrays["a"].shape == (len(TEXT), 2, 4)


@pytest.mark.slow
def test_colours_are_forced_and_refused(model):
    forced = typed(model, TEXT, FORCE_COLOR="1", COLORTERM="truecolor", TERM="xterm-256color")
    assert b"\x1b[" in forced.stdout
    refused_ = typed(model, TEXT, FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color")
    assert b"\x1b" not in refused_.stdout
    light = typed(
        model, TEXT, FORCE_COLOR="1", COLORTERM="truecolor", TERM="xterm", COLORFGBG="0;15"
    )
    dark = typed(
        model, TEXT, "--theme", "dark", FORCE_COLOR="1", COLORTERM="truecolor", TERM="xterm",
        COLORFGBG="0;15",
    )  # fmt: skip
    assert len({forced.stdout, light.stdout, dark.stdout}) == 3  # for either background at first
    asked = typed(model, TEXT, "--color", NO_COLOR="1", COLORTERM="truecolor", TERM="xterm")
    assert asked.stdout == forced.stdout
    none = typed(model, TEXT, "--no-color", FORCE_COLOR="1", TERM="xterm-256color")
    assert b"\x1b" not in none.stdout


def test_a_forced_colour_does_not_narrow_what_is_piped(model):
    colours = {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    wide = typed(model, TEXT * 3, "--view", "state", "--width", "160", **colours).stdout.decode()
    bare = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in wide.splitlines()]
    assert max(map(len, bare)) > 120


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["40", "60", "200"])
def test_a_hostile_text_does_no_harm(make_checkpoint, tmp_path, columns):
    hostile = "[/][red]\x00\x1b[2J\x9b\u202e\u2066漢e\u0301\n\t\r\x7f\U0001f1ec"
    path = tmp_path / "[red]\x1b[31m.npz"
    make_checkpoint(path, vocabulary=Vocabulary.of(hostile))
    from rich.cells import cell_len

    for colours in ({}, {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}):
        result = typed(str(path), "-", stdin=hostile.encode() * 3, COLUMNS=columns, **colours)
        assert result.returncode == 0, result.stderr
        said = result.stdout.decode()
        if colours:
            said = re.sub(r"\x1b\[[0-9;]*m", "", said)
        for character in "\x00\x1b\x9b\u202e\u2066\r\x7f":
            assert character not in said
        assert max(map(cell_len, said.splitlines())) <= int(columns)


def test_a_closed_pipe_is_no_traceback(model):
    process = subprocess.Popen(
        [sys.executable, "-m", "charrnn", "inspect", model, TEXT * 400, "--format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(
            filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))},
    )  # fmt: skip
    process.stdout.read(10)
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1)
    assert b"Traceback" not in said


def test_help_waits_for_nothing(model):
    result = typed("--help")
    for name in (b"--view", b"--kind", b"--span", b"overview", b"--unknown"):
        assert name in result.stdout
    code = (
        "import sys, charrnn.cli.inspect.command\n"
        "print([m for m in sys.modules if m in ('numpy', 'rich')])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_help_lists_every_view_on_a_line_of_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", "inspect", "--help"], capture_output=True, text=True,
        cwd=ROOT, env=os.environ | {"COLUMNS": "80"}, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0].endswith("charrnn inspect [OPTIONS] [MODEL]... [TEXT]")
    assert max(map(len, lines)) <= 80
    for name, view in VIEWS.items():
        [line] = [line for line in lines if line.startswith(f"  {name} ") and view.says in line]
        assert ("models)" in line) == view.compares
    assert "<list" not in done.stdout
