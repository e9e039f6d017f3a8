"""The result of a view: one object, from which display and file formats are written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from charrnn.array_types import Column, Floats, Ids, NamedArrays
from charrnn.evaluation.statistics import Mean
from charrnn.text.vocabulary import Vocabulary

Cell = str | int | float | None
"""A cell of a table; None for an empty one."""


class Result(Protocol):
    """The result of a view."""

    view: ClassVar[str]

    measures: ClassVar[dict[str, str]]
    """The units of quantities, such as bits."""

    def data(self) -> dict[str, Any]:
        """Return the result as JSON types, with None for numbers that are not finite."""

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the result as a table, its heading first."""

    def arrays(self) -> NamedArrays:
        """Return the result as arrays by name, of types that any NumPy reads without pickle."""


@dataclass(frozen=True, eq=False)
class OfText:
    """Base of a result about one text.

    ids: (T,), the text.
    """

    vocabulary: Vocabulary
    ids: Ids

    def rows_of(self, columns: Mapping[str, Column | Floats]) -> Iterator[list[Cell]]:
        """Yield a heading, and a row for each character, with its numbers in columns, (T,) each."""
        yield ["t", "char", "codepoint", *columns]
        values = plain(np.array(list(columns.values())).T)
        for t, (k, here) in enumerate(zip(self.ids, values, strict=True)):
            character = self.vocabulary[k]
            yield [t, character, ord(character), *here]


def text_arrays(vocabulary: Vocabulary, ids: Ids) -> NamedArrays:
    """Return the arrays that describe a text, (T,): its ids, and their code points."""
    return {"ids": ids.astype(np.int32), "codepoints": vocabulary.code_points[ids]}


def records(rows: Iterator[list[Cell]]) -> list[dict[str, Cell]]:
    """Return the rows of a table, its heading first, as objects with the heading's keys."""
    heading = [str(key) for key in next(rows)]
    return [dict(zip(heading, row, strict=True)) for row in rows]


def attributes(item: Any, *names: str) -> dict[str, Any]:
    """Return attributes of an object by name, as JSON types."""
    return {name: plain(getattr(item, name)) for name in names}


def mean_and_error(name: str, mean: Mean) -> dict[str, float | None]:
    """Return a mean and its standard error by name, `bits` and `bits_error`, as JSON types."""
    return {name: plain(mean.mean), f"{name}_error": plain(mean.error)}


def stacked(items: Iterable[Any], *names: str) -> NamedArrays:
    """Return attributes of several objects by name, an array with a row for each object."""
    return {name: np.array([getattr(item, name) for item in items]) for name in names}


def plain(values: Any) -> Any:
    """Return numbers or an array of them as JSON types, None where one is not finite."""
    array = np.asarray(values)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        kept = array.astype(object)
        kept[~np.isfinite(array)] = None
        return kept.tolist()
    return array.tolist()


def name(unit: tuple[int, int]) -> str:
    """Return the notation of a unit, `layer:index`."""
    return f"{unit[0]}:{unit[1]}"
