"""The training loop: fit a network to a text, yielding progress after every step."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from charrnn.array_types import Floats
from charrnn.checkpoint.record import count
from charrnn.errors import CheckpointError, TrainingError, Way
from charrnn.evaluation.score import Score
from charrnn.network.kinds import AnyNetwork
from charrnn.training.averaging import Average
from charrnn.training.batches import Batches
from charrnn.training.config import TrainingConfig
from charrnn.training.optimizer import clip, learning_rate
from charrnn.training.process_learner import learner_for
from charrnn.training.profile import Profile
from charrnn.training.trainer_state import TrainerState

FAR_ABOVE = 0.1
"""Nats by which a broken network's mean validation loss is above the best, its median not."""

LEARNT = 1e-6
"""Training loss in nats per character below which a text is known by heart. Nothing is left to
learn, and gradients soon are subnormal numbers, which a processor multiplies slowly."""

Ending = Literal["budget", "patience", "learnt", "stop"]

ENDED: dict[Ending, str] = {
    "budget": "its budget was used up",
    "patience": "patience ran out",
    "learnt": "it knows the training text by heart",
    "stop": "interrupted",
}
"""Texts of the reasons that end a run, for its record."""

INTERRUPTED = (ENDED["stop"], "it was stopped", "somebody stopped it")
"""Texts in records of interrupted runs, those of earlier versions too."""

LARGEST_NORM = 1e18
"""Largest norm of a gradient that is not clipped: the square of a larger one overflows."""


@dataclass(frozen=True)
class Evaluation:
    """The validation loss (the mean training loss of the windows since, where there is no text).

    broken: whether the network fails on some windows of the validation text only.
    """

    step: int
    train_loss: float
    val_loss: float
    improved: bool
    broken: bool = False


@dataclass(frozen=True)
class Progress:
    """The progress of a run after a step. Losses are in nats per character, times in seconds."""

    step: int
    characters: int
    epoch: float
    fraction: float  # of the budget, 0 to 1
    loss: float  # of the last windows, smoothed
    grad_norm: float
    learning_rate: float
    seconds: float
    best: float
    evaluation: Evaluation | None = None
    note: str | None = None


