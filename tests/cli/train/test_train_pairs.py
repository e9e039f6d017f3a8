"""Pairs from the command line: trained, stopped, resumed and asked."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli import app


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pairs of both kinds, each learnt for a few steps."""
    folder = tmp_path_factory.mktemp("pairs")
    words = [a + b + c for a in "abcd" for b in "aeiou" for c in "xyz"]
    (folder / "written.tsv").write_text("".join(f"{w}\t{w[::-1]}\n" for w in words))
    lines = [f"{w} {'un' * n}kind\t{'no' if n else 'yes'}\n" for w in words for n in (0, 1)]
    (folder / "chosen.csv").write_text("".join(lines).replace("\t", ","))
    for name in ("written.tsv", "chosen.csv"):
        run(folder, "train", name, "--pairs", "--hidden-size", "8", "--max-steps", "40",
            "--workers", "1")  # fmt: skip
    return folder


def run(folder, *arguments, code=0, **more):
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, arguments, env={"COLUMNS": "80"}, **more)
    assert done.exit_code == code, done.stderr
    return done


def test_the_plan_and_the_end_say_what_was_learnt(place):
    done = run(place, "train", "chosen.csv", "--pairs", "--hidden-size", "8", "--max-steps", "5",
               "-o", "again.npz")  # fmt: skip
    assert "120 pairs" in done.stderr
    assert "chosen from 2 labels: no, yes; --answers written decides otherwise" in " ".join(
        done.stderr.split()
    )
    for said in ("most frequent", "naive Bayes", "macro F1", "columns: what was answered"):
        assert said in done.stderr
    shown = run(place, "train", "written.tsv", "--pairs", "--dry-run").stderr
    assert "written out, 60 distinct" in shown
    assert "twice: one reads, one writes" in " ".join(shown.split())


def test_a_text_is_answered(place):
    assert run(place, "sample", "chosen", "-p", "bax kind").stdout in ("yes\n", "no\n")
    shown = run(place, "sample", "chosen", "-p", "bax kind", "--show-probs").stdout
    shares = [float(line.split()[1].rstrip("%")) for line in shown.splitlines()[1:]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.2)
    [line] = run(place, "sample", "written", "-p", "bax", "--json").stdout.splitlines()
    answer = json.loads(line)
    assert answer["source"] == "bax"
    assert answer["log_probability"] < 0
    beam = json.loads(run(place, "sample", "written", "-p", "bax", "--json", "--num-beams", "9",
                          "--length-penalty", "0").stdout)  # fmt: skip
    assert beam["log_probability"] >= answer["log_probability"]


def test_drawn_answers_are_given_again_by_the_seed_that_is_shown(place):
    asked = ("sample", "written", "-p", "bax", "-t", "1.5", "--num-samples", "9")
    first = run(place, *asked)
    seed = re.search(r"seed (\d+); the same again: ", first.stderr)[1]
    assert run(place, *asked, "--seed", seed).stdout == first.stdout
    assert len(set(first.stdout.splitlines())) > 1
    assert "seed" not in run(place, "sample", "written", "-p", "bax").stderr


