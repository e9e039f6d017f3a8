"""Batches of pairs: of about the same length, in an order drawn anew for each epoch."""

from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Ids
from charrnn.evaluation.pairs import EncodedPairs, PairLoss, batches_of
from charrnn.training.batches import Validation
from charrnn.training.config import TrainingConfig

SORTED = 50
"""Batches whose pairs are drawn together and then sorted by length: few enough that an epoch's
order is random, and enough that little of a batch is empty."""


@dataclass(frozen=True)
class PairBatches:
    """The pairs of an epoch in batches; a `charrnn.training.batches.Batches`.

    Each pair comes once in an epoch. The last batch is filled up with nothing.
    """

    train: EncodedPairs
    config: TrainingConfig
    validation: Validation | None

    def __post_init__(self) -> None:
        """Begin the first epoch."""
        self.enter(0, 0)

    @property
    def nominal(self) -> int:
        """The number of batches of an epoch."""
        return -(-len(self.train) // self.config.batch_size)

    @property
    def characters(self) -> float:
        """The characters of a batch, of sources and answers, on average."""
        return self.train.characters / self.nominal

    def offset(self, epoch: int) -> int:
        """Return 0: an epoch's order follows from its number."""
        return 0

    def enter(self, epoch: int, offset: int) -> None:
        """Begin an epoch: draw the order of its pairs."""
        train, B = self.train, self.config.batch_size
        rng = np.random.Generator(np.random.PCG64((self.config.seed, epoch, len(train))))
        order = rng.permutation(len(train))
        batches: list[Ids] = []
        for start in range(0, len(order), SORTED * B):
            batches += batches_of(train, order[start : start + SORTED * B], B)
        object.__setattr__(self, "_batches", [batches[n] for n in rng.permutation(len(batches))])

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return self.nominal

    def __getitem__(self, k: int) -> tuple[Ids, Ids]:
        """Return batch k as (x, y), sources and answers, each of shape (T, B)."""
        batches: list[Ids] = self.__dict__["_batches"]
        config = self.config
        return self.train.packed(batches[k], config.batch_size, config.seq_length)

    def check(self, epoch: int, offset: int, k: int) -> None:
        """Raise ValueError if there is no batch k, nor an end before it."""
        if offset or k > len(self):
            raise ValueError(f"batch {k} is not among the pairs")


def pair_batches(
    train: EncodedPairs, validation: EncodedPairs, config: TrainingConfig
) -> PairBatches:
    """Return the batches of a run, and what it is validated on."""
    loss = PairLoss(validation, most=config.val_sample) if len(validation) else None
    return PairBatches(train, config, loss)
