"""The house: imports point downward, each library has its room, and nothing runs what it reads."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import charrnn

ROOT = Path(charrnn.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))

FLOORS = {
    "errors": 0,
    "plurals": 0,
    "array_types": 0,
    "option_fields": 1,
    "system": 1,
    "text": 2,
    "network": 3,
    "terminal": 3,
    "evaluation": 4,
    "checkpoint": 4,
    "sampling": 5,
    "training": 5,
    "inspection": 6,  # it may look at what sampling does
    "lab": 7,
    "api": 8,
    "cli": 9,
    "__main__": 10,
}
SUBFLOORS = {
    "network": {
        "config": 0,
        "functions": 0,
        "equations": 1,
        "kernels": 1,
        "parameters": 2,
        "cells": 2,
        "layers": 3,
        "network": 4,
        "head": 4,
        "trace": 5,
        "gradient": 6,
        "forward": 6,
        "stepper": 6,
        "backward": 7,
        "pairs": 8,
        "kinds": 9,
    },
    "inspection": {
        "options": 0,
        "progress": 0,
        "result": 0,
        "verdict": 1,
        "reading": 1,
        "source": 1,
        "view": 1,
        "places": 2,
        "pair_parts": 2,
        "methods": 3,
        "output": 4,
        "views": 5,
        "inspected": 6,
    },
}
"""The order within a room: a file may import from files and folders of a smaller number."""

HOMES = {"typer": {"cli"}, "prompt_toolkit": {"cli"}}
DRAWS = re.compile(
    r"terminal/.*|inspection/output/heading\.py|cli/\w+/show_\w+\.py"
    r"|inspection/views/\w+/(draw\w*|pages)\.py"
)
"""The files that may use rich and tqdm."""

FORBIDDEN_BELOW_DISPLAY = {"print", "input", "breakpoint"}
RUN_WHAT_THEY_READ = {"pickle", "_pickle", "cPickle", "dill", "shelve", "marshal", "joblib"}


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


MODULES = {
    ".".join(("charrnn", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in SOURCES
}


@cache
def nodes(path):
    """Every node of a file's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imports(path, *, at_run_time=False):
    """Every module that a file names in an import, wherever in the file, under its full name.

    at_run_time: without those for a type checker.
    """
    for_types = {
        inner
        for node in nodes(path)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found = []
    for node in nodes(path):
        if at_run_time and node in for_types:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: an import from a relative place"
            # `from charrnn.checkpoint import checkpoint` names a module by its last word.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in names if name in MODULES]
            found += modules
            if len(modules) < len(names):
                found.append(node.module)
    return found


def everywhere(faults, paths=SOURCES):
    """What a rule finds in the files: a test for each file and rule would take a minute."""
    return [f"{path.relative_to(ROOT)}: {fault}" for path in paths for fault in faults(path)]


def test_imports_point_downward():
    def upward(path):
        here = room(path)
        for module in imports(path) if here != "__init__" else ():
            library, other, *_ = *module.split("."), here
            if library == "charrnn" and other != here and FLOORS[other] >= FLOORS[here]:
                yield f"{here} imports {module}"

    assert not everywhere(upward)


def test_imports_point_downward_within_a_room():
    def upward(path):
        here, own = room(path), subroom(path.relative_to(ROOT).with_suffix("").parts)
        order = SUBFLOORS.get(here, {})
        for module in imports(path) if order and own is not None else ():
            other = subroom(module.split(".")[1:])
            is_near = module.startswith(f"charrnn.{here}.") and other != own
            if is_near and order[other] >= order[own]:
                yield f"{own} imports {module}"

    assert not everywhere(upward)


def subroom(parts):
    """The file or folder of a room that a module belongs to; None for the room itself."""
    return parts[1] if len(parts) > 1 and parts[1] != "__init__" else None


def test_every_file_of_an_ordered_room_has_its_place():
    def out_of_order(path):
        own = subroom(path.relative_to(ROOT).with_suffix("").parts)
        return [own] if own is not None and own not in SUBFLOORS[room(path)] else []

    assert not everywhere(out_of_order, [path for path in SOURCES if room(path) in SUBFLOORS])


def test_a_view_imports_no_other_view():
    def others(path):
        own = path.parent.name
        for module in imports(path):
            if module.startswith("charrnn.inspection.views.") and module.split(".")[3] != own:
                yield module

    views = ROOT.glob("inspection/views/*/*.py")
    # The overview draws conclusions from the results of the others.
    assert not everywhere(others, [path for path in views if path.parent.name != "overview"])


def test_no_imports_run_in_a_circle():
    edges = {}
    for path in SOURCES:
        name = ".".join(("charrnn", *path.relative_to(ROOT).with_suffix("").parts))
        name = name.removesuffix(".__init__")
        edges[name] = {module for module in imports(path) if module in MODULES} - {name}
    while edges:
        leaves = {name for name, targets in edges.items() if not targets & edges.keys()}
        assert leaves, f"a circle among {sorted(edges)}"
        edges = {name: targets for name, targets in edges.items() if name not in leaves}


def test_each_library_has_its_room():
    known = {"charrnn", "numpy", "rich", "tqdm", *HOMES, *sys.stdlib_module_names}

    def out_of_place(path):
        for module in imports(path):
            library = module.split(".")[0]
            if room(path) not in HOMES.get(library, {room(path)}) or library not in known:
                yield f"{room(path)} imports {module}"

    assert not everywhere(out_of_place)


def test_rich_and_tqdm_are_used_by_what_draws():
    def drawing(path):
        libraries = {module.split(".")[0] for module in imports(path, at_run_time=True)}
        return libraries & {"rich", "tqdm"}

    draws = DRAWS.fullmatch
    elsewhere = [path for path in SOURCES if not draws(path.relative_to(ROOT).as_posix())]
    assert not everywhere(drawing, elsewhere)


def test_nothing_that_is_read_can_be_run():
    def runs(path):
        yield from {module.split(".")[0] for module in imports(path)} & RUN_WHAT_THEY_READ
        text = path.read_text("utf-8")
        yield from re.findall(r"allow_pickle\s*=\s*(?!False)|__reduce__|weights_only", text)
        for node in nodes(path):
            if isinstance(node, ast.Name) and node.id in ("eval", "exec", "compile", "__import__"):
                yield f"line {node.lineno}: {node.id}"

    assert not everywhere(runs)


def test_only_the_edge_prints():
    def prints(path):
        for node in nodes(path):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in FORBIDDEN_BELOW_DISPLAY:
                yield f"line {node.lineno}: {name}"

    inside = [path for path in SOURCES if room(path) not in ("terminal", "cli", "__main__")]
    assert not everywhere(prints, inside)


def test_packages_hand_nothing_on():
    def handed_on(path):
        is_view = path.parent.parent == ROOT / "inspection" / "views"
        known = ["charrnn.inspection.view"] if is_view else []
        return [] if imports(path) == known else imports(path)

    packages = [path for path in SOURCES if path.name == "__init__.py"]
    kept = (ROOT, ROOT / "cli")
    assert not everywhere(handed_on, [path for path in packages if path.parent not in kept])


def test_the_rooms_are_those_of_the_plan():
    assert {room(path) for path in SOURCES} == {*FLOORS, "__init__"}


def loaded(code, *arguments):
    """The top-level modules that a fresh interpreter has loaded after some code."""
    ending = "\nimport sys; print('LOADED', *{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code + ending, *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT.parent,
    )  # fmt: skip
    last = done.stdout.splitlines()[-1:] or [""]
    assert last[0].startswith("LOADED"), done.stderr
    return set(last[0].split())


def test_the_command_line_starts_without_numpy():
    assert "numpy" not in loaded("import charrnn.cli")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["train", "--help"], ["sample", "--help"],
                  ["inspect", "--help"], ["lab", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_help_needs_no_numpy(arguments):
    modules = loaded(
        "import runpy, sys\n"
        "sys.argv = ['charrnn', *sys.argv[1:]]\n"
        "try:\n"
        "    runpy.run_module('charrnn', run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n",
        *arguments,
    )
    assert "charrnn" in modules
    assert "numpy" not in modules


def test_the_library_needs_no_command_line():
    modules = loaded("import charrnn; charrnn.load; charrnn.CharRNN; charrnn.Vocabulary")
    assert "numpy" in modules
    assert not modules & {"typer", "rich", "tqdm"}


def test_importing_the_library_loads_nothing_yet():
    modules = loaded("import charrnn; charrnn.__version__")
    assert not modules & {"numpy", "typer", "rich", "tqdm"}


def test_all_that_the_library_offers_is_there():
    for name in charrnn.__all__:
        assert getattr(charrnn, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        charrnn.nothing  # noqa: B018
