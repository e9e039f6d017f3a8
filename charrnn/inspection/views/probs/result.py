"""What the network expected at each character, and how far off it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Floats, Ids, Integers, NamedArrays
from charrnn.evaluation.statistics import Calibration, block_standard_error, calibrate, perplexity
from charrnn.inspection.options import Options, Paint
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, attributes, plain, records, text_arrays
from charrnn.inspection.views.probs.greedy_branches import branches
from charrnn.network.functions import log_softmax
from charrnn.text.vocabulary import Vocabulary

_IMPOSSIBLE = 1e150  # nats; its square is a number still

_PIECE = 2**22  # numbers of the predictions processed at a time, about


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

    With x the next character and y_hat = softmax(z_y / τ) the prediction, in row t:

        p        = y_hat(x)
        bits     = -log2 p                           the surprise
        rank     = 1 + how many characters are likelier than x
        place    = rank + how many of smaller id are equally likely
        entropy  = -Σ y_hat log2 y_hat               the surprise that the network expected
        excess   = bits - entropy                    positive where it did worse than it expected
        margin   = log2 of the likeliest's share over the second's

    Each is (T,). In the last row nothing comes, so p, bits and excess are nan, rank and place 0.
    `top_ids` and `top_p`, (T, k), are the k likeliest; of equals the smaller id comes first.

    temperature: τ; at 1 the prediction is the network's own.
    branch: by how many characters each of the k is gone on from; 0 for none.
    paint: which column the text is painted by.
    track: reports the progress of branches.
    """

    view: ClassVar[str] = "probs"
    measures: ClassVar[dict[str, str]] = dict.fromkeys(
        ("bits", "entropy", "excess", "margin"), "bits"
    )

    reading: Reading
    temperature: float
    branch: int
    paint: Paint
    track: Track
    p: Column
    rank: Integers
    place: Integers
    bits: Column
    entropy: Column
    margin: Column
    top_ids: Integers
    top_p: Column
    means: Means | None
    calibration: Calibration | None

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that ids are of."""
        return self.reading.vocabulary

    @property
    def ids(self) -> Ids:
        """The text, (T,)."""
        return self.reading.ids

    @property
    def excess(self) -> Column:
        """How much worse than expected, bits - entropy, (T,)."""
        return self.bits - self.entropy

    @property
    def painted_by(self) -> Column:
        """What each character of the text is painted by, (T,); nan for the first."""
        column = {"bits": self.bits, "rank": self.rank, "excess": self.excess}[self.paint]
        return np.concatenate([[np.nan], column[:-1]])

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Work out every column from a reading; branches, which take longer, when they are read."""
        T, V = reading.log_y_hat.shape
        k = min(options.top, V)
        p, bits, entropy, margin = (np.full(T, np.nan) for _ in range(4))
        rank, place = np.zeros(T, np.int64), np.zeros(T, np.int64)
        top_ids, top_p = np.empty((T, k), np.int64), np.empty((T, k))
        step = max(1, _PIECE // V)
        for start in range(0, T, step):
            here = slice(start, start + step)
            log_y_hat = _tempered(reading.log_y_hat[here], options.temperature)
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
            chosen = np.take_along_axis(log_y_hat[:n], x, axis=1)
            p[start : start + n] = np.exp(chosen[:, 0])
            bits[start : start + n] = -chosen[:, 0] / log(2)
            rank[start : start + n] = 1 + np.sum(log_y_hat[:n] > chosen, axis=1)
            place[start : start + n] = 1 + np.argmax(likeliest[:n] == x, axis=1)
        means = calibration = None
        if T > 1:
            calibration = calibrate(top_p[:-1, 0], place[:-1] == 1)
            means = _means(bits[:-1], entropy[:-1], place[:-1], calibration)
        return cls(
            reading, options.temperature, options.branch, options.paint, track,
            p, rank, place, bits, entropy, margin, top_ids, top_p, means, calibration,
        )  # fmt: skip

    def branches(self, places: Ids) -> Ids:
        """Return how the text would go on from each of the k likeliest after places, (P, k, n)."""
        return branches(self.reading, places, self.top_ids[places], self.branch, self.track)

    @cached_property
    def _all_branches(self) -> Ids:
        return self.branches(np.arange(len(self.ids)))

    def data(self) -> dict[str, Any]:
        """Return means, calibration and one object a character."""
        characters: list[dict[str, Any]] = [
            {name: cell for name, cell in row.items() if not name.startswith("top")}
            | {"top": self._top(t)}
            for t, row in enumerate(records(self.rows()))
        ]
        data: dict[str, Any] = {"means": None, "calibration": None, "characters": characters}
        if self.means and self.calibration:
            data["means"] = attributes(self.means, *vars(self.means))
            data["calibration"] = attributes(self.calibration, *vars(self.calibration))
        return data

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a character."""
        k, columns = self.top_ids.shape[1], 3 if self.branch else 2
        yield [
            "t", "read", "read_codepoint", "next", "next_codepoint", "p", "rank", "bits",
            "entropy_bits", "excess_bits", "margin_bits",
            *(f"top{n}{name}" for n in range(1, k + 1) for name in ("", "_p", "_branch")[:columns]),
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

    def arrays(self) -> NamedArrays:
        """Return the columns; `next_ids` is -1 in the last row."""
        arrays: NamedArrays = {
            **text_arrays(self.vocabulary, self.ids),
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
        if self.branch:
            arrays["branch_ids"] = self._all_branches.astype(np.int32)
        return arrays

    def _next(self, t: int) -> str | None:
        return self.vocabulary[self.ids[t + 1]] if t + 1 < len(self.ids) else None

    def _top(self, t: int) -> list[dict[str, Any]]:
        top: list[dict[str, Any]] = [
            {"char": self.vocabulary[k], "p": p}
            for k, p in zip(self.top_ids[t].tolist(), self.top_p[t].tolist(), strict=True)
        ]
        if self.branch:
            for candidate, branch in zip(top, self._all_branches[t], strict=True):
                candidate["branch"] = "".join(self.vocabulary[k] for k in branch)
        return top


def _tempered(log_y_hat: Floats, temperature: float) -> Column:
    """Return the logarithms of softmax(z / τ), (n, V), from those at τ = 1.

    They differ from the scores z by a constant, which changes nothing. Of a very small τ what is
    less likely than all numbers can tell has a logarithm that is merely very small.
    """
    log_p: Column = log_y_hat.astype(np.float64)
    if temperature != 1:
        log_p -= log_p.max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):
            log_p /= temperature
        np.maximum(log_p, -_IMPOSSIBLE, out=log_p)
        log_softmax(log_p)
    return log_p


def _means(bits: Column, entropy: Column, place: Integers, calibration: Calibration) -> Means:
    mean = float(bits.mean())
    error, blocks = block_standard_error(bits)
    return Means(
        predictions=len(bits),
        bits=mean,
        bits_error=error,
        blocks=blocks,
        perplexity=perplexity(mean),
        entropy=float(entropy.mean()),
        excess=mean - float(entropy.mean()),
        top1=float(np.mean(place == 1)),
        top5=float(np.mean(place <= 5)),
        calibration_error=calibration.error,
    )
