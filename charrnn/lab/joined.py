"""From ES modules to one script: a page that is opened as a file cannot load modules.

Each module becomes a function that is called once and returns what it exports; the modules stand in
the order of their imports, under the names of their files, otherwise as they were written. Two
forms are understood, and all that the sources of the page use:

    import {a, b as c} from "./other.js";
    export function, export function*, export async function, export class, export const
"""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath
from posixpath import normpath

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w./-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function\*?|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^\s*(?:import|export)\b.*$|\bimport\s*\(", re.MULTILINE)


def joined(folder: Path, start: str) -> str:
    """Return one classic script that does what the module `start` of a folder does.

    Raises
    ------
    ValueError
        A module imports or exports in another form, or the imports run in a circle.
    """
    sources: dict[str, str] = {}
    needed: dict[str, list[str]] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        sources[name] = (folder / name).read_text("utf-8")
        needed[name] = [_beside(name, other) for _, other in _IMPORT.findall(sources[name])]
        waiting += needed[name]
    try:
        order = list(TopologicalSorter(needed).static_order())
    except CycleError as error:
        raise ValueError(f"the imports run in a circle: {' '.join(error.args[1])}") from None
    modules = "\n".join(_module(name, sources[name]) for name in order)
    return f'"use strict";\n(() => {{\nconst modules = {{}};\n{modules}}})();\n'


def _beside(name: str, other: str) -> str:
    return normpath(PurePosixPath(name).parent / other)


def _module(name: str, source: str) -> str:
    """Return a module as a statement that fills its place in `modules`."""

    def taken(found: re.Match[str]) -> str:
        names = found[1].replace(" as ", ": ")
        return f'const {{{names}}} = modules["{_beside(name, found[2])}"];'

    exported = _EXPORT.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub(taken, source))
    if other := _OTHER.search(body):
        raise ValueError(f"{name}: {other[0].strip()!r} is in a form that is not understood")
    returned = ", ".join(exported)
    return f'modules["{name}"] = (() => {{\n{body}return {{{returned}}};\n}})();\n'
