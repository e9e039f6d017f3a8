"""The source text of a view: typed, from files or standard input, or a sample, as ids."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from charrnn.array_types import Ids
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.plurals import agreeing, counted
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.sample import Sample, first_ids
from charrnn.text.corpus import read_first
from charrnn.text.read_as import ReadAs, Unknown
from charrnn.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Source:
    """A text, its origin, and how much of it is read.

    ids: (T,), the text to read.
    name: of the file, `-` for standard input, None where it was typed.
    sha256: of the whole given text in UTF-8, or of its bytes where ids are of bytes.
    given: number of characters of the whole text.
    taken: number of first characters within the limit.
    unknown: number of those that the network does not know; they are skipped or replaced.
    notes: what the user should know about the file, a sentence each.
    seed: of a sample of the network; None for other texts.
    """

    ids: Ids
    name: str | None
    sha256: str
    given: int
    taken: int
    unknown: int
    notes: tuple[str, ...] = ()
    seed: int | None = None

    @classmethod
    def typed(cls, vocabulary: Vocabulary, text: str, unknown: Unknown, limit: int) -> Self:
        """Take a text that was typed, up to `limit` characters of it.

        Raises
        ------
        UnknownCharacter
            If `unknown` is "error" and one of those is not known.
        TextError
            If the text has half a character (a lone surrogate).
        """
        as_utf8 = text.encode("utf-8", "surrogatepass")
        if vocabulary.kind == "bytes":
            vocabulary.encode_prompt(text)  # raises at half a character
            text = as_utf8.decode("latin-1")
        taken = text[:limit]
        return cls(
            ids=vocabulary.encode(taken, unknown),
            name=None,
            sha256=hashlib.sha256(as_utf8).hexdigest(),
            given=len(text),
            taken=len(taken),
            unknown=_unknown(vocabulary, taken),
        )

    @classmethod
    def file(
        cls,
        vocabulary: Vocabulary,
        name: str,
        unknown: Unknown,
        limit: int,
        read: Sequence[ReadAs] = (),
    ) -> Self:
        """Take the text of a file, a folder, a pattern, or `-` for standard input.

        read: the ways to read it, in the order to try; by default that of the vocabulary.

        Raises
        ------
        UnknownCharacter
            As above.
        TextError
            If the file cannot be read or is not text.
        """
        corpus = read_first([name], read or (ReadAs(as_bytes=vocabulary.kind == "bytes"),))
        taken = corpus.vocabulary.decode(corpus.ids[:limit]) if len(corpus) else ""
        return cls(
            ids=vocabulary.encode(taken, unknown),
            name=name,
            sha256=corpus.sha256,
            given=len(corpus),
            taken=len(taken),
            unknown=_unknown(vocabulary, taken),
            notes=corpus.notes,
        )

    @classmethod
    def written(cls, checkpoint: Checkpoint, length: int, options: Options) -> Self:
        """Take a sample of the network, after a line break.

        Raises
        ------
        ConfigError
            If the length is below 1, or beyond the limit.
        """
        if not 1 <= length <= options.limit:
            raise ConfigError(
                f"{length} is not between 1 and the limit, {options.limit}", argument="sample"
            )
        rng = np.random.default_rng(options.seed)
        sampling = SamplingConfig(length=length, temperature=options.temperature)
        prompt = first_ids(checkpoint.vocabulary, rng)
        made = Sample(checkpoint.network, checkpoint.vocabulary, prompt, sampling, rng).choices()
        ids = np.array([choice.id for choice in made])
        text = "".join(checkpoint.vocabulary[k] for k in ids)
        return cls(
            ids=ids,
            name=None,
            sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            given=length,
            taken=length,
            unknown=0,
            seed=options.seed,
        )

    def about(self) -> dict[str, Any]:
        """Return the description of the text, as JSON types; n is the number of ids."""
        return {
            "source": self.name,
            "n": len(self.ids),
            "sha256": self.sha256,
            "given": self.given,
            "taken": self.taken,
            "unknown": self.unknown,
            "seed": self.seed,
        }

    def remarks(self) -> list[str]:
        """Return the notes, including one about characters left out."""
        remarks = list(self.notes)
        if self.given > self.taken:
            remarks.append(
                f"the first {self.taken:,} of {counted(self.given, 'character')} "
                f"{agreeing(self.taken, 'is', 'are')} read; "
                f"--limit {self.given} reads all"
            )
        if self.unknown:
            skipped = len(self.ids) == self.taken - self.unknown
            which = "skipped" if skipped else "read as the nearest that it knows, or left out"
            remarks.append(f"{counted(self.unknown, 'character')} unknown to this network: {which}")
        return remarks


def _unknown(vocabulary: Vocabulary, text: str) -> int:
    """Count the unknown characters of a text."""
    return sum(text.count(character) for character in set(text) if character not in vocabulary)
