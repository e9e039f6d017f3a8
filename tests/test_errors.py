"""Errors: the library names arguments, and a command only options that it has."""

import ast
import copy
import pickle
import re
from pathlib import Path

import pytest
import typer

import charrnn
from charrnn.cli import app
from charrnn.cli.wording import options_of, worded
from charrnn.errors import ConfigError, TextError, UnknownCharacter, Way

ROOT = Path(charrnn.__file__).parent
COMMANDS = typer.main.get_command(app).commands
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
QUOTED = re.compile(r"`charrnn (\w+)( [^`]*)?`")

DRAWS = re.compile(r"(draw\w*|pages|heading|rules|__init__)\.py")
"""Files of inspection that draw for the command line."""


def options(command):
    return options_of(COMMANDS[command].params)


def undecodable():
    return TextError(
        "a.txt: not UTF-8",
        Way("give {encoding}", encoding="cp1252"),
        Way("read it with {as_bytes}", as_bytes=True),
        Way("raise {max_bytes}"),
    )


def test_a_library_names_arguments():
    assert str(undecodable()) == (
        "a.txt: not UTF-8; give encoding='cp1252', read it with as_bytes=True, or raise max_bytes"
    )
    assert str(ConfigError("1 is odd", argument="batch_size")) == "batch_size: 1 is odd"
    assert str(TextError("{braces} are kept", Way("{seed}"))) == "{braces} are kept; seed"


def test_a_command_names_its_options_and_no_others():
    assert worded(undecodable(), options("train")) == (
        "a.txt: not UTF-8; give --encoding cp1252, read it with --bytes, or raise --max-bytes"
    )
    assert worded(undecodable(), options("inspect")) == (
        "a.txt: not UTF-8; give --encoding cp1252, or read it with --bytes"
    )
    assert worded(undecodable(), {}) == "a.txt: not UTF-8"


def test_arguments_that_a_command_calls_by_another_name():
    error = ConfigError("none", Way("see {rival}"), argument="settings")
    assert worded(error, options("inspect")) == "--set: none; see --not"
    assert worded(ConfigError("none", argument="vocabulary_size"), options("train")) == (
        "vocabulary_size: none"
    )
    number = TextError("no", Way("with {workers}", workers=1))
    assert worded(number, options("train")) == "no; with --workers 1"
    odd = TextError("no", Way("with {encoding}", encoding="a b\x1b"))
    assert worded(odd, options("train")) == "no; with --encoding \"$(printf 'a b\\033')\""


def test_an_error_is_copied_whole():
    for duplicate in (copy.copy, lambda error: pickle.loads(pickle.dumps(error))):
        found = duplicate(ConfigError("1 is odd", Way("{seed}"), argument="workers"))
        assert str(found) == "workers: 1 is odd; seed"


def test_an_unknown_character_names_the_argument():
    error = UnknownCharacter("é", 0, 7, ["e"])
    assert str(error).endswith("choose unknown='skip', or unknown='nearest'")
    assert worded(error, options("sample")).endswith("choose --unknown skip, or --unknown nearest")


def texts(tree):
    """Every text that a module raises or notes."""
    for node in ast.walk(tree):
        called = node.func.id if isinstance(node, ast.Call) and hasattr(node.func, "id") else ""
        if isinstance(node, ast.Raise) or called == "note" or called.endswith("Error"):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def without_commands(text):
    """A text without the whole commands in it, each of which has the options that it names."""
    for command, rest in QUOTED.findall(text):
        names = {name for option in COMMANDS[command].params for name in option.opts}
        assert set(OPTION.findall(rest)) <= names, text
    return QUOTED.sub("", text)


def test_the_library_names_no_option():
    for path in sorted(ROOT.rglob("*.py")):
        in_command_line = path.relative_to(ROOT).parts[0] in ("cli", "terminal")
        if not in_command_line and not DRAWS.fullmatch(path.name):
            for text in texts(ast.parse(path.read_text("utf-8"))):
                assert not OPTION.search(without_commands(text)), f"{path.name}: {text}"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_names_options_that_it_has(command):
    names = [name for option in COMMANDS[command].params for name in option.opts]
    modules = sorted((ROOT / "cli" / command).glob("*.py"))
    assert modules
    for path in modules:
        for text in texts(ast.parse(path.read_text("utf-8"))):
            assert set(OPTION.findall(without_commands(text))) <= set(names), f"{path.name}: {text}"


def test_every_way_out_names_arguments_that_a_command_has():
    known = set().union(*map(options, COMMANDS))
    found = 0
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Way":
                words = node.args[0]
                if isinstance(words, ast.Constant):
                    found += 1
                    assert set(re.findall(r"{(\w*)}", words.value)) <= known, words.value
    assert found > 15
