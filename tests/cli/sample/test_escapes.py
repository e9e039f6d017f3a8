r"""Escapes in texts on the command line, for networks that know a backslash and others."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.cli.sample.escapes import as_meant
from charrnn.text.vocabulary import Vocabulary

PLAYS = Vocabulary.of("\nABCabcdeé :w")
TEX = Vocabulary.of("\n\\{}abcdefghijklmnopqrstuvwxyz QN:")
C = Vocabulary.of("\n\t\\{}abcdefghijklmnopqrstuvwxyz ;")
BYTES = Vocabulary.of_bytes("\nabc")
TEX_BYTES = Vocabulary.of_bytes("\n\\abc")


@pytest.mark.parametrize(
    ("vocabulary", "written", "meant", "said"),
    [
        (PLAYS, r"A:\nb", "A:\nb", ""),
        (PLAYS, r"\newline", "\newline", ""),
        (BYTES, r"\newline", "\newline", ""),
        (TEX, r"\n", "\n", ""),
        (TEX, r"\n\n}", "\n\n}", ""),
        (TEX, r"\section", r"\section", ""),
        (TEX, r"\\newline", r"\newline", ""),
        (TEX, r"a\\\nb", "a\\\nb", r"\nb is read as a line end and 'b'"),
        (TEX, r"\textbf", r"\textbf", r"\textbf is taken as typed, because the network"),
        (TEX, r"\newline", r"\newline", r"\newline is taken as typed, not as a line end"),
        (TEX_BYTES, r"\newline", r"\newline", "is taken as typed"),
        (TEX, r"\newcommand{a", r"\newcommand{a", "is taken as typed"),
        (TEX, r"Q:\nNo", "Q:\nNo", r"\nNo is read as a line end and 'No'; for a backslash give -p "
         r"'Q:\\nNo'"),
        (C, r"\textbf", r"\textbf", "is taken as typed, not as a tab and 'extbf'"),
        (C, r"{\n\tint", "{\n\tint", r"\tint is read as a tab and 'int'"),
        (C, "\\", "\\", ""),
        (C, "", "", ""),
    ],
)  # fmt: skip
def test_what_is_meant(vocabulary, written, meant, said, capsys):
    assert as_meant(written, "-p", vocabulary) == meant
    noted = capsys.readouterr().err
    assert noted.startswith(f"-p: {said}") if said.startswith("\\") else said in noted
    assert bool(noted) == bool(said)


@pytest.fixture
def sample(make_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def sample(vocabulary, *arguments):
        make_checkpoint(Path("m.npz"), vocabulary)
        done = CliRunner().invoke(app, ["sample", "m.npz", "--seed", "1", "-n", "400", *arguments])
        assert done.exit_code == 0, done.stderr
        return done

    return sample


def test_a_prompt_has_escapes_as_a_stop_text_has(sample):
    assert sample(PLAYS, "-p", r"ab\nc").stdout.startswith("ab\nc")
    typed = sample(PLAYS, "-p", "ab\nc")
    assert sample(PLAYS, "-p", r"ab\nc").stdout == typed.stdout


def test_a_stop_text_of_latex_ends_a_sample(sample):
    few = Vocabulary.of("\n\\te")
    for stop, meant in ((r"\te", r"\te"), (r"\n", "\n"), (r"\\te", r"\te")):
        whole = sample(few, "-t", "1").stdout
        assert meant in whole
        assert sample(few, "-t", "1", "--stop", stop).stdout == whole[: whole.index(meant)]


def test_a_stop_text_that_cannot_appear_is_shown_as_it_was_typed(sample):
    assert r"--stop '\tQ' cannot appear" in sample(PLAYS, "--stop", r"\tQ").stderr
