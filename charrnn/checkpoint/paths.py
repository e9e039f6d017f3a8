"""The names of model files. Imports no NumPy, so the command line may read it."""

import os
from pathlib import Path

FOLDER = Path("checkpoints")
"""Default folder of models, to save and to find them."""

ENDING = ".npz"
RESUME_SUFFIX = ".resume.npz"
INDEX_SUFFIX = ".index.npz"
BESIDE = (RESUME_SUFFIX, INDEX_SUFFIX)
"""Suffixes of files that lie beside a model and are none."""


def resume_path(path: Path) -> Path:
    """Return the path of the training state of the model at `path`; a state's own is itself."""
    if path.name.endswith(RESUME_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(".npz") + RESUME_SUFFIX)


def index_path(path: Path) -> Path:
    """Return the path of the index of the text of the model at `path`; an index's own is itself."""
    if path.name.endswith(INDEX_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(".npz") + INDEX_SUFFIX)


def files_of(path: Path) -> tuple[Path, Path, Path]:
    """Return the paths of the model at `path` and of what may lie beside it."""
    return path, resume_path(path), index_path(path)


def model_path(path: Path) -> Path:
    """Return the path of the model that a file at `path` lies beside; a model's own is itself."""
    name = path.name
    for suffix in (*BESIDE, ENDING):
        name = name.removesuffix(suffix)
    return path.with_name(name + ENDING)


def expanded(name: str) -> str:
    """Return a name with ~ or ~user expanded, which shells leave in `--out=~/model.npz`."""
    return os.path.expanduser(name)  # noqa: PTH111 - Path.expanduser raises where there is no home
