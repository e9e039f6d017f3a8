"""The names of model files. Imports no NumPy, so the command line may read it."""

from pathlib import Path

from charrnn.errors import CheckpointError

RESUME_SUFFIX = ".resume.npz"


def resume_path(path: Path) -> Path:
    """Return where the training state of the model at `path` lies; of that itself, the same."""
    if path.name.endswith(RESUME_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(".npz") + RESUME_SUFFIX)


def model_path(path: Path) -> Path:
    """Return where the model lies whose training state is at `path`; of that itself, the same."""
    return path.with_name(path.name.removesuffix(RESUME_SUFFIX).removesuffix(".npz") + ".npz")


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
