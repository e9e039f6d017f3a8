"""What the network expected at each character, and how far off it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, Column, plain
from charrnn.network.functions import Ids
from charrnn.text.vocabulary import Vocabulary

BINS = 10
"""Of confidence, in the calibration."""

LEAST_BLOCKS = 4
"""With fewer blocks than these no standard error is told."""

_PIECE = 2**22  # predictions are worked on in pieces of about so many numbers


@dataclass(frozen=True)
class Calibration:
    """How often the likeliest character came, by how likely it was said to be; (BINS,) each.

    A prediction belongs to bin k where k/BINS <= max y_hat < (k+1)/BINS, and to the last at 1.
    """

    count: NDArray[np.int64]
    confidence: Column
    accuracy: Column

    @property
    def error(self) -> float:
        """The expected calibration error, Σ n_k/n |accuracy_k - confidence_k| (Guo et al. 2017)."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(self.count @ np.nan_to_num(gaps) / self.count.sum())


@dataclass(frozen=True)
class Means:
    """Means over the predicted characters; bits a character.

    predictions: how many there are, one less than characters.
    bits_error: the standard error of `bits`, from `blocks` means of consecutive characters, since
        neighbours are not independent (batch means, Flegal & Jones 2010); nan for a short text.
    top1, top5: how often the next character was the likeliest, or among the five likeliest.
    """

    predictions: int
    bits: float
    bits_error: float
    blocks: int
    perplexity: float
    entropy: float
    excess: float
    top1: float
    top5: float
    calibration_error: float


