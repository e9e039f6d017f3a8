"""Names that people bring along: of options, of devices and of views."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.errors import ConfigError
from charrnn.inspection.views.registry import VIEWS, choose_view

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 40


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, quick, make_checkpoint):
    """Work in a folder of one's own, where a text and a model lie."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("text.txt").write_text(TEXT)
    Path("checkpoints").mkdir()
    make_checkpoint(Path("checkpoints/tiny.npz"))


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert not result.exception or isinstance(result.exception, SystemExit)
    return result


def planned(*options):
    result = run("train", "text.txt", "--dry-run", *options)
    assert result.exit_code == 0, result.stderr
    return re.sub(r"expected .*\n", "", result.stderr)


@pytest.mark.parametrize(
    ("alias", "own", "value"),
    [
        ("--lr", "--learning-rate", "0.01"),
        ("--hidden", "--hidden-size", "9"),
        ("--rnn-size", "--hidden-size", "9"),
        ("--layers", "--num-layers", "2"),
        ("--seq-len", "--seq-length", "16"),
        ("--num-epochs", "--epochs", "3"),
        ("--output", "--out", "other.npz"),
        ("--rnn_size", "--hidden-size", "9"),
        ("--learning_rate", "--learning-rate", "0.01"),
    ],
)
def test_other_names_of_the_options_of_train(alias, own, value):
    assert planned(alias, value) == planned(f"{alias}={value}") == planned(own, value)
    assert planned(alias, value) != planned()


@pytest.mark.parametrize(
    ("alias", "own", "value"),
    [
        ("--max-tokens", "--length", "7"),
        ("--max-new-tokens", "--length", "7"),
        ("--max_new_tokens", "--length", "7"),
        ("--repeat", "--num-samples", "3"),
        ("--temp", "--temperature", "0"),
    ],
)
def test_other_names_of_the_options_of_sample(alias, own, value):
    written = run("sample", "--seed", 1, own, value).stdout
    assert run("sample", "--seed", 1, alias, value).stdout == written
    assert written != run("sample", "--seed", 1).stdout


@pytest.mark.parametrize("command", [("sample", "--seed", "1"), ("inspect", "tiny", "abc")])
def test_other_names_of_the_output(command):
    for alias in ("-o", "--output", "--out"):
        assert run(*command, alias, f"by{alias}.txt").exit_code == 0
    assert Path("by-o.txt").read_bytes() == Path("by--out.txt").read_bytes()
    assert Path("by--output.txt").read_bytes() == Path("by--out.txt").read_bytes()


def test_the_last_of_several_names_counts():
    assert planned("--hidden-size", 5, "--hidden", 9) == planned("--hidden-size", 9)


@pytest.mark.parametrize("command", ["train", "sample", "inspect"])
def test_help_shows_an_option_by_its_own_names_only(command):
    shown = run(command, "--help").stdout
    for alias in ("--lr", "--hidden ", "--rnn-size", "--layers", "--seq-len ", "--num-epochs",
                  "--max-tokens", "--repeat ", "--temp ", "--gpu", "--device"):  # fmt: skip
        assert alias not in shown
    assert ("--out " in shown, "--output " in shown) == (command == "train", command != "train")
    named = re.findall(r"^  (-.*?)(?:  |$)", shown, re.MULTILINE)
    assert len(named) > 10
    twice = ("/ --no-", "--units, --unit ")
    assert all(names.count("--") == 1 + any(map(names.__contains__, twice)) for names in named)


def test_an_error_names_an_option_by_its_own_name():
    assert "Invalid value for '--learning-rate': 'x'" in run("train", "a", "--lr", "x").stderr
    assert "--hidden-size: 0 is out of range" in run("train", "text.txt", "--rnn-size", 0).stderr


def test_only_options_that_the_help_shows_are_suggested():
    none = run("sample", "--bogus", 1).stderr
    assert "No such option: --bogus" in none
    assert "--gpu" not in none
    assert "--learning-rate, --num-layers)" in run("train", "a", "--layrs", 2).stderr
    assert "(Possible options: --length)" in run("sample", "--lenght", 2).stderr


