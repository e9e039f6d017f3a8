"""All that a network computed on a text, as arrays for export."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from charrnn.array_types import Array, Column, NamedArrays
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, plain
from charrnn.network.cells import words

MEANINGS = {
    "ids": "x(t), the character read, as its place in the vocabulary",
    "codepoints": "the same as Unicode code points; of bytes, their values",
    "vocabulary": "the code point of each id",
    "a": "the hidden state after character t; before the first it is 0",
    "c": "the cell state after character t; before the first it is 0",
    "i": "the input gate at step t: c(t) = f c(t-1) + i g",
    "o": "the output gate at step t: a(t) = o tanh(c(t))",
    "u": "the update gate at step t: a(t) = (1 - u) n + u a(t-1)",
    "log_y_hat": "ln y_hat(t): the prediction of character t+1, by id",
    "bits": "the surprise of character t+1, -log2 y_hat(t)[x(t+1)]; nan at the end",
    "entropy": "the surprise that y_hat(t) expects, -sum y_hat log2 y_hat, in bits",
}
"""The contents of each array, by name, but for gates of which their name says all."""

_PIECE = 2**22  # numbers of the predictions processed at a time, about


class Described(NamedTuple):
    """An array and its dimensions: T characters, L layers, H units, V ids."""

    name: str
    values: Array
    dimensions: str

    @property
    def meaning(self) -> str:
        """What the array holds."""
        return MEANINGS.get(self.name) or f"the {words(self.name)} at step t"


@dataclass(frozen=True, eq=False)
class Dump:
    """The arrays of a reading.

    described: each of them, in the order in which they are written.
    bits, entropy: (T,), row t is of the prediction after character t.
    """

    view: ClassVar[str] = "dump"
    measures: ClassVar[dict[str, str]] = {"bits": "bits", "entropy": "bits", "log_y_hat": "nats"}

    reading: Reading
    described: tuple[Described, ...]
    bits: Column
    entropy: Column

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Gather all arrays; states and gates only of the requested layer, if there is one.

        Raises
        ------
        ConfigError
            If there is no such layer.
        """
        vocabulary, config = reading.vocabulary, reading.network.config
        layers = options.layers(config)
        here = slice(layers[0], layers[-1] + 1)
        bits = np.append(reading.surprise[1:], np.nan)
        entropy = _entropy(reading)
        series = {kind: reading.series(kind)[:, here] for kind in reading.kinds}
        described = [
            Described("ids", reading.ids.astype(np.int32), "T"),
            Described("codepoints", vocabulary.code_points[reading.ids], "T"),
            Described("vocabulary", vocabulary.code_points, "V"),
            *(Described(kind, values, "T, L, H") for kind, values in series.items()),
            Described("log_y_hat", reading.log_y_hat, "T, V"),
            Described("bits", bits, "T"),
            Described("entropy", entropy, "T"),
        ]
        return cls(reading, tuple(described), bits, entropy)

    @property
    def size(self) -> int:
        """The size of all arrays in bytes."""
        return sum(array.values.nbytes for array in self.described)

    def data(self) -> dict[str, Any]:
        """Return a description of each array, and the numbers per character."""
        return {
            "arrays": [
                {
                    "name": array.name,
                    "dimensions": array.dimensions,
                    "shape": list(array.values.shape),
                    "type": str(array.values.dtype),
                    "meaning": array.meaning,
                }
                for array in self.described
            ],
            "characters": {
                "read": [self.reading.vocabulary[k] for k in self.reading.ids],
                "id": self.reading.ids.tolist(),
                "bits": plain(self.bits),
                "entropy": plain(self.entropy),
            },
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row per character, with the arrays that have one number per character."""
        yield ["t", "read", "codepoint", "id", "bits", "entropy_bits"]
        numbers = zip(plain(self.bits), plain(self.entropy), strict=True)
        for t, (k, (bits, entropy)) in enumerate(
            zip(self.reading.ids.tolist(), numbers, strict=True)
        ):
            read = self.reading.vocabulary[k]
            yield [t, read, ord(read), k, bits, entropy]

    def arrays(self) -> NamedArrays:
        """Return the arrays by name."""
        return {array.name: array.values for array in self.described}


def _entropy(reading: Reading) -> Column:
    """Return the entropy of each prediction, (T,), in bits."""
    T, V = reading.log_y_hat.shape
    entropy, step = np.empty(T), max(1, _PIECE // V)
    for start in range(0, T, step):
        log_y_hat = reading.log_y_hat[start : start + step].astype(np.float64)
        entropy[start : start + step] = -np.sum(np.exp(log_y_hat) * log_y_hat, axis=1) / log(2)
    return entropy
