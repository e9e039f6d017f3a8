"""Regular expressions as trees: one of the classes below each.

They are made by `charrnn.sampling.constraints.regular_expression` from what is typed, and by
`charrnn.sampling.constraints.steering` from parts.
"""

from collections.abc import Sequence as Items
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from charrnn.errors import printable
from charrnn.sampling.constraints.alphabet import Ranges


@dataclass(frozen=True)
class Letters:
    """One character of a set.

    source, position: how it was written, and where, for errors.
    """

    ranges: Ranges
    source: str = ""
    position: int = 0


@dataclass(frozen=True)
class Sequence:
    """One after the other; of no items, the empty text."""

    items: "Items[Expression]"


@dataclass(frozen=True)
class Choice:
    """One of several."""

    items: "Items[Expression]"


@dataclass(frozen=True)
class Repeat:
    """At least so many times, and at most; without a most, any number of times."""

    item: "Expression"
    least: int
    most: int | None


LONGEST = 60
"""Characters of what was typed that an error repeats."""

Expression: TypeAlias = Letters | Sequence | Choice | Repeat


def shown(written: str) -> str:
    """Return what was typed in quotes on one line, without its end if it is long."""
    return f"'{printable(written[:LONGEST])}{'…' * (len(written) > LONGEST)}'"


def any_number(item: Expression) -> Repeat:
    """Return an expression any number of times, or not at all."""
    return Repeat(item, 0, None)


def unmatched(expression: Expression) -> list[Letters]:
    """Return what keeps an expression from matching any text: sets without a character.

    It is empty where some text matches.
    """
    match expression:
        case Letters(ranges):
            return [] if ranges else [expression]
        case Sequence(items):
            return next((missing for item in items if (missing := unmatched(item))), [])
        case Choice(items):
            each = [unmatched(item) for item in items]
            return list(chain.from_iterable(each)) if all(each) else []
        case Repeat(item, least):
            return unmatched(item) if least else []