@dataclass(frozen=True, eq=False)
class Probabilities:
    """The prediction after each character of a text, against the character that came.

    With x the next character and y_hat the prediction, in row t:

        p        = y_hat(x)
        bits     = -log2 p                           the surprise
        rank     = 1 + how many characters are likelier than x
        place    = rank + how many of smaller id are equally likely
        entropy  = -Σ y_hat log2 y_hat               the surprise that the network expected
        excess   = bits - entropy                    positive where it did worse than it expected
        margin   = log2 of the likeliest's share over the second's

    Each is (T,). In the last row nothing comes, so p, bits and excess are nan, rank and place 0.
    `top_ids` and `top_p`, (T, k), are the k likeliest; of equals the smaller id comes first.
    """

    view: ClassVar[str] = "probs"
    measures: ClassVar[dict[str, str]] = {
        "bits": "bits",
        "entropy": "bits",
        "excess": "bits",
        "margin": "bits",
    }

    vocabulary: Vocabulary
    ids: Ids
    p: Column
    rank: NDArray[np.int64]
    place: NDArray[np.int64]
    bits: Column
    entropy: Column
    margin: Column
    top_ids: NDArray[np.int64]
    top_p: Column
    means: Means | None
    calibration: Calibration | None

    @property
    def excess(self) -> Column:
        """How much worse than expected, bits - entropy, (T,)."""
        return self.bits - self.entropy

    @classmethod
    def of(cls, reading: Reading, options: Options | None = None) -> Self:
        """Work out every column from a reading."""
        T, V = reading.log_y_hat.shape
        k = min((options or Options()).top, V)
        p, bits, entropy, margin = (np.full(T, np.nan) for _ in range(4))
        rank, place = np.zeros(T, np.int64), np.zeros(T, np.int64)
        top_ids, top_p = np.empty((T, k), np.int64), np.empty((T, k))
        step = max(1, _PIECE // V)
        for start in range(0, T, step):
            here = slice(start, start + step)
            log_y_hat = reading.log_y_hat[here].astype(np.float64)
            y_hat = np.exp(log_y_hat)
            entropy[here] = -np.sum(y_hat * log_y_hat, axis=1) / log(2)
            likeliest = np.argsort(-log_y_hat, axis=1, kind="stable")
            top_ids[here] = likeliest[:, :k]
            top_p[here] = np.take_along_axis(y_hat, top_ids[here], axis=1)
            if V > 1:
                first, second = np.take_along_axis(log_y_hat, likeliest[:, :2], axis=1).T
                margin[here] = (first - second) / log(2)

            x = reading.ids[start + 1 : start + step + 1, None]
            n = len(x)
            told = np.take_along_axis(log_y_hat[:n], x, axis=1)
            p[start : start + n] = np.exp(told[:, 0])
            bits[start : start + n] = -told[:, 0] / log(2)
            rank[start : start + n] = 1 + np.sum(log_y_hat[:n] > told, axis=1)
            place[start : start + n] = 1 + np.argmax(likeliest[:n] == x, axis=1)
        means = calibration = None
        if T > 1:
            calibration = _calibrate(top_p[:-1, 0], place[:-1] == 1)
            means = _means(bits[:-1], entropy[:-1], place[:-1], calibration)
        return cls(
            reading.vocabulary, reading.ids, p, rank, place, bits, entropy, margin, top_ids, top_p,
            means, calibration,
        )  # fmt: skip

    def data(self) -> dict[str, Any]:
        """Return means, calibration and one object a character."""
        heading, *table = self.rows()
        names = [str(name) for name in heading[: heading.index("top1")]]
        characters = [
            dict(zip(names, row, strict=False)) | {"top": self._top(t)}
            for t, row in enumerate(table)
        ]
        data: dict[str, Any] = {"means": None, "calibration": None, "characters": characters}
        if self.means and self.calibration:
            data["means"] = {name: plain(value) for name, value in vars(self.means).items()}
            data["calibration"] = {
                name: plain(value) for name, value in vars(self.calibration).items()
            }
        return data

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a character."""
        k = self.top_ids.shape[1]
        yield [
            "t", "read", "read_codepoint", "next", "next_codepoint", "p", "rank", "bits",
            "entropy_bits", "excess_bits", "margin_bits",
            *(name for n in range(1, k + 1) for name in (f"top{n}", f"top{n}_p")),
        ]  # fmt: skip
        numbers = [
            plain(column) for column in (self.p, self.bits, self.entropy, self.excess, self.margin)
        ]
        ranks = self.rank.tolist()
        for t, (p, bits, entropy, excess, margin) in enumerate(zip(*numbers, strict=True)):
            read, following = self.vocabulary[self.ids[t]], self._next(t)
            top = (cell for candidate in self._top(t) for cell in candidate.values())
            yield [
                t, read, ord(read), following, following and ord(following), p, ranks[t] or None,
                bits, entropy, excess, margin, *top,
            ]  # fmt: skip

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the columns; `next_ids` is -1 in the last row."""
        return {
            "ids": self.ids.astype(np.int32),
            "codepoints": self.vocabulary.code_points[self.ids],
            "next_ids": np.append(self.ids[1:], -1).astype(np.int32),
            "p": self.p,
            "rank": self.rank,
            "bits": self.bits,
            "entropy_bits": self.entropy,
            "excess_bits": self.excess,
            "margin_bits": self.margin,
            "top_ids": self.top_ids.astype(np.int32),
            "top_p": self.top_p,
        }

    def _next(self, t: int) -> str | None:
        return self.vocabulary[self.ids[t + 1]] if t + 1 < len(self.ids) else None

    def _top(self, t: int) -> list[dict[str, Any]]:
        return [
            {"char": self.vocabulary[k], "p": p}
            for k, p in zip(self.top_ids[t].tolist(), self.top_p[t].tolist(), strict=True)
        ]


def _calibrate(confidence: Column, right: NDArray[np.bool_]) -> Calibration:
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):  # a bin without predictions has no mean
        return Calibration(
            count,
            np.bincount(bins, confidence, BINS) / count,
            np.bincount(bins, right, BINS) / count,
        )


def _means(
    bits: Column, entropy: Column, place: NDArray[np.int64], calibration: Calibration
) -> Means:
    mean = float(bits.mean())
    error, blocks = block_standard_error(bits)
    return Means(
        predictions=len(bits),
        bits=mean,
        bits_error=error,
        blocks=blocks,
        perplexity=float(np.exp2(mean)),
        entropy=float(entropy.mean()),
        excess=mean - float(entropy.mean()),
        top1=float(np.mean(place == 1)),
        top5=float(np.mean(place <= 5)),
        calibration_error=calibration.error,
    )


def block_standard_error(values: Column) -> tuple[float, int]:
    """Return the standard error of the mean of neighbours that depend on each other.

    The n values are cut into a = ⌊n/b⌋ blocks of b = ⌊√n⌋; what is left at the end is not used. The
    error is the standard deviation of the blocks' means over √a (batch means, Flegal & Jones 2010).

    Returns
    -------
    error, blocks
        nan where there are fewer than `LEAST_BLOCKS`.
    """
    n = len(values)
    length = int(n**0.5)
    blocks = n // length if length else 0
    if blocks < LEAST_BLOCKS:
        return float("nan"), blocks
    means = values[: blocks * length].reshape(blocks, length).mean(axis=1)
    return float(means.std(ddof=1) / blocks**0.5), blocks
