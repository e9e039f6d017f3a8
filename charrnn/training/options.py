"""The options of a training run, as they are given. Imports no NumPy, for a quick start."""

from dataclasses import dataclass
from typing import Annotated

from charrnn.errors import ConfigError
from charrnn.network.config import Cell, EmbeddingSize, HiddenSize, LayerCount
from charrnn.option_fields import Checked, Count, Measure, Range, Seed, Share, Whole, opt
from charrnn.text.read_as import TEXT

NETWORK, TRAINING, BUDGET = "Network", "Training", "Budget"

BUDGETS = ("epochs", "max_steps", "max_time")
"""The fields that end a run, whichever is used up first."""

BY_SIZE = "by the size of the text"

LearningRate = Annotated[float, Range(0, 10)]


@dataclass(frozen=True)
class TrainOptions(Checked):
    """How to train; None leaves a field to the size of the text, the time and the machine.

    `charrnn.training.defaults.resolve` says what it becomes then.
    """

    # fmt: off
    val_split: Share = opt(
        0.1, "Share of the text kept for validation; 200,000 characters at most.", TEXT, "SHARE"
    )
    use_all: bool = opt(
        False, "Once the loss is measured, learn the validation text too.", TEXT
    )
    cell: Cell = opt("lstm", "The recurrent cell.", NETWORK)
    hidden_size: HiddenSize | None = opt(
        None, "Hidden units in each layer.", NETWORK, "H", aliases="--hidden --rnn-size",
        shown=BY_SIZE,
    )
    num_layers: LayerCount | None = opt(
        None, "Layers, each reading the one below.", NETWORK, "L", aliases="--layers", shown=BY_SIZE
    )
    embedding_size: EmbeddingSize | None = opt(
        None, "Size of the learned vector of each character; 0 is one-hot.", NETWORK, "E",
        shown="by the vocabulary",
    )
    dropout: Share | None = opt(
        None, "How much is dropped between layers and before the output.", NETWORK, "SHARE",
        shown=BY_SIZE,
    )
    batch_size: Count | None = opt(
        None, "Windows read side by side in a step.", TRAINING, "B", shown=BY_SIZE
    )
    seq_length: Count = opt(
        64, "Characters in a window: steps of backpropagation through time.", TRAINING, "T",
        aliases="--seq-len",
    )
    learning_rate: LearningRate | None = opt(
        None, "The learning rate at its highest; it rises to that and falls.", TRAINING, "RATE",
        aliases="--lr", shown=BY_SIZE,
    )
    weight_decay: Share = opt(0.01, "Weight decay of AdamW, of matrices only.", TRAINING, "RATE")
    grad_clip: Measure = opt(
        1.0, "Shrink a gradient to this norm if it is larger; 0 is off.", TRAINING, "NORM"
    )
    restart: Share = opt(
        0.05, "How many of the sequences begin from another state before each window.", TRAINING,
        "SHARE",
    )
    average: Share = opt(
        0.1, "Average the parameters over this share of the steps so far; 0 is off.", TRAINING,
        "SHARE",
    )
    seed: Seed = opt(0, "The seed of all that is random.", TRAINING, "N")
    workers: Count | None = opt(
        None, "Processes that share a batch.", TRAINING, "N", shown="by cores and work"
    )
    sampled_softmax: Whole = opt(
        0, "Estimate the training loss from N characters drawn at random, beside those of the "
        "window: pays from some thousand distinct characters on; 0 is exact.", TRAINING, "N",
    )
    epochs: Measure | None = opt(
        None, "Stop after reading the text N times.", BUDGET, "N", aliases="--num-epochs",
        shown=BY_SIZE,
    )
    max_steps: Whole | None = opt(None, "Stop after N steps.", BUDGET, "N")
    max_time: Measure | None = opt(
        None, "Stop after TIME, as in 60s, 10m or 1h30m; the size of the network follows.",
        BUDGET, "TIME", is_time=True,
    )
    patience: Whole = opt(
        8, "Stop after N evaluations without a better one; 0 never.", BUDGET, "N",
        shown="8, of pairs 20",
    )
    evaluations: Count = opt(25, "How many times a run is evaluated.", BUDGET, "N")
    # fmt: on

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A value out of its range, or a budget of nothing.
        """
        for name in BUDGETS:
            if getattr(self, name) == 0:
                raise ConfigError("0 is no budget; leave it out for the default", argument=name)
        super().__post_init__()
