"""The settings of a network, checked once. Imports no NumPy, for a quick start."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from charrnn.option_fields import Checked, OneOf, Range

CellName = Literal["rnn", "lstm", "gru"]

NAMES: list[str] = list(get_args(CellName))
"""The names of all cells, those that `cells.register` has added among them."""

Cell = Annotated[CellName, OneOf(NAMES)]
VocabularySize = Annotated[int, Range(1, 0x110000)]
HiddenSize = Annotated[int, Range(1, 65_536)]
LayerCount = Annotated[int, Range(1, 32)]
EmbeddingSize = Annotated[int, Range(0, 65_536)]


@dataclass(frozen=True)
class NetworkConfig(Checked):
    """What a network is made of.

    vocabulary_size: V, the number of distinct characters.
    embedding_size: the length of a learned vector for each character; 0 for one-hot input.
    """

    vocabulary_size: VocabularySize
    cell: Cell = "lstm"
    hidden_size: HiddenSize = 128
    num_layers: LayerCount = 1
    embedding_size: EmbeddingSize = 0
