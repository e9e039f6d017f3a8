"""`charrnn sample`: what comes out of it, where, and with which exit code."""

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from charrnn.api import load as load_model
from charrnn.checkpoint.checkpoint import load
from charrnn.cli import app
from charrnn.cli.sample.escapes import unescaped
from charrnn.cli.sample.show_candidates import CandidateTable
from charrnn.cli.sample.show_text import Writing
from charrnn.evaluation.score import score
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import random_streams
from charrnn.sampling.generate import Choice
from charrnn.sampling.sample import Sample, stream
from charrnn.terminal.commands import quoted
from charrnn.terminal.safe import harmless
from charrnn.text.vocabulary import Vocabulary

ESC_AND_KIN = "a\x1b\r\x07\x9b\u202e\u2028[/]\n中"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def model(tmp_path, make_checkpoint):
    """A model of the characters of `vocabulary`, saved."""
    path = tmp_path / "tiny.npz"
    make_checkpoint(path)
    return path


@pytest.fixture
def hostile(tmp_path, make_checkpoint):
    path = tmp_path / "hostile.npz"
    make_checkpoint(path, Vocabulary.of(ESC_AND_KIN), seed=1)
    return path


@pytest.fixture
def bytes_model(tmp_path, make_checkpoint):
    path = tmp_path / "bytes.npz"
    make_checkpoint(path, Vocabulary.of_bytes("x"), seed=2)
    return path


# What changes the form of output, wherever the tests are run.
LEFT_OUT = (
    "FORCE_COLOR",
    "NO_COLOR",
    "GITHUB_ACTIONS",
    "PY_COLORS",
    "COLUMNS",
    "CHARRNN_DEBUG",
    "PYTHONUNBUFFERED",
)


def environment(**others):
    return {k: v for k, v in os.environ.items() if k not in LEFT_OUT} | {"TERM": "xterm"} | others


def command(*arguments):
    return [sys.executable, "-m", "charrnn", "sample", *map(str, arguments)]


def run(*arguments, **options):
    given = {} if "input" in options else {"stdin": subprocess.DEVNULL}
    return subprocess.run(
        command(*arguments), capture_output=True, check=False, timeout=60, env=environment(),
        **given | options,
    )  # fmt: skip


def invoke(*arguments, typed=None, **env):
    env = dict.fromkeys(LEFT_OUT) | env
    return CliRunner().invoke(app, ["sample", *map(str, arguments)], input=typed, env=env)


def expected(path, prompt="", seed=1, **config):
    """Return the text of a sample by way of the library's parts."""
    checkpoint = load(path)
    ids = checkpoint.vocabulary.encode_prompt(prompt)
    rng = np.random.Generator(np.random.PCG64(seed))
    return "".join(
        stream(checkpoint.network, checkpoint.vocabulary, ids, SamplingConfig(**config), rng)
    )


def log_p(path, prompt, text):
    """The log-probability of a text after a prompt, in nats, by reading both."""
    checkpoint = load(path)
    ids = [checkpoint.vocabulary.encode_prompt(each) for each in (prompt, text)]
    nats = score(checkpoint.network, np.concatenate(ids))
    return -float(nats[len(nats) - len(ids[1]) :].sum())


# Standard output and standard error


