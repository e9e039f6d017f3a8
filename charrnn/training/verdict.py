"""The verdict on a run, from its losses alone, and the option that would help.

A verdict is data; its text is the command line's. Losses are in nats per character. Training losses
are compared with training losses and validation losses with validation losses, never one with the
other: with dropout the training loss is the larger of the two, and that means nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from charrnn.array_types import Doubles
from charrnn.checkpoint.record import TrainingRecord
from charrnn.network.config import NetworkConfig
from charrnn.training.recipe import recipe_for
from charrnn.training.trainer import Ending

Kind = Literal[
    "unvalidated",  # there was no validation text, so nothing is known about new text
    "learnt",  # the training text is known by heart
    "short",  # too few steps or evaluations to see a direction
    "overfits",  # the validation loss rises, and the training loss does not
    "unlearnt",  # no better than the unigram
    "unstable",  # both losses rise
    "improving",  # the loss was still falling when the run ended
    "behind",  # n-gram or xz are as good
    "flat",  # patience ran out, and nothing rises
    "settled",  # the loss no longer falls
]

FEWEST = 3
"""Fewest evaluations that show a direction."""

FEW_STEPS = 100
"""Steps below which a network may have learnt nothing yet, whatever its learning rate."""

CLOSE = 0.02
"""Relative difference within which a loss equals the unigram's."""

MOVED = 0.01
"""Relative change of a loss that is a rise or a fall; less is noise."""

FALLING = 0.02
"""Relative gain in the second half of a run that is still improving: the
learning rate falls to nearly 0, and with it the gain of the last steps."""

FEW_PASSES = 2
"""Passes over a text below which a network may know less of it than counts do."""

MOST_DROPOUT = 0.75
"""Largest dropout to suggest; beyond it a smaller network is suggested."""


@dataclass(frozen=True)
class Course:
    """The course of the losses of a run.

    best_step, best: the best evaluation.
    after: number of evaluations after it.
    last: the validation loss at the end, the median of up to three evaluations after the best.
    train_then, train_last: the training loss around the best evaluation, and at the end.
    fell: relative fall of the validation loss in the second half of the run.
    """

    best_step: int
    best: float
    after: int
    last: float
    train_then: float
    train_last: float
    fell: float

    @classmethod
    def of(cls, history: Doubles) -> "Course":
        """Return the course of a history, (N, 3), N at least 1: step, training, validation loss."""
        steps, train, val = history.T
        n = int(np.argmin(val))
        after = len(val) - 1 - n
        # One evaluation is noisy, and those before the best are not the end.
        end = slice(-min(FEWEST, max(1, after)), None)
        half = (len(val) - 1) // 2
        return cls(
            best_step=int(steps[n]),
            best=float(val[n]),
            after=after,
            last=float(np.median(val[end])),
            train_then=float(train[max(0, n - 1) : n + 1].mean()),
            train_last=float(np.median(train[end])),
            fell=max(0.0, float(1 - val[n] / val[half])) if n > half else 0.0,
        )

    @property
    def rises(self) -> bool:
        """Whether the validation loss is higher at the end than at its best."""
        return self.after >= FEWEST - 1 and self.last > self.best * (1 + MOVED)

    @property
    def train_rises(self) -> bool:
        """Whether the training loss is higher at the end."""
        return self.train_last > self.train_then * (1 + MOVED)

    @property
    def train_falls(self) -> bool:
        """Whether the training loss is lower at the end."""
        return self.train_last < self.train_then * (1 - MOVED)

    @property
    def falls(self) -> bool:
        """Whether the validation loss was still falling at the end."""
        return self.after <= 1 and self.fell > FALLING


@dataclass(frozen=True)
class Verdict:
    """The verdict on a run.

    course: None where no validation loss was measured.
    behind: the baselines with context that are at least as good, the best first.
    """

    kind: Kind
    ending: Ending
    course: Course | None = None
    behind: Mapping[str, float] = field(default_factory=dict)


