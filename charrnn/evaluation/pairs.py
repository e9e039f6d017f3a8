"""Pairs as ids, and the loss of a network on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Doubles, Ids
from charrnn.evaluation.score import Score
from charrnn.network.pairs import (
    NOTHING,
    PairNetwork,
    PairTrace,
    empty_batch,
    log_y_hat,
    read_answers,
    read_sources,
)
from charrnn.text.pairs import Pairs
from charrnn.text.vocabulary import Vocabulary

ROWS = 32
"""Pairs that are read side by side where nothing is learnt. Always as many, so that what is
answered to a text does not depend on those beside it."""


STRIDE = 8
"""Characters by which sources of a batch may differ, so that their answers differ by fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPairs:
    """Pairs as ids.

    sources: (n,) ids each.
    answers: (m,) ids each, or of labels (1,), the number of the label.
    """

    sources: tuple[Ids, ...]
    answers: tuple[Ids, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.sources)

    @property
    def characters(self) -> int:
        """The characters that are read and predicted, boundaries among them."""
        return sum(map(len, self.sources)) + sum(len(answer) + 1 for answer in self.answers)

    @property
    def longest(self) -> int:
        """The ids of the longest source, or of the longest answer with its boundary."""
        sources = max(map(len, self.sources), default=0)
        return max(sources, max((len(answer) + 1 for answer in self.answers), default=0), 1)

    def packed(self, which: Ids, B: int, T: int) -> tuple[Ids, Ids]:
        """Return some pairs as a batch, (T, B) each; see `charrnn.network.pairs`."""
        x, y = empty_batch(T, B), empty_batch(T, B)
        for b, n in enumerate(which.tolist()):
            source, answer = self.sources[n], self.answers[n]
            x[: len(source), b] = source
            y[: len(answer), b] = answer
        return x, y


def encode_pairs(pairs: Pairs, vocabulary: Vocabulary, labels: Sequence[str] = ()) -> EncodedPairs:
    """Return pairs as ids; the answers as the numbers of labels, if there are some.

    Raises
    ------
    UnknownCharacter
        The vocabulary does not know a character.
    """
    numbers = {label: np.array([n]) for n, label in enumerate(labels)}
    return EncodedPairs(
        tuple(map(vocabulary.encode_prompt, pairs.sources)),
        tuple(
            numbers[answer] if labels else vocabulary.encode_prompt(answer)
            for answer in pairs.answers
        ),
    )


def batches_of(pairs: EncodedPairs, which: Ids, B: int) -> list[Ids]:
    """Return some pairs, by their numbers, in batches of B of about the same length."""
    sources = [len(pairs.sources[n]) // STRIDE for n in which.tolist()]
    answers = [len(pairs.answers[n]) for n in which.tolist()]
    order = which[np.lexsort((answers, sources))]
    return [order[start : start + B] for start in range(0, len(order), B)]


class PairLoss:
    """The mean loss of a network on pairs, in nats for each symbol that is predicted.

    most: the characters that are read at most, of pairs drawn at random.
    """

    def __init__(self, pairs: EncodedPairs, most: int | None = None) -> None:
        order = np.random.default_rng(0).permutation(len(pairs))
        if most is not None:
            lengths = [len(pairs.sources[n]) + len(pairs.answers[n]) + 1 for n in order.tolist()]
            order = order[: max(1, int(np.searchsorted(np.cumsum(lengths), most, "right")))]
        self._pairs, self._batches = pairs, batches_of(pairs, order, ROWS)

    def __call__(self, network: PairNetwork) -> Score:
        """Return the loss of a network on the pairs."""
        pairs = self._pairs
        T = max(map(len, pairs.sources))
        U = 1 if network.decoder is None else max(map(len, pairs.answers)) + 1
        # Allocated per call, so that no memory is kept between evaluations.
        trace = PairTrace(network, T, U, ROWS, scores=True)
        sums = [losses(network, pairs, which, trace) for which in self._batches]
        means = [nats.sum() / count.sum() for nats, count in sums]
        total = sum(nats.sum() for nats, _ in sums) / sum(count.sum() for _, count in sums)
        return Score(float(total), float(np.median(means)))


def losses(
    network: PairNetwork, pairs: EncodedPairs, which: Ids, trace: PairTrace
) -> tuple[Doubles, Doubles]:
    """Return the loss of each of some pairs in nats, (n,), and the symbols that it is of, (n,)."""
    x, y = pairs.packed(which, ROWS, pairs.longest)
    read = read_sources(network, x, trace)
    n = len(which)
    if network.decoder is None:
        scored = log_y_hat(network.encoder, read.a(len(read.states) - 1)[-1])
        chosen: Doubles = scored[np.arange(n), y[0, :n]].astype(np.float64)
        return -chosen, np.ones(n)
    written, wanted = read_answers(network, y, read.state, trace)
    counted = wanted != NOTHING
    log_p = np.take_along_axis(
        written.log_y_hat, np.where(counted, wanted, 0)[..., None].astype(np.intp), axis=-1
    )[..., 0]
    nats = -(log_p * counted).sum(axis=0, dtype=np.float64)
    return nats[:n], counted.sum(axis=0)[:n].astype(np.float64)
