"""Samples as JSON: one line each, with all that is needed to reproduce it."""

import json
from time import perf_counter
from typing import Any, TextIO

from charrnn.sampling.candidates import Candidate, candidates
from charrnn.sampling.filters.chain import Left
from charrnn.sampling.generate import Choice
from charrnn.sampling.sample import Sample
from charrnn.text.vocabulary import Vocabulary


class JsonLines:
    """Writes a sample when it is complete, or has been interrupted.

    Of samples made side by side, time and speed are those of all so far.

    about: what is the same for all samples, written in each line.
    top: candidates to write for each character; 0 leaves them out.
    """

    def __init__(
        self, stdout: TextIO, vocabulary: Vocabulary, about: dict[str, Any], top: int
    ) -> None:
        self._stdout, self._vocabulary, self._about, self._top = stdout, vocabulary, about, top
        self._index = -1

    def begin(self, *, beside: bool = False) -> None:
        """Begin a sample, and its clock, if it was not made along with the one before."""
        self._index += 1
        self._ids: list[int] = []
        self._log_p = 0.0
        self._choices: list[dict[str, Any]] = []
        if not beside:
            self._start, self._made = perf_counter(), 0

    def take(self, choice: Choice) -> None:
        """Record the next character."""
        self._ids.append(choice.id)
        self._log_p += choice.log_p
        if self._top:
            self._choices.append(self._choice(candidates(choice, self._top), choice.left))

    def end(self, sample: Sample) -> None:
        """Write the line of a sample."""
        elapsed = perf_counter() - self._start
        self._made += len(self._ids)
        line = self._about | {
            "index": self._index,
            "text": self._vocabulary.decode_output(self._ids),
            "log_p": round(self._log_p, 6),
            "finish_reason": sample.finish_reason or "interrupted",
            "elapsed_s": round(elapsed, 6),
            "characters_per_second": round(self._made / elapsed, 1) if self._ids else 0.0,
        }
        if self._top:
            line["choices"] = self._choices
        self._stdout.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
        self._stdout.flush()

    def close(self) -> None:
        """Write nothing: the last line is complete."""

    def _choice(self, found: list[Candidate], left: Left) -> dict[str, Any]:
        [chosen] = (candidate for candidate in found if candidate.chosen)
        of = self._shares(chosen) | {"candidates": [self._shares(each) for each in found]}
        return of | {"left": dict(left)}

    def _shares(self, candidate: Candidate) -> dict[str, Any]:
        """Return a candidate by names; of bytes, the character is that of the same number."""
        shares = candidate._asdict() | {"character": self._vocabulary[candidate.id]}
        del shares["chosen"]
        return shares
