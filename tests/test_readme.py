"""What the README promises is there, and what is there is in the README."""

import re
from pathlib import Path

import pytest
import typer

from charrnn.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
CODE = {path: path.read_text("utf-8") for path in (ROOT / "charrnn").rglob("*.py")}
OTHERS = {"--cores", "--steps", "--batches", "--cells", "--sizes", "--short"}  # of the benchmark
OTHERS |= {"--lr", "--hidden", "--install-completion"}  # names brought along, and of Typer


def options(command):
    found = typer.main.get_command(app).commands[command].params
    shown = [option for option in found if not getattr(option, "hidden", False)]
    names = {name for option in shown for name in (*option.opts, *option.secondary_opts)}
    return {name for name in names if name.startswith("--")}


def test_every_option_that_it_names_exists():
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README))
    known = set().union(*map(options, ("train", "sample", "inspect", "lab"))) | OTHERS | {"--help"}
    assert named <= known


@pytest.mark.parametrize("command", ["train", "sample", "lab"])
def test_it_names_every_option(command):
    missing = {name for name in options(command) if name not in README}
    assert not missing


def test_its_first_screen_holds_the_two_commands():
    first = "\n".join(README.splitlines()[:30])
    assert "pip install . && .venv/bin/charrnn train corpora/plays.txt --max-time 60s" in first
    assert "pip install '.[test]' && .venv/bin/pytest -n auto -m 'not slow'" in first


def test_the_rooms_that_it_lists_exist():
    package = ROOT / "charrnn"
    rooms = re.findall(r"^\| (`[^|]+`) \|", README.split("## How it is built")[1], re.MULTILINE)
    named = [room for row in rooms for room in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 8
    assert all((package / room).exists() for room in named)


def anchor(heading):
    """The name by which a link in the page reaches a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_its_contents_are_its_headings_and_its_links_lead_somewhere():
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    links = re.findall(r"\]\(([^)]+)\)", README)
    contents = README.split("## Contents")[1].split("\n## ")[0]
    inside = re.findall(r"\]\(#([^)]+)\)", contents)
    assert {link[1:] for link in links if link.startswith("#")} <= set(inside)
    assert inside == [anchor(heading) for heading in headings if heading not in FIRST]
    for link in links:
        path, _, place = link.partition("#")
        if path:
            assert (ROOT / path).exists(), link
        if path and place:
            titles = re.findall(r"^#+ (.+)$", (ROOT / path).read_text("utf-8"), re.MULTILINE)
            assert place in map(anchor, titles)


FIRST = ("Quickstart", "Contents")
NOT_READ = {"PC_VDISABLE", "PYTHONPATH"}
"""Names in files that read the environment: of a terminal's key, and what workers are given."""


def test_environment_variables_are_those_of_the_code():
    table = README.split("## Environment variables")[1].split("\n## ")[0]
    named = set(re.findall(r"`([A-Z_]+)`", table))
    used = {
        name
        for text in CODE.values()
        if "environ" in text
        for name in re.findall(r"\"([A-Z][A-Z_]{2,})\"", text)
    }
    assert named <= used | {"NO_COLOR", "COLUMNS"}
    assert {name for name in used if not name.startswith(("_", "UTF"))} <= named | NOT_READ


def test_troubleshooting_quotes_what_the_program_says():
    section = README.split("## Troubleshooting")[1].split("\n## ")[0]
    headings = re.findall(r"^\*\*(.+?)\*\*", " ".join(section.split("\n")).replace("  ", "\n"),
                          re.MULTILINE)  # fmt: skip
    code = " ".join(re.sub(r"\"\s*\n\s*f?\"", "", text) for text in CODE.values())
    assert len(headings) >= 7
    for heading in headings:
        for part in heading.rstrip(".").split("..."):
            assert part.strip(" .;") in code, part


def test_the_files_that_contributing_names_exist():
    named = re.findall(r"`((?:\w+/)+[\w.]+\.\w+)`", CONTRIBUTING)
    assert len(named) > 10
    for name in named:
        if "NAME" not in name:
            assert any((ROOT / part / name).exists() for part in ("", "charrnn")), name


def test_the_rooms_of_contributing_are_all_of_them():
    table = CONTRIBUTING.split("| room |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)/?`", table))
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "charrnn").iterdir()}
    assert {room for room in rooms if not room.startswith("_")} - {"py.typed"} <= named
