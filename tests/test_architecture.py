"""The house: imports point downward, each library has its room, and nothing runs what it reads."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import charrnn

ROOT = Path(charrnn.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))

FLOORS = {
    "errors": 0,
    "plurals": 0,
    "cores": 0,
    "memory": 0,
    "ways": 0,
    "blas": 1,
    "processes": 2,
    "text": 2,
    "network": 3,
    "checkpoint": 4,
    "training": 5,
    "sampling": 5,
    "inspection": 6,  # it may look at what sampling does
    "bar": 6,
    "api": 7,
    "display": 8,
    "cli": 9,
    "__main__": 10,
}
HOMES = {"typer": {"cli"}, "rich": {"display"}, "tqdm": {"display", "bar"}}
FORBIDDEN_BELOW_DISPLAY = {"print", "input", "breakpoint"}
RUN_WHAT_THEY_READ = {"pickle", "_pickle", "cPickle", "dill", "shelve", "marshal", "joblib"}


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path):
    """Every module that a file names in an import, wherever in the file, under its full name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: an import from a relative place"
            found.append(node.module)
            # `from charrnn.checkpoint import checkpoint` names a module by its last word.
            if node.module == "charrnn":
                found += [f"charrnn.{alias.name}" for alias in node.names]
    return found


def named(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_imports_point_downward(path):
    here = room(path)
    if here == "__init__":
        return
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "charrnn" and len(parts) > 1 and parts[1] != here:
            assert FLOORS[parts[1]] < FLOORS[here], f"{here} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_each_library_has_its_room(path):
    for module in imports(path):
        library = module.split(".")[0]
        assert room(path) in HOMES.get(library, {room(path)}), f"{room(path)} imports {module}"
        assert library in {"charrnn", "numpy", *HOMES, *sys.stdlib_module_names}, module


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_nothing_that_is_read_can_be_run(path):
    text = path.read_text("utf-8")
    assert not {module.split(".")[0] for module in imports(path)} & RUN_WHAT_THEY_READ
    assert not re.search(r"allow_pickle\s*=\s*(?!False)|__reduce__|weights_only", text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            assert node.id not in ("eval", "exec", "compile", "__import__"), f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_only_the_edge_prints(path):
    if room(path) in ("display", "cli", "__main__"):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_BELOW_DISPLAY, f"line {node.lineno}"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "__init__.py"], ids=named)
def test_packages_hand_nothing_on(path):
    if path.parent != ROOT and room(path) != "cli":
        assert imports(path) == []


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
                  ["inspect", "--help"]],
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
