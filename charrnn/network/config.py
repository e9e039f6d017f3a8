"""The choices that make a network, checked once. Imports no NumPy, for a quick start."""

from dataclasses import dataclass
from typing import Literal, get_args

from charrnn.errors import ConfigError

CellName = Literal["rnn", "lstm", "gru"]

NAMES: list[str] = list(get_args(CellName))
"""The names of all cells, those that `cells.register` has added among them."""

LARGEST = {
    "vocabulary_size": 0x110000,
    "hidden_size": 65_536,
    "num_layers": 32,
    "embedding_size": 65_536,
}


@dataclass(frozen=True)
class NetworkConfig:
    """What a network is made of.

    vocabulary_size: V, the number of distinct characters.
    embedding_size: the length of a learned vector for each character; 0 for one-hot input.
    """

    vocabulary_size: int
    cell: CellName = "lstm"
    hidden_size: int = 128
    num_layers: int = 1
    embedding_size: int = 0

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A field that is not of its kind, or out of its range.
        """
        if self.cell not in NAMES:
            raise ConfigError(f"{self.cell!r:.40} is none of {', '.join(NAMES)}", argument="cell")
        for name, largest in LARGEST.items():
            value, least = getattr(self, name), 0 if name == "embedding_size" else 1
            if not isinstance(value, int) or isinstance(value, bool):
                raise ConfigError(f"{value!r:.40} is not a whole number", argument=name)
            if not least <= value <= largest:
                raise ConfigError(
                    f"{value!r:.40} is not between {least} and {largest}", argument=name
                )
