"""A run on pairs: from a corpus and options to a trained checkpoint, and resumed after a stop."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from charrnn.checkpoint.checkpoint import save_state, this_program
from charrnn.checkpoint.pairs import PairCheckpoint, save_pairs
from charrnn.checkpoint.paths import resume_path
from charrnn.checkpoint.record import TrainingRecord
from charrnn.errors import CheckpointError, ConfigError, TrainingError, Way
from charrnn.evaluation.answers import Measured, measure
from charrnn.evaluation.pairs import encode_pairs
from charrnn.network.pairs import PairConfig, PairNetwork
from charrnn.plurals import counted
from charrnn.text.corpus import Corpus
from charrnn.text.pairs import Pairs, read_pairs, split_pairs
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.config import TrainingConfig
from charrnn.training.identity import identity
from charrnn.training.options import TrainOptions
from charrnn.training.pairs.batches import pair_batches
from charrnn.training.pairs.defaults import MOST_KEPT, resolve_pairs
from charrnn.training.pairs.options import PairOptions
from charrnn.training.run import Run
from charrnn.training.stopped import State, about_text
from charrnn.training.trainer import ENDED, Trainer

FEW = 10
"""Pairs below which none is kept for validation."""

LONGEST = 20_000
"""Characters of a text or an answer at most: a batch holds the state after each."""


class PairRun(Run):
    """Pairs split in two, a network, and the trainer that fits the one to the other."""

    def __init__(  # noqa: PLR0917
        self,
        corpus: Corpus,
        pairs: Pairs,
        asked: PairOptions,
        network: PairConfig,
        training: TrainingConfig,
        labels: tuple[str, ...],
    ) -> None:
        self.corpus, self.pairs, self.asked, self.labels = corpus, pairs, asked, labels
        self.vocabulary, self.notes = _vocabulary(corpus, pairs, labels), pairs.notes
        learnt, kept = split_pairs(pairs, training.val_split, MOST_KEPT, training.seed)
        self.learnt, self.kept = pairs.only(learnt), pairs.only(kept)
        self.train_pairs = encode_pairs(self.learnt, self.vocabulary, labels)
        self.validation_pairs = encode_pairs(self.kept, self.vocabulary, labels)
        rng = np.random.Generator(np.random.PCG64(training.seed))
        self.pair_network = PairNetwork(network, rng)
        self.train = self.validation = np.empty(0, np.uint8)
        batches = pair_batches(self.train_pairs, self.validation_pairs, training)
        self.trainer = Trainer(self.pair_network, self.train, self.validation, training, batches)
        self.identity = identity(corpus.sha256, network, training)
        self.replaces = ""
        self.leakage = None
        self.measured: Measured | None = None
        self._ended = ENDED["stop"]

    @property
    def is_validated(self) -> bool:
        """Whether pairs were kept for validation."""
        return len(self.kept) > 0

    @classmethod
    def begin_pairs(
        cls,
        corpus: Corpus,
        asked: PairOptions,
        options: TrainOptions,
        pairs: Pairs | None = None,
    ) -> Self:
        """Resolve the options, and set up the run.

        pairs: those of the corpus, if they are known.

        Raises
        ------
        TextError, ConfigError, TrainingError
            A line is no pair, or an option is out of range.
        """
        pairs = pairs or read_pairs(corpus, asked.columns, asked.bad_lines)
        chosen = pairs.are_labelled if asked.answers is None else asked.answers == "chosen"
        labels = pairs.labels if chosen else ()
        share = options.val_split if len(pairs) >= FEW else 0.0
        learnt, kept = split_pairs(pairs, share, MOST_KEPT, options.seed)
        vocabulary = _vocabulary(corpus, pairs, labels)
        encoded = encode_pairs(pairs.only(learnt), vocabulary, labels)
        if encoded.longest > LONGEST:
            raise TrainingError(
                f"the longest text or answer has {counted(encoded.longest, 'character')}, and "
                f"{LONGEST:,} are the most; cut long ones"
            )
        reverse = not labels if asked.reverse is None else asked.reverse
        network = PairConfig(vocabulary_size=len(vocabulary), labels=len(labels), reverse=reverse)
        network, training = resolve_pairs(options, encoded, len(kept), network)
        longest = encode_pairs(pairs, vocabulary, labels).longest
        return cls(corpus, pairs, asked, network, replace(training, seq_length=longest), labels)

    @classmethod
    def resume_from(
        cls, corpus: Corpus, state: State, name: str, budget: dict[str, Any] | None = None
    ) -> Self:
        """Resume the run whose `state()` this is, even if nothing is left of its budget.

        Raises
        ------
        CheckpointError
            It belongs to other pairs, or to no run of this program.
        """
        arrays, meta = state
        if meta.get("sha256") != corpus.sha256:
            raise CheckpointError(
                f"{name}: was trained on other pairs (their SHA-256 begins with "
                f"{str(meta.get('sha256'))[:12]}, this one's with {corpus.sha256[:12]})",
                Way("give the same file"),
                Way("start afresh without {resume}"),
            )
        try:
            columns = meta["pairs"].pop("columns", None)
            asked = PairOptions(**meta["pairs"], columns=columns and tuple(columns))
            network, training = PairConfig(**meta["network"]), TrainingConfig(**meta["training"])
        except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise CheckpointError(f"{name}: describes no run of this program") from error
        pairs = read_pairs(corpus, asked.columns, asked.bad_lines)
        labels = pairs.labels if network.labels else ()
        training = replace(training, **budget or {})
        try:
            _check_fits(network, labels, _vocabulary(corpus, pairs, labels))
            run = cls(corpus, pairs, asked, network, training, labels)
            run.trainer.restore(arrays, meta)
        except (CheckpointError, TrainingError) as error:
            raise CheckpointError(f"{name}: {error.message}", *error.ways) from error
        run.identity, run.replaces = (str(meta.get(name, "")) for name in ("run", "replaces"))
        return run

    def sizes(self) -> dict[str, int]:
        """Return how much is learnt and how much is kept for validation, by name."""
        return {"train_pairs": len(self.learnt), "val_pairs": len(self.kept)}

    def conclude(self, ended: str) -> None:
        """Answer the pairs kept for validation, and measure the answers."""
        self._ended = ended
        self.trainer.finish()
        if len(self.kept):
            self.measured = measure(
                self.pair_network,
                self.vocabulary,
                self.labels,
                self.kept,
                self.learnt,
            )

    def pair_checkpoint(self) -> PairCheckpoint:
        """Return the best network so far, as a model to be saved."""
        trainer, now = self.trainer, self.trainer.now
        network = PairNetwork(self.pair_network.config)
        network.params.flat[:] = trainer.best if now.best_step else trainer.network.params.flat
        loss = self.measured.nats if self.measured else now.best
        return PairCheckpoint(
            network,
            self.vocabulary,
            TrainingRecord(
                sources=tuple(source.name for source in self.corpus.sources),
                encoding=self.corpus.read_as.name,
                sha256=self.corpus.sha256,
                train_characters=self.train_pairs.characters,
                val_characters=self.validation_pairs.characters if len(self.kept) else 0,
                config=asdict(trainer.config),
                steps=now.step,
                characters_read=round(now.step * trainer.batches.characters),
                seconds=round(now.seconds, 1),
                best_step=now.best_step,
                val_loss=float(loss) if np.isfinite(loss) else None,
                val_scored="in nats a symbol that is predicted",
                baselines={},
                ended=self._ended,
                errors=self.corpus.read_as.errors,
                run=self.identity,
            ),
            np.array(now.history, np.float64).reshape(-1, 3),
            this_program(),
            self.labels,
            self.measured.numbers() if self.measured else {},
        )

    def save(self, path: Path) -> None:
        """Write the best network so far to `path`."""
        save_pairs(path, self.pair_checkpoint())
        self.replaces = ""

    def state(self) -> State:
        """Return what resuming needs: arrays, of which some change with the next step, and JSON."""
        arrays, meta = self.trainer.state()
        return arrays, meta | {
            "run": self.identity,
            "replaces": self.replaces,
            "sha256": self.corpus.sha256,
            **about_text(self.corpus),
            "vocabulary": self.vocabulary.kind,
            "pairs": asdict(self.asked),
            "network": asdict(self.pair_network.config),
            "training": asdict(self.trainer.config),
        }

    def save_state(self, path: Path) -> None:
        """Write what `resume` needs beside the model at `path`."""
        save_state(resume_path(path), *self.state())


def _check_fits(network: PairConfig, labels: tuple[str, ...], vocabulary: Vocabulary) -> None:
    if (len(labels), len(vocabulary)) != (network.labels, network.vocabulary_size):
        raise CheckpointError("its network does not fit its pairs")


def _vocabulary(corpus: Corpus, pairs: Pairs, labels: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary of the texts, and of the answers where they are written."""
    text = "".join(pairs.sources) + ("" if labels else "".join(pairs.answers))
    return Vocabulary.of_bytes(text) if corpus.read_as.as_bytes else Vocabulary.of(text)