def judge(
    history: Doubles,
    ending: Ending,
    *,
    loss: float | None = None,
    baselines: Mapping[str, float] | None = None,
    validated: bool = True,
) -> Verdict:
    """Return the verdict on a run from its losses.

    Parameters
    ----------
    history : ndarray of shape (N, 3)
        Step, training loss and validation loss of each evaluation; N may be 0.
    loss
        Exact loss of the best network, if it was measured.
    baselines
        Losses of the baselines on the same text, by name; empty where not known.
    validated
        Whether there is a validation text: without one the last column is the training loss.
    """
    if not validated:
        return Verdict("learnt" if ending == "learnt" else "unvalidated", ending)
    if not len(history):
        return Verdict("short", ending)
    course, guesses = Course.of(history), dict(baselines or {})
    reached = course.best if loss is None else loss
    ahead = sorted((nats, name) for name, nats in guesses.items() if nats <= reached)
    behind = {name: nats for nats, name in ahead if name not in ("uniform", "unigram")}
    unigram = guesses.get("unigram", float("inf"))
    unlearnt = reached >= unigram * (1 - CLOSE)
    early = unlearnt and not course.rises and history[-1, 0] < FEW_STEPS
    kind = _kind(course, ending, early or len(history) < FEWEST, unlearnt, bool(behind))
    return Verdict(kind, ending, course, behind)


def _kind(course: Course, ending: Ending, short: bool, unlearnt: bool, behind: bool) -> Kind:
    holds: dict[Kind, bool] = {
        "overfits": course.rises and not course.train_rises,
        "learnt": ending == "learnt",
        "short": short,
        "improving": course.falls and ending != "patience",
        "unlearnt": unlearnt,
        "unstable": course.rises,
        "behind": behind,
        "flat": ending == "patience",
        "settled": True,
    }
    return next(kind for kind, true in holds.items() if true)


@dataclass(frozen=True)
class Remedy:
    """Options to change, by name: when resuming a run, or in a new one."""

    resumed: bool
    options: Mapping[str, Any]


def remedy(verdict: Verdict, network: NetworkConfig, record: TrainingRecord) -> Remedy | None:
    """Return the options that would help a finished run, or None."""
    match verdict.kind:
        case "improving" | "short":
            return Remedy(resumed=True, options=_twice(record))
        case "flat":
            patience = int(record.config["patience"] or 1)
            return Remedy(resumed=True, options={"patience": 2 * patience})
        case "unlearnt" | "unstable":
            changed: dict[str, Any] = {"learning_rate": better_rate(record)}
        case "overfits":
            changed = _less_capable(network, float(record.config["dropout"] or 0))
        case "behind" if passes(record) < FEW_PASSES:
            return Remedy(resumed=True, options=_twice(record))
        case "behind":
            larger = {"hidden_size": 2 * network.hidden_size}
            changed = {"cell": "lstm"} if network.cell == "rnn" else larger
        case _:
            return None
    return Remedy(resumed=False, options=changed)


def passes(record: TrainingRecord) -> float:
    """Return the number of passes of a run over its training text."""
    return record.characters_read / max(1, record.train_characters)


def better_rate(record: TrainingRecord) -> float:
    """Return the learning rate to try: a quarter, or the default if it was far below."""
    rate = float(record.config["learning_rate"] or 0)
    usual = recipe_for(record.train_characters + record.val_characters).learning_rate
    return usual if rate < usual / 10 else float(f"{rate / 4:.2g}")


def _less_capable(network: NetworkConfig, dropout: float) -> dict[str, float]:
    """Return more dropout, with two thirds of the kept units kept, or half of the units."""
    if dropout >= MOST_DROPOUT:
        return {"hidden_size": -(-network.hidden_size // 2)}
    return {"dropout": min(MOST_DROPOUT, round((1 - 0.65 * (1 - dropout)) * 20) / 20)}


def _twice(record: TrainingRecord) -> dict[str, float]:
    """Return twice the budget, by the name of the option that limited it."""
    max_time, epochs = record.config["max_time"], record.config["epochs"]
    if max_time and record.seconds >= float(max_time) - 0.1:
        return {"max_time": 2 * float(max_time)}
    if epochs and not record.config["max_steps"]:
        return {"epochs": 2 * float(epochs)}
    return {"max_steps": 2 * record.steps}
