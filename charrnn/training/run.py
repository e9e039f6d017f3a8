"""What runs on texts and on pairs share: they are saved, and resumed after a stop."""

from abc import ABC, abstractmethod
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from charrnn.array_types import Doubles, Floats, NamedArrays
from charrnn.checkpoint.checkpoint import save_state
from charrnn.checkpoint.paths import resume_path
from charrnn.checkpoint.record import TrainingRecord
from charrnn.errors import CheckpointError, ConfigError, TrainingError, Way
from charrnn.network.config import NetworkConfig
from charrnn.plurals import counted
from charrnn.text.corpus import Corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.config import TrainingConfig
from charrnn.training.identity import check_one_run, identity, model_beside
from charrnn.training.stopped import State, about_text, load_run
from charrnn.training.trainer import ENDED, INTERRUPTED, Trainer


class Run(ABC):
    """A corpus, a network, and the trainer that fits the one to the other.

    corpus: part of it is kept for validation.
    notes: remarks on the corpus and the settings, for the plan.
    identity: the hash of what it began as; empty for a run of before there was one.
    replaces: the SHA-256 of a model of another run that lies where this one is saved, and is to be
        replaced; empty where there is none.
    """

    def __init__(
        self, corpus: Corpus, vocabulary: Vocabulary, trainer: Trainer, notes: tuple[str, ...]
    ) -> None:
        self.corpus, self.vocabulary, self.trainer, self.notes = corpus, vocabulary, trainer, notes
        self.identity = identity(corpus.sha256, trainer.network.config, trainer.config)
        self.replaces = ""
        self._ended = ENDED["stop"]

    @property
    def is_validated(self) -> bool:
        """Whether something was kept for validation."""
        return self.trainer.batches.validation is not None

    @classmethod
    def resume(cls, corpus: Corpus, path: Path, budget: dict[str, Any] | None = None) -> Self:
        """Resume the run whose training state is beside the model at `path`.

        A run that has ended, and was not measured then, is resumed to be concluded.

        budget: new values for epochs, max_steps or max_time, to train on beyond the first end.

        Raises
        ------
        CheckpointError
            There is no training state, or it belongs to another text, or to another run than the
            model.
        TrainingError
            The run is concluded, and nothing is left to train.
        """
        path = resume_path(path)
        state, model = load_run(path), model_beside(path)
        if model:
            check_one_run(path, model, state[1])
        run = cls.resume_from(corpus, state, path.name, budget)
        now = run.trainer.now
        if model and model.steps == now.step and model.ended not in INTERRUPTED:
            run.check_left(path.name)
        return run

    @classmethod
    def resume_from(
        cls, corpus: Corpus, state: State, name: str, budget: dict[str, Any] | None = None
    ) -> Self:
        """Resume the run whose `state()` this is, even if nothing is left of its budget.

        name: what to call the state in an error.

        Raises
        ------
        CheckpointError
            It belongs to another text, or to no run of this program.
        """
        arrays, meta = state
        try:
            network, training = cls.described(corpus, arrays, meta)
        except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise CheckpointError(f"{name}: describes no run of this program") from error
        except CheckpointError as error:
            raise CheckpointError(f"{name}: {error.message}", *error.ways) from error
        training = replace(training, **budget or {})
        try:
            run = cls.rebuilt(corpus, network, training, meta)
            run.trainer.restore(arrays, meta)
        except (CheckpointError, TrainingError) as error:
            raise CheckpointError(f"{name}: {error.message}", *error.ways) from error
        run.identity, run.replaces = (str(meta.get(name, "")) for name in ("run", "replaces"))
        return run

    @classmethod
    @abstractmethod
    def described(
        cls, corpus: Corpus, arrays: NamedArrays, meta: dict[str, Any]
    ) -> tuple[NetworkConfig, TrainingConfig]:
        """Return the description of a run, if the corpus and the arrays agree with it.

        Raises
        ------
        CheckpointError
            They do not.
        KeyError, TypeError, ValueError, AttributeError, ConfigError
            It is not of a run of this program.
        """

    @classmethod
    @abstractmethod
    def rebuilt(
        cls, corpus: Corpus, network: NetworkConfig, training: TrainingConfig, meta: dict[str, Any]
    ) -> Self:
        """Set up a run again from its description, its parameters still those of the first step.

        Raises
        ------
        CheckpointError, TrainingError
            It does not fit the corpus, or in memory.
        """

    def check_left(self, name: str) -> None:
        """Make sure that something is left to train.

        name: what to call the run in an error.

        Raises
        ------
        TrainingError
            There is not, with a way to more where there is one.
        """
        trainer, now = self.trainer, self.trainer.now
        if trainer.fraction() >= 1:
            raise TrainingError(
                f"{name}: its budget is used up after {counted(now.step, 'step')}",
                Way(
                    "give it more with {epochs}, {max_time} or {max_steps}", max_steps=2 * now.step
                ),
            )
        if trainer.learnt:
            raise TrainingError(
                f"{name}: knows its training text by heart, so nothing is left to learn from it; "
                f"train on a longer text"
            )
        if trainer.ending() == "patience":
            raise TrainingError(
                f"{name}: stopped because {counted(now.waited, 'evaluation')} brought nothing "
                f"better",
                Way("resume with {patience}", patience=2 * now.waited),
                Way("0 for as long as its budget lasts"),
            )

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Return how much is learnt and how much is kept for validation, by name."""

    @abstractmethod
    def conclude(self, ended: str) -> None:
        """Measure the best network on what was kept for validation.

        ended: what ended the run, for its record.
        """

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the best network so far to `path`."""

    def save_state(self, path: Path) -> None:
        """Write what `resume` needs beside the model at `path`."""
        save_state(resume_path(path), *self.state())

    def state(self) -> State:
        """Return what resuming needs: arrays, of which some change with the next step, and JSON."""
        arrays, meta = self.trainer.state()
        about = {
            "run": self.identity,
            "replaces": self.replaces,
            "sha256": self.corpus.sha256,
            **about_text(self.corpus),
            "vocabulary": self.vocabulary.kind,
            "network": asdict(self.trainer.network.config),
            "training": asdict(self.trainer.config),
        }
        return arrays, meta | about

    @property
    def best(self) -> Floats:
        """The best parameters so far, (P,), not copied."""
        trainer = self.trainer
        return trainer.best if trainer.now.best_step else trainer.network.params.flat

    def history(self) -> Doubles:
        """Return a row for each evaluation, (N, 3): step, training loss, validation loss."""
        return np.array(self.trainer.now.history, np.float64).reshape(-1, 3)

    def record(
        self,
        characters: tuple[int, int],
        val_loss: float,
        val_scored: str,
        baselines: dict[str, float],
    ) -> TrainingRecord:
        """Return the record of the run for a model.

        characters: how many were learnt, and how many were kept for validation.
        val_loss, val_scored, baselines: as in the record; a loss that is not finite is none.
        """
        trainer, now, read_as = self.trainer, self.trainer.now, self.corpus.read_as
        return TrainingRecord(
            sources=tuple(source.name for source in self.corpus.sources),
            encoding=read_as.name,
            sha256=self.corpus.sha256,
            train_characters=characters[0],
            val_characters=characters[1],
            config=asdict(trainer.config),
            steps=now.step,
            characters_read=round(now.step * trainer.batches.characters),
            seconds=round(now.seconds, 1),
            best_step=now.best_step,
            val_loss=float(val_loss) if np.isfinite(val_loss) else None,
            val_scored=val_scored,
            baselines=baselines,
            ended=self._ended,
            errors=read_as.errors,
            run=self.identity,
        )
