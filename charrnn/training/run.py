"""A whole run: from a corpus and options to a trained checkpoint, and resumed after a stop."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from charrnn.checkpoint.checkpoint import (
    Checkpoint,
    save,
    save_state,
    this_program,
)
from charrnn.checkpoint.paths import resume_path
from charrnn.checkpoint.record import TrainingRecord
from charrnn.errors import CheckpointError, ConfigError, TrainingError, Way
from charrnn.evaluation.baselines import baselines
from charrnn.evaluation.score import score
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.plurals import counted
from charrnn.system.memory import available_memory
from charrnn.text.corpus import Corpus, check_corpus
from charrnn.text.keeping import choose, keep_back
from charrnn.training.config import TrainingConfig
from charrnn.training.defaults import resolve, split
from charrnn.training.identity import check_one_run, identity, model_beside
from charrnn.training.leakage import Leakage, leakage
from charrnn.training.options import TrainOptions
from charrnn.training.plan import Plan, estimate_memory, make_plan
from charrnn.training.rest import learn_rest
from charrnn.training.stopped import State, about_text, described, load_run
from charrnn.training.trainer import ENDED, INTERRUPTED, Trainer

LARGEST_VOCABULARY = 65_536

SCORED = "once from the beginning, the state carried"
"""How the best network is scored in the end, in words."""


class Run:
    """A corpus split in two, a network, and the trainer that fits the one to the other.

    identity: the hash of what it began as; empty for a run of before there was one.
    replaces: the SHA-256 of a model of another run that lies where this one is saved, and is to be
        replaced; empty where there is none.
    """

    def __init__(
        self,
        corpus: Corpus,
        network: NetworkConfig,
        training: TrainingConfig,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.corpus, self.vocabulary, self.notes = corpus, corpus.vocabulary, notes
        kept = split(len(corpus), training.val_split, training.seq_length)
        # However long the text is, the validation text fits in memory; the rest stays in its file.
        self.train, self.validation = keep_back(corpus, kept, training.keeps, training.seed)
        rng = np.random.Generator(np.random.PCG64(training.seed))
        self.network = Network(network, rng)
        self.trainer = Trainer(self.network, self.train, self.validation, training)
        self.identity = identity(corpus.sha256, network, training)
        self.replaces = ""
        self._baselines: dict[str, float] = {}
        self._val_loss: float | None = None
        self.leakage: Leakage | None = None
        self._rest_learnt = False
        self._ended = ENDED["stop"]

    @property
    def is_validated(self) -> bool:
        """Whether something was kept for validation."""
        return len(self.validation) > 1

    @classmethod
    def begin(cls, corpus: Corpus, options: TrainOptions) -> Self:
        """Resolve the options, and set up the run.

        Raises
        ------
        TextError, ConfigError, TrainingError
            The text holds too little, or an option is out of range.
        """
        check_corpus(corpus)
        V = len(corpus.vocabulary)
        if V > LARGEST_VOCABULARY:
            raise TrainingError(
                f"the text has {V:,} distinct characters, and {LARGEST_VOCABULARY:,} are the most",
                Way("read it as bytes with {as_bytes}", as_bytes=True),
            )
        network, training, notes = resolve(options, len(corpus), V)
        smaller = "choose a smaller {hidden_size}, {num_layers} or {batch_size}"
        check_memory(network, training, len(corpus), Way(smaller))
        kept = split(len(corpus), training.val_split, training.seq_length)
        training = replace(training, keeps=choose(corpus, kept, training.seed))
        return cls(corpus, network, training, (*corpus.notes, *notes))

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
            network, training = described(corpus, arrays, meta)
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            raise CheckpointError(f"{name}: describes no run of this program") from error
        except CheckpointError as error:
            raise CheckpointError(f"{name}: {error.message}", *error.ways) from error
        training = replace(training, **budget or {})
        try:
            check_memory(network, training, len(corpus), Way("resume it where there is more"))
            run = cls(corpus, network, training, corpus.notes)
            run.trainer.restore(arrays, meta)
            run.identity, run.replaces = (str(meta.get(name, "")) for name in ("run", "replaces"))
        except (CheckpointError, TrainingError) as error:
            raise CheckpointError(f"{name}: {error.message}", *error.ways) from error
        return run

    def sizes(self) -> dict[str, int]:
        """Return how much is learnt and how much is kept for validation, by name."""
        return {"train_characters": len(self.train), "val_characters": len(self.validation)}

    def plan(self, saving: float = 0.0) -> Plan:
        """Return the plan of the run, given the seconds that saving it takes."""
        return make_plan(
            self.trainer.network.config,
            self.trainer.config,
            len(self.train),
            len(self.validation),
            self.notes,
            saving=saving,
        )

    def conclude(self, ended: str) -> None:
        """Score the best network exactly, and the baselines; then learn the rest.

        The rest is the validation text, if the run is to use all of the text.
        """
        self._ended = ended
        self.trainer.finish()
        if len(self.validation) > 1:
            nats = score(self.network, self.validation)
            self._val_loss = float(nats.mean())
            self.leakage = leakage(self.train, self.validation, nats)
            V = len(self.vocabulary)
            counts = self.vocabulary.counts - np.bincount(self.validation, minlength=V)
            found = baselines(self.train, self.validation, V, counts)
            self._baselines = {baseline.name: baseline.nats for baseline in found}
        if self.trainer.config.use_all and len(self.validation):
            trainer = self.trainer
            learn_rest(self.network, self.train, self.validation, trainer.config)
            trainer.best[:] = self.network.params.flat
            self._rest_learnt = True

    def checkpoint(self) -> Checkpoint:
        """Return the best network so far, as a model to be saved."""
        trainer, now = self.trainer, self.trainer.now
        network = Network(self.network.config)
        network.params.flat[:] = trainer.best if now.best_step else self.network.params.flat
        config = trainer.config
        quick = "in pieces, of long ones the beginning, each warmed up on the characters before it"
        return Checkpoint(
            network,
            self.vocabulary,
            TrainingRecord(
                sources=tuple(source.name for source in self.corpus.sources),
                encoding=self.corpus.read_as.name,
                sha256=self.corpus.sha256,
                train_characters=len(self.train),
                val_characters=len(self.validation),
                config=asdict(config),
                steps=now.step,
                characters_read=round(now.step * trainer.batches.characters),
                seconds=round(now.seconds, 1),
                best_step=now.best_step,
                val_loss=self._val_loss if self._val_loss is not None else _finite(now.best),
                val_scored="the training windows: the text is too short to keep some of it back"
                if not len(self.validation)
                else SCORED + (", and then learnt too" if self._rest_learnt else "")
                if self._val_loss is not None
                else quick,
                baselines=self._baselines,
                ended=self._ended,
                errors=self.corpus.read_as.errors,
                run=self.identity,
            ),
            np.array(now.history, np.float64).reshape(-1, 3),
            this_program(),
        )

    def save(self, path: Path) -> None:
        """Write the best network so far to `path`."""
        save(path, self.checkpoint())
        self.replaces = ""

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


def check_memory(
    network: NetworkConfig, training: TrainingConfig, characters: int, way: Way
) -> None:
    """Check that a run on a text of so many characters fits in memory, before any is allocated.

    way: the way out where it does not.

    Raises
    ------
    TrainingError
        It does not.
    """
    kept = split(characters, training.val_split, training.seq_length)
    needed = estimate_memory(network, training, characters - kept, kept)
    there = available_memory()
    if needed > there:
        raise TrainingError(
            f"this run needs {needed / 1e9:.2f} GB of memory, and it may take {there / 1e9:.2f} GB "
            f"here",
            way,
        )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