def test_a_pipe_gets_the_text_and_nothing_else(model):
    done = run(model, "-n", 300, "--seed", 7)
    assert done.returncode == 0
    assert done.stdout.decode() == expected(model, seed=7, length=300)
    assert done.stdout.decode() == load_model(model).generate(length=300, seed=7)
    assert done.stderr.decode().startswith(
        f"seed 7; the same again: {sys.executable} -m charrnn sample "
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("options", [{}, {"temperature": 1.7, "top_k": 4}, {"stop": ("ab", "é")}])
def test_the_text_is_that_of_the_library(model, seed, options):
    arguments = [part for stop in options.get("stop", ()) for part in ("--stop", stop)]
    for name in ("temperature", "top_k"):
        if name in options:
            arguments += [f"--{name.replace('_', '-')}", options[name]]
    done = invoke(model, "--seed", seed, "-n", 60, *arguments)
    assert done.stdout_bytes.decode() == expected(model, seed=seed, length=60, **options)


def test_the_prompt_stands_before_the_text_unless_it_is_not_to(model):
    text = expected(model, "abé", length=20)
    shown = invoke(model, "-p", "abé", "-n", 20, "--seed", 1)
    assert shown.stdout_bytes.decode() == "abé" + text
    alone = invoke(model, "-p", "abé", "-n", 20, "--seed", 1, "--no-echo")
    assert alone.stdout_bytes.decode() == text


def test_a_length_of_0_is_nothing(model):
    done = invoke(model, "-n", 0)
    assert (done.exit_code, done.stdout_bytes) == (0, b"")


def test_temperature_has_a_short_name(model):
    cold = invoke(model, "-n", 40, "-t", 0).stdout
    assert invoke(model, "-n", 40, "--temp", 0).stdout == cold
    assert cold == expected(model, length=40, temperature=0)


def test_samples_are_apart_and_the_first_is_as_if_alone(model):
    done = invoke(model, "-n", 30, "--num-samples", 3, "--seed", 5)
    texts = done.stdout_bytes.decode().split("\n----\n")
    assert texts[0] == expected(model, seed=5, length=30)
    assert len(texts) == len(set(texts)) == 3
    assert all(len(text) == 30 for text in texts)


@pytest.mark.parametrize("unended", [False, True])
def test_samples_of_one_line_each_are_lines(model, tmp_path, make_checkpoint, unended):
    stop = [] if unended else ["--stop", r"\n"]
    if unended:
        make_checkpoint(model, Vocabulary.of("abcdeé"))
    common = ["-n", 30, "--seed", 5, "-t", 2, *stop]
    done = invoke(model, *common, "--num-samples", 4)
    written = done.stdout_bytes.decode()
    assert written.count("\n") == 4
    assert written.endswith("\n")
    assert written.splitlines()[0] == invoke(model, *common).stdout_bytes.decode()
    assert "\n" not in invoke(model, *common).stdout  # of one, nothing but the text
    prompted = invoke(model, *common, "--num-samples", 2, "-p", "ab").stdout
    assert [line[:2] for line in prompted.splitlines()] == ["ab", "ab"]
    if not unended:
        above = [*common, "--num-samples", 2, "-p", r"ab\n"]
        assert invoke(model, *above).stdout.count("\n----\n") == 1
        assert "----" not in invoke(model, *above, "--no-echo").stdout


def test_what_stands_between_samples_may_be_chosen(model):
    common = ["-n", 9, "--seed", 5, "--num-samples", 3]
    texts = invoke(model, *common).stdout_bytes.split(b"\n----\n")
    for chosen, between in ((r"\n\n", b"\n\n"), ("é", "é".encode()), ("", b""), (r"\\", b"\\")):
        done = invoke(model, *common, "--separator", chosen)
        assert done.stdout_bytes == between.join(texts)
    lines = invoke(model, *common, "--stop", r"\n", "--separator", ";")
    assert lines.stdout.count(";") == 2
    assert "\n" not in lines.stdout
    noted = invoke(model, *common, "--json", "--separator", ";")
    assert "--separator stands between texts only; it is not used" in noted.stderr
    assert invoke(model, "--separator", "\udcff").exit_code == 2


def test_bytes_come_out_as_they_are(bytes_model):
    done = run(bytes_model, "-n", 400, "-t", 3, "--seed", 1, "--stop", "\\n", "--raw")
    model, numbers = load(bytes_model), next(random_streams(1))
    config = SamplingConfig(length=400, temperature=3, stop=("\n",), utf8=False)
    made = Sample(model.network, model.vocabulary, np.array([], int), config, numbers)
    assert done.stdout == bytes(choice.id for choice in made.choices())
    assert b"\n" not in done.stdout
    with pytest.raises(UnicodeDecodeError):
        done.stdout.decode()


def test_a_pipe_gets_control_characters_exactly(hostile):
    done = run(hostile, "-n", 300, "--seed", 1)
    assert done.stdout.decode() == expected(hostile, length=300)
    assert {0x1B, 0x0D, 0x07} <= set(done.stdout)
    assert b"\x1b" not in done.stderr


def test_the_newest_model_is_found_and_reported(tmp_path, make_checkpoint, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = invoke("-n", 5)
    assert refused.exit_code == 1
    assert "no checkpoint there" in refused.stderr
    (tmp_path / "checkpoints").mkdir()
    make_checkpoint(tmp_path / "checkpoints" / "old one.npz")
    os.utime(tmp_path / "checkpoints" / "old one.npz", (1, 1))
    make_checkpoint(tmp_path / "checkpoints" / "new one.npz", seed=3)
    done = invoke("-n", 5, "--seed", 2)
    newest = os.path.join("checkpoints", "new one.npz")  # noqa: PTH118
    assert f"newest model: {newest}" in done.stderr
    assert done.stdout == expected(newest and tmp_path / newest, seed=2, length=5)


# The seed


def test_a_random_seed_is_reported_with_the_command_that_repeats_it(model, tmp_path):
    first = run(model, "-n", 50, "-p", "a\nb", "--num-samples", 2)
    second = run(model, "-n", 50, "-p", "a\nb", "--num-samples", 2)
    assert first.stdout != second.stdout
    found = re.fullmatch(r"seed (\d+); the same again: (.*)\n", first.stderr.decode())
    assert int(found[1]) < 2**32
    repeated = subprocess.run(
        ["sh", "-c", found[2]], stdin=subprocess.DEVNULL, capture_output=True, check=True,
        timeout=60,
    )  # fmt: skip
    assert repeated.stdout == first.stdout


@pytest.mark.parametrize("seed", [2**32, 2**63 - 1, 2**63, 2**64 - 1])
def test_seeds_of_64_bits(model, seed):
    assert invoke(model, "--seed", seed, "-n", 30).stdout == expected(model, seed=seed, length=30)


def test_a_negative_seed_is_reported_the_way_to_a_random_one(model):
    said = invoke(model, "--seed", -1).stderr
    assert "--seed: -1 is out of range; give a whole number from 0 on, or leave it out" in said


# Prompts


def test_a_prompt_may_come_from_a_file_or_standard_input(model, tmp_path):
    file = tmp_path / "prompt.txt"
    file.write_bytes("ab\né".encode())
    whole = "ab\né" + expected(model, "ab\né", length=20)
    assert (
        invoke(model, "--prompt-file", file, "-n", 20, "--seed", 1).stdout_bytes.decode() == whole
    )
    piped = invoke(model, "--prompt-file", "-", "-n", 20, "--seed", 1, typed="ab\né")
    assert piped.stdout_bytes.decode() == whole
    file.write_bytes("ab\né".encode("latin-1"))
    refused = invoke(model, "--prompt-file", file)
    assert refused.exit_code == 1
    assert "not UTF-8" in refused.stderr
    latin = invoke(model, "--prompt-file", file, "--encoding", "latin-1", "-n", 20, "--seed", 1)
    assert latin.stdout_bytes.decode() == whole


@pytest.mark.parametrize(
    ("held", "read"), [(b"ab\n", "ab"), (b"ab\r\n", "ab"), (b"ab\n\n", "ab\n"), (b"\n", "")]
)
@pytest.mark.parametrize("of", ["characters", "bytes"])
def test_the_line_end_that_an_editor_adds_is_no_part_of_a_prompt(
    model, bytes_model, tmp_path, held, read, of
):
    """As of one that comes by a pipe; a line that is empty keeps one."""
    file, network = tmp_path / "prompt.txt", model if of == "characters" else bytes_model
    file.write_bytes(held)
    shared = (network, "-n", 20, "--seed", 1, "-t", 1)
    typed = invoke(*shared, "-p", read).stdout_bytes
    assert typed.startswith(read.encode())
    assert invoke(*shared, "--prompt-file", file).stdout_bytes == typed
    assert invoke(*shared, "--prompt-file", "-", typed=held.decode()).stdout_bytes == typed


def test_colours_go_into_a_pipe_where_they_are_asked_for(model):
    shared = (model, "-n", 8, "--seed", 1, "-p", "ab")
    plain, dimmed = invoke(*shared), invoke(*shared, "--color")
    assert dimmed.stdout == plain.stdout.replace("ab", "\x1b[2mab\x1b[0m", 1)
    table = invoke(*shared, "--show-probs", "--color", TERM="xterm-256color").stdout
    assert "\x1b[" in table
    assert "\x1b" not in invoke(*shared, "--show-probs", TERM="xterm-256color").stdout
    assert re.sub(r"\x1b\[[0-9;]*m", "", table) == invoke(*shared, "--show-probs").stdout


def test_a_prompt_in_a_document_is_its_text(model, tmp_path):
    page, picture = tmp_path / "prompt.html", tmp_path / "prompt.png"
    page.write_text("<p>ab<br>é</p>")
    done = invoke(model, "--prompt-file", page, "-n", 20, "--seed", 1)
    whole = "ab\né" + expected(model, "ab\né", length=20)
    assert done.stdout_bytes.decode() == whole
    assert "is HTML; its text is read" in done.stderr
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    refused = invoke(model, "--prompt-file", picture)
    assert refused.exit_code == 1
    assert "is a PNG image, not a text" in refused.stderr


def test_a_file_for_a_network_of_bytes_is_not_decoded(bytes_model, tmp_path):
    file = tmp_path / "prompt.bin"
    file.write_bytes(b"\xff\xfe\r\n\0")
    done = invoke(bytes_model, "--prompt-file", file, "-n", 30, "--seed", 1, "-t", 2)
    assert done.stdout_bytes[:5] == b"\xff\xfe\r\n\0"
    model = load(bytes_model)
    prompt = np.frombuffer(b"\xff\xfe\r\n\0", np.uint8)
    config = SamplingConfig(length=30, temperature=2)
    made = Sample(model.network, model.vocabulary, prompt, config, next(random_streams(1)))
    assert done.stdout_bytes[5:] == bytes(choice.id for choice in made.choices())


def test_unknown_characters_are_refused_or_dealt_with(model):
    refused = invoke(model, "-p", "abQ")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "'Q' (U+0051) at position 2 is not among the 7 characters" in refused.stderr
    skipped = invoke(model, "-p", "aQbQ", "--unknown", "skip", "-n", 9, "--seed", 1)
    assert skipped.stdout == "aQbQ" + expected(model, "ab", length=9)
    assert "of the prompt's 4 characters 2 are unknown, and left out" in skipped.stderr
    nearest = invoke(model, "-p", "aB", "--unknown", "nearest", "-n", 9, "--seed", 1)
    assert nearest.stdout == "aB" + expected(model, "ab", length=9)
    assert "1 is unknown, and read as the nearest known" in nearest.stderr
    nothing = invoke(model, "-p", "QQ", "--unknown", "skip", "-n", 9, "--seed", 1)
    assert nothing.stdout == "QQ" + expected(model, "", length=9)


# Stop texts


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(r"a\nb", "a\nb"), (r"\t\r", "\t\r"), (r"\\n", r"\n"), (r"\\\n", "\\\n"), (r"\d\x", r"\d\x"),
     ("\\", "\\"), ("", "")],
)  # fmt: skip
def test_escapes_in_a_stop_text(typed, meant):
    assert unescaped(typed) == meant


