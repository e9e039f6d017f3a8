"""A run on a text: from a corpus and options to a trained checkpoint, and resumed after a stop."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from charrnn.array_types import NamedArrays
from charrnn.checkpoint.checkpoint import Checkpoint, save, this_program
from charrnn.errors import TrainingError, Way
from charrnn.evaluation.baselines import baselines
from charrnn.evaluation.score import score
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.text.corpus import Corpus, check_corpus
from charrnn.text.keeping import choose, keep_back
from charrnn.training.batches import TextBatches
from charrnn.training.config import TrainingConfig
from charrnn.training.defaults import resolve, split
from charrnn.training.leakage import Leakage, leakage
from charrnn.training.memory import ELSEWHERE, SMALLER, check_memory, estimate_memory
from charrnn.training.options import TrainOptions
from charrnn.training.plan import Plan, make_plan
from charrnn.training.rest import learn_rest
from charrnn.training.run import Run
from charrnn.training.stopped import described
from charrnn.training.trainer import Trainer

LARGEST_VOCABULARY = 65_536

SCORED = "once from the beginning, the state carried"
"""How the best network is scored in the end, in words."""


class TextRun(Run):
    """A text split in two, and the trainer that fits a network to the larger part.

    train, validation: ids, (N,), each; the first may be in a file.
    leakage: what of the validation text stands in the training text too; None before the end.
    """

    def __init__(
        self,
        corpus: Corpus,
        network: NetworkConfig,
        training: TrainingConfig,
        notes: tuple[str, ...] = (),
    ) -> None:
        kept = split(len(corpus), training.val_split, training.seq_length)
        # However long the text is, the validation text fits in memory; the rest stays in its file.
        self.train, self.validation = keep_back(corpus, kept, training.keeps, training.seed)
        rng = np.random.Generator(np.random.PCG64(training.seed))
        self.network = Network(network, rng)
        batches = TextBatches(self.train, self.validation, network.vocabulary_size, training)
        super().__init__(corpus, corpus.vocabulary, Trainer(self.network, batches, training), notes)
        self.leakage: Leakage | None = None
        self._baselines: dict[str, float] = {}
        self._val_loss: float | None = None
        self._rest_learnt = False

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
        _check_memory(network, training, len(corpus), SMALLER)
        kept = split(len(corpus), training.val_split, training.seq_length)
        training = replace(training, keeps=choose(corpus, kept, training.seed))
        return cls(corpus, network, training, (*corpus.notes, *notes))

    @classmethod
    def described(
        cls, corpus: Corpus, arrays: NamedArrays, meta: dict[str, Any]
    ) -> tuple[NetworkConfig, TrainingConfig]:
        """Return the description of a run, if the text and the arrays agree with it."""
        return described(corpus, arrays, meta)

    @classmethod
    def rebuilt(
        cls, corpus: Corpus, network: NetworkConfig, training: TrainingConfig, meta: dict[str, Any]
    ) -> Self:
        """Set up a run again, with the first step's parameters."""
        _check_memory(network, training, len(corpus), ELSEWHERE)
        return cls(corpus, network, training, corpus.notes)

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
        network = Network(self.network.config)
        network.params.flat[:] = self.best
        loss = self.trainer.now.best if self._val_loss is None else self._val_loss
        sizes = len(self.train), len(self.validation)
        record = self.record(sizes, loss, self._scored(), self._baselines)
        return Checkpoint(network, self.vocabulary, record, self.history(), this_program())

    def _scored(self) -> str:
        """Return how the loss was measured, in words."""
        if not len(self.validation):
            return "the training windows: the text is too short to keep some of it back"
        if self._val_loss is None:
            return (
                "in pieces, of long ones the beginning, each warmed up on the characters before it"
            )
        return SCORED + (", and then learnt too" if self._rest_learnt else "")

    def save(self, path: Path) -> None:
        """Write the best network so far to `path`."""
        save(path, self.checkpoint())
        self.replaces = ""


def _check_memory(
    network: NetworkConfig, training: TrainingConfig, characters: int, way: Way
) -> None:
    """Check that a run on a text of so many characters fits in memory."""
    kept = split(characters, training.val_split, training.seq_length)
    check_memory(estimate_memory(network, training, characters - kept, kept), way)
