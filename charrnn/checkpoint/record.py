"""What a checkpoint tells of the training that made it."""

import sys
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, get_args

from charrnn.errors import CheckpointError
from charrnn.text.decoding import Errors
from charrnn.text.read_as import ReadAs

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class TrainingRecord:
    """How a network was trained, as JSON can hold it. Losses in nats a character.

    sources: the files of the corpus, as they were named or found.
    encoding: the one that was asked for; "bytes" where every byte was a character.
    sha256: of the corpus.
    train_characters, val_characters: how the text was split; validation is its end, unless
        config["keeps"] says otherwise.
    config: the fields of the TrainingConfig.
    steps, characters_read, seconds: how much training it took, the best step and those after it.
    best_step: the step whose parameters these are.
    val_loss: of the validation text; of the training windows where none was kept.
    val_scored: how val_loss was measured, in words.
    baselines: the loss on the same validation text of models that cost nothing, by name.
    ended: what ended the run: its budget, patience, or somebody.
    errors: what was asked to become of bytes that are not in the encoding.
    run: the identity of the run, in hexadecimal; empty where the program did not yet give one.
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
        """How the text was read, and another one is to be read that is like it."""
        return ReadAs.named(self.encoding, self.errors)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON's own types."""
        return asdict(self) | {"sources": list(self.sources)}

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return the record that `to_json` was made of.

        Raises
        ------
        CheckpointError
            A field is missing, unknown, or not of its kind.
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
    """Return a record that holds the encoding which was found, not the one that was asked for.

    Those with a byte order mark were found by it, as good as always.
    """
    encoding = found.get("encoding")
    asked = (
        "utf-8" if encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be") else encoding
    )
    return found | {"errors": "strict", "encoding": asked}


def is_count(value: Any) -> bool:
    """Return whether a value from JSON is a whole number from 0 on, and no absurd one."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def count(value: Any) -> int:
    """Return a value from JSON that has to be a count, and raise ValueError if it is none."""
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
