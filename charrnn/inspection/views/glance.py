"""A first look at a text: what was expected, what the state does, what the gates do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, Result
from charrnn.inspection.views.gates import Gates
from charrnn.inspection.views.probabilities import Probabilities
from charrnn.inspection.views.states import States

ROWS = 8
"""How many units of a layer are shown at first."""


@dataclass(frozen=True, eq=False)
class Glance:
    """Three views of one reading. As a table it is that of the probabilities."""

    view: ClassVar[str] = "glance"
    measures: ClassVar[dict[str, str]] = Probabilities.measures | Gates.measures

    probabilities: Probabilities
    states: States
    gates: Gates

    @classmethod
    def of(cls, reading: Reading, options: Options | None = None) -> Self:
        """Compute the three.

        Raises
        ------
        ConfigError
            There is no such kind, layer or unit.
        """
        options = options or Options()
        fewer = replace(options, rows=options.rows or ROWS)
        return cls(
            Probabilities.of(reading, options),
            States.of(reading, fewer),
            Gates.of(reading, options),
        )

    @property
    def parts(self) -> tuple[Result, ...]:
        """The three results."""
        return (self.probabilities, self.states, self.gates)

    def data(self) -> dict[str, Any]:
        """Return the data of each, under the name of its view."""
        return {part.view: part.data() for part in self.parts}

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a character."""
        return self.probabilities.rows()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of each, as `view.name`; what all have, under its name alone."""
        shared = ("ids", "codepoints")
        return {
            name if name in shared else f"{part.view}.{name}": values
            for part in self.parts
            for name, values in part.arrays().items()
        }
