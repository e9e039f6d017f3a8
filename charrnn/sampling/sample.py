"""A whole sample: text as it is made, until its length or a stop text."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Yields
from itertools import islice
from typing import Literal

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.constraints.constraint import Constraint
from charrnn.sampling.constraints.of_options import constraint_of
from charrnn.sampling.draw import draw
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.generate import Choice, generate
from charrnn.text.vocabulary import Vocabulary

LONG = 20_000
"""Characters above which another process is started: that takes 0.15 s or more, and saves some
25 us a character (measured)."""

Generator = Callable[[Network, Ids, Filters, np.random.Generator], Iterator[Choice]]


def choose_generator(network: Network, length: int) -> Generator:
    """Return the fastest generator for a length: `generate`, or one that yields the same."""
    if length != ENDLESS and length < LONG:
        return generate
    # What starts processes takes time to import, which a short text has no use for.
    from charrnn.sampling.alternating import generate_alternating  # noqa: PLC0415
    from charrnn.sampling.processes.split_units import is_worthwhile  # noqa: PLC0415

    return generate_alternating if is_worthwhile(network) else generate


class Sample:
    """One sample, made while it is read, by `choices` or by `pieces`, once.

    prompt: (N,) ids to continue; if there are none, the sample begins as a line does.
    generated: the characters that follow the prompt, if something else makes them.
    filters: filters of the caller's, for one text.
    finish_reason: what ended the sample; None while nothing has.
    """

    def __init__(  # noqa: PLR0917
        self,
        network: Network,
        vocabulary: Vocabulary,
        prompt: Ids,
        config: SamplingConfig,
        rng: np.random.Generator,
        generated: Iterator[Choice] | None = None,
        filters: Sequence[Filter] = (),
    ) -> None:
        self.network, self.vocabulary, self.prompt = network, vocabulary, prompt
        self.generated, self._own = generated, filters
        self.config, self.rng = config, rng
        self.finish_reason: Literal["length", "stop", "complete"] | None = None

    def choices(self) -> Iterator[Choice]:
        """Yield the characters of the sample.

        One that may belong to a stop text is delayed until it is known not to.
        """
        generated = self.generated
        if generated is None:
            prompt = self.prompt if len(self.prompt) else first_ids(self.vocabulary, self.rng)
            generated = self._generated(prompt)
        length = self.config.length
        limited = islice(generated, length if length >= 0 else None)
        stops = [
            self.vocabulary.encode_prompt(stop).tolist()
            for stop in self.config.stop
            if can_appear(stop, self.vocabulary)
        ]
        none: Ids = np.empty((1, 0), np.intp)
        asked = constraint_of(self.config, self.vocabulary, none) if self.config.asks else None
        yield from self._until(stops, asked, limited) if stops or asked else limited
        self.finish_reason = self.finish_reason or "length"

    def _generated(self, prompt: Ids) -> Iterator[Choice]:
        """Return the characters that follow a prompt, (N,) ids with N > 0."""
        network, vocabulary, config = self.network, self.vocabulary, self.config
        if config.looks_ahead:
            from charrnn.sampling.ahead import generate_ahead  # noqa: PLC0415

            return generate_ahead(network, vocabulary, prompt, config, self.rng, self._own)
        filters = filters_of(config, prompt[None], vocabulary, self._own)
        how = choose_generator(network, config.length)
        return how(network, prompt, filters, self.rng)

    def pieces(self) -> Yields[str]:
        """Yield the text of the sample: of bytes a character when its last byte is there."""
        decoder = self.vocabulary.decoder()
        for choice in self.choices():
            if piece := decoder.feed(choice.id):
                yield piece
        if rest := decoder.finish():
            yield rest

    def _until(
        self, stops: list[list[int]], asked: Constraint | None, choices: Iterator[Choice]
    ) -> Iterator[Choice]:
        """Yield characters until a stop text, or until what is asked is complete.

        A stop text ends nothing that does not satisfy yet what is asked.
        """
        waiting: deque[Choice] = deque()
        may_end: deque[bool] = deque()  # whether it may end before each of those
        fresh = [(stop, 0) for stop in stops]
        begun: list[tuple[list[int], int]] = []  # with how much of each is there, the most first
        for choice in choices:
            waiting.append(choice)
            may_end.append(asked is None or asked.satisfied[0])
            if asked:
                asked.accept(np.array([choice.id]))
            begun = [(stop, n + 1) for stop, n in begun + fresh if stop[n] == choice.id]
            whole = [n for stop, n in begun if n == len(stop) and may_end[-n]]
            if whole:
                self.finish_reason = "stop"
                yield from islice(waiting, len(waiting) - whole[0])
                return
            begun = [(stop, n) for stop, n in begun if n < len(stop)]
            if asked and asked.finished[0]:
                self.finish_reason = "complete" if asked.left else "length"
                break
            for _ in range(len(waiting) - (begun[0][1] if begun else 0)):
                yield waiting.popleft()
                may_end.popleft()
        yield from waiting


def stream(  # noqa: PLR0917
    network: Network,
    vocabulary: Vocabulary,
    prompt: Ids,
    config: SamplingConfig,
    rng: np.random.Generator,
    filters: Sequence[Filter] = (),
) -> Yields[str]:
    """Yield the text that follows the prompt, as it is made."""
    return Sample(network, vocabulary, prompt, config, rng, filters=filters).pieces()


def first_ids(vocabulary: Vocabulary, rng: np.random.Generator) -> Ids:
    """Return what stands for an empty prompt: a line break, or else a character as in the corpus.

    There is no prediction before the first character, so something has to be read.
    """
    if "\n" in vocabulary:
        return vocabulary.encode("\n")
    counts = vocabulary.counts.astype(np.float64)
    return np.array([draw(counts if counts.any() else np.ones(len(counts)), rng.random())])


def can_appear(text: str, vocabulary: Vocabulary) -> bool:
    """Return whether a network that knows these characters can write a text."""
    return vocabulary.kind == "bytes" or all(character in vocabulary for character in text)
