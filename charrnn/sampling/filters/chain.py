"""The filters of a text in their order, and how predictions go through them."""

import math
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.errors import CharRNNError
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.filters.mirostat import Mirostat
from charrnn.sampling.filters.repetition import Dry, NoRepeatNgrams, Penalties
from charrnn.sampling.filters.truncation import (
    MinP,
    Temperature,
    TemperatureRamp,
    TopK,
    TopP,
    TypicalP,
)
from charrnn.text.vocabulary import Vocabulary

Left = tuple[tuple[str, int], ...]
"""How many characters each filter left, by its name, in their order."""


class Filters:
    """Filters one after the other.

    left: what each left of the last prediction; nothing, unless it is recorded.
    """

    left: Left = ()

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = filters

    def weights(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what to draw in proportion to, of one text, (V,); the largest is 1.

        scores: (V,), log-probabilities but for a constant.

        Raises
        ------
        CharRNNError
            A prediction is not a number, as from parameters so large that products overflow.
        """
        highest = scores[scores.argmax()]
        if not math.isfinite(highest):
            raise _not_a_number()
        log_p: NDArray[np.float64] = scores - highest
        rows = log_p[None]
        for change in self._filters:
            change(rows)
        return np.exp(log_p, out=log_p)

    def row_weights(self, scores: Floats) -> NDArray[np.float64]:
        """Return for each of B texts what `weights` returns for one, (B, V).

        Raises
        ------
        CharRNNError
            A prediction is not a number.
        """
        log_p = scores.astype(np.float64)
        highest = np.maximum.reduce(log_p, axis=1, keepdims=True)
        if not np.isfinite(highest).all():
            raise _not_a_number()
        log_p -= highest
        for change in self._filters:
            change(log_p)
        return np.exp(log_p, out=log_p)

    def accept(self, ids: Ids) -> None:
        """Let every filter take note of what was drawn, (B,)."""
        for one in self._filters:
            one.accept(ids)

    @property
    def carried(self) -> list[float]:
        """What filters know of their texts beyond the characters themselves."""
        return [number for one in self._mirostats for number in one.carried]

    @carried.setter
    def carried(self, numbers: list[float]) -> None:
        for one, number in zip(self._mirostats, numbers, strict=True):
            one.carried = [number]

    @property
    def _mirostats(self) -> list[Mirostat]:
        return [one for one in self._filters if isinstance(one, Mirostat)]

    def fork(self, rows: Ids) -> Self:
        """Return filters that continue the texts of these rows."""
        return type(self)([one.fork(rows) for one in self._filters])


class RecordedFilters(Filters):
    """Filters that record what each of them leaves.

    names: what each is called.
    """

    def __init__(self, filters: Sequence[Filter], names: Sequence[str]) -> None:
        super().__init__(filters)
        self._names = names

    def weights(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what `Filters.weights` returns."""
        rows = (scores - scores.max())[None]
        left: list[tuple[str, int]] = []
        if math.isfinite(scores.max()):
            for name, change in zip(self._names, self._filters, strict=True):
                change(rows)
                left.append((name, int(np.isfinite(rows).sum())))
        self.left = tuple(left)
        return super().weights(scores)


def filters_of(
    config: SamplingConfig,
    before: Ids,
    vocabulary: Vocabulary,
    own: Sequence[Filter] = (),
    *,
    recorded: bool = False,
) -> Filters:
    """Return the filters that options choose: constraint, no_copy, then the others in their order.

    before: (B, N), the prompts.
    own: filters of the caller's, applied first.
    recorded: whether what each of them leaves is to be known.

    Raises
    ------
    ConfigError
        No text satisfies what is asked of it.
    """
    names = ["constraint", "no_copy", *config.order]
    made = {name: _MAKERS[name](config, before, vocabulary) for name in names}
    chosen = {name: one for name, one in made.items() if one}
    filters = [*own, *chosen.values()]
    return (
        RecordedFilters(filters, [*("own" for _ in own), *chosen]) if recorded else Filters(filters)
    )


Maker = Callable[[SamplingConfig, Ids, Vocabulary], Filter | None]
"""Returns the filter that options choose, if they do."""


def _constraint(config: SamplingConfig, before: Ids, vocabulary: Vocabulary) -> Filter | None:
    if not config.asks and vocabulary.kind != "bytes":
        return None
    # A text of which nothing is asked does not wait for what builds automata.
    from charrnn.sampling.constraints.of_options import constraint_of  # noqa: PLC0415

    return constraint_of(config, vocabulary, before)


def _no_copy(config: SamplingConfig, before: Ids, vocabulary: Vocabulary) -> Filter | None:
    if not config.no_copy:
        return None
    from charrnn.sampling.filters.no_copy import no_copy  # noqa: PLC0415 - it reads files

    return no_copy(config, before, vocabulary)


def _penalties(config: SamplingConfig, before: Ids, vocabulary: Vocabulary) -> Filter | None:
    repeat, last = config.repeat_penalty, config.repeat_last_n
    frequency, presence = config.frequency_penalty, config.presence_penalty
    if not last or (repeat == 1 and not frequency and not presence):
        return None
    return Penalties(
        before, len(vocabulary), repeat=repeat, frequency=frequency, presence=presence, last=last
    )


def _no_repeat_ngrams(config: SamplingConfig, before: Ids, _: Vocabulary) -> Filter | None:
    n = config.no_repeat_ngram_size
    return NoRepeatNgrams(n, before) if n else None


def _dry(config: SamplingConfig, before: Ids, vocabulary: Vocabulary) -> Filter | None:
    if not config.dry_multiplier or not config.dry_penalty_last_n:
        return None
    breakers = {
        k
        for text in config.dry_sequence_breaker
        for k in vocabulary.encode_prompt(text, "skip").tolist()
    }
    return Dry(
        before,
        multiplier=config.dry_multiplier,
        base=config.dry_base,
        allowed=config.dry_allowed_length,
        last=config.dry_penalty_last_n,
        breakers=breakers,
    )


def _top_k(config: SamplingConfig, _: Ids, vocabulary: Vocabulary) -> Filter | None:
    return TopK(config.top_k) if 0 < config.top_k < len(vocabulary) else None


def _typical_p(config: SamplingConfig, *_: object) -> Filter | None:
    return TypicalP(config.typical_p) if config.typical_p < 1 else None


def _top_p(config: SamplingConfig, *_: object) -> Filter | None:
    return TopP(config.top_p) if config.top_p < 1 else None


def _min_p(config: SamplingConfig, *_: object) -> Filter | None:
    return MinP(config.min_p) if config.min_p else None


def _temperature(config: SamplingConfig, *_: object) -> Filter | None:
    if isinstance(config.temperature, tuple):
        first, last = config.temperature
        return TemperatureRamp(first, last, config.length)
    return Temperature(config.temperature) if config.temperature != 1 else None


def _mirostat(config: SamplingConfig, before: Ids, _: Vocabulary) -> Filter | None:
    if not config.mirostat:
        return None
    return Mirostat(config.mirostat_tau, config.mirostat_eta, len(before))


_MAKERS: dict[str, Maker] = {
    "constraint": _constraint,
    "no_copy": _no_copy,
    "penalties": _penalties,
    "no_repeat_ngram": _no_repeat_ngrams,
    "dry": _dry,
    "top_k": _top_k,
    "typical_p": _typical_p,
    "top_p": _top_p,
    "min_p": _min_p,
    "temperature": _temperature,
    "mirostat": _mirostat,
}
"""Makers of the filters: those that come first, and by the names in `config.ORDER`."""


def _not_a_number() -> CharRNNError:
    return CharRNNError(
        "what the network predicts is not a number, because its parameters are too large; "
        "train it again, with a smaller learning rate"
    )
