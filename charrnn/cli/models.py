"""The model of a command: the one that is named, or the newest."""

from pathlib import Path

from charrnn.checkpoint.paths import ENDING, expanded
from charrnn.cli.messages import note
from charrnn.errors import CheckpointError


def chosen_model(name: Path | None, otherwise: str = "") -> Path:
    """Return the path of a model, with a note where it is not the one typed.

    otherwise: advice if the name was not meant to be a model.

    Raises
    ------
    CheckpointError
        There is no such model, or none at all.
    """
    from charrnn.checkpoint.finding import find, newest

    if name is None:
        path = newest()
        note(f"newest model: {path}")
        return path
    try:
        path = find(name)
    except CheckpointError as error:
        if otherwise and name.suffix != ENDING:
            raise CheckpointError(f"{error}; {otherwise}") from None
        raise
    if path != Path(expanded(str(name))):
        note(f"model: {path}")
    return path
