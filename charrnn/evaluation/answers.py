"""How well texts are answered, beside what simple programs answer."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids
from charrnn.evaluation.nearest import nearest
from charrnn.evaluation.pairs import ROWS, PairLoss, encode_pairs
from charrnn.network.pairs import PairNetwork, PairTrace, empty_batch, log_y_hat, read_sources
from charrnn.network.stepper import Stepper
from charrnn.text.pairs import Pairs
from charrnn.text.vocabulary import Vocabulary

Z = 1.959963984540054
"""Standard deviations of a normal distribution that 95 % lie within, to both sides."""


def interval(right: int, count: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share, `right` of `count` (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    p, square = right / count, Z * Z / count
    middle, half = p + square / 2, Z * math.sqrt(p * (1 - p) / count + square / (4 * count))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


@dataclass(frozen=True)
class Measured:
    """The answers to pairs that were kept for validation.

    nats: the loss, of each symbol that is predicted.
    right: how many of `count` answers are exactly those of the pairs.
    errors: Levenshtein distance over the characters of the answers; nan for labels.
    confusion: (K, K), how often each label, a row, was answered by each; (0, 0) without labels.
    calibration: the expected calibration error (Guo et al. 2017); nan for what is written.
    baselines: how many answers a simple program has right, by its name.
    answered: the answers.
    """

    count: int
    nats: float
    right: int
    errors: float
    confusion: Ids
    calibration: float
    baselines: dict[str, int]
    answered: tuple[str, ...] = field(repr=False)

    @property
    def exact(self) -> float:
        """The share of answers that are exactly those of the pairs: the accuracy of labels."""
        return self.right / self.count

    @property
    def bits(self) -> float:
        """The loss in bits."""
        return self.nats / math.log(2)

    @property
    def macro_f1(self) -> float:
        """The mean of the labels' F1, 2 right / (there + answered); nan for what is written."""
        if not self.confusion.size:
            return math.nan
        right = np.diag(self.confusion)
        there, said = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        counted = there + said > 0
        return float(np.mean(2 * right[counted] / (there + said)[counted]))

    def numbers(self) -> dict[str, float]:
        """Return the figures by name, without those that do not exist."""
        found = {
            "count": float(self.count),
            "exact": self.exact,
            "bits": self.bits,
            "errors": self.errors,
            "macro_f1": self.macro_f1,
            "calibration": self.calibration,
            **{f"exact of {name}": n / self.count for name, n in self.baselines.items()},
        }
        return {name: float(value) for name, value in found.items() if math.isfinite(value)}


def measure(
    network: PairNetwork,
    vocabulary: Vocabulary,
    labels: Sequence[str],
    pairs: Pairs,
    learnt: Pairs | None = None,
) -> Measured:
    """Return how well a network answers pairs, greedily, and what simple programs answer.

    learnt: the pairs that it, and they, have learnt from; without these no program is asked.

    Raises
    ------
    UnknownCharacter
        The vocabulary does not know a character.
    """
    encoded = encode_pairs(pairs, vocabulary, labels)
    longest = 2 * max(map(len, encoded.answers)) + 20
    texts: list[str] = []
    confidence: list[float] = []
    reader = SourceReader(network)
    for start in range(0, len(pairs), ROWS):
        state, probabilities = reader.read(encoded.sources[start : start + ROWS])
        if labels:
            texts += [labels[k] for k in probabilities.argmax(axis=1).tolist()]
            confidence += probabilities.max(axis=1).tolist()
        else:
            ids = greedy(network, state, longest)
            texts += [vocabulary.decode_output(each) for each in ids]
    right = np.array([one == other for one, other in zip(texts, pairs.answers, strict=True)])
    confusion = np.zeros((len(labels), len(labels)), np.intp)
    errors = math.nan
    if labels:
        number = {label: n for n, label in enumerate(labels)}
        for there, said in zip(pairs.answers, texts, strict=True):
            confusion[number[there], number[said]] += 1
    else:
        wrong = sum(map(distance, pairs.answers, texts))
        errors = wrong / max(1, sum(map(len, pairs.answers)))
    return Measured(
        count=len(pairs),
        nats=PairLoss(encoded)(network).mean,
        right=int(right.sum()),
        errors=errors,
        confusion=confusion,
        calibration=_calibration(np.array(confidence), right) if labels else math.nan,
        baselines=baselines(learnt, pairs, labelled=bool(labels)) if learnt else {},
        answered=tuple(texts),
    )