@pytest.mark.parametrize("command", ["train", "sample", "inspect"])
@pytest.mark.parametrize(
    "asked", [["--gpu"], ["--gpu", "0"], ["--cuda"], ["--device", "cuda:0"], ["--device=mps"]]
)
def test_a_device_is_answered(command, asked):
    result = run(command, *asked)
    assert (result.exit_code, result.stdout) == (2, "")
    name = asked[0].partition("=")[0]
    assert result.stderr == f"error: {name}: charrnn runs on the CPU, without a GPU; leave it out\n"


def test_the_device_that_there_is_may_be_named():
    assert planned("--device", "cpu") == planned()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hidden", "state"), ("Hidden_State", "state"), ("activation", "state"), ("h", "state"),
        ("heat map", "state"), ("prob", "probs"), ("surprisal", "probs"), ("gradient", "grad"),
        ("unit", "neuron"), ("timescale", "memory"), ("compare", "diff"), ("overveiw", "overview"),
        ("SUMMARY", "summary"),
    ],
)  # fmt: skip
def test_a_view_by_another_word(name, meant):
    with pytest.raises(ConfigError) as refused:
        choose_view(name)
    assert str(refused.value) == (
        f"view: there is no {name!r}; did you mean {meant} ({VIEWS[meant].says})"
    )


def test_each_word_leads_to_one_view():
    words = [word for name, view in VIEWS.items() for word in (name, *view.synonyms.split())]
    assert len(words) == len(set(words))
    assert all(view.synonyms for view in VIEWS.values())


def test_what_follows_the_model_is_no_prompt_yet():
    refused = run("sample", "tiny", "abc")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "error: 'abc': a prompt is given by an option: -p abc\n"
    assert "-p 'Once upon'" in run("sample", "tiny", "Once", "upon", "-n", 5).stderr
    assert "[MODEL]\n" in run("sample", "--help").stdout


def test_a_prompt_in_the_place_of_the_model():
    refused = run("sample", "QUEEN: how")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "'QUEEN: how': no such checkpoint here or in checkpoints/" in refused.stderr
    assert refused.stderr.endswith("; a prompt is given as -p 'QUEEN: how'\n")
    assert "-p" not in run("sample", "tinny.npz").stderr


def test_a_model_is_found_and_reported():
    done = run("sample", "tiny", "--seed", 1)
    assert done.stdout == run("sample", "checkpoints/tiny.npz", "--seed", 1).stdout
    assert done.stderr.startswith("model: checkpoints/tiny.npz\n")
    assert "model:" not in run("sample", "checkpoints/tiny.npz").stderr
    shown = run("inspect", "tiny", "abc")
    assert shown.exit_code == 0
    assert shown.stderr.startswith("model: checkpoints/tiny.npz\n")
    assert "did you mean checkpoints/tiny.npz" in run("sample", "tinny.npz").stderr
    assert "did you mean checkpoints/tiny.npz" in run("inspect", "tinny.npz", "abc").stderr


def test_of_several_models_each_may_be_named_without_its_folder(make_checkpoint):
    make_checkpoint(Path("checkpoints/other.npz"), seed=2)
    for arguments in (
        ("tiny", "other", "abcab"), ("tiny", "other.npz", "abcab"), ("tiny", "other", "-f", "t.txt")
    ):  # fmt: skip
        Path("t.txt").write_text("abcab")
        result = run("inspect", *arguments, "--view", "diff")
        assert result.exit_code == 0, result.stderr
        assert "model: checkpoints/other.npz" in result.stderr
    alone = run("inspect", "tiny", "other", "--view", "diff")  # of a text that the first writes
    assert alone.exit_code == 0, alone.stderr
    assert "model: checkpoints/other.npz" in alone.stderr
    Path("other").write_text("abcab")
    file = run("inspect", "tiny", "tiny", "other", "--view", "diff")
    assert "reads the file other" in file.stderr
    Path("other").unlink()
    text = run("inspect", "tiny", "other", "--view", "probs")
    assert "'o' (U+006F) at position 0 is not among the 7" in text.stderr  # the last is a text
