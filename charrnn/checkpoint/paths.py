"""The names of model files. Imports no NumPy, so the command line may read it."""

import os
from pathlib import Path

FOLDER = Path("checkpoints")
"""Default folder of models, to save and to find them."""

ENDING = ".npz"
RESUME_SUFFIX = ".resume.npz"


def resume_path(path: Path) -> Path:
    """Return the path of the training state of the model at `path`; a state's own is itself."""
    if path.name.endswith(RESUME_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(".npz") + RESUME_SUFFIX)


def model_path(path: Path) -> Path:
    """Return the path of the model of the training state at `path`; a model's own is itself."""
    return path.with_name(path.name.removesuffix(RESUME_SUFFIX).removesuffix(".npz") + ".npz")


def expanded(name: str) -> str:
    """Return a name with ~ or ~user expanded, which shells leave in `--out=~/model.npz`."""
    return os.path.expanduser(name)  # noqa: PTH111 - Path.expanduser raises where there is no home
