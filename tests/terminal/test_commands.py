"""Commands that are shown: a shell reads them as they were meant, and they run in this folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.terminal.commands import file_word, quoted

SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00a0\u00ad\u200b-\u202f\u2066-\u2069\u3000]")


def read_back(shell, word):
    """Return the bytes that a shell makes of a word."""
    done = subprocess.run(
        [shell, "-c", f"printf %s. {word}"], capture_output=True, check=True, timeout=30
    )
    return done.stdout.removesuffix(b".")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "word",
    [
        "a b", "it's", "$HOME `x` \\n", "a\nb\t'\\", "\x1b[2J\u202e", "é", "", "-x", "-x\t%d",
        "Notes 3.00\u202fPM.txt", "日本語\u3000本文.txt", "Prix\u00a0: 5.txt", "a\u200db\u00ad",
        "QUEEN:\n", "\n", "a\n\n", "!!\x07\"$(x)`", "\U000e0041%s\\x41\0331".replace("\0", ""),
    ],
    ids=ascii,
)  # fmt: skip
def test_any_shell_reads_quoted_words_back(shell, word):
    shown = quoted(word)
    assert "$'" not in shown
    assert not HARMFUL.search(shown)
    assert "\n" not in shown.rstrip("'\n")
    assert read_back(shell, shown) == word.encode()


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_path_is_a_shell_reads_it_back(name):
    shown = quoted(file_word(Path(name)))
    assert not HARMFUL.search(shown)
    found = Path(os.fsdecode(read_back("sh", shown)))
    assert found == Path(name)


def test_a_path_of_bytes_that_are_no_characters():
    name = b"a\xff'\n\x1b\\b \xe2\x80\xae"
    shown = quoted(os.fsdecode(name))
    assert shown.isascii()
    assert read_back("sh", shown) == name
    assert quoted(file_word(Path("-x.npz"))) == "./-x.npz"


@pytest.fixture
def script(tmp_path):
    """The program as pip installs it, in a folder that is not on the path."""
    path = tmp_path / "my env" / "bin" / "charrnn"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!{sys.executable}\nfrom charrnn.cli import main\nmain()\n")
    path.chmod(0o755)
    return path


def said(shell_line, folder, **environment):
    """Return what a line typed in a folder says on standard error."""
    return subprocess.run(
        ["sh", "-c", shell_line], cwd=folder, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL, env=os.environ | environment, check=False,
    )  # fmt: skip


def test_it_repeats_the_program_as_it_was_called(script, tmp_path, make_checkpoint):
    make_checkpoint(tmp_path / "m.npz")
    away = {"PATH": "/usr/bin:/bin"}
    on_the_path = {"PATH": f"{script.parent}:/usr/bin:/bin"}
    calls = [
        ("'my env/bin/charrnn'", away, "'my env/bin/charrnn' sample"),
        (f"'{script}'", away, f"'{script}' sample"),
        ("charrnn", on_the_path, "charrnn sample"),
        (f"'{script}'", on_the_path, "charrnn sample"),
        (f"{sys.executable} -m charrnn", away, f"{sys.executable} -m charrnn sample"),
        (f"{sys.executable} -P -mcharrnn", away, f"{sys.executable} -P -mcharrnn sample"),
    ]
    for called, where, begins in calls:
        first = said(f"{called} sample m.npz -n 30 -p 'ab\n'", tmp_path, **where)
        again = first.stderr.partition("the same again: ")[2]
        assert again.startswith(f"{begins} --seed "), first.stderr
        assert said(again, tmp_path, **where).stdout == first.stdout


def test_an_error_names_the_program_as_it_was_called(script, tmp_path):
    done = said("'my env/bin/charrnn' sample", tmp_path, PATH="/usr/bin:/bin")
    assert "`'my env/bin/charrnn' train corpus.txt`" in done.stderr


def test_a_prompt_from_a_pipe_is_requested_again(script, tmp_path, make_checkpoint):
    make_checkpoint(tmp_path / "m.npz")
    line = "printf ab | 'my env/bin/charrnn' sample m.npz -n 5 --seed 1 --prompt-file -"
    assert said(line, tmp_path, PATH="/usr/bin:/bin").stderr.endswith("--prompt-file - < PROMPT\n")


def test_a_long_command_is_whole(script, tmp_path, make_checkpoint):
    make_checkpoint(tmp_path / "m.npz")
    line = f"'my env/bin/charrnn' sample m.npz -n 5 -p {'abcde' * 1000}"
    assert said(line, tmp_path, PATH="/usr/bin:/bin").stderr.endswith(f"{'abcde' * 1000}\n")
