"""The settings of a training run, all of them resolved. Imports no NumPy, for a quick start."""

from dataclasses import dataclass
from typing import Annotated

from charrnn.errors import ConfigError, Way
from charrnn.option_fields import Checked, Count, Measure, Range, Seed, Share, Whole
from charrnn.text.kept import Keeps
from charrnn.training.options import BUDGETS, LearningRate, TrainOptions

MOST_WORKERS = 256
"""Processes of one run; there are never more than sequences to share either."""


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """How a network is fitted to a text, as `charrnn.training.defaults.resolve` finds it.

    The fields of `TrainOptions` are described there. A budget that is None does not limit the run;
    the first to be used up ends it. Defaults are what a file means that lacks the field.

    learning_rate: at its highest, after the warm-up; it falls as a cosine to `final_rate` of that.
    restart: the share of the sequences that begin from another state before each window, a(0) = 0
        or one drawn at random, so that none can become a clock of the training text.
    rotate: whether each epoch begins at a random character, the text read as a ring.
    warmup: the share of the budget over which the learning rate rises.
    val_sample: the most characters of the validation text that an evaluation scores.
    workers: the same number of them gives the same network again.
    keeps: what is kept for validation: the end, ends of files, or files, lines or blocks at random.
    """

    batch_size: Count = 16
    seq_length: Count = TrainOptions.seq_length
    learning_rate: LearningRate = 4e-3
    dropout: Share = 0.0
    restart: Share = 0.0
    rotate: bool = False
    average: Share = 0.0
    weight_decay: Share = TrainOptions.weight_decay
    grad_clip: Measure = TrainOptions.grad_clip
    warmup: Share = 0.05
    final_rate: Share = 0.02
    epochs: Measure | None = None
    max_steps: Whole | None = None
    max_time: Measure | None = None
    val_split: Share = TrainOptions.val_split
    evaluations: Count = TrainOptions.evaluations
    val_sample: Annotated[int, Range(2)] = 50_000
    patience: Whole = TrainOptions.patience
    seed: Seed = TrainOptions.seed
    workers: Annotated[int, Range(1, MOST_WORKERS)] = 1
    sampled_softmax: Whole = TrainOptions.sampled_softmax
    keeps: Keeps = "end"
    use_all: bool = TrainOptions.use_all

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A value out of its range, nan and infinity among them, or no budget at all.
        """
        super().__post_init__()
        if self.workers > self.batch_size:
            raise ConfigError(
                f"{self.workers} is more than the {self.batch_size} sequences of a batch",
                argument="workers",
            )
        if not any(getattr(self, name) for name in BUDGETS):
            raise ConfigError("a run needs an end", Way("give {epochs}, {max_steps} or {max_time}"))
