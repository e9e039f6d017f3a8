"""What every view computes: one object, from which display and file formats are written."""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Cell = str | int | float | None
"""What stands in a table; None where there is nothing to say."""


class Result(Protocol):
    """What a view has found out."""

    view: ClassVar[str]

    measures: ClassVar[dict[str, str]]
    """The unit of each quantity that has one, such as bits."""

    def data(self) -> dict[str, Any]:
        """Return the whole as JSON's own types; what is not finite is None."""

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the whole as a table, its heading first."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the whole as arrays by name, of types that any NumPy reads without pickle."""


def plain(values: Any) -> Any:
    """Return numbers or an array of them as JSON's own types, None where one is not finite."""
    array = np.asarray(values)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        kept = array.astype(object)
        kept[~np.isfinite(array)] = None
        return kept.tolist()
    return array.tolist()


def name(unit: tuple[int, int]) -> str:
    """Return a unit as it is written, `layer:index`."""
    return f"{unit[0]}:{unit[1]}"
