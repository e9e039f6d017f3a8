"""The names of model files. Imports no NumPy, so the command line may read it."""

from pathlib import Path

from charrnn.errors import CheckpointError

RESUME_SUFFIX = ".resume.npz"

ARCHIVE = b"PK\x03\x04"
"""What an .npz begins with, whatever its name."""


def resume_path(path: Path) -> Path:
    """Return where the training state of the model at `path` lies; of that itself, the same."""
    if path.name.endswith(RESUME_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(".npz") + RESUME_SUFFIX)


def model_path(path: Path) -> Path:
    """Return where the model lies whose training state is at `path`; of that itself, the same."""
    return path.with_name(path.name.removesuffix(RESUME_SUFFIX).removesuffix(".npz") + ".npz")


def is_model(name: str) -> bool:
    """Tell whether a name is that of a model: by its ending, or since an archive lies there."""
    if name.endswith(".npz"):
        return True
    try:
        with Path(name).open("rb") as file:
            return file.read(len(ARCHIVE)) == ARCHIVE
    except (OSError, ValueError):
        return False


def newest(folder: Path) -> Path:
    """Return the model file in a folder that was written last.

    Raises
    ------
    CheckpointError
        There is none.
    """
    models = [
        path
        for path in folder.glob("*.npz")
        if not path.name.endswith(RESUME_SUFFIX) and not path.name.startswith(".")
    ]
    if not models:
        raise CheckpointError(
            f"{shown(folder)}: no checkpoint there; train one with `charrnn train corpus.txt`, or "
            f"name one"
        )
    return max(models, key=lambda path: (path.stat().st_mtime_ns, path.name))


def shown(name: object) -> str:
    """Return a file's name on one line: it may hold line ends and control characters."""
    return repr(str(name))[1:-1]
