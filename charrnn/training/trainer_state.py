"""What a run has to remember besides its arrays."""

import math
from dataclasses import dataclass, field, fields
from typing import Any, Self

from charrnn.checkpoint.record import is_count, is_number


@dataclass
class TrainerState:
    """Where a run is, and how it has gone so far. Losses in nats a character.

    step, epoch, window, offset: steps taken, and where in the text the next one reads.
    smoothed: of the windows' losses; since_loss, since_steps: their sum since the last evaluation.
    best, best_step, waited: the best evaluation, and how many there have been since.
    best_median: the median loss of the stretches of the validation text at the best evaluation.
    rate_scale, diverged: what the learning rate is scaled by, after how many steps that failed.
    broken: how many evaluations found a network whose state runs away.
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
        """Return all but the history as JSON can hold it: None for a loss that is not known yet."""
        return {
            name: value if math.isfinite(value) else None
            for name, value in vars(self).items()
            if name != "history"
        }

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return the counters that `to_json` was made of, with no history.

        Raises
        ------
        ValueError
            One is missing, unknown or not of its kind.
        """
        kinds = {field.name: field.type for field in fields(cls) if field.name != "history"}
        later = {"best_median": None, "broken": 0}  # not in the states that 0.1 wrote at first
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
