"""`sample --check-copies` and `--no-copy`, and `train --index`, against searches by `in`."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import load
from charrnn.checkpoint.checkpoint import load as load_checkpoint
from charrnn.checkpoint.index import index_of, load_index, save_index
from charrnn.cli import app
from charrnn.cli.signals import Stop
from charrnn.cli.train import index_text as module
from charrnn.sampling.filters.no_copy import NoCopy
from charrnn.text.copies import IndexedCorpus
from charrnn.text.corpus import from_text, read_corpus
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun

FIRST = "the cat sat on the mat and the dog sat on the log\nnow the cow sat on the plough\n"
SECOND = "and the owl sat there with a scowl, and a growl, and a towel to hand\nthe end"
WHOLE = FIRST + SECOND
TRAIN = ("--hidden-size", 48, "--batch-size", 4, "--seq-length", 32, "--max-steps", 300)
TRAIN = (*TRAIN, "--val-split", 0, "--dropout", 0, "--evaluations", 1, "--no-samples", "--no-plot")


def run(command, *arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", command, *map(str, arguments)],
        capture_output=True, check=False, timeout=120, cwd=cwd, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def invoke(*arguments):
    done = CliRunner().invoke(app, ["sample", *map(str, arguments)])
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network that knows a text of two files by heart, with the index beside it."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "first.txt").write_text(FIRST, newline="")
    (folder / "second.txt").write_text(SECOND, newline="")
    code, out, err = run(
        "train", "first.txt", "second.txt", *TRAIN, "--index", "-o", "m.npz", cwd=folder
    )
    assert (code, out) == (0, ""), err
    return folder, err


@pytest.fixture
def here(trained, monkeypatch):
    monkeypatch.chdir(trained[0])
    return trained[0]


def longest(text, corpus=WHOLE):
    """The longest runs of a text that are in a corpus."""
    runs = {text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1)}
    found = [one for one in runs if one in corpus]
    most = max(map(len, found), default=0)
    return {one for one in found if len(one) == most}


def grams(text, n):
    return [text[k : k + n] for k in range(len(text) - n + 1)]


def reported(err):
    """The length, the file, the line and the run of a report, and the share of new 20-grams."""
    runs = re.search(
        r"^copies: .* has ([\d,]+) characters? \((?:(\d+) times, first in )?(.*), line ([\d,]+)\)"
        r": (.*)$",
        err,
        re.MULTILINE,
    )
    share = re.search(r"^copies: ([\d.]+)% of ([\d,]+) 20-grams? are new$", err, re.MULTILINE)
    return runs and runs.groups(), share and (float(share[1]), int(share[2].replace(",", "")))


def test_training_saves_the_index_of_its_text(trained):
    folder, err = trained
    assert f"indexed {len(WHOLE)} characters in " in err
    assert "m.index.npz, 0.0 MB" in err
    found = index_of(folder / "m.npz", load_checkpoint(folder / "m.npz"))
    assert found.vocabulary.decode(found.index.ids) == WHOLE
    assert [file.name for file in found.files] == ["first.txt", "second.txt"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("hot", [0.5, 2])
def test_the_report_is_what_a_search_finds(here, seed, hot):
    arguments = ["m.npz", "-n", 150, "--seed", seed, "-t", hot]
    plain = invoke(*arguments)
    done = invoke(*arguments, "--check-copies", "first.txt", "--check-copies", "second.txt")
    text = done.stdout_bytes.decode()
    assert text == plain.stdout_bytes.decode()
    (length, times, name, line, shown), (share, count) = reported(done.stderr)
    runs = longest(text)
    assert int(length) == len(next(iter(runs)))
    [found] = [one for one in runs if shown in (repr(one), f"{one[:60]!r}...")]
    assert int(times or 1) == sum(WHOLE.startswith(found, n) for n in range(len(WHOLE)))
    at = WHOLE.find(found)
    file, start = ("first.txt", 0) if at < len(FIRST) else ("second.txt", len(FIRST))
    assert (name, int(line)) == (file, 1 + WHOLE.count("\n", start, at))
    assert count == len(text) - 19
    new = sum(gram not in WHOLE for gram in grams(text, 20)) / count
    assert share == pytest.approx(100 * new, abs=0.051)


def test_several_texts_are_reported_together_and_none_joined(here):
    done = invoke("m.npz", "-n", 25, "--num-samples", 4, "--seed", 1, "--json", "-t", 0.3,
                  "--check-copies", "*.txt")  # fmt: skip
    texts = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    (length, *_), (_, count) = reported(done.stderr)
    assert int(length) == max(len(next(iter(longest(text)))) for text in texts)
    assert count == 4 * 6


@pytest.mark.parametrize("n", [5, 12])
@pytest.mark.parametrize("temperature", [0, 0.5, 1.5])
@pytest.mark.parametrize("together", [[], ["--num-samples", "5"], ["--num-beams", "3"]])
def test_no_run_is_longer_than_n(here, n, temperature, together):
    prompt = "the cat sat on the"
    done = invoke("m.npz", "-n", 120, "--seed", 2, "-t", temperature, "--no-copy", n, "--json",
                  "-p", prompt, *together)  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == (5 if "--num-samples" in together else 1)
    for line in lines:
        text = line["text"]
        assert len(text) == 120
        assert line["params"]["no_copy"] == n
        ending = prompt[-n:] + text  # a run that began in the prompt is not extended either
        assert not [gram for gram in grams(ending, n + 1) if gram in WHOLE]
    freely = invoke("m.npz", "-n", 120, "--seed", 2, "-t", 0, "-p", prompt, "--no-echo")
    assert len(next(iter(longest(freely.stdout)))) > 20


def test_what_is_searched_may_be_named_and_gives_the_same_text(here, tmp_path):
    arguments = ["-n", 100, "--seed", 5, "--no-copy", 8]
    beside = invoke("m.npz", *arguments).stdout
    named = invoke("m.npz", *arguments, "--check-copies", "first.txt", "--check-copies",
                   "second.txt")  # fmt: skip
    assert named.stdout == beside
    assert reported(named.stderr)[0][0] == "8"
    alone = tmp_path / "alone.npz"
    alone.write_bytes(Path("m.npz").read_bytes())
    built = invoke(alone, *arguments, "--check-copies", "first.txt", "--check-copies", "second.txt")
    assert built.stdout == beside
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone.npz"]


def test_another_text_may_be_searched(here, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("zebras sat on the mat and sat on the log")
    done = invoke("m.npz", "-n", 100, "--seed", 5, "--no-copy", 8, "--check-copies", other)
    assert f"{other} is not the text, or not all of it, that m.npz has learnt" in done.stderr
    assert not [gram for gram in grams(done.stdout, 9) if gram in other.read_text()]
    assert int(reported(done.stderr)[0][0]) <= 8


def test_a_text_that_goes_on_or_is_replayed_copies_no_more(here, tmp_path):
    arguments = ["m.npz", "--no-copy", 6, "-t", 0.4, "--no-echo"]
    whole = invoke(*arguments, "-n", 90, "--seed", 8).stdout
    first = invoke(*arguments, "-n", 50, "--seed", 8, "--state-out", tmp_path / "s.npz").stdout
    rest = invoke(*arguments, "-n", 40, "--state-in", tmp_path / "s.npz").stdout
    assert first + rest == whole
    assert not [gram for gram in grams(whole, 7) if gram in WHOLE]
    lines = invoke(*arguments, "-n", 90, "--seed", 8, "--json").stdout
    (tmp_path / "run.jsonl").write_text(lines)
    again = invoke("m.npz", "--replay", tmp_path / "run.jsonl")
    assert (again.exit_code, again.stdout) == (0, whole + "\n")


def test_from_the_shell(here):
    code, out, err = run("sample", "m.npz", "-n", 80, "--seed", 3, "--no-copy", 9,
                         "--check-copies", "first.txt", "--check-copies", "second.txt",
                         cwd=here)  # fmt: skip
    assert code == 0
    assert not [gram for gram in grams(out, 10) if gram in WHOLE]
    assert reported(err)[0][0] == str(len(next(iter(longest(out)))))


def test_without_an_index_and_a_text_there_is_one_clear_error(here, tmp_path):
    (tmp_path / "alone.npz").write_bytes(Path("m.npz").read_bytes())
    code, out, err = run("sample", "alone.npz", "--no-copy", 9, cwd=tmp_path)
    assert (code, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith(
        "error: --no-copy: alone.npz has no index of its training text beside it; name the text "
        "with --check-copies CORPUS, or make one with `"
    )
    assert line.endswith("charrnn train --index`")


@pytest.mark.parametrize(
    ("arguments", "code", "found"),
    [
        (["--check-copies", "-"], 2, "--check-copies: standard input is for the prompt"),
        (["--check-copies", "nothing.txt"], 1, "nothing.txt: no such file"),
        (["--no-copy", "-1"], 2, "--no-copy: -1 is out of range"),
        (["--no-copy", "9", "--check-copies", "empty.txt"], 1, "an empty text has no vocabulary"),
        (["-o", "first.txt", "--check-copies", "first.txt", "--overwrite"], 2, "is read here"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(here, arguments, code, found):
    Path("empty.txt").write_text("")
    done = invoke("m.npz", "-n", 5, *arguments)
    Path("empty.txt").unlink()
    assert (done.exit_code, done.stdout) == (code, "")
    assert found in done.stderr
    assert Path("first.txt").read_text() == FIRST


def test_an_index_of_another_text_is_not_used(here, tmp_path):
    (tmp_path / "m.npz").write_bytes(Path("m.npz").read_bytes())
    corpus = from_text(WHOLE[::-1])
    save_index(tmp_path / "m.index.npz", IndexedCorpus.of(corpus, corpus.vocabulary))
    done = invoke(tmp_path / "m.npz", "--no-copy", 5)
    assert done.exit_code == 1
    assert "m.index.npz: is the index of another text than m.npz has learnt; delete it" in (
        done.stderr
    )
    (tmp_path / "m.index.npz").write_bytes(b"PK\3\4 and so on")
    done = invoke(tmp_path / "m.npz", "--no-copy", 5)
    assert done.exit_code == 1
    assert "m.index.npz: damaged" in done.stderr


def test_short_texts_and_new_ones_are_reported_too(here, tmp_path):
    (tmp_path / "other.txt").write_text("ZZZZZ")
    done = invoke("m.npz", "-n", 12, "--check-copies", tmp_path / "other.txt", "--seed", 1)
    assert "copies: nothing of it stands in the corpus\n" in done.stderr
    assert "copies: no text has 20 characters, so none has a 20-gram\n" in done.stderr


def test_bytes(tmp_path, make_checkpoint):
    from charrnn.text.vocabulary import Vocabulary

    model, corpus = tmp_path / "bytes.npz", tmp_path / "corpus.bin"
    make_checkpoint(model, Vocabulary.of_bytes("x"), seed=2)
    data = np.random.default_rng(0).integers(256, size=2000).astype(np.uint8).tobytes()
    corpus.write_bytes(data)
    done = invoke(model, "-n", 400, "--seed", 1, "--raw", "--check-copies", corpus, "--no-copy", 1)
    text = done.stdout_bytes
    assert len(text) == 400
    assert int(reported(done.stderr)[0][0]) == 1
    assert not [gram for gram in grams(text, 2) if gram in data]


def test_the_library_takes_the_index_and_the_filter(here):
    model = load("m.npz")
    options = {"length": 90, "seed": 4, "temperature": 0.5}
    text = model.generate("the cat", no_copy=7, corpus_index="m.index.npz", **options)
    assert not [gram for gram in grams("the cat" + text, 8) if gram in WHOLE]
    corpus, prompt = load_index(Path("m.index.npz")), model.vocabulary.encode("the cat")
    own = NoCopy(corpus.index, 7, prompt[None])
    assert model.generate("the cat", filters=[own], **options) == text


def test_an_index_is_written_before_the_run_and_for_a_resumed_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text(WHOLE)
    short = ["--hidden-size", 8, "--batch-size", 4, "--seq-length", 16, "--max-steps", 3]

    def train(*arguments):
        return CliRunner().invoke(app, ["train", *map(str, arguments)])

    assert train("t.txt", *short, "--dry-run", "--index").exit_code == 0
    assert not list(Path().rglob("*.npz"))
    assert train("t.txt", *short, "-o", "m.npz").exit_code == 0
    assert not Path("m.index.npz").exists()
    resumed = train("--resume", "m.npz", "--max-steps", 5, "--index")
    assert resumed.exit_code == 0, resumed.output
    assert load_index(Path("m.index.npz")).sha256 == read_corpus(["t.txt"]).sha256
    Path("m.npz").unlink()
    Path("m.resume.npz").unlink()
    left = train("t.txt", *short, "-o", "m.npz")
    assert left.exit_code == 1
    assert "m.index.npz: exists already" in left.stderr
    named = train("t.txt", *short, "-o", "a.index.npz")
    assert "is no name of a model; name it a.npz" in named.stderr
    Path("checkpoints").mkdir()
    Path("m.index.npz").replace("checkpoints/t.index.npz")
    assert "t.index.npz exists" in train("t.txt", *short, "--index").stderr
    assert Path("checkpoints/t-2.index.npz").exists()


def test_a_signal_ends_the_indexing_and_leaves_no_half_of_it(tmp_path, monkeypatch):
    stop, run = Stop(), TextRun.begin(from_text(WHOLE * 3), TrainOptions(max_steps=1))

    def interrupted(*_):
        stop.ask(2)

    monkeypatch.setattr(module.IndexedCorpus, "of", interrupted)
    module.index_text(run, tmp_path / "m.npz", stop)
    assert stop.requested == 2
    assert not list(tmp_path.iterdir())
