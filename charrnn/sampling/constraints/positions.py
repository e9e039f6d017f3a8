"""From an expression to the automaton of the texts that it matches.

A place is one occurrence of a set of characters in an expression; a state is the set of places that
may have been read last, an integer with a bit for each. Place 0 is before the first character.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.sampling.constraints.alphabet import Alphabet, Ranges
from charrnn.sampling.constraints.automaton import (
    MOST_STATES,
    Automaton,
    TooManyStates,
    automaton,
    deterministic,
)
from charrnn.sampling.constraints.expression import (
    Choice,
    Expression,
    Letters,
    Repeat,
    Sequence,
)
from charrnn.sampling.constraints.utf8 import in_bytes

MOST_PLACES = 2 * MOST_STATES
MOST_STEPS = 20_000_000
"""Places looked at while states are made; they take some ten seconds."""


def automaton_of(expression: Expression, alphabet: Alphabet) -> Automaton:
    """Return the automaton of the texts that an expression matches as a whole.

    Raises
    ------
    TooManyStates
    """
    places = _Places()
    whole = places.add(expression)
    places.follow[0] = whole.first
    ends = whole.last | whole.is_optional
    column, kinds = _classes(list(places.of), len(alphabet.text))
    # For each class of characters the places that are read by one of it.
    reading = [
        _union(places_of for n, places_of in enumerate(places.of.values()) if kind >> n & 1)
        for kind in kinds
    ]
    steps = 0

    def step(state: int) -> list[int]:
        nonlocal steps
        follow = 0
        for place in _bits(state):
            follow |= places.follow[place]
            steps += 1
        if steps > MOST_STEPS:
            raise TooManyStates
        return [follow & of_class or -1 for of_class in reading]

    table, names = deterministic(1, step)
    accepting = np.array([bool(name & ends) for name in names])
    if alphabet.is_bytes:
        return in_bytes(automaton(table, column, accepting))
    return automaton(table, column, accepting)


class _Span(NamedTuple):
    """A part of an expression: the places that may come first and last in it.

    is_optional: whether it matches the empty text.
    """

    first: int
    last: int
    is_optional: bool


_EMPTY = _Span(0, 0, True)


class _Places:
    """The places of an expression.

    follow: for each the set of those that may come next.
    of: for each set of characters its places.
    """

    def __init__(self) -> None:
        self.follow = [0]
        self.of: dict[Ranges, int] = {}

    def add(self, expression: Expression) -> _Span:
        """Add the places of a part, and return where it begins and ends."""
        match expression:
            case Letters(ranges):
                return self._letters(ranges)
            case Sequence(items):
                span = _EMPTY
                for item in items:
                    span = self._then(span, self.add(item))
                return span
            case Choice(items):
                spans = [self.add(item) for item in items]
                return _Span(
                    _union(span.first for span in spans),
                    _union(span.last for span in spans),
                    any(span.is_optional for span in spans),
                )
            case Repeat(item, least, most):
                return self._repeated(item, least, most)

    def _letters(self, ranges: Ranges) -> _Span:
        if len(self.follow) > MOST_PLACES:
            raise TooManyStates
        bit = 1 << len(self.follow)
        self.follow.append(0)
        self.of[ranges] = self.of.get(ranges, 0) | bit
        return _Span(bit, bit, False)

    def _repeated(self, item: Expression, least: int, most: int | None) -> _Span:
        if most == 0:
            return _EMPTY
        before = len(self.follow)
        span = self.add(item)
        if len(self.follow) == before:  # it matches the empty text, if any, however often
            return span
        copies = max(least, 1) if most is None else most
        spans = [span, *(self.add(item) for _ in range(copies - 1))]
        if most is None:
            self._link(spans[-1].last, spans[-1].first)
        # Those that may be left out are inside one another: x(x(x)?)?
        rest = _EMPTY
        for n, span in reversed(list(enumerate(spans))):
            rest = self._then(span, rest)
            if n >= least:
                rest = rest._replace(is_optional=True)
        return rest

    def _then(self, one: _Span, other: _Span) -> _Span:
        self._link(one.last, other.first)
        return _Span(
            one.first | other.first if one.is_optional else one.first,
            one.last | other.last if other.is_optional else other.last,
            one.is_optional and other.is_optional,
        )

    def _link(self, last: int, first: int) -> None:
        for place in _bits(last):
            self.follow[place] |= first


def _classes(sets: list[Ranges], size: int) -> tuple[NDArray[np.intp], list[int]]:
    """Return the class of each character, (size,), and for each class the sets that hold it.

    sets: in which characters of a class are alike.
    """
    bounds = sorted({0, size, *(bound for ranges in sets for each in ranges for bound in each)})
    number = {bound: n for n, bound in enumerate(bounds)}
    held_by = [0] * (len(bounds) - 1)
    for n, ranges in enumerate(sets):
        for start, stop in ranges:
            for between in range(number[start], number[stop]):
                held_by[between] |= 1 << n
    kinds = {kind: n for n, kind in enumerate(dict.fromkeys(held_by))}
    column = np.repeat(np.array([kinds[kind] for kind in held_by], np.intp), np.diff(bounds))
    return column, list(kinds)


def _union(sets: Iterator[int]) -> int:
    union = 0
    for each in sets:
        union |= each
    return union


def _bits(places: int) -> Iterator[int]:
    while places:
        lowest = places & -places
        yield lowest.bit_length() - 1
        places ^= lowest
