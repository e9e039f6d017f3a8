"""The constraint that options ask for."""

import codecs
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from charrnn.array_types import Ids
from charrnn.sampling.config import ENDLESS, STEERING, SamplingConfig
from charrnn.sampling.constraints import steering
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.automaton import Automaton
from charrnn.sampling.constraints.constraint import Constraint
from charrnn.text.vocabulary import Vocabulary


def constraint_of(config: SamplingConfig, vocabulary: Vocabulary, before: Ids) -> Constraint | None:
    """Return a constraint for texts that are made side by side, if options ask for one.

    A network of bytes writes UTF-8, unless the configuration says otherwise.

    before: (B, N), the prompts. A character whose first bytes end them is completed.

    Raises
    ------
    ConfigError
        No text satisfies what is asked, or none of that length; the part that cannot be is named.
    """
    asked = tuple(_asked(config))
    if not asked and not (vocabulary.kind == "bytes" and config.utf8):
        return None
    texts = texts_asked(config, vocabulary)
    begun = [] if asked else _begun(before[0])
    length = config.length + len(begun) if config.length != ENDLESS else ENDLESS
    constraint = Constraint(texts, length, len(before))
    for k in begun:
        constraint.accept(np.full(len(before), k))
    return constraint


def texts_asked(config: SamplingConfig, vocabulary: Vocabulary) -> Automaton:
    """Return the automaton of the texts that satisfy what is asked.

    Raises
    ------
    ConfigError
        There is none, and why; or too many states.
    """
    return _automaton(tuple(_asked(config)), vocabulary)


def _begun(prompt: Ids) -> bytes:
    """Return the bytes of a character whose first ones end a prompt."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(prompt[-4:].astype(np.uint8).tobytes())
    begun, _ = decoder.getstate()
    return begun


def _asked(config: SamplingConfig) -> Iterator[tuple[str, str]]:
    for name in STEERING:
        value = getattr(config, name)
        for text in (value,) if isinstance(value, str) else value or ():
            yield name, text


@lru_cache(maxsize=4)
def _automaton(asked: tuple[tuple[str, str], ...], vocabulary: Vocabulary) -> Automaton:
    alphabet = Alphabet(vocabulary)
    if not asked:
        return steering.everything(alphabet)
    return steering.together([getattr(steering, name)(text, alphabet) for name, text in asked])
