"""What a run learns from, batch by batch, and what it is validated on."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from charrnn.array_types import Ids
from charrnn.errors import TrainingError, Way
from charrnn.evaluation.score import Score, ValidationLoss
from charrnn.plurals import agreeing, counted
from charrnn.text.batches import Streams, Text
from charrnn.training.config import TrainingConfig

FEW_WINDOWS = 10
"""Most windows of an epoch that has no offset: it would leave out too much of the text."""

Validation = Callable[[Any], Score]
"""Returns the loss of a network on what was kept for validation."""


class Batches(Protocol):
    """The batches of an epoch, in their order, each (x, y)."""

    @property
    def nominal(self) -> int:
        """The number of batches of an epoch; one with an offset may have fewer."""

    @property
    def characters(self) -> float:
        """The number of characters of a batch, on average."""

    @property
    def validation(self) -> Validation | None:
        """The loss that decides; None where nothing was kept for it."""

    def offset(self, epoch: int) -> int:
        """Return the offset of an epoch, so that its batches differ from those before."""

    def enter(self, epoch: int, offset: int) -> None:
        """Begin an epoch."""

    def __len__(self) -> int:
        """Return the number of batches of this epoch."""

    def __getitem__(self, k: int) -> tuple[Ids, Ids]:
        """Return batch k of this epoch."""

    def check(self, epoch: int, offset: int, k: int) -> None:
        """Raise ValueError if there is no batch k, nor an end before it, at such an offset."""


class TextBatches:
    """Windows of a text: its streams side by side, the state carried from one to the next.

    Raises
    ------
    TrainingError
        The text is too short for one window.
    """

    def __init__(self, train: Text, validation: Ids, V: int, config: TrainingConfig) -> None:
        self._train, self._config = train, config
        self.enter(0, 0)
        self.nominal = len(self)
        self.characters: float = config.batch_size * config.seq_length
        if not self.nominal:
            few = f"{agreeing(len(train), 'is', 'are')} too few"
            window = (
                f"{counted(config.batch_size, 'sequence')} of {counted(config.seq_length, 'step')}"
            )
            raise TrainingError(
                f"{counted(len(train), 'character')} to train on {few} for one window of {window}",
                Way("choose a smaller {batch_size} or {seq_length}"),
            )
        self.validation: Validation | None = (
            ValidationLoss(validation, V, config.val_sample) if len(validation) > 1 else None
        )

    def offset(self, epoch: int) -> int:
        """Return a random offset."""
        config = self._config
        rng = np.random.Generator(np.random.PCG64((config.seed, epoch)))
        if config.rotate:
            return int(rng.integers(len(self._train)))
        return int(rng.integers(config.seq_length)) if self.nominal > FEW_WINDOWS else 0

    def enter(self, epoch: int, offset: int) -> None:
        """Begin an epoch at an offset."""
        self._streams = self._at(offset)

    def _at(self, offset: int) -> Streams:
        config = self._config
        return Streams(
            self._train, config.batch_size, config.seq_length, offset=offset, around=config.rotate
        )

    def __len__(self) -> int:
        """Return the number of windows of this epoch."""
        return len(self._streams)

    def __getitem__(self, k: int) -> tuple[Ids, Ids]:
        """Return window k as (x, y), each of shape (T, B)."""
        return self._streams[k]

    def check(self, epoch: int, offset: int, k: int) -> None:
        """Raise ValueError if there is no window k, nor an end before it, at such an offset."""
        most = len(self._train) if self._config.rotate else self._config.seq_length
        if offset >= most or k > len(self._at(offset)):
            raise ValueError(f"window {k} at offset {offset} is not in the text")
