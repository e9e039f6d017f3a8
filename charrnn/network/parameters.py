"""Named arrays that share one flat vector."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import DTypeLike

from charrnn.array_types import Floats
from charrnn.network.kernels.aligned import zeros


class Parameters(Mapping[str, Floats]):
    """Arrays by name, each a view of `flat`: what treats all weights alike sees one vector.

    shapes: the shape of each array by its name, in the order in which they lie in `flat`.
    flat: (P,), the vector to share, where it lies elsewhere already; otherwise zeros.
    """

    def __init__(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        dtype: DTypeLike = np.float32,
        flat: Floats | None = None,
    ) -> None:
        sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
        self.flat: Floats = zeros((sum(sizes.values()),), dtype) if flat is None else flat
        self._views: dict[str, Floats] = {}
        start = 0
        for name, shape in shapes.items():
            self._views[name] = self.flat[start : start + sizes[name]].reshape(shape)
            start += sizes[name]

    def __getitem__(self, name: str) -> Floats:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def part(self, prefix: str) -> "Parameters":
        """Return the arrays whose names begin so, without that; `flat` stays that of all."""
        made = object.__new__(type(self))
        made.flat = self.flat
        made._views = {
            name.removeprefix(prefix): view
            for name, view in self.items()
            if name.startswith(prefix)
        }
        return made

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array by its name."""
        return {name: view.shape for name, view in self.items()}

    @property
    def matrices(self) -> int:
        """How many leading entries of `flat` belong to matrices; the biases follow them."""
        return sum(view.size for view in self.values() if view.ndim > 1)