def test_each_line_is_answered_in_its_order_and_as_if_it_were_alone(place):
    sources = [line.split("\t")[0] for line in (place / "written.tsv").read_text().splitlines()]
    together = subprocess.run(
        [sys.executable, "-m", "charrnn", "sample", "written", "--each-line"],
        cwd=place, input="\n".join(sources), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    answers = together.stdout.splitlines()
    assert len(answers) == len(sources)
    for n in (0, 37, len(sources) - 1):
        assert run(place, "sample", "written", "-p", sources[n]).stdout == f"{answers[n]}\n"
    (place / "sources.txt").write_text("\n".join(sources[:3]))
    read = run(place, "sample", "written", "--each-line", "--prompt-file", "sources.txt")
    assert read.stdout.splitlines() == answers[:3]


def test_a_line_is_answered_when_it_comes(place):
    with subprocess.Popen(
        [sys.executable, "-m", "charrnn", "sample", "chosen", "--each-line", "--json"],
        cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, bufsize=1,
    ) as process:  # fmt: skip
        for text in ("bax kind", "bax unkind", "coy kind"):
            process.stdin.write(f"{text}\n")
            assert json.loads(process.stdout.readline())["source"] == text
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sample", "chosen", "-p", "a", "--must", "x"), "--must: is of a running text"),
        (("sample", "chosen", "-p", "a", "-t", "1:2"), "temperature"),
        (("sample", "chosen", "-p", "\u0416"), "is not among the"),
        (("train", "chosen.csv", "--columns", "1,2"), "--columns: is of pairs; give --pairs too"),
        (("train", "chosen.csv", "--pairs", "--use-all"), "--use-all: is of a running text"),
        (("train", "chosen.csv", "--pairs", "--columns", "1"), "does not name two columns"),
        (("train", "bad.tsv", "--pairs"), "bad.tsv, line 2: no tab in 'two'; mend them"),
        (("train", "--resume", "chosen", "--answers", "written"), "--answers"),
        (("inspect", "chosen", "--view", "probs"), "model of pairs needs a text"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_in_one_line(place, arguments, said):
    (place / "bad.tsv").write_text("one\t1\ntwo\n")
    with contextlib.chdir(place):
        done = CliRunner().invoke(app, arguments)
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_text_is_inspected_character_by_character(place):
    shown = run(place, "inspect", "chosen", "bax unkind").stdout
    assert "after each character" in shown
    assert "bax unkind" in shown
    found = json.loads(run(place, "inspect", "chosen", "bax unkind", "--format", "json").stdout)
    assert len(found["steps"]) == 10
    answer = run(place, "sample", "chosen", "-p", "bax unkind").stdout.strip()
    assert found["answer"] == found["steps"][-1]["answer"] == answer
    (place / "t.txt").write_text("bax kind\n")
    run(place, "inspect", "written", "-f", "t.txt", "--view", "verdict", "--unknown", "skip", "-o",
        "out.txt")  # fmt: skip
    assert "what would be written after each word" in (place / "out.txt").read_text()
    assert "needs a text" in run(place, "inspect", "chosen", code=2).stderr


def test_a_run_is_resumed_with_a_new_budget(place):
    done = run(place, "train", "--resume", "checkpoints/written.npz", "--max-steps", "60")
    assert "after step 40" in done.stderr
    assert "60 steps in" in done.stderr
    assert Path(place, "checkpoints/written.npz").exists()


def test_the_views_look_at_either_part(place):
    asked = ("inspect", "written", "bax", "--width", "60")
    shown = run(place, *asked, "--view", "probs", "--format", "json")
    assert "the network writes the answer" in shown.stderr
    found = json.loads(shown.stdout)
    given = json.loads(run(place, "inspect", "written", "bax\txab", "--view", "probs", "--format",
                           "json").stdout)  # fmt: skip
    assert given["input"]["n"] == len("xab") + 1
    assert found["model"]["vocab"][-1] == "\U0010ffff"
    assert "∎xab" in run(place, "inspect", "written", "bax\txab", "--view", "state").stdout
    shown = run(place, *asked, "--part", "encoder")
    assert "xab" in shown.stdout
    assert "reads the text from its end" in shown.stderr
    for arguments, said in (
        (("written", "bax", "--part", "encoder", "--view", "why"), "choose --view state"),
        (("chosen", "bax kind", "--part", "decoder"), "look at its encoder with --part encoder"),
        (("written", "bax", "--view", "verdict", "--part", "decoder"), "leave it out"),
        (("written", "--view", "state"), "needs a text to answer; give one behind the model"),
        (("written", "written", "bax", "--view", "grad"), "one at a time"),
    ):
        assert said in run(place, "inspect", *arguments, code=2).stderr
    assert "vocabulary" in run(place, "inspect", "written", "--view", "summary").stdout
