"""What somebody asks of a view. Imports no NumPy, so the command line may read it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from charrnn.errors import ConfigError
from charrnn.network.config import NetworkConfig
from charrnn.text.read_as import ReadAs

LIMIT = 20_000
"""How many characters are read unless somebody asks for more."""

FARTHEST = 1e6
"""What a unit may be held at, either way: scores made of more would soon be no numbers."""

Order = Literal["variance", "change"]

Paint = Literal["bits", "rank", "excess"]

Ablation = Literal["mean", "zero"]

Unit = tuple[int, int]
"""A hidden unit: its layer, from 0, and its index in the layer, from 0; written `layer:index`."""

ONLY = -1
"""The layer of a unit that is written as its index alone, until `settled` knows the network."""


@dataclass(frozen=True)
class Options:
    """What a view is asked for; each view heeds what concerns it.

    Of the text:
    limit: how many characters of it are read.
    at: the place to look at: an index, `last`, `worst`, or `/regex/` (the end of its first match);
        None leaves it to the view. See `charrnn.inspection.places`.
    train: the file that the network was trained on, for n-grams of it.
    read: how files are read, in the order in which to try; as the vocabulary has it where there is
        no such way.
    features: more things to look for, each as `name=REGEX`.
    pattern: a part of the text, its first character and the one after its last.

    Of the units:
    layer: the only layer to look at; None for all.
    units: the units to show, in place of those that the view would choose.
    kind: the state or gate to look at, by its name in the equations; None leaves it to the view,
        which takes the hidden state a unless it says otherwise.
    by: what makes a unit worth showing: its variance over the text, or how much it moves.
    rows: how many units of a layer are shown; None leaves it to the view.
    random: how many units are drawn at random beside those, as a control; None leaves it to the
        view.

    Of the prediction:
    top: how many of the likeliest characters are named at each step.
    rival: the character that the one which came is weighed against; None for the likeliest other.
    temperature: what the scores are divided by.
    branch: how many characters each guess is continued by.
    paint: what a text is painted by.

    Of the past:
    lags: how many steps back to look; None leaves it to the view.
    targets: from how many places of the text; None leaves it to the view.

    Of what is done to units:
    how: what an ablated unit is set to: its mean over the text, or 0.
    settings: the units that are held, with their values.
    length: how many characters are written.

    seed: of all that is drawn at random.
    quick: do an eighth of the work.
    """

    limit: int = LIMIT
    at: str | None = None
    train: str | None = None
    read: tuple[ReadAs, ...] = ()
    features: tuple[str, ...] = ()
    pattern: tuple[int, int] | None = None

    layer: int | None = None
    units: tuple[Unit, ...] = ()
    kind: str | None = None
    by: Order = "variance"
    rows: int | None = None
    random: int | None = None

    top: int = 5
    rival: str | None = None
    temperature: float = 1.0
    branch: int = 0
    paint: Paint = "bits"

    lags: int | None = None
    targets: int | None = None

    how: Ablation = "mean"
    settings: tuple[tuple[Unit, float], ...] = ()
    length: int = 200

    seed: int = 0
    quick: bool = False

    def __post_init__(self) -> None:
        """Check every field that can be checked without a network.

        Raises
        ------
        ConfigError
            A value out of its range.
        """
        for name in ("top", "rows", "limit", "lags", "targets", "length"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{value} is not at least 1", argument=name)
        for name in ("random", "branch", "seed"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ConfigError(f"{value} is not at least 0", argument=name)
        if not 0 < self.temperature < math.inf:
            raise ConfigError(f"{self.temperature} is not above 0", argument="temperature")
        for unit, value in self.settings:
            if not abs(value) <= FARTHEST:
                raise ConfigError(
                    f"{unit[1]}={value} is not a number from {-FARTHEST:,.0f} to "
                    f"{FARTHEST:,.0f}; what is read lies between -1 and 1, but for a cell state",
                    argument="settings",
                )
        for name, choices in (("by", Order), ("paint", Paint), ("how", Ablation)):
            if getattr(self, name) not in get_args(choices):
                known = ", ".join(get_args(choices))
                raise ConfigError(f"{getattr(self, name)!r} is none of {known}", argument=name)

    @property
    def kind_shown(self) -> str:
        """The kind that is asked for, or else the hidden state, which every cell has."""
        return "a" if self.kind is None else self.kind

    def settled(self, config: NetworkConfig) -> "Options":
        """Return the same with the layer of each unit: of one that has none, the only one.

        Raises
        ------
        ConfigError
            There are several layers, and neither the unit nor `layer` says which.
        """

        def layer_of(unit: Unit, argument: str) -> Unit:
            layer, index = unit
            if layer != ONLY:
                return unit
            if self.layer is None and config.num_layers > 1:
                raise ConfigError(
                    f"{index} is in every layer, and {_layers(config)}; write the layer before it, "
                    f"as in {config.num_layers - 1}:{index}",
                    argument=argument,
                )
            return (self.layer or 0, index)

        return replace(
            self,
            units=tuple(dict.fromkeys(layer_of(unit, "units") for unit in self.units)),
            settings=tuple((layer_of(unit, "settings"), value) for unit, value in self.settings),
        )

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
            raise ConfigError(f"{self.layer} is not there; {_layers(config)}", argument="layer")
        return (self.layer,)

    def check_units(self, config: NetworkConfig) -> None:
        """Make sure that the network has the units that are asked for.

        Raises
        ------
        ConfigError
            It has not, with what it has.
        """
        held = [unit for unit, _ in self.settings]
        for layer, index in (*self.units, *held):
            if layer >= config.num_layers or index >= config.hidden_size:
                raise ConfigError(
                    f"{layer}:{index} is not there; {_layers(config)}, "
                    f"each of units 0 to {config.hidden_size - 1}",
                    argument="units",
                )
            if self.layer is not None and layer != self.layer:
                raise ConfigError(
                    f"{layer}:{index} is not in layer {self.layer}; leave one of the two out",
                    argument="units",
                )


def parse_units(written: str | None) -> tuple[Unit, ...]:
    """Return the units of a list such as `0:31,1:5` or `31,5`, each once; none without a list.

    The layer of one that is written without is `ONLY`.

    Raises
    ------
    ConfigError
        It is no such list.
    """
    if written is None:
        return ()
    units: list[Unit] = []
    for part in written.split(","):
        found = re.fullmatch(r"\s*(?:([0-9]{1,6}):)?([0-9]{1,6})\s*", part, re.ASCII)
        if not found:
            raise ConfigError(
                f"{part!r} is no unit; write layer:index, as in 0:31,0:5", argument="units"
            )
        units.append((ONLY if found[1] is None else int(found[1]), int(found[2])))
    return tuple(dict.fromkeys(units))


def parse_settings(written: Sequence[str]) -> tuple[tuple[Unit, float], ...]:
    """Return the units and values of settings such as `1:127=+1` or `127=+1`.

    Raises
    ------
    ConfigError
        It is no such setting.
    """
    settings: list[tuple[Unit, float]] = []
    for part in written:
        unit, _, value = part.partition("=")
        try:
            [known] = parse_units(unit)
            settings.append((known, float(value)))
        except (ConfigError, ValueError):
            raise ConfigError(
                f"{part!r} sets no unit; write layer:index=value, as in 0:31=1",
                argument="settings",
            ) from None
    return tuple(settings)


def parse_pattern(written: str | None) -> tuple[int, int] | None:
    """Return the part of a text that START:END means.

    Raises
    ------
    ConfigError
        It is no such part, or an empty one.
    """
    if written is None:
        return None
    found = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", written, re.ASCII)
    if not found:
        raise ConfigError(
            f"{written!r} is no part; write START:END, as in 100:108", argument="pattern"
        )
    if int(found[1]) >= int(found[2]):
        raise ConfigError(f"{written} ends before it begins; write START:END", argument="pattern")
    return int(found[1]), int(found[2])


def _layers(config: NetworkConfig) -> str:
    if config.num_layers == 1:
        return "this network has layer 0 only"
    return f"this network has layers 0 to {config.num_layers - 1}"
