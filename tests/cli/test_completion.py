"""What Tab offers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.cli.completion import complete_corpus, complete_model, complete_run, complete_view


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Work in a folder of one's own, in which lie models and much else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("checkpoints").mkdir()
    Path("runs").mkdir()
    for name in (
        "here.npz", "text.txt", "plain", "runs/a.npz", "runs/a.txt", "checkpoints/plays.npz",
        "checkpoints/plays.resume.npz", "checkpoints/poems.npz", "checkpoints/.hidden.npz",
        "checkpoints/notes.txt",
    ):  # fmt: skip
        Path(name).touch()
    Path("checkpoints/folder.npz").mkdir()


def test_models_here_and_in_their_folder():
    assert complete_model("") == ["here.npz", "checkpoints/plays.npz", "checkpoints/poems.npz"]
    assert complete_model("check") == ["checkpoints/plays.npz", "checkpoints/poems.npz"]
    assert complete_model("checkpoints/po") == ["checkpoints/poems.npz"]
    assert complete_model("./h") == ["./here.npz"]
    assert complete_model("runs/") == ["runs/a.npz"]
    assert complete_model("~/ru") == []  # the shell goes on with its folders
    assert complete_model("~/runs/") == ["~/runs/a.npz"]
    assert complete_model("none/") == complete_model("text") == []


def test_a_name_alone_is_found_in_the_folder_of_models():
    assert "plays.npz" in complete_model("pl")
    assert complete_run("p") == ["plays.npz"]
    assert complete_run("") == ["checkpoints/plays.npz"]


def test_texts_of_the_folder_of_corpora():
    assert complete_corpus("cor") == []
    Path("corpora").mkdir()
    for name in ("plays.txt", "dates.tsv", "dates.py", "README.md"):
        Path("corpora", name).touch()
    assert complete_corpus("cor") == ["corpora/dates.tsv", "corpora/plays.txt"]
    assert complete_corpus("corpora/p") == ["corpora/plays.txt"]
    assert complete_corpus("") == complete_corpus("te") == complete_corpus("runs/a") == []
    Path("corner.txt").touch()
    assert complete_corpus("cor") == []  # the shell offers both
    assert complete_corpus("corp") == ["corpora/dates.tsv", "corpora/plays.txt"]


def test_views_with_what_they_answer():
    assert complete_view("st") == [
        ("state", "the hidden state over the text"),
        ("steer", "what it writes while units are clamped"),
        ("step", "one step of time, all the arithmetic"),
    ]


def offered(line, shell="bash"):
    """Return what the program answers a shell, one to a line."""
    words = line.split(" ")
    env = os.environ | {
        "_CHARRNN_COMPLETE": f"complete_{shell}", "COMP_WORDS": line.replace(" ", "\n"),
        "COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_ARGS": line,
    }  # fmt: skip
    program = (
        "import sys\nfrom charrnn.cli import app\nsys.argv[0] = 'charrnn'\n"
        "try:\n    app(prog_name='charrnn')\n"
        "finally:\n    assert not {'numpy', 'rich', 'tqdm'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("charrnn sample pl", ["plays.npz"]),
        ("charrnn inspect here.npz runs/", ["runs/a.npz"]),
        ("charrnn inspect --view su", ["summary"]),
        ("charrnn train corpora/", []),
        ("charrnn train --cell ", ["rnn", "lstm", "gru"]),
        ("charrnn train --resume ", ["checkpoints/plays.npz"]),
        ("charrnn train text.txt --le", ["--learning-rate"]),
        ("charrnn sample --max", []),
        ("charrnn train --gpu --hidden", ["--hidden-size"]),
        ("charrnn train --lr", []),
        ("charrnn train te", []),  # the shell's own files
        ("charrnn inspect -f ", []),
        ("charrnn sample -o ", []),
    ],
)
def test_the_shell_is_offered(line, expected):
    assert offered(line) == expected
