"""The state of a run besides its arrays."""

import math
from dataclasses import dataclass, field, fields
from typing import Any, Self

from charrnn.checkpoint.record import is_count, is_number


@dataclass
class TrainerState:
    """Counters and losses of a run so far. Losses in nats per character.

    step, epoch, window, offset: steps taken, and the place of the next one in the text.
    smoothed: moving average of the losses; since_loss, since_steps: their sum and their number
    since the last evaluation. best, best_step, waited: the best one, and evaluations since it.
    best_median: the median loss of the windows of the validation text at the best evaluation.
    rate_scale, diverged: factor of the learning rate, and number of failed steps.
    broken: number of evaluations in which the state diverged.
    history: step, training loss and validation loss of each evaluation.
    """

    step: int = 0
    epoch: int = 0
    window: int = 0
    offset: int = 0
    seconds: float = 0.0
    smoothed: float = math.nan
    since_loss: float = 0.0
    since_steps: int = 0
    best: float = math.inf
    best_step: int = 0
    best_median: float = math.inf
    waited: int = 0
    rate_scale: float = 1.0
    diverged: int = 0
    broken: int = 0
    history: list[tuple[int, float, float]] = field(default_factory=list)

    def to_json(self) -> dict[str, int | float | None]:
        """Return all but the history as JSON types: None for a loss that is not known yet."""
        return {
            name: value if math.isfinite(value) else None
            for name, value in vars(self).items()
            if name != "history"
        }

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return the counters that `to_json` was called on, with no history.

        Raises
        ------
        ValueError
            If one is missing, unknown or of the wrong type.
        """
        kinds = {field.name: field.type for field in fields(cls) if field.name != "history"}
        later = {"best_median": None, "broken": 0}  # missing in early states of version 0.1
        if isinstance(found, dict) and not later.keys() & found.keys():
            found = later | found
        if not isinstance(found, dict) or found.keys() != kinds.keys():
            raise ValueError("other counters than this program writes")
        not_known = {"smoothed": math.nan, "best": math.inf, "best_median": math.inf}
        values = {}
        for name, kind in kinds.items():
            value = found[name]
            if value is None and name in not_known:
                value = not_known[name]
            elif not (is_count(value) if kind is int else is_number(value) and value >= 0):
                raise ValueError(f"{name} is {value!r:.40}")
            values[name] = value
        return cls(**values)
