"""Texts that go on, and texts that are written again: --state-in, --state-out and --replay."""

import json
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from charrnn.cli import app


@pytest.fixture
def model(tmp_path, make_checkpoint):
    path = tmp_path / "model.npz"
    make_checkpoint(path)
    return path


def sample(*arguments, **options):
    return CliRunner().invoke(app, ["sample", *map(str, arguments)], **options)


def test_a_text_goes_on(model, tmp_path):
    whole = sample(model, "-n", 90, "--seed", 4, "-p", "ab").stdout
    state, more = tmp_path / "one.npz", tmp_path / "two.npz"
    first = sample(model, "-n", 30, "--seed", 4, "-p", "ab", "--state-out", state)
    second = sample(model, "-n", 25, "--state-in", state, "--state-out", more)
    third = sample(model, "-n", 35, "--state-in", more)
    assert first.stdout + second.stdout + third.stdout == whole
    assert first.stderr.startswith("seed 4; the same again: ")
    assert second.stderr.startswith("the same again: ")
    again = sample(model, "-n", 25, "--state-in", state)
    assert again.stdout == second.stdout


def test_a_text_that_is_interrupted_goes_on(model, tmp_path):
    state, written = tmp_path / "state.npz", tmp_path / "text.txt"
    run = [sys.executable, "-m", "charrnn", "sample", model, "-n", "-1", "--seed", "2"]
    run = [*run, "--stop", "abcabcabc", "--state-out", state, "-o", written]
    with subprocess.Popen(run, stderr=subprocess.DEVNULL) as process:
        while not written.exists() or written.stat().st_size < 2000:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    begun = written.read_text()
    rest = sample(model, "-n", 50, "--state-in", state).stdout
    assert sample(model, "-n", len(begun) + 50, "--seed", 2).stdout == begun + rest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", 1], "--state-in goes on with its own random numbers; leave --seed out"),
        (["--num-samples", 2], "--state-in: one text goes on; leave --num-samples out"),
        (["--must", "a"], "--state-in: a text that is chosen as a whole, or of which something"),
        (["--num-beams", 2], "--state-in: a text that is chosen as a whole"),
        (["-t", "1:0.5"], "--state-in: a text whose temperature changes has an end"),
    ],
)
def test_what_does_not_go_on_is_said(model, tmp_path, arguments, said):
    state = tmp_path / "state.npz"
    sample(model, "-n", 5, "--state-out", state)
    done = sample(model, "--state-in", state, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_more_texts_than_beams_are_refused(model):
    done = sample(model, "--num-beams", 2, "--num-samples", 5)
    assert done.exit_code == 2
    assert done.stderr.endswith("2 beams find no more than 2 texts; give --num-beams 5\n")


def test_no_file_is_replaced(model, tmp_path):
    state = tmp_path / "state.npz"
    sample(model, "-n", 5, "--state-out", state)
    before = state.read_bytes()
    for arguments in (
        ["--state-out", state],
        ["--state-in", state, "--state-out", state, "--overwrite"],
        ["--state-out", model, "--overwrite"],
    ):
        done = sample(model, "-n", 5, *arguments)
        assert done.exit_code == 2
        assert "--state-out" in done.stderr
    assert state.read_bytes() == before
    assert sample(model, "-n", 5, "--state-out", state, "--overwrite").exit_code == 0
    assert sample(model, "--state-in", model).stderr.endswith(
        "give the place where a text stopped\n"
    )
    assert sample(state).exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--num-samples", 70], ["--num-beams", 3, "--num-samples", 3], ["--best-of", 3],
        ["--must", "abc", "--num-samples", 2], ["-t", "1:0.5"], ["--mirostat", 2],
        ["--dry-multiplier", 1, "--stop", "\\n"], ["--show-probs", "--top-k", 3],
    ],
    ids=lambda arguments: " ".join(map(str, arguments)),
)  # fmt: skip
def test_a_replay_writes_the_same_text(model, tmp_path, arguments):
    record = tmp_path / "run.jsonl"
    made = sample(model, "-n", 40, "--json", "-p", "a\\nb", *arguments)
    record.write_text(made.stdout)
    done = sample(model, "--replay", record)
    assert (done.exit_code, done.stderr) == (0, "")
    texts = [json.loads(line)["text"] for line in made.stdout.splitlines()]
    assert done.stdout == "".join(text + "\n" for text in texts)
    last = made.stdout.splitlines()[-1]
    done = sample(model, "--replay", "-", input=last)
    assert (done.exit_code, done.stdout) == (0, texts[-1] + "\n")


def test_a_replay_says_what_differs(model, tmp_path, make_checkpoint):
    line = json.loads(sample(model, "-n", 40, "--json", "--seed", 1).stdout)
    line["versions"]["numpy"] = "1.0.0"
    other = line | {"text": line["text"][:5] + "X" + line["text"][6:]}
    done = sample(model, "--replay", "-", input=json.dumps(other))
    assert done.exit_code == 1
    assert done.stdout == line["text"] + "\n"
    assert "sample 1 differs from character 6 on: 'X" in done.stderr
    assert "numpy 1.0.0 there" in done.stderr
    make_checkpoint(tmp_path / "other.npz", seed=5)
    done = sample(tmp_path / "other.npz", "--replay", "-", input=json.dumps(line))
    assert done.exit_code == 2
    assert "another model" in done.stderr


@pytest.mark.parametrize(
    "line", ["", "{}", "[]", "null", "x", '{"model": 3}', "[" * 100_000, "\x00", "9" * 10_000]
)
def test_what_is_no_record_is_refused(model, line):
    done = sample(model, "--replay", "-", input=line + "\n")
    assert done.exit_code == 2
    assert "is no sample" in done.stderr


@pytest.mark.parametrize("key", ["params", "seed", "index", "num_samples", "prompt", "text"])
@pytest.mark.parametrize("wrong", [None, -1, 10**30, "x", [], {"x": 1}, {"length": -5}, True, 1.5])
def test_a_record_that_is_wrong_is_refused_in_one_line(model, key, wrong):
    line = json.loads(sample(model, "-n", 5, "--json", "--seed", 1).stdout)
    done = sample(model, "--replay", "-", input=json.dumps(line | {key: wrong}) + "\n")
    assert done.exit_code in (1, 2)
    assert done.stderr.count("\n") <= 1
    assert "Traceback" not in done.stderr


def test_each_text_may_have_a_file_of_its_own(model, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    together = sample(model, "-n", 30, "--num-samples", 12, "--seed", 1, "--separator", "\x00")
    done = sample(model, "-n", 30, "--num-samples", 12, "--seed", 1, "-o", folder)
    assert (done.exit_code, done.stdout) == (0, "")
    found = sorted(folder.iterdir())
    assert [path.name for path in found] == [f"{n:02}.txt" for n in range(1, 13)]
    assert [path.read_text() for path in found] == together.stdout.split("\x00")
    before = {path: path.read_bytes() for path in found}
    done = sample(model, "-n", 30, "--num-samples", 3, "--seed", 2, "-o", folder)
    assert done.exit_code == 0  # 1.txt to 3.txt are other names
    done = sample(model, "-n", 30, "--num-samples", 12, "--seed", 2, "-o", folder)
    assert done.exit_code == 2
    assert "exists already" in done.stderr
    assert {path: path.read_bytes() for path in found} == before
    done = sample(model, "-n", 9, "--num-samples", 12, "--json", "-o", folder)
    lines = [json.loads((folder / f"{n:02}.jsonl").read_text()) for n in range(1, 13)]
    assert len({line["text"] for line in lines}) > 6
    assert len(list(folder.iterdir())) == 12 + 3 + 12
