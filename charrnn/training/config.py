"""The choices that make a training run, checked once. Imports no NumPy, like network/config.py."""

from dataclasses import dataclass

from charrnn.errors import ConfigError, Way
from charrnn.network.config import CellName
from charrnn.text.kept import KEEPS, Keeps

LARGEST = 1e18
"""Of what is not bounded otherwise: beyond any use, and safe to reckon with."""

LARGEST_SEED = 2**64 - 1
"""What other programs give as a seed, too."""

MOST_WORKERS = 256
"""Processes; and never more than there are sequences to share."""


@dataclass(frozen=True)
class TrainingConfig:
    """How a network is fitted to a text. What is not given in the budget does not limit it.

    learning_rate: at its highest, after the warm-up; it falls as a cosine to `final_rate` of that.
    dropout: the share of hidden values dropped between layers and before the output.
    restart: the share of the sequences that begin from another state before each window, a(0) = 0
        or one drawn at random, so that none can become a clock of the training text.
    rotate: whether each epoch begins at a random character, the text read as a ring.
    average: the share of the steps so far over which the parameters are averaged; 0 averages none.
    grad_clip: the largest global norm of a gradient; 0 does not clip.
    warmup: the share of the budget over which the learning rate rises.
    epochs, max_steps, max_time: the budget; whichever ends first. max_time is in seconds.
    val_split: the share of the text that is kept for validation; 0 keeps none.
    evaluations: how many times in a run the validation text is scored.
    val_sample: the most characters of it that are scored each time, the same ones.
    patience: stop after so many evaluations without a better one; 0 never does.
    workers: how many processes share a batch; the same number gives the same numbers again.
    sampled_softmax: how many characters drawn at random, beside those of the window, the training
        loss is estimated from; 0 is all, exactly. Validation is exact in any case.
    use_all: whether what was kept for validation is learnt too, in the end.
    keeps: what is kept for validation: the end, ends of files, or files, lines or blocks at random.
    """

    batch_size: int = 16
    seq_length: int = 64
    learning_rate: float = 4e-3
    dropout: float = 0.0
    restart: float = 0.0
    rotate: bool = False
    average: float = 0.0
    weight_decay: float = 0.01
    grad_clip: float = 1.0
    warmup: float = 0.05
    final_rate: float = 0.02
    epochs: float | None = None
    max_steps: int | None = None
    max_time: float | None = None
    val_split: float = 0.1
    evaluations: int = 25
    val_sample: int = 50_000
    patience: int = 8
    seed: int = 0
    workers: int = 1
    sampled_softmax: int = 0
    keeps: Keeps = "end"
    use_all: bool = False

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A value out of its range, nan and infinity among them, or no budget at all.
        """
        whole = {"batch_size": 1, "seq_length": 1, "evaluations": 1, "patience": 0}
        whole |= {"val_sample": 2, "sampled_softmax": 0}
        for name, least in whole.items():
            self._check(name, least, LARGEST, whole=True)
        self._check("seed", 0, LARGEST_SEED, whole=True)
        self._check("workers", 1, min(self.batch_size, MOST_WORKERS), whole=True)
        for name, largest in {"learning_rate": 10.0, "grad_clip": LARGEST}.items():
            self._check(name, 0.0, largest)
        for name in (
            "dropout",
            "restart",
            "average",
            "weight_decay",
            "warmup",
            "final_rate",
            "val_split",
        ):
            self._check(name, 0.0, 0.95)
        for name in ("rotate", "use_all"):
            if not isinstance(value := getattr(self, name), bool):
                raise ConfigError(f"{name}: {value!r:.40} is neither true nor false")
        if self.keeps not in KEEPS:
            raise ConfigError(f"keeps: {self.keeps!r:.40} is none of {', '.join(KEEPS)}")
        budget = [name for name in ("epochs", "max_steps", "max_time") if getattr(self, name)]
        if not budget:
            raise ConfigError("a run needs an end", Way("give {epochs}, {max_steps} or {max_time}"))
        for name in budget:
            self._check(name, 0, LARGEST, whole=name == "max_steps")

    def _check(self, name: str, least: float, largest: float, *, whole: bool = False) -> None:
        value = getattr(self, name)
        kind = int if whole else int | float
        if isinstance(value, bool) or not (isinstance(value, kind) and least <= value <= largest):
            # What is beyond use is only named where it is the reason.
            unbounded = largest >= LARGEST and not (isinstance(value, kind) and value > largest)
            span = f"at least {least:g}" if unbounded else f"{least:g} to {largest:g}"
            what = "whole number" if whole else "number"
            raise ConfigError(f"{value!r:.40} is not a {what} of {span}", argument=name)


@dataclass(frozen=True)
class Choices:
    """What somebody chose of a run; None is left to the size of the corpus and the machine."""

    cell: CellName = "lstm"
    hidden_size: int | None = None
    num_layers: int | None = None
    embedding_size: int | None = None
    dropout: float | None = None
    batch_size: int | None = None
    seq_length: int = TrainingConfig.seq_length
    learning_rate: float | None = None
    weight_decay: float = TrainingConfig.weight_decay
    grad_clip: float = TrainingConfig.grad_clip
    restart: float = 0.05
    average: float = 0.1
    epochs: float | None = None
    max_steps: int | None = None
    max_time: float | None = None
    val_split: float = TrainingConfig.val_split
    evaluations: int = TrainingConfig.evaluations
    patience: int = TrainingConfig.patience
    seed: int = TrainingConfig.seed
    workers: int | None = None
    sampled_softmax: int = TrainingConfig.sampled_softmax
    use_all: bool = False
