"""What a network of pairs would answer after each character of a text."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.array_types import Doubles
from charrnn.checkpoint.pairs import PairCheckpoint
from charrnn.errors import TextError
from charrnn.evaluation.answers import SourceReader, greedy
from charrnn.evaluation.pairs import ROWS
from charrnn.text.read_as import Unknown

LONGEST = 2_000
"""Characters of a text at most: each of its beginnings is read anew."""

MOST_WRITTEN = 200
"""Characters of an answer that is written, at most."""


@dataclass(frozen=True)
class Verdict:
    """What would be answered after each character.

    probabilities: (N, K), of each label after each character; (0, 0) where answers are written.
    answers: what would be answered after each character; of what is written only where a word
        ends, and else an empty text.
    """

    text: str
    labels: tuple[str, ...]
    probabilities: Doubles
    answers: tuple[str, ...]

    @property
    def final(self) -> str:
        """The answer to the whole text."""
        return self.answers[-1]

    def towards_final(self) -> Doubles:
        """Return how probable the final answer is after each character, (N,)."""
        probabilities: Doubles = self.probabilities[:, self.labels.index(self.final)]
        return probabilities

    def turns(self, most: int) -> list[tuple[int, float]]:
        """Return the characters that turned it most: each place, and what it added."""
        changes = np.diff(self.towards_final())
        order = np.argsort(-np.abs(changes), kind="stable")[:most]
        return [(int(t) + 1, float(changes[t])) for t in order]

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        shares = self.probabilities.tolist()
        return {
            "text": self.text,
            "answer": self.final,
            "labels": list(self.labels),
            "steps": [self._step(t, shares) for t in range(len(self.text))],
        }

    def _step(self, t: int, shares: list[list[float]]) -> dict[str, Any]:
        step: dict[str, Any] = {"character": self.text[t], "answer": self.answers[t]}
        if shares:
            step["probabilities"] = dict(zip(self.labels, shares[t], strict=True))
        return step


def verdict_of(checkpoint: PairCheckpoint, text: str, unknown: Unknown = "error") -> Verdict:
    """Return what a network of pairs would answer after each character of a text.

    Raises
    ------
    TextError
        The text is empty or too long, or has an unknown character.
    """
    if not text.strip():
        raise TextError("the text is empty; give one to be answered")
    if len(text) > LONGEST:
        raise TextError(f"the text has {len(text):,} characters; {LONGEST:,} are the most here")
    network, vocabulary, labels = checkpoint.network, checkpoint.vocabulary, checkpoint.labels
    vocabulary.encode_prompt(text, unknown)
    ends = list(range(1, len(text) + 1))
    if not labels:  # where a word ends
        ends = [n for n in ends if n == len(text) or (text[n].isspace() > text[n - 1].isspace())]
    beginnings = [vocabulary.encode_prompt(text[:n], unknown) for n in ends]
    reader = SourceReader(network)
    shares: list[Doubles] = []
    written: dict[int, str] = {}
    for start in range(0, len(beginnings), ROWS):
        state, probabilities = reader.read(beginnings[start : start + ROWS])
        if labels:
            shares.append(probabilities)
            continue
        found = greedy(network, state, MOST_WRITTEN)
        written |= {
            n: vocabulary.decode_output(ids)
            for n, ids in zip(ends[start : start + ROWS], found, strict=True)
        }
    if labels:
        probabilities = np.concatenate(shares)
        answers = tuple(labels[k] for k in probabilities.argmax(axis=1).tolist())
        return Verdict(text, labels, probabilities, answers)
    answers = tuple(written.get(n, "") for n in range(1, len(text) + 1))
    return Verdict(text, (), np.empty((0, 0)), answers)
