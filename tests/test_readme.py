"""What the README promises is there, and what is there is in the README."""

import re
from pathlib import Path

import pytest
import typer

from charrnn.cli import app

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
OTHERS = {"--cores", "--steps", "--batches", "--cells", "--sizes", "--short"}  # of the benchmark
OTHERS |= {"--lr", "--hidden", "--install-completion"}  # names brought along, and of Typer


def options(command):
    found = typer.main.get_command(app).commands[command].params
    shown = [option for option in found if not getattr(option, "hidden", False)]
    names = {name for option in shown for name in (*option.opts, *option.secondary_opts)}
    return {name for name in names if name.startswith("--")}


def test_every_option_that_it_names_exists():
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README))
    known = set().union(*map(options, ("train", "sample", "inspect"))) | OTHERS | {"--help"}
    assert named <= known


@pytest.mark.parametrize("command", ["train", "sample"])
def test_it_names_every_option(command):
    missing = {name for name in options(command) if name not in README}
    assert not missing


def test_its_first_screen_holds_the_two_commands():
    first = "\n".join(README.splitlines()[:30])
    assert "pip install . && .venv/bin/charrnn train corpora/plays.txt --max-time 60s" in first
    assert "pip install '.[test]' && .venv/bin/pytest" in first


def test_the_rooms_that_it_lists_exist():
    package = Path(__file__).parent.parent / "charrnn"
    rooms = re.findall(r"^\| (`[^|]+`) \|", README.split("## How it is built")[1], re.MULTILINE)
    named = [room for row in rooms for room in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 8
    assert all((package / room).exists() for room in named)