class Trainer:
    """A training loop, from its first step or from a saved state.

    network: trained in place; after the run it has the parameters of the best evaluation.
    batches: what is learnt and validated; where nothing is kept for that the training loss decides.
    profile: if set, records where the time of each step goes.
    between_steps: whether `state()` can be resumed: not where a step has raised.
    """

    LARGEST_DIVERGENCE = 3
    """Failed steps after which a run ends."""

    MOST_REPAIRS = 3
    """Broken networks that are restored; a later one is kept."""

    def __init__(
        self,
        network: AnyNetwork,
        batches: Batches,
        config: TrainingConfig,
    ) -> None:
        self.network, self.batches, self.config = network, batches, config
        self.learner = learner_for(network, config)
        self.optimizer = self.learner.optimizer(config.weight_decay)
        self.average = Average(network, config.average) if config.average else None
        self.profile: Profile | None = None
        self.between_steps = True
        self.now = TrainerState()
        self.best: Floats = network.params.flat.copy()

    @property
    def steps(self) -> int | None:
        """The number of steps in the budget; None without a limit."""
        limits = []
        if self.config.epochs:
            limits.append(math.ceil(self.config.epochs * self.batches.nominal))
        if self.config.max_steps:
            limits.append(self.config.max_steps)
        return min(limits, default=None)

    def fraction(self) -> float:
        """Return the fraction of the budget that is used up, 0 to 1."""
        shares = [0.0]
        if self.steps:
            shares.append(self.now.step / self.steps)
        if self.config.max_time:
            shares.append(self.now.seconds / self.config.max_time)
        return min(1.0, max(shares))

    @property
    def learnt(self) -> bool:
        """Whether the training text is known by heart."""
        return self.now.smoothed < LEARNT

    def ending(self) -> Ending:
        """Return why the run has ended."""
        if self.fraction() == 1:
            return "budget"
        return "learnt" if self.learnt else "patience" if self._out_of_patience() else "stop"

    def run(self) -> Iterator[Progress]:
        """Train until the budget or patience is used up, or the text is known by heart.

        A caller may stop between steps, save `state()` and resume; it calls `finish` at the end.

        Raises
        ------
        TrainingError
            If the loss or the gradient was repeatedly not finite.
        """
        config, now = self.config, self.now
        last = time.perf_counter()
        self.batches.enter(now.epoch, now.offset)
        while (fraction := self.fraction()) < 1 and not (self._out_of_patience() or self.learnt):
            self.between_steps = False
            if now.window == len(self.batches):
                now.epoch, now.window = now.epoch + 1, 0
                now.offset = self.batches.offset(now.epoch)
                self.batches.enter(now.epoch, now.offset)
                self.learner.reset()
            rate = now.rate_scale * learning_rate(
                config.learning_rate, fraction, config.warmup, config.final_rate
            )
            take = self._step
            loss, norm = self.profile.step(take, rate) if self.profile else take(rate)
            note = None
            if math.isfinite(loss) and math.isfinite(norm):
                if math.isnan(now.smoothed):
                    now.smoothed = loss
                # The average is over a quarter of the steps so far, and some fifty at most.
                kept = min(0.98, now.step / (now.step + 4))
                now.smoothed = kept * now.smoothed + (1 - kept) * loss
                now.since_loss += loss
                now.since_steps += 1
            else:
                note = self._recover(loss, norm)
            now.step += 1
            now.window += 1
            now.seconds, last = now.seconds + time.perf_counter() - last, time.perf_counter()
            fraction_after = self.fraction()
            every = config.evaluations
            due = math.floor(fraction * every) < math.floor(fraction_after * every)
            due = (due or fraction_after == 1 or self.learnt) and not math.isnan(now.smoothed)
            evaluation = self._evaluate() if due else None
            if evaluation and evaluation.broken:
                note = self._repair(evaluation)
            self.between_steps = True
            yield Progress(
                step=now.step,
                characters=round(now.step * self.batches.characters),
                epoch=now.epoch + now.window / len(self.batches),
                fraction=fraction_after,
                loss=now.smoothed,
                grad_norm=norm,
                learning_rate=rate,
                seconds=now.seconds,
                best=now.best,
                evaluation=evaluation,
                note=note,
            )

    def finish(self) -> None:
        """End the workers, and set the parameters of the best evaluation, if any."""
        self.learner.close()
        if math.isfinite(self.now.best):
            self.network.params.flat[:] = self.best

    def _step(self, rate: float) -> tuple[float, float]:
        """Take one step, unless it is not finite; return the loss and the gradient's norm."""
        x, y = self.batches[self.now.window]
        learner = self.learner
        loss = learner.learn(x, y, self.now.step)
        norm = clip(learner.gradient, self.config.grad_clip)
        if not self.config.grad_clip and norm > LARGEST_NORM:
            norm = math.inf
        if math.isfinite(loss) and math.isfinite(norm):
            learner.move(self.optimizer, rate)
            if self.average:
                self.average.step(self.network.params.flat, self.now.step + 1)
        return loss, norm

    def _recover(self, loss: float, norm: float) -> str:
        """Restore the best parameters with half the learning rate; raise at the fourth time."""
        now = self.now
        now.diverged += 1
        if now.diverged > self.LARGEST_DIVERGENCE:
            self.finish()
            rate = self.config.learning_rate * now.rate_scale
            raise TrainingError(
                f"the loss was {loss:g} and the gradient's norm {norm:g} at step {now.step + 1}, "
                f"for the {now.diverged}th time; the best parameters so far are kept",
                Way(f"try a {{learning_rate}} below {rate:.2g}"),
            )
        self._go_back()
        return (
            f"step {now.step + 1}: loss {loss:g}, gradient norm {norm:g}; went back to the best "
            f"parameters with half the learning rate"
        )

    def _repair(self, evaluation: Evaluation) -> str:
        """Restore the best parameters where the state diverges on unseen text."""
        now = self.now
        rose = (
            f"step {evaluation.step}: validation loss {evaluation.val_loss:.3f} after "
            f"{now.best:.3f}, for in some stretches the state runs away"
        )
        if now.broken > self.MOST_REPAIRS:
            return f"{rose}; the best network is kept"
        self._go_back()
        return f"{rose}; went back to the best parameters with half the learning rate"

    def _go_back(self) -> None:
        """Restore the best parameters, with half the learning rate."""
        self.now.rate_scale /= 2
        self.network.params.flat[:] = self.best
        if self.average:
            self.average.flat[:] = self.best
        self.optimizer.reset()
        self.learner.reset()

    def _evaluate(self) -> Evaluation:
        """Score the validation text, and copy the parameters if they are the best so far."""
        now = self.now
        known = self.learnt or not now.since_steps  # by heart: earlier losses do not count
        train_loss = now.smoothed if known else now.since_loss / now.since_steps
        now.since_loss, now.since_steps = 0.0, 0
        score, flat = self._score(train_loss)
        improved = score.mean < now.best
        broken = (
            score.mean > now.best + FAR_ABOVE and score.median < now.best_median + FAR_ABOVE / 2
        )
        if improved:
            now.best, now.best_median, now.best_step = score.mean, score.median, now.step
            now.waited = 0
            self.best[:] = flat
        elif broken:
            now.broken += 1
        else:
            now.waited += 1
        if math.isfinite(score.mean):
            now.history.append((now.step, train_loss, score.mean))
        return Evaluation(now.step, train_loss, score.mean, improved, broken)

    def _score(self, train_loss: float) -> tuple[Score, Floats]:
        """Return the loss that decides and the parameters that it is of.

        These are the averaged parameters, unless they are not the best so far and the last ones
        are better. Without a validation text the loss is that of the training windows.
        """
        average = self.average
        candidates = [self.network] if average is None else [average.network, self.network]
        validation = self.batches.validation
        if validation is None:
            return Score(train_loss, math.inf), candidates[0].params.flat
        scores: list[Score] = []
        for network in candidates:
            with np.errstate(over="ignore", invalid="ignore"):
                scores.append(validation(network))
            if scores[-1].mean < self.now.best:
                break
        k = min(range(len(scores)), key=lambda k: (math.isnan(scores[k].mean), scores[k].mean))
        return scores[k], candidates[k].params.flat

    def _out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.now.waited

    def state(self) -> tuple[dict[str, Floats], dict[str, Any]]:
        """Return the state for an exact resume: arrays, and a JSON object.

        Randomness follows from the seed, the epoch and the step, so there is no generator's state.
        """
        counters = self.now.to_json()
        history = np.array(self.now.history, np.float64).reshape(-1, 3)
        return {**self._arrays(), "history": history}, {
            "adam_t": self.optimizer.t,
            "counters": counters,
        }

    def restore(self, arrays: dict[str, Floats], meta: dict[str, Any]) -> None:
        """Restore a state that `state()` returned.

        Raises
        ------
        CheckpointError
            If the state is not of a run like this.
        """
        targets = {**self._arrays(), "history": np.empty((len(arrays.get("history", ())), 3))}
        for name, target in targets.items():
            found = arrays.get(name)
            if found is None or found.shape != target.shape or found.dtype != target.dtype:
                shape = "missing" if found is None else f"{found.dtype} {found.shape}"
                raise CheckpointError(
                    f"training state: {name} is {shape}, but this run needs {target.shape}"
                )
            if not np.isfinite(found).all() or (name == "adam_v" and np.any(found < 0)):
                raise CheckpointError(f"training state: {name} holds values that cannot be")
            target[:] = found
        self.learner.state = targets["state"]
        try:
            self.now = self._checked(TrainerState.from_json(meta["counters"]))
            self.optimizer.t = count(meta["adam_t"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointError(
                f"training state: not as this program writes it ({error})"
            ) from error
        self.now.history = [
            (int(step), train_loss, val_loss)
            for step, train_loss, val_loss in targets["history"].tolist()
        ]

    def _arrays(self) -> dict[str, Floats]:
        """Return the arrays that change from step to step, not copies except for the state."""
        averaged = {"average": self.average.flat} if self.average else {}
        return averaged | {
            "params": self.network.params.flat,
            "best": self.best,
            "adam_m": self.optimizer.m,
            "adam_v": self.optimizer.v,
            "state": self.learner.state,
        }

    def _checked(self, now: TrainerState) -> TrainerState:
        """Return the counters, or raise ValueError if they point outside of the text."""
        self.batches.check(now.epoch, now.offset, now.window)
        return now
