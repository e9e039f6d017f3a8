"""The result of a view: one object, from which display and file formats are written."""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

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

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the result as arrays by name, of types that any NumPy reads without pickle."""


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
