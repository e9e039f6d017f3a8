"""The names of model files. Imports no NumPy, so the command line may read it."""

import os
from pathlib import Path

FOLDER = Path("checkpoints")
"""Where models are saved, and looked for, unless a path says otherwise."""

ENDING = ".npz"
RESUME_SUFFIX = ".resume.npz"


def resume_path(path: Path) -> Path:
    """Return where the training state of the model at `path` lies; of that itself, the same."""
    if path.name.endswith(RESUME_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(".npz") + RESUME_SUFFIX)


def model_path(path: Path) -> Path:
    """Return where the model lies whose training state is at `path`; of that itself, the same."""
    return path.with_name(path.name.removesuffix(RESUME_SUFFIX).removesuffix(".npz") + ".npz")


def expanded(name: str) -> str:
    """Return a name with a leading ~ or ~user put right: shells leave it in `--out=~/model.npz`."""
    return os.path.expanduser(name)  # noqa: PTH111 - Path.expanduser raises where there is no home
