"""The record of a training run, in a checkpoint."""

import sys
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, get_args

from charrnn.errors import CheckpointError
from charrnn.text.decoding import Errors
from charrnn.text.read_as import ReadAs

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class TrainingRecord:
    """The record of a network's training, serialisable as JSON. Losses in nats per character.

    sources: the files of the corpus, as they were named or found.
    encoding: the requested one; "bytes" where every byte was a character.
    sha256: of the corpus.
    train_characters, val_characters: sizes of the split; validation is the end, unless
        config["keeps"] says otherwise.
    config: the fields of the TrainingConfig.
    steps, characters_read, seconds: length of the whole run, also after the best step.
    best_step: the step whose parameters these are.
    val_loss: of the validation text; of the training windows where there is none.
    val_scored: description of how val_loss was measured.
    baselines: the loss of untrained baselines on the same validation text, by name.
    ended: what ended the run: its budget, patience, or an interrupt.
    errors: the error handler for bytes that are not in the encoding.
    run: the identity of the run, in hexadecimal; empty in files of early versions.
    """

    sources: tuple[str, ...]
    encoding: str
    sha256: str
    train_characters: int
    val_characters: int
    config: dict[str, Scalar]
    steps: int
    characters_read: int
    seconds: float
    best_step: int
    val_loss: float | None
    val_scored: str
    baselines: dict[str, float]
    ended: str
    errors: Errors = "strict"
    run: str = ""

    @property
    def read_as(self) -> ReadAs:
        """The options that the text was read with, also for similar texts."""
        return ReadAs.named(self.encoding, self.errors)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON types."""
        return asdict(self) | {"sources": list(self.sources)}

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return the record that `to_json` was called on.

        Raises
        ------
        CheckpointError
            If a field is missing, unknown, or of the wrong type.
        """
        if isinstance(found, dict) and "errors" not in found:
            found = _from_before(found)
        if isinstance(found, dict):
            found = {"run": ""} | found
        names = [field.name for field in fields(cls)]
        if not isinstance(found, dict) or sorted(found) != sorted(names):
            raise CheckpointError("the training record has other fields than this program writes")
        for name in ("train_characters", "val_characters", "steps", "characters_read", "best_step"):
            if not is_count(found[name]):
                raise CheckpointError(
                    f"training record: {name} is {found[name]!r:.40}, not a count"
                )
        for name in ("encoding", "sha256", "val_scored", "ended", "run"):
            if not isinstance(found[name], str):
                raise CheckpointError(f"training record: {name} is {found[name]!r:.40}, not a text")
        if found["errors"] not in get_args(Errors):
            raise CheckpointError(f"training record: errors is {found['errors']!r:.40}")
        if not (
            isinstance(found["sources"], list) and all(isinstance(s, str) for s in found["sources"])
        ):
            raise CheckpointError("training record: sources is not a list of names")
        if not (
            is_number(found["seconds"])
            and (found["val_loss"] is None or is_number(found["val_loss"]))
        ):
            raise CheckpointError("training record: seconds or val_loss is not a number")
        for name, is_kind in {"config": _is_plain, "baselines": is_number}.items():
            inner = found[name]
            if not isinstance(inner, dict) or not all(map(is_kind, inner.values())):
                raise CheckpointError(f"training record: {name} is not a table of plain values")
        return cls(**found | {"sources": tuple(found["sources"])})


def _from_before(found: dict[Any, Any]) -> dict[Any, Any]:
    """Convert the record of an early version, which has the detected encoding, not the requested.

    An encoding with a byte order mark was almost always detected by it.
    """
    encoding = found.get("encoding")
    asked = (
        "utf-8" if encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be") else encoding
    )
    return found | {"errors": "strict", "encoding": asked}


def is_count(value: Any) -> bool:
    """Return whether a value from JSON is a whole number from 0 to a sane limit."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def count(value: Any) -> int:
    """Return a count from JSON, or raise ValueError if the value is not one."""
    if not is_count(value):
        raise ValueError(f"{value!r:.40} is not a count")
    return int(value)


def is_number(value: Any) -> bool:
    """Return whether a value from JSON is a finite number."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or is_number(value)