class SourceReader:
    """Reads texts that are to be answered, at most `ROWS` side by side."""

    def __init__(self, network: PairNetwork) -> None:
        self._network = network
        self._trace: PairTrace | None = None

    def read(self, sources: Sequence[Ids]) -> tuple[Floats, Doubles]:
        """Return the states after some texts, (L, S, n, H), and how probable labels are then.

        The latter is (n, K), with K = 0 where answers are written.
        """
        network, n = self._network, len(sources)
        T = max(1, *map(len, sources))
        if self._trace is None or len(self._trace.encoder.zx[0]) < T:
            self._trace = PairTrace(network, T, 1, ROWS)
        x = empty_batch(T, ROWS)
        for b, source in enumerate(sources):
            x[: len(source), b] = source
        read = read_sources(network, x, self._trace)
        probabilities = np.empty((n, 0))
        if network.decoder is None:
            a = read.a(len(read.states) - 1)[-1]
            probabilities = np.exp(log_y_hat(network.encoder, a)[:n])
        return read.state[:, :, :n].copy(), probabilities


def begin_answers(network: PairNetwork, state: Floats) -> Stepper:
    """Return a stepper that has begun to answer texts, after their states, (L, S, n, H)."""
    if network.decoder is None:
        raise ValueError("labels are not written")
    stepper = Stepper(network.decoder, ROWS)
    first = np.zeros_like(stepper.state)
    first[:, :, : state.shape[2]] = state
    stepper.move(first)
    stepper.read(np.full(ROWS, network.config.boundary))
    return stepper


def greedy(network: PairNetwork, state: Floats, most: int) -> list[list[int]]:
    """Return the answers of which each character is the likeliest, as ids, at most so long."""
    boundary, n = network.config.boundary, state.shape[2]
    stepper = begin_answers(network, state)
    ids: list[list[int]] = [[] for _ in range(n)]
    running = np.ones(n, bool)
    for _ in range(most):
        chosen = stepper.logits.argmax(axis=1)
        running &= chosen[:n] != boundary
        if not running.any():
            break
        for b in np.flatnonzero(running).tolist():
            ids[b].append(int(chosen[b]))
        stepper.read(chosen)
    return ids


def baselines(learnt: Pairs, pairs: Pairs, *, labelled: bool) -> dict[str, int]:
    """Return how many answers simple programs have right, by their names.

    Of labels the most frequent one, and a naive Bayes of words (add-one smoothing); of answers that
    are written that to the most similar text, by the cosine of counts of three characters in a row.
    """
    if labelled:
        [(frequent, _)] = Counter(learnt.answers).most_common(1)
        return {
            "most frequent": pairs.answers.count(frequent),
            "naive Bayes": _right(naive_bayes(learnt, pairs.sources), pairs.answers),
        }
    return {"nearest text": _right(nearest(learnt, pairs.sources), pairs.answers)}


def naive_bayes(learnt: Pairs, sources: Sequence[str]) -> list[str]:
    """Return the label of each text by the words in it, as if they were independent."""
    labels = learnt.labels
    words = {label: Counter[str]() for label in labels}
    for source, label in zip(learnt.sources, learnt.answers, strict=True):
        words[label].update(_words(source))
    known = set().union(*words.values())
    there = Counter(learnt.answers)
    totals = {label: math.log(words[label].total() + len(known)) for label in labels}

    def score(source: str, label: str) -> float:
        seen = [word for word in _words(source) if word in known]
        likelihood = sum(math.log(words[label][word] + 1) - totals[label] for word in seen)
        return math.log(there[label]) + likelihood

    return [max(labels, key=partial(score, source)) for source in sources]


def distance(one: str, other: str) -> int:
    """Return the Levenshtein distance: the least number of insertions, deletions, replacements."""
    if one == other:
        return 0
    column = np.array([ord(letter) for letter in other])
    ahead = np.arange(len(other) + 1)
    row = ahead.copy()
    for n, letter in enumerate(one, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (column != ord(letter)))
        # Insertions run along the row: the least of all places before, one for each step.
        row = np.minimum.accumulate(np.append(n, best) - ahead) + ahead
    return int(row[-1])


def _right(said: Sequence[str], there: Sequence[str]) -> int:
    return sum(one == other for one, other in zip(said, there, strict=True))


def _words(text: str) -> list[str]:
    """Return the words of a text, in small letters; other characters count for themselves."""
    spaced = "".join(c if c.isalnum() or c == "'" else f" {c} " for c in text.casefold())
    return spaced.split()


def _calibration(confidence: Doubles, right: Ids, bins: int = 10) -> float:
    """Return the expected calibration error of predictions."""
    chosen = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[chosen == k].mean() - confidence[chosen == k].mean()) * np.mean(chosen == k)
        for k in np.unique(chosen)
    ]
    return float(sum(gaps))
