"""The filters of a text in their order, and how predictions go through them."""

import math
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids, Places
from charrnn.errors import CharRNNError
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import Ordered, draw, draw_rows
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.filters.mirostat import Mirostat
from charrnn.sampling.filters.repetition import Dry, NoRepeatNgrams, Penalties
from charrnn.sampling.filters.truncation import (
    MinP,
    Temperature,
    TemperatureRamp,
    TopK,
    TopP,
    Truncation,
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
        self._filters = self._first = filters
        self._last: Truncation | Mirostat | Penalties | None = None
        last = filters[-1] if filters else None
        if isinstance(last, Truncation | Mirostat | Penalties):  # they draw faster by themselves
            self._first, self._last = filters[:-1], last

    def draw(self, scores: Doubles, uniform: float) -> tuple[int, Doubles | Ordered]:
        """Return an id for one text, and what it is drawn from.

        scores: (V,), log-probabilities but for a constant.
        uniform: a random number from 0 up to but not 1.

        Raises
        ------
        CharRNNError
            A prediction is not a number, as from parameters so large that products overflow.
        """
        highest = scores[scores.argmax()]
        if not math.isfinite(highest):
            raise _not_a_number()
        log_p: Doubles = scores - highest
        if self._first:
            rows = log_p[None]
            for change in self._first:
                change(rows)
        if self._last:
            return self._last.draw(log_p, uniform)
        weights = np.exp(log_p, out=log_p)
        return draw(weights, uniform), weights

    def draw_rows(self, scores: Floats, uniform: Doubles) -> Places:
        """Return an id for each of B texts, (B,), as `draw` does for one.

        Raises
        ------
        CharRNNError
            A prediction is not a number.
        """
        log_p = _shifted(scores)
        for change in self._first:
            change(log_p)
        if isinstance(self._last, Truncation):
            rows = zip(log_p, uniform.tolist(), strict=True)
            return np.array([self._last.draw(*row)[0] for row in rows])
        if self._last:
            self._last(log_p)
        return draw_rows(np.exp(log_p, out=log_p), uniform)

    def weights(self, scores: Doubles) -> Doubles:
        """Return what `row_weights` returns, of one text, (V,)."""
        weights: Doubles = self.row_weights(scores[None])[0]
        return weights

    def row_weights(self, scores: Floats) -> Doubles:
        """Return what to draw in proportion to, (B, V); the largest of each text is 1.

        Raises
        ------
        CharRNNError
            A prediction is not a number.
        """
        log_p = _shifted(scores)
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

    def draw(self, scores: Doubles, uniform: float) -> tuple[int, Doubles | Ordered]:
        """Return what `Filters.draw` returns."""
        self._record(scores)
        return super().draw(scores, uniform)

    def weights(self, scores: Doubles) -> Doubles:
        """Return what `Filters.weights` returns."""
        self._record(scores)
        return super().weights(scores)

    def _record(self, scores: Doubles) -> None:
        rows = (scores - scores.max())[None]
        left: list[tuple[str, int]] = []
        if math.isfinite(scores.max()):
            for name, change in zip(self._names, self._filters, strict=True):
                change(rows)
                left.append((name, int(np.isfinite(rows).sum())))
        self.left = tuple(left)


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


def _shifted(scores: Floats) -> Doubles:
    """Return log-weights of B texts, (B, V), of which the largest of each is 0."""
    log_p = scores.astype(np.float64)
    highest = np.maximum.reduce(log_p, axis=1, keepdims=True)
    if not np.isfinite(highest).all():
        raise _not_a_number()
    log_p -= highest
    return log_p


def _not_a_number() -> CharRNNError:
    return CharRNNError(
        "what the network predicts is not a number, because its parameters are too large; "
        "train it again, with a smaller learning rate"
    )
