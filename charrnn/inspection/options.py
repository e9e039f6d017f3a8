"""What somebody asks of a view. Imports no NumPy, so the command line may read it."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from charrnn.errors import ConfigError
from charrnn.network.config import NetworkConfig

LIMIT = 20_000
"""How many characters are read unless somebody asks for more."""

Order = Literal["variance", "change"]

Unit = tuple[int, int]
"""A hidden unit: its layer, from 0, and its index in the layer, from 0; written `layer:index`."""


@dataclass(frozen=True)
class Options:
    """What a view is asked for; each view heeds what concerns it.

    top: how many of the likeliest characters are named at each step.
    layer: the only layer to look at; None for all.
    rows: how many units of a layer are shown; None leaves it to the view.
    units: the units to show, in place of those that `by` would choose.
    kind: the state or gate to look at, by its name in the equations.
    by: what makes a unit worth showing: its variance over the text, or how much it moves.
    limit: how many characters of a text are read.
    """

    top: int = 5
    layer: int | None = None
    rows: int | None = None
    units: tuple[Unit, ...] = ()
    kind: str = "a"
    by: Order = "variance"
    limit: int = LIMIT

    def __post_init__(self) -> None:
        """Check every field that can be checked without a network.

        Raises
        ------
        ConfigError
            A value out of its range.
        """
        for name in ("top", "rows", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}: {value} is not at least 1")
        if self.by not in get_args(Order):
            raise ConfigError(f"by: {self.by!a} is none of {', '.join(get_args(Order))}")

    def layers(self, config: NetworkConfig) -> tuple[int, ...]:
        """Return the layers to look at.

        Raises
        ------
        ConfigError
            The network has no such layer.
        """
        if self.layer is None:
            return tuple(range(config.num_layers))
        if not 0 <= self.layer < config.num_layers:
            raise ConfigError(f"layer: {self.layer} is not there; {_layers(config)}")
        return (self.layer,)

    def check_units(self, config: NetworkConfig) -> None:
        """Make sure that the network has the units that are asked for.

        Raises
        ------
        ConfigError
            It has not, with what it has.
        """
        for layer, index in self.units:
            if layer >= config.num_layers or index >= config.hidden_size:
                raise ConfigError(
                    f"units: {layer}:{index} is not there; {_layers(config)}, "
                    f"each of units 0 to {config.hidden_size - 1}"
                )
            if self.layer is not None and layer != self.layer:
                raise ConfigError(
                    f"units: {layer}:{index} is not in layer {self.layer}; leave one of the two out"
                )


def parse_units(written: str | None) -> tuple[Unit, ...]:
    """Return the units of a list such as `0:31,1:5`, each once; none where there is no list.

    Raises
    ------
    ConfigError
        It is no such list.
    """
    if written is None:
        return ()
    units: list[Unit] = []
    for part in written.split(","):
        found = re.fullmatch(r"\s*([0-9]{1,6}):([0-9]{1,6})\s*", part, re.ASCII)
        if not found:
            raise ConfigError(f"units: {part!a} is no unit; write layer:index, as in 0:31,0:5")
        units.append((int(found[1]), int(found[2])))
    return tuple(dict.fromkeys(units))


def _layers(config: NetworkConfig) -> str:
    return f"this network has layers 0 to {config.num_layers - 1}"
