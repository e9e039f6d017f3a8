"""A whole sample: text as it is made, until its length or a stop text."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Yields
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from charrnn.array_types import Ids
from charrnn.network.network import Network
from charrnn.sampling.batch import MOST, Part, SideBySide
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.draw import draw
from charrnn.sampling.endings import Endings, FinishReason, endings_of
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.generate import Choice, generate
from charrnn.sampling.whole import Whole, written_out
from charrnn.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charrnn.sampling.place import Continued

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
    whole: the text, if it is chosen already.
    continued: what makes the characters, where the place is wanted at which the text stops.
    recorded: whether what each filter leaves is to be known.
    finish_reason: what ended the sample; None while nothing has.
    """

    def __init__(
        self,
        network: Network,
        vocabulary: Vocabulary,
        prompt: Ids,
        config: SamplingConfig,
        rng: np.random.Generator,
        *,
        generated: Iterator[Choice] | None = None,
        filters: Sequence[Filter] = (),
        whole: Whole | None = None,
        continued: "Continued | None" = None,
        recorded: bool = False,
    ) -> None:
        self.network, self.vocabulary, self.prompt = network, vocabulary, prompt
        self.generated, self._own, self._whole = generated, filters, whole
        self.continued, self._recorded = continued, recorded
        self._waiting: deque[Choice] = deque()
        self.config, self.rng = config, rng
        self.finish_reason: FinishReason | None = None

    def choices(self) -> Iterator[Choice]:
        """Yield the characters of the sample.

        One that may belong to a stop text is delayed until it is known not to.
        """
        generated = self.continued.choices() if self.continued else self.generated
        if generated is None:
            prompt = self.prompt if len(self.prompt) else first_ids(self.vocabulary, self.rng)
            if whole := self._whole or self._chosen(prompt):
                filters = self._filters(prompt)
                yield from written_out(self.network, prompt, whole.ids, filters)
                self.finish_reason = whole.finish_reason
                return
            generated = self._generated(prompt)
        length = self.config.length
        limited = islice(generated, length if length >= 0 else None)
        endings = endings_of(self.config, self.vocabulary)
        yield from self._until(endings, limited) if endings else limited
        self.finish_reason = self.finish_reason or "length"

    def _chosen(self, prompt: Ids) -> Whole | None:
        """Return a text that options choose as a whole, if they do."""
        if self.config.num_beams > 1:
            from charrnn.sampling.beam import beam_search  # noqa: PLC0415

            return beam_search(self.network, self.vocabulary, prompt, self.config, self._own)[0]
        if self.config.best_of > 1:
            from charrnn.sampling.best_of import likeliest  # noqa: PLC0415

            return likeliest(self.network, prompt, self._several(prompt))
        return None

    def _several(self, prompt: Ids) -> Iterator["Sample"]:
        """Yield as many texts as the likeliest is chosen from, made side by side if they can be."""
        config, first = replace(self.config, best_of=1), np.zeros(1, np.intp)
        streams = iter(self.rng.spawn(self.config.best_of))
        while group := list(islice(streams, MOST)):
            side = None
            if not self._own and not config.looks_ahead:
                prompts = np.repeat(prompt[None], len(group), axis=0)
                part = Part(self.network, self.vocabulary, prompts, config, group)
                side = SideBySide([part.blocks()])
            for n, rng in enumerate(group):
                generated = side.choices(n) if side else None
                own = [one.fork(first) for one in self._own]
                yield Sample(
                    self.network,
                    self.vocabulary,
                    prompt,
                    config,
                    rng,
                    generated=generated,
                    filters=own,
                )

    def _generated(self, prompt: Ids) -> Iterator[Choice]:
        """Return the characters that follow a prompt, (N,) ids with N > 0."""
        network, vocabulary, config = self.network, self.vocabulary, self.config
        if config.looks_ahead:
            from charrnn.sampling.ahead import ids_ahead  # noqa: PLC0415

            ids = ids_ahead(network, vocabulary, prompt, config, self.rng, self._own)
            return written_out(network, prompt, ids, self._filters(prompt))
        filters = self._filters(prompt)
        how = choose_generator(network, config.length)
        return how(network, prompt, filters, self.rng)

    def _filters(self, prompt: Ids) -> Filters:
        before, recorded = prompt[None], self._recorded
        return filters_of(self.config, before, self.vocabulary, self._own, recorded=recorded)

    def pieces(self) -> Yields[str]:
        """Yield the text of the sample: of bytes a character when its last byte is there."""
        decoder = self.vocabulary.decoder()
        for choice in self.choices():
            if piece := decoder.feed(choice.id):
                yield piece
        if rest := decoder.finish():
            yield rest

    def _until(self, endings: Endings, choices: Iterator[Choice]) -> Iterator[Choice]:
        waiting = self._waiting
        for choice in choices:
            waiting.append(choice)
            if ended := endings.accept(choice.id):
                dropped, self.finish_reason = ended
                for _ in range(dropped):
                    waiting.pop()
                break
            for _ in range(len(waiting) - endings.pending):
                yield waiting.popleft()
        yield from self.delayed()

    def delayed(self) -> Iterator[Choice]:
        """Yield the characters that were delayed, for one that ends the text before its end."""
        while self._waiting:
            yield self._waiting.popleft()


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
