"""A run on pairs: from a corpus and options to a trained checkpoint, and resumed after a stop."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from charrnn.array_types import NamedArrays
from charrnn.checkpoint.checkpoint import this_program
from charrnn.checkpoint.pairs import PairCheckpoint, save_pairs
from charrnn.errors import CheckpointError, TrainingError, Way
from charrnn.evaluation.answers import Measured, measure
from charrnn.evaluation.pairs import encode_pairs
from charrnn.network.config import NetworkConfig
from charrnn.network.pairs import PairConfig, PairNetwork
from charrnn.plurals import counted
from charrnn.text.corpus import Corpus
from charrnn.text.pairs import Pairs, read_pairs, split_pairs
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.config import TrainingConfig
from charrnn.training.memory import ELSEWHERE, SMALLER, check_memory, estimate_pair_memory
from charrnn.training.options import TrainOptions
from charrnn.training.pairs.batches import pair_batches
from charrnn.training.pairs.defaults import MOST_KEPT, resolve_pairs
from charrnn.training.pairs.options import PairOptions
from charrnn.training.run import Run
from charrnn.training.stopped import State
from charrnn.training.trainer import Trainer

FEW = 10
"""Pairs below which none is kept for validation."""

LONGEST = 20_000
"""Characters of a text or an answer at most: a batch holds the state after each."""


class PairRun(Run):
    """Pairs split in two, and the trainer that fits a network to the larger part.

    pairs, learnt, kept: all of them, those that are learnt, and those kept for validation.
    labels: what an answer is chosen from; none where it is written.
    measured: the answers to those kept; None before the end.
    """

    def __init__(  # noqa: PLR0917
        self,
        corpus: Corpus,
        pairs: Pairs,
        asked: PairOptions,
        network: PairConfig,
        training: TrainingConfig,
        labels: tuple[str, ...],
    ) -> None:
        self.pairs, self.asked, self.labels = pairs, asked, labels
        vocabulary = _vocabulary(corpus, pairs, labels)
        learnt, kept = split_pairs(pairs, training.val_split, MOST_KEPT, training.seed)
        self.learnt, self.kept = pairs.only(learnt), pairs.only(kept)
        self._train = encode_pairs(self.learnt, vocabulary, labels)
        self._validation = encode_pairs(self.kept, vocabulary, labels)
        rng = np.random.Generator(np.random.PCG64(training.seed))
        self.network = PairNetwork(network, rng)
        batches = pair_batches(self._train, self._validation, training)
        super().__init__(corpus, vocabulary, Trainer(self.network, batches, training), pairs.notes)
        self.measured: Measured | None = None

    @classmethod
    def begin(
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
        training = replace(training, seq_length=encode_pairs(pairs, vocabulary, labels).longest)
        _check_memory(network, training, pairs, SMALLER)
        return cls(corpus, pairs, asked, network, training, labels)

    @classmethod
    def described(
        cls, corpus: Corpus, arrays: NamedArrays, meta: dict[str, Any]
    ) -> tuple[PairConfig, TrainingConfig]:
        """Return the description of a run, if it is of these pairs."""
        if meta["sha256"] != corpus.sha256:
            raise CheckpointError(
                f"was trained on other pairs (their SHA-256 begins with {meta['sha256'][:12]}, "
                f"this one's with {corpus.sha256[:12]})",
                Way("give the same file"),
                Way("start afresh without {resume}"),
            )
        _asked(meta)
        return PairConfig(**meta["network"]), TrainingConfig(**meta["training"])

    @classmethod
    def rebuilt(
        cls, corpus: Corpus, network: NetworkConfig, training: TrainingConfig, meta: dict[str, Any]
    ) -> Self:
        """Set up a run again, with the first step's parameters."""
        assert isinstance(network, PairConfig)
        asked = _asked(meta)
        pairs = read_pairs(corpus, asked.columns, asked.bad_lines)
        labels = pairs.labels if network.labels else ()
        vocabulary = _vocabulary(corpus, pairs, labels)
        if (len(labels), len(vocabulary)) != (network.labels, network.vocabulary_size):
            raise CheckpointError("its network does not fit its pairs")
        _check_memory(network, training, pairs, ELSEWHERE)
        return cls(corpus, pairs, asked, network, training, labels)

    def sizes(self) -> dict[str, int]:
        """Return how much is learnt and how much is kept for validation, by name."""
        return {"train_pairs": len(self.learnt), "val_pairs": len(self.kept)}

    def conclude(self, ended: str) -> None:
        """Answer the pairs kept for validation, and measure the answers."""
        self._ended = ended
        self.trainer.finish()
        if len(self.kept):
            self.measured = measure(
                self.network,
                self.vocabulary,
                self.labels,
                self.kept,
                self.learnt,
            )

    def checkpoint(self) -> PairCheckpoint:
        """Return the best network so far, as a model to be saved."""
        network = PairNetwork(self.network.config)
        network.params.flat[:] = self.best
        loss = self.measured.nats if self.measured else self.trainer.now.best
        sizes = self._train.characters, self._validation.characters if len(self.kept) else 0
        return PairCheckpoint(
            network,
            self.vocabulary,
            self.record(sizes, loss, "in nats a symbol that is predicted", {}),
            self.history(),
            this_program(),
            self.labels,
            self.measured.numbers() if self.measured else {},
        )

    def save(self, path: Path) -> None:
        """Write the best network so far to `path`."""
        save_pairs(path, self.checkpoint())
        self.replaces = ""

    def state(self) -> State:
        """Return what resuming needs, the options of the pairs among it."""
        arrays, meta = super().state()
        return arrays, meta | {"pairs": asdict(self.asked)}


def _asked(meta: dict[str, Any]) -> PairOptions:
    """Return the options of the pairs of a run, from its description."""
    found = meta["pairs"]
    columns = found.get("columns")
    return PairOptions(**(found | {"columns": columns and tuple(columns)}))


def _check_memory(network: PairConfig, training: TrainingConfig, pairs: Pairs, way: Way) -> None:
    """Check that a run on pairs fits in memory."""
    characters = sum(map(len, pairs.sources)) + sum(map(len, pairs.answers))
    check_memory(estimate_pair_memory(network, training, len(pairs), characters), way)


def _vocabulary(corpus: Corpus, pairs: Pairs, labels: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary of the texts, and of the answers where they are written."""
    text = "".join(pairs.sources) + ("" if labels else "".join(pairs.answers))
    return Vocabulary.of_bytes(text) if corpus.read_as.as_bytes else Vocabulary.of(text)
