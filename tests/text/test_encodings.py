"""Files that `inspect` and `sample` read: as they are asked to, or as the network's text was."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.checkpoint.checkpoint import load
from charrnn.cli import app
from charrnn.text.corpus import read_first
from charrnn.text.read_as import ReadAs, ways_to_read
from charrnn.text.sources import Bound

TEXT = "the cat sät on the mat\nand the dög sat on the lög\n" * 20
TRAINED = (
    "--hidden-size", "8", "--batch-size", "4", "--seq-length", "16", "--evaluations", "2",
    "--max-steps", "3", "--no-samples", "--overwrite", "-o", "m.npz",
)  # fmt: skip


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, quick):
    """Work in a folder of one's own, without what a plan measures: half a second."""
    monkeypatch.chdir(tmp_path)
    Path("utf8.txt").write_text(TEXT, encoding="utf-8")


def charrnn(*arguments, stdin=b""):
    result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def trained(data, *asked):
    """Train on a text, and leave a model of it."""
    Path("text.txt").write_bytes(data)
    done = charrnn("train", "text.txt", *asked, *TRAINED)
    assert done.exit_code == 0, done.stderr


def read(*arguments, stdin=b""):
    """Return the characters that a view reads, and what is noted."""
    done = charrnn(
        "inspect", "m.npz", *arguments, "--view", "dump", "--format", "json", stdin=stdin
    )
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)["input"], done.stderr


WAYS = {
    "cp1252": (TEXT.encode("cp1252"), ["--encoding", "cp1252"]),
    "UTF-16 with a mark": (TEXT.encode("utf-16"), []),
    "UTF-16 without": (TEXT.encode("utf-16-be"), ["--encoding", "utf-16-be"]),
    "replaced": (TEXT.encode("cp1252"), ["--errors", "replace"]),
    "bytes": (TEXT.encode("cp1252"), ["--bytes"]),
}


@pytest.mark.parametrize(("data", "asked"), WAYS.values(), ids=WAYS)
def test_the_text_of_a_network_is_read_as_it_was_learnt(data, asked):
    trained(data, *asked)
    about, noted = read("-f", "text.txt")
    assert (about["n"], about["unknown"]) == (len(TEXT), 0)
    assert about["sha256"] == load(Path("m.npz")).training.sha256
    fell_back = "text.txt is not utf-8, and is read as the text of this network was: "
    assert (fell_back in noted) == (asked in (["--encoding", "cp1252"], ["--errors", "replace"]))
    compared = charrnn("inspect", "m.npz", "the mat", "--view", "errors", "--train", "text.txt")
    assert compared.exit_code == 0, compared.stderr
    done = charrnn("sample", "m.npz", "--prompt-file", "text.txt", "-n", 3, "--seed", 1)
    assert done.exit_code == 0, done.stderr
    expected = TEXT.encode("cp1252").decode("utf-8", "replace") if "replace" in asked else TEXT
    written = done.stdout_bytes.decode("latin-1") if "--bytes" in asked else done.stdout
    assert written.startswith(expected.removesuffix("\n"))


def test_utf8_is_read_as_that_though_the_network_learnt_another_encoding():
    trained(TEXT.encode("cp1252"), "--encoding", "cp1252")
    about, noted = read("-f", "utf8.txt")
    assert (about["n"], about["unknown"]) == (len(TEXT), 0)
    assert "is read as" not in noted
    assert read("-", stdin=TEXT.encode())[0]["n"] == len(TEXT)
    done = charrnn(
        "inspect", "m.npz", "-f", "utf8.txt", "--limit", 50, "--view", "errors", "--train",
        "text.txt",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr


def test_given_options_are_used():
    trained(TEXT.encode())
    Path("text.txt").write_text(TEXT, encoding="cp1252")
    for command in (["inspect", "m.npz", "-f"], ["sample", "m.npz", "-n", 3, "--prompt-file"]):
        refused = charrnn(*command, "text.txt")
        assert refused.exit_code == 1
        assert "--encoding cp1252" in refused.stderr
        assert charrnn(*command, "text.txt", "--encoding", "cp1252").exit_code == 0
        bytewise = charrnn(*command, "text.txt", "--bytes")
        assert bytewise.exit_code == 0, bytewise.stderr  # Latin-1, which this text is in as well
        replaced = charrnn(*command, "text.txt", "--errors", "replace", "--unknown", "skip")
        assert replaced.exit_code == 0, replaced.stderr
        assert charrnn(*command, "utf8.txt", "--encoding", "ascii").exit_code == 1
    assert read("-", "--encoding", "cp1252", stdin=TEXT.encode("cp1252"))[0]["n"] == len(TEXT)
    refused = charrnn("inspect", "m.npz", "-", stdin=TEXT.encode("cp1252"))
    assert "standard input: not UTF-8" in refused.stderr


def test_unused_options_are_noted():
    trained(TEXT.encode(), "--bytes")
    for command in (["inspect", "m.npz", "-f"], ["sample", "m.npz", "-n", 3, "--prompt-file"]):
        noted = charrnn(*command, "text.txt", "--encoding", "cp1252").stderr
        assert "--encoding does not concern a network of bytes; it is not used" in noted
    for command in (["inspect", "m.npz", "the cat"], ["sample", "m.npz", "-n", 3]):
        noted = charrnn(*command, "--errors", "replace", "--bytes").stderr
        assert "--errors does not concern a text that is not in a file" in noted
        assert "--bytes does not concern a text that is not in a file" in noted


def test_an_error_is_that_of_the_last_way():
    trained(TEXT.encode("cp1252"), "--encoding", "cp1252")
    Path("text.txt").write_bytes(b"caf\xe9 \x81")
    refused = charrnn("inspect", "m.npz", "-f", "text.txt")
    assert refused.exit_code == 1
    assert "not CP1252 at byte 5" in refused.stderr
    assert "no such file" in charrnn("inspect", "m.npz", "-f", "none.txt").stderr


def test_a_bound_that_no_option_raises_is_not_advised(monkeypatch):
    trained(TEXT.encode())
    monkeypatch.setattr("charrnn.text.corpus.Bound", lambda _: Bound(5))
    refused = charrnn("inspect", "m.npz", "-f", "text.txt")
    assert refused.stderr.endswith("beyond 5 bytes; use less of it\n")


def test_the_order_in_which_to_try():
    utf8, cp1252, replaced = ReadAs(), ReadAs("cp1252"), ReadAs(errors="replace")
    assert ways_to_read(utf8) == (utf8,)
    assert ways_to_read(cp1252) == (utf8, cp1252)
    assert ways_to_read(replaced) == (utf8, replaced)
    assert ways_to_read(ReadAs("utf-16")) == (ReadAs("utf-16"),)
    assert ways_to_read(cp1252, "utf-8") == (utf8,)
    assert ways_to_read(cp1252, None, "replace") == (utf8, ReadAs("cp1252", "replace"))
    assert ways_to_read(ReadAs(as_bytes=True), "cp1252") == (ReadAs(as_bytes=True),)
    assert ways_to_read(cp1252, as_bytes=True) == (ReadAs(as_bytes=True),)
    assert ways_to_read(ReadAs("no such encoding")) == (ReadAs("no such encoding"),)
    text = read_first(["utf8.txt"], ways_to_read(cp1252))
    assert (text.text, text.read_as) == (TEXT, utf8)
