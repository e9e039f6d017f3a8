"""A whole sample: text as it is made, until its length or a stop text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from charrnn.network.functions import Ids
from charrnn.network.model import Network
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.generating import Choice, generate
from charrnn.text.vocabulary import Vocabulary


@dataclass
class Sample:
    """What came of one sample: complete once its pieces have been read to the end."""

    text: str = ""
    finish_reason: Literal["length", "stop"] | None = None
    choices: list[Choice] = field(default_factory=list)


def first_ids(vocabulary: Vocabulary, rng: np.random.Generator) -> Ids:
    """Return what stands for an empty prompt: a line break, or else a character as in the corpus.

    There is no prediction before the first character, so something has to be read.
    """
    if "\n" in vocabulary:
        return vocabulary.encode("\n")
    counts = vocabulary.counts.astype(np.float64)
    weights = counts if counts.sum() else np.ones(len(counts))
    k = int(np.cumsum(weights).searchsorted(rng.random() * weights.sum(), side="right"))
    return np.array([min(k, len(weights) - 1)])


def stream(
    network: Network,
    vocabulary: Vocabulary,
    prompt: Ids,
    config: SamplingConfig,
    rng: np.random.Generator,
    sample: Sample | None = None,
    *,
    keep_choices: bool = False,
) -> Iterator[str]:
    """Yield the text that follows the prompt, as it is made; fill `sample` on the way.

    What may be the beginning of a stop text is held back until it is known not to be.
    """
    sample = sample if sample is not None else Sample()
    decoder = vocabulary.decoder()
    held, longest = "", max(map(len, config.stop), default=0)
    ids = prompt if len(prompt) else first_ids(vocabulary, rng)
    for n, choice in enumerate(generate(network, ids, config, rng)):
        if n == config.length:
            sample.finish_reason = "length"
            break
        if keep_choices:
            sample.choices.append(choice)
        held += decoder.feed(choice.id)
        if cut := [held.find(stop) for stop in config.stop if stop in held]:
            held = held[: min(cut)]
            sample.finish_reason = "stop"
            break
        ready = len(held) - _possible_stop(held, config.stop, longest)
        if ready:
            sample.text += held[:ready]
            yield held[:ready]
            held = held[ready:]
    if sample.finish_reason == "length":
        held += decoder.finish()
    if held:
        sample.text += held
        yield held


def _possible_stop(held: str, stops: tuple[str, ...], longest: int) -> int:
    """Return how many characters at the end of `held` may be the beginning of a stop text."""
    for n in range(min(len(held), longest - 1), 0, -1):
        if any(stop.startswith(held[-n:]) for stop in stops):
            return n
    return 0
