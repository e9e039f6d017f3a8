"""Finds a model by its name, or the newest. Imports no NumPy, for a quick start.

A model is named by its path, in which the ending `.npz` may be left out; a name without a folder
is also looked for in `checkpoints/`.
"""

import difflib
import os
from collections.abc import Callable
from pathlib import Path

from charrnn.checkpoint.description import is_model
from charrnn.checkpoint.paths import (
    BESIDE,
    ENDING,
    FOLDER,
    expanded,
    model_path,
    resume_path,
)
from charrnn.errors import CheckpointError, printable

LIKENESS = 0.5
"""Least similarity (difflib ratio) of a suggestion; `plays` still finds playwright."""

LISTED = 3
"""Models listed in an error where no name is similar."""


def newest(folder: Path = FOLDER) -> Path:
    """Return the model in a folder that was written last.

    Raises
    ------
    CheckpointError
        If there is none, or none that can be read.
    """
    found, unread = models(folder), ""
    for path in sorted(found, key=_written, reverse=True):
        try:
            if is_model(path):
                return path
        except FileNotFoundError:  # deleted meanwhile
            continue
        except OSError as error:
            unread = unread or f"{printable(path)}: cannot be read, {error.strerror or error}"
        except CheckpointError as error:
            unread = unread or f"{printable(path)}: {error}"
    raise CheckpointError(unread or f"{printable(folder)}: {_why_none(folder, len(found))}")


def find(name: Path) -> Path:
    """Return the model of a name, or the file of that name for its reader to refuse.

    Raises
    ------
    CheckpointError
        There is nothing of that name, with the nearest that there is.
    """
    return _find(name, _is_surely_model)


def find_run(name: Path) -> Path:
    """Return the model of a name that has a training state beside it.

    Raises
    ------
    CheckpointError
        There is nothing of that name, with the nearest that there is.
    """
    found = _find(name, has_run)
    return model_path(found) if has_run(found) else found


def names_model(name: str) -> bool:
    """Return whether there is a model of that name."""
    return any(map(_is_surely_model, _places(Path(expanded(name)))))


def models(folder: Path) -> list[Path]:
    """Return the files in a folder that are named like models, sorted."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - a folder that cannot be read raises here
    except OSError:
        return []
    return [
        folder / name
        for name in names
        if name.endswith(ENDING)
        and not name.endswith(BESIDE)
        and not name.startswith(".")
        and _is_file(folder / name)
    ]


def has_run(path: Path) -> bool:
    """Return whether there is a training state beside a model."""
    return _is_file(resume_path(path))


def _find(name: Path, is_meant: Callable[[Path], bool]) -> Path:
    path = Path(expanded(str(name)))
    if path.suffix == ENDING and _is_file(path):
        return path
    places = _places(path)
    for is_it in (is_meant, _is_file, os.path.lexists):
        for place in places:
            if is_it(place):
                return place
    here = f" here or in {FOLDER}/" if _is_bare(path) else ""
    named = printable(name) if path.suffix == ENDING else f"'{printable(name)}'"
    raise CheckpointError(f"{named}: no such checkpoint{here}; {_way_to(path, is_meant)}")


def _places(path: Path) -> list[Path]:
    """Return the paths that a name may mean, the most likely first."""
    folders = [path.parent, FOLDER] if _is_bare(path) else [path.parent]
    endings = ("",) if path.suffix == ENDING else ("", ENDING)
    return [folder / f"{path.name}{ending}" for folder in folders for ending in endings]


def _is_bare(path: Path) -> bool:
    """Return whether a path has no folder."""
    return path.parent == Path() and path.name != ""


def _way_to(missing: Path, is_meant: Callable[[Path], bool]) -> str:
    """Return a hint for a missing model: one of a similar name, or a list."""
    places = dict.fromkeys([missing.parent, FOLDER])
    there = {path.stem: path for place in places for path in models(place) if is_meant(path)}
    if not there:
        return "`charrnn train` writes one"
    stem = missing.name.removesuffix(ENDING)
    if alike := difflib.get_close_matches(stem, there, n=1, cutoff=LIKENESS):
        return f"did you mean {printable(there[alike[0]])}"
    more = f" and {len(there) - LISTED} more" if len(there) > LISTED else ""
    return f"there is {', '.join(printable(path) for path in list(there.values())[:LISTED])}{more}"


def _why_none(folder: Path, named: int) -> str:
    """Return why a folder has no model, and a way out, given its number of `.npz` files."""
    if os.path.lexists(folder) and not folder.is_dir():
        what = "a link that leads nowhere" if folder.is_symlink() else "not a folder"
        return f"{what}, so no model is found there; name one, or make it a folder"
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        return "may not be read, so no model is found there; name one, or allow reading"
    files = "a file" if named == 1 else f"{named} files"
    others = f" ({files} in {ENDING} but no model)" if named else ""
    return f"no checkpoint there{others}; train one with `charrnn train corpus.txt`, or name one"


def _written(path: Path) -> tuple[int, str]:
    """Return the sort key of a file: time of writing in ns, then name."""
    try:
        return path.stat().st_mtime_ns, path.name
    except OSError:  # deleted meanwhile
        return 0, path.name


def _is_surely_model(path: Path) -> bool:
    try:
        return is_model(path)
    except (CheckpointError, OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises at a link it may not follow
