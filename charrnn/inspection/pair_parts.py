"""The parts of a network of pairs, each read as a network of its own by the views.

The encoder reads a source from a(0) = 0; after a character of it nothing is predicted. The decoder
reads the boundary and an answer from the state after the source, and predicts the answer and its
end. In a text of the decoder `BOUNDARY` stands for both.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from charrnn.array_types import Floats
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.checkpoint.pairs import PairCheckpoint
from charrnn.errors import ConfigError, TextError, Way
from charrnn.evaluation.answers import SourceReader, greedy
from charrnn.inspection.options import Options, Part
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Result
from charrnn.inspection.source import Source
from charrnn.inspection.view import View
from charrnn.text.boundary import BOUNDARY
from charrnn.text.read_as import Unknown
from charrnn.text.vocabulary import Vocabulary

LONGEST_ANSWER = 500
"""Characters of an answer that the network writes itself, at most."""


@dataclass(frozen=True, eq=False)
class PartRead:
    """A part of a network of pairs, with what it reads.

    checkpoint: the part as a network of its own.
    first: the state before the text, (L, S, H); None for the encoder, which predicts no characters.
    """

    checkpoint: Checkpoint
    source: Source
    first: Floats | None = None

    @classmethod
    def of(
        cls, pairs: PairCheckpoint, text: str, part: Part | None, unknown: Unknown, limit: int
    ) -> Self:
        """Return a part that reads a source, or the answer to it.

        text: the source; behind a tab its answer, by default the one that the network writes.
        part: by default the decoder, of labels the encoder.
        limit: as of `charrnn.inspection.options.Options`.

        Raises
        ------
        ConfigError
            There is no decoder, for answers are chosen.
        TextError
            There is no text, or the network does not know a character of it.
        """
        written, tab, answer = text.partition("\t")
        if not written:
            raise TextError("the text is empty; give one to be answered")
        model = part_of_pairs(pairs, part)
        if model.network is pairs.network.encoder:
            return cls._encoder(pairs, model, written, unknown, limit)
        return cls._decoder(pairs, model, written, answer if tab else None, unknown, limit)

    @classmethod
    def _encoder(
        cls, pairs: PairCheckpoint, model: Checkpoint, text: str, unknown: Unknown, limit: int
    ) -> Self:
        source = Source.typed(pairs.vocabulary, text, unknown, limit)
        if pairs.network.config.reverse:
            source = replace(
                source, ids=source.ids[::-1], notes=("the encoder reads the text from its end",)
            )
        return cls(model, source)

    @classmethod
    def _decoder(  # noqa: PLR0917
        cls,
        pairs: PairCheckpoint,
        model: Checkpoint,
        text: str,
        answer: str | None,
        unknown: Unknown,
        limit: int,
    ) -> Self:
        network = pairs.network
        state, _ = SourceReader(network).read([pairs.vocabulary.encode_prompt(text, unknown)])
        notes: tuple[str, ...] = ()
        if answer is None:
            [ids] = greedy(network, state, LONGEST_ANSWER)
            answer = "".join(pairs.vocabulary[k] for k in ids)
            notes = ("the network writes the answer",)
        elif pairs.vocabulary.kind == "bytes":
            answer = answer.encode().decode("latin-1")
        source = Source.typed(model.vocabulary, BOUNDARY + answer, unknown, limit)
        return cls(model, replace(source, notes=notes), state[:, :, 0])


@dataclass(frozen=True, eq=False)
class Looked:
    """A view of a part of a model of pairs.

    checkpoint: the part; source: what it read, None where the view reads nothing.
    options: those of the view, for this network.
    """

    result: Result
    checkpoint: Checkpoint
    source: Source | None
    options: Options


def look(  # noqa: PLR0917
    view: View,
    pairs: PairCheckpoint,
    text: str | None,
    part: Part | None,
    unknown: Unknown,
    options: Options,
    track: Track = untracked,
) -> Looked:
    """Compute a view of a part of a model of pairs.

    text, part: as for `PartRead.of`; no text is needed where the view reads none.

    Raises
    ------
    ConfigError
        There is no such part or no text, or the view needs predictions, which an encoder does not
        make.
    TextError
        The network does not know a character of the text.
    """
    model = part_of_pairs(pairs, part)
    predicts = model.network is pairs.network.decoder
    if view.needs_predictions and not predicts:
        raise ConfigError(
            f"{view.name} is about predictions of characters, and an encoder makes none",
            Way("choose {view}", view="state"),
            Way("{view}", view="gates"),
            *([Way("give {part}", part="decoder")] if pairs.network.decoder else ()),
            argument="view",
        )
    options = options.resolved(model.network.config)
    if not view.reads_text:
        return Looked(view.compute(model, options), model, None, options)
    if text is None:
        raise ConfigError("a model of pairs writes no text to look at; give one", argument="text")
    read = PartRead.of(pairs, text, part, unknown, options.limit)
    reading = Reading.of(
        model.network,
        model.vocabulary,
        read.source.ids,
        limit=options.limit,
        track=track,
        first=read.first,
        predicts=predicts,
    )
    result = view.compute((reading,) if view.compares else reading, options, track)
    return Looked(result, model, read.source, options)


def with_boundary(vocabulary: Vocabulary) -> Vocabulary:
    """Return the vocabulary of a decoder, (V+1,): `BOUNDARY` is its last character.

    That of bytes becomes one of characters, each byte the character of its number.

    Raises
    ------
    ConfigError
        It has `BOUNDARY` already.
    """
    if BOUNDARY in vocabulary:
        raise ConfigError(
            "this network knows U+10FFFF, which stands for the end of an answer here",
            Way("look at its encoder with {part}", part="encoder"),
        )
    points = np.append(vocabulary.code_points, ord(BOUNDARY))
    return Vocabulary(points, np.append(vocabulary.counts, 0))


def part_of_pairs(pairs: PairCheckpoint, part: Part | None = None) -> Checkpoint:
    """Return a part of a network of pairs as a model.

    part: by default the decoder, of labels the encoder.

    Raises
    ------
    ConfigError
        There is no decoder, for answers are chosen.
    """
    network = pairs.network
    whole = Checkpoint(
        network.encoder, pairs.vocabulary, pairs.training, pairs.history, pairs.versions
    )
    if part == "encoder" or (part is None and network.decoder is None):
        return whole
    if network.decoder is None:
        raise ConfigError(
            "answers of this network are chosen, not written; it has no decoder",
            Way("look at its encoder with {part}", part="encoder"),
            argument="part",
        )
    return replace(whole, network=network.decoder, vocabulary=with_boundary(pairs.vocabulary))