def test_a_stop_text_that_cannot_come_is_reported(model):
    done = invoke(model, "-n", 9, "--seed", 1, "--stop", "QQ", "--stop", "a")
    assert "--stop 'QQ' cannot appear" in done.stderr
    assert "'a' cannot" not in done.stderr
    assert done.stdout == expected(model, length=9, stop=("a",))


# Nonsense


@pytest.mark.parametrize(
    "arguments",
    [
        ["-t", "nan"], ["-t", "inf"], ["-t", "-1"], ["-t", "1e400"], ["-t", "0,8"], ["-t", "1_0"],
        ["--temp", "nan"], ["--top-p", "0"], ["--top-p", "2"], ["--top-p", "nan"],
        ["--min-p", "-0.1"], ["--min-p", "1.1"], ["--top-k", "-1"], ["--top-k", "1.5"],
        ["-n", "1_000"], ["-n", "-2"], ["-n", "٣"], ["-n", "1e3"], ["-n", "9" * 30],
        ["-n", "9" * 5000], ["--num-samples", "0"], ["--top", "0"], ["--seed", "-1"],
        ["--seed", "x"], ["--unknown", "drop"], ["--stop", ""], ["--stop", "\udcff"],
        ["-p", "\udcff"], ["-p", "a", "--prompt-file", "b"], ["--nonsense"],
    ],
    ids=lambda arguments: " ".join(arguments)[:20].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_nonsense_is_a_usage_error(model, arguments):
    done = invoke(model, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    last = done.stderr.strip().splitlines()[-1]
    assert last.lower().startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_what_is_no_model_is_reported_in_one_line(tmp_path, content):
    path = tmp_path / "[x]\x1b.npz"
    if content is not None:
        path.write_bytes(content)
    done = invoke(path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in ANSI.sub("", done.stderr)


def test_an_overflowing_network_is_reported_in_one_line(tmp_path, make_checkpoint):
    path = tmp_path / "large.npz"
    checkpoint = make_checkpoint(cell="rnn")
    checkpoint.network.params["b_a_0"][:] = 10
    checkpoint.network.params["W_ya"][:] = 3e38
    from charrnn.checkpoint.checkpoint import save

    save(path, checkpoint)
    done = invoke(path)
    assert (done.exit_code, done.stdout) == (1, "")
    seed, error = ANSI.sub("", done.stderr).splitlines()
    assert seed.startswith("seed")
    assert error.startswith("error: what the network predicts is not a number")


# JSON


def test_json_is_a_line_for_each_sample(hostile):
    done = invoke(
        hostile, "--json", "-n", 40, "--num-samples", 2, "--seed", 9, "-p", "a\x1b",
        "--top-p", 0.99, "--stop", "\\n中",
    )  # fmt: skip
    assert done.stdout.isascii()
    assert done.stdout_bytes.count(b"\n") == 2
    assert b"\x1b" not in done.stdout_bytes
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["index"] for line in lines] == [0, 1]
    first = lines[0]
    config = {"length": 40, "top_p": 0.99, "stop": ("\n中",)}
    assert first["text"] == expected(hostile, "a\x1b", seed=9, **config)
    assert first["model"] == "hostile.npz"
    assert first["model_sha256"] == hashlib.sha256(hostile.read_bytes()).hexdigest()
    assert (first["prompt"], first["seed"]) == ("a\x1b", 9)
    params = asdict(SamplingConfig(**config)) | {"unknown": "error"}
    assert first["params"] == json.loads(json.dumps(params))
    for line in lines:
        assert set(line) == {
            "model", "model_sha256", "prompt", "seed", "num_samples", "state_in_sha256", "params",
            "versions", "index", "text", "log_p", "finish_reason", "elapsed_s",
            "characters_per_second",
        }  # fmt: skip
        assert line["log_p"] == pytest.approx(log_p(hostile, "a\x1b", line["text"]), abs=1e-3)
        assert line["finish_reason"] in ("length", "stop")
        assert line["elapsed_s"] > 0
    # Made side by side, so the time and the speed are of all so far.
    for n, line in enumerate(lines):
        made = sum(len(each["text"]) for each in lines[: n + 1])
        rate = made / line["elapsed_s"]
        assert line["characters_per_second"] == pytest.approx(rate, rel=0.05)


def test_json_tells_why_a_sample_ended(model):
    reported = [
        json.loads(invoke(model, "--json", "-n", n, "--seed", 1, *stop).stdout)
        for n, stop in [(0, []), (9, []), (500, ["--stop", "a"])]
    ]
    assert [line["finish_reason"] for line in reported] == ["length", "length", "stop"]
    assert (reported[0]["text"], reported[0]["characters_per_second"]) == ("", 0)


def test_json_may_hold_the_candidates(model):
    done = invoke(model, "--json", "--show-probs", "--top", 2, "-n", 20, "--top-k", 3, "--seed", 1)
    line = json.loads(done.stdout)
    assert [choice["character"] for choice in line["choices"]] == list(line["text"])
    for choice in line["choices"]:
        assert set(choice) == {"id", "character", "rank", "y_hat", "p", "candidates", "left"}
        assert choice["left"] == {"top_k": 3, "temperature": 3}
        assert 1 <= choice["rank"] <= 3
        assert [candidate["rank"] for candidate in choice["candidates"][:2]] == [1, 2]
        assert len(choice["candidates"]) == 2 + (choice["rank"] == 3)


# The table of candidates


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_the_table_of_candidates_fits(hostile, columns):
    done = invoke(hostile, "--show-probs", "-n", 40, "--seed", 1, "-p", "中a", COLUMNS=str(columns))
    lines = done.stdout.splitlines()
    assert len(lines) > 200
    assert max(map(cell_len, lines)) <= columns
    assert max(map(cell_len, lines)) > columns / 3
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", "\n".join(lines))
    assert sum("▸" in line for line in lines) == 40
    assert [int(line.split()[0]) for line in lines if " after " in line] == list(range(1, 41))


@pytest.mark.parametrize("pieces", [["ab\r\nb\r", "\na\rb\r"], list("ab\r\nb\r\na\rb\r")])
def test_a_line_end_of_two_characters_is_one_on_a_terminal(pieces):
    shown = io.StringIO()
    shown.isatty = lambda: True
    vocabulary = Vocabulary.of("ab\r\n")
    writing = Writing(shown, vocabulary, b"")
    for piece in pieces:
        for k in vocabulary.encode(piece):
            writing.take(Choice(int(k), np.zeros(4), np.zeros(4)))
        writing._due = 0.0
    writing.close()
    assert shown.getvalue() == "ab\nb\na\\x0db\\x0d\n"


def test_a_row_tells_rank_and_probabilities():
    drawn = io.StringIO()
    console = Console(file=drawn, width=60, force_terminal=False)
    table = CandidateTable(console, Vocabulary.of("ab\n"), np.array([1, 2]), top=2)
    table.begin()
    table.take(Choice(0, np.log([0.2, 0.5, 0.3]), np.array([0.25, 0.75, 0])))
    table.begin()
    said = drawn.getvalue()
    assert said.count("y_hat: how likely the network holds it; p: how likely it is") == 1
    *explained, heading, after, first, second, chosen, again = said.splitlines()
    assert again == heading
    assert " ".join(explained).endswith("p: how likely it is to be drawn, by the options")
    assert heading.split() == ["rank", "y_hat", "p"]
    assert after == "1 after ab"
    assert first.split()[:4] == ["1", "a", ".500", ".750"]
    assert second.split() == ["2", "b", ".300", "0"]
    assert chosen.split()[:5] == ["▸", "3", "↵", ".200", ".250"]
    assert first.count("█") == pytest.approx(3 * chosen.count("█"), abs=3)


# A terminal

pty = pytest.importorskip("pty")


def on_terminal(*arguments, stdin=subprocess.DEVNULL, typed=None, interrupt=None, **env):
    """Run with standard output (and where text is typed, input) on a terminal; return all of it."""
    import termios

    ours, theirs = pty.openpty()
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST  # or it would put a carriage return before each line end
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    process = subprocess.Popen(
        command(*arguments), stdin=theirs if typed else stdin, stdout=theirs,
        stderr=subprocess.PIPE, env=environment(**env),
    )  # fmt: skip
    os.close(theirs)
    if typed:
        os.write(ours, typed)
    shown = b""
    with suppress(OSError):  # as Linux says that no process writes any more
        while piece := os.read(ours, 65536):
            shown += piece
            if interrupt and len(shown) > 500:
                process.send_signal(interrupt)
                interrupt = None
    os.close(ours)
    _, notes = process.communicate(timeout=60)
    return shown, notes, process.returncode


def test_a_terminal_gets_nothing_that_could_drive_it(hostile):
    shown, notes, code = on_terminal(hostile, "-n", 400, "--seed", 1, "-p", "a\x1b\n", TERM="dumb")
    assert code == 0
    text = "a\x1b\n" + expected(hostile, "a\x1b\n", length=400)
    visible = shown.decode()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", visible)
    for hidden in "\x1b\r\x07\x9b":
        assert hidden in text
        visible = visible.replace(f"\\x{ord(hidden):02x}", hidden)
    visible = visible.replace("\\u202e", "\u202e").replace("\\u2028", "\u2028")
    text = text.replace("\r\n", "\n")  # one line end
    assert visible == text + ("" if text.endswith("\n") else "\n")
    assert b"\x1b" not in notes


def test_raw_text_is_exact_on_a_terminal_too(hostile):
    shown, _, _ = on_terminal(hostile, "-n", 200, "--seed", 1, "-p", "a", "--raw")
    text = "a" + expected(hostile, "a", length=200)
    assert shown.decode() == text + ("" if text.endswith("\n") else "\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("env", "dim"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_the_prompt_is_dim_on_a_terminal_with_colours(env, dim, monkeypatch, vocabulary):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    shown = Terminal()
    writing = Writing(shown, vocabulary, b"ab")
    for _ in range(2):
        writing.begin()
        writing.take(Choice(1, None, None))
        writing.end(None)
    writing.close()
    prompt = "\x1b[2mab\x1b[0m" if dim else "ab"
    assert shown.getvalue() == f"{prompt}a\n----\n{prompt}a\n"


def test_a_prompt_that_ends_within_a_character_is_completed():
    shown = Terminal()
    writing = Writing(shown, Vocabulary.of_bytes("x"), "é".encode()[:1])
    writing.begin()
    writing.take(Choice("é".encode()[1], None, None))
    writing.close()
    assert shown.getvalue().endswith("é\n")


def test_bytes_on_a_terminal_are_characters(bytes_model):
    shown, model = Terminal(), load(bytes_model)
    config = SamplingConfig(length=300, temperature=3, stop=("\t",), utf8=False)
    made = Sample(model.network, model.vocabulary, np.array([10]), config, next(random_streams(1)))
    writing = Writing(shown, model.vocabulary, b"")
    for choice in made.choices():
        writing.take(choice)
    writing.end(made)
    text = expected(bytes_model, length=300, temperature=3, stop=("\t",), utf8=False)
    assert "\ufffd" in text
    assert shown.getvalue() == harmless(text)


def test_it_says_so_when_it_waits_for_a_prompt_at_a_terminal(model):
    shown, notes, code = on_terminal(
        model, "--prompt-file", "-", "-n", 5, "--seed", 1, typed=b"ab\n\x04", TERM="dumb"
    )
    assert code == 0
    assert notes.decode().startswith("the prompt is what you type now, until Ctrl-D")
    text = "ab" + expected(model, "ab", length=5)
    assert shown.decode().rstrip("\n").endswith(text.rstrip("\n"))


# Signals, closed pipes and full disks


def test_ctrl_c_ends_the_line(model):
    shown, notes, code = on_terminal(
        model, "-n", -1, "--seed", 1, "--temperature", 2, interrupt=signal.SIGINT
    )
    assert code == 130
    assert shown.endswith(b"\n")
    text = expected(model, length=len(shown.decode()), temperature=2)
    assert text.startswith(shown.decode().removesuffix("\n"))
    assert b"Traceback" not in notes


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_beginning_of_the_text(model, number, code):
    with subprocess.Popen(
        command(model, "-n", -1, "--seed", 1), bufsize=0,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    ) as process:  # fmt: skip
        begun = process.stdout.read(100)
        process.send_signal(number)
        rest, notes = process.communicate(timeout=60)
    assert process.returncode == code
    text = (begun + rest).decode()
    assert text == expected(model, length=len(text))
    assert notes.count(b"\n") == 1


def processor_time(process):
    """What a process has used, in ticks of the system: it goes on only while something is done."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the time used is not reported so")
def test_an_interrupted_sample_is_reported_in_json(model):
    with subprocess.Popen(
        command(model, "-n", -1, "--seed", 1, "--json", "--num-samples", 5), bufsize=0,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    ) as process:  # fmt: skip
        assert process.stderr.readline().startswith(b"seed 1")
        begun = processor_time(process)
        while processor_time(process) < begun + 30:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        [line] = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 130
    reported = json.loads(line)
    assert reported["finish_reason"] == "interrupted"
    assert reported["text"] == expected(model, length=len(reported["text"]))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pipes are of no known size")
def test_a_second_ctrl_c_is_obeyed_though_no_one_reads(model):
    with subprocess.Popen(
        command(model, "-n", -1), bufsize=0, pipesize=4096,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    ) as process:  # fmt: skip
        process.stdout.read(1)
        before, now = -1, processor_time(process)
        while now > before:  # until the pipe is full, and the writer waits
            time.sleep(1)
            before, now = now, processor_time(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        while process.poll() is None:  # one that comes before the first was taken is none
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        assert process.returncode == 130


@pytest.mark.parametrize("form", [[], ["--show-probs"]])
def test_a_closed_pipe_is_no_error_to_speak_of(model, form):
    with subprocess.Popen(
        command(model, "--num-samples", 10**6, *form),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    ) as process:  # fmt: skip
        process.stdout.read(10)
        process.stdout.close()
        notes = process.stderr.read()
        assert process.wait(60) == 1
    assert notes.startswith(b"seed")
    assert notes.count(b"\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("form", [[], ["--show-probs"]])
def test_a_full_disk_is_reported_in_one_line(model, form):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            command(model, *form), stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
            check=False, timeout=60, env=environment(),
        )  # fmt: skip
    assert done.returncode == 1
    seed, error = done.stderr.decode().splitlines()
    assert seed.startswith("seed")
    assert error.startswith("error: standard output: cannot be written (no space left on device)")


def test_a_closed_standard_output_is_reported_in_one_line(model):
    words = " ".join(map(quoted, command(model)))
    done = subprocess.run(
        ["sh", "-c", f"{words} >&- </dev/null"], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("error: standard output is closed")


# What is not waited for


def test_help_needs_neither_numpy_nor_rich():
    program = (
        "import sys\nfrom charrnn.cli import app\n"
        "try:\n    app(['sample', '--help'])\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert not {'numpy', 'rich', 'tqdm'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"--temperature" in done.stdout
    assert b"--temp " not in done.stdout
