"""The identity of a run, so that no run resumes another's state or replaces its model.

A run is identified by the hash of all settings that it began with. The hash is in its models and
states, and stays when a run is resumed with another budget. Older files have none.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charrnn.checkpoint.checkpoint import load
from charrnn.checkpoint.description import is_of_pairs
from charrnn.checkpoint.digest import digest
from charrnn.checkpoint.pairs import load_pairs
from charrnn.checkpoint.paths import model_path
from charrnn.checkpoint.record import TrainingRecord
from charrnn.errors import CheckpointError, Way, printable
from charrnn.network.config import NetworkConfig
from charrnn.training.config import TrainingConfig


def identity(sha256: str, network: NetworkConfig, training: TrainingConfig) -> str:
    """Return the identity of a new run, a hash in hexadecimal.

    sha256: of its text.
    """
    settled = {"text": sha256, "network": asdict(network), "training": asdict(training)}
    return hashlib.sha256(json.dumps(settled, sort_keys=True).encode()).hexdigest()


def model_beside(path: Path) -> TrainingRecord | None:
    """Return the record of the model beside a training state; None if none can be read."""
    model = model_path(path)
    try:
        return load_pairs(model).training if is_of_pairs(model) else load(model).training
    except CheckpointError:
        return None


def check_one_run(path: Path, model: TrainingRecord, meta: dict[str, Any]) -> None:
    """Check that a training state belongs to the run that wrote the model beside it.

    A model that the run is to replace, and has not yet, is not its own.

    path: of the state.
    meta: its description.

    Raises
    ------
    CheckpointError
        If it belongs to another one.
    """
    run, beside = meta.get("run"), model_path(path)
    if not run or run == model.run:
        return
    if meta.get("replaces") and meta["replaces"] == digest(beside):
        return
    raise CheckpointError(
        f"{printable(path.name)}: is not of the run that wrote {printable(beside.name)}",
        Way("put the state there that was saved with it"),
        Way("move that model away to resume this run"),
        Way("start afresh without {resume}"),
    )
