"""The options of a view. Imports no NumPy, so the command line may read it."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from charrnn.checkpoint.paths import expanded
from charrnn.errors import ConfigError
from charrnn.network.config import NetworkConfig
from charrnn.option_fields import Checked, Count, Range, Seed, Whole, opt
from charrnn.text.read_as import TEXT, ReadAs

UNITS, GUESSES, PAST, CHANGES = "Units", "Guesses", "The past", "What is done to units"

LIMIT = 20_000
"""Default number of characters that are read."""

FARTHEST = 1e6
"""Largest value, either way, at which a unit may be clamped: logits made of more could overflow."""

BY_VIEW = "as the view has it"

Order = Literal["variance", "change"]

Paint = Literal["bits", "rank", "excess"]

Ablation = Literal["mean", "zero"]

Part = Literal["encoder", "decoder"]
"""A part of a network of pairs: what reads a text, and what writes its answer."""

Unit = tuple[int, int]
"""A hidden unit: its layer, from 0, and its index in the layer, from 0; written `layer:index`."""

ONLY = -1
"""The layer of a unit that is written as its index alone, until `resolved` knows the network."""


def parse_units(written: str) -> tuple[Unit, ...]:
    """Return the units of a list such as `0:31,1:5` or `31,5`, each once.

    The layer of one that is written without is `ONLY`.

    Raises
    ------
    ConfigError
        It is no such list.
    """
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


def parse_pattern(written: str) -> tuple[int, int]:
    """Return the part of a text that START:END means.

    Raises
    ------
    ConfigError
        It is no such part, or an empty one.
    """
    found = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", written, re.ASCII)
    if not found:
        raise ConfigError(
            f"{written!r} is no part; write START:END, as in 100:108", argument="pattern"
        )
    if int(found[1]) >= int(found[2]):
        raise ConfigError(f"{written} ends before it begins; write START:END", argument="pattern")
    return int(found[1]), int(found[2])


@dataclass(frozen=True)
class Options(Checked):
    """What a view computes; each view uses the options that concern it.

    None leaves a field to the view.

    at: see `charrnn.inspection.places`.
    read: how files are read, in the order in which to try; as the vocabulary has it where there is
        no such way.
    pattern: a part of the text, its first character and the one after its last.
    by: what makes a unit worth showing: its variance over the text, or how much it moves.
    settings: the units that are clamped, with their values.
    """

    # fmt: off
    limit: Count = opt(LIMIT, "Read at most N characters.", TEXT, "N")
    at: str | None = opt(
        None, "The place to look at: an index from 0, or from the end if negative; last; worst, "
        "before the largest surprise; or /regex/, the end of its first match.", TEXT, "PLACE",
        names="-t",
    )
    train: str | None = opt(
        None, "The text that the network was trained on, for errors to compare with.", TEXT, "FILE",
        parse=expanded,
    )
    read: tuple[ReadAs, ...] = ()
    features: tuple[str, ...] = opt(
        (), "Ask of units whether they follow this too: being inside a match of REGEX; may be "
        "repeated.", TEXT, "NAME=REGEX", names="--feature", is_repeated=True,
    )
    pattern: tuple[int, int] | None = opt(
        None, "The part of the text for which match finds similar states.", TEXT, "START:END",
        parse=parse_pattern,
    )

    layer: int | None = opt(None, "Look at this layer only, counted from 0.", UNITS, "N")
    units: tuple[Unit, ...] = opt(
        (),
        "Show these units, each as layer:index, such as 0:31,0:5; of one layer the index will do.",
        UNITS, "LIST", names="--units --unit", parse=parse_units,
    )
    kind: str | None = opt(
        None,
        "Which state or gate: a of any cell; c i f o g of an LSTM; r u n of a GRU; z x for grad.",
        UNITS, "NAME", shown="a; find and neuron try every state",
    )
    by: Order = opt("variance", "Which units a map shows first.", UNITS)
    rows: Count | None = opt(None, "How many units of a layer to show.", UNITS, "N", shown=BY_VIEW)
    random: Whole | None = opt(
        None, "Show N units drawn at random too, as a control.", UNITS, "N",
        shown="16 for ablate, else none",
    )

    top: Count = opt(5, "How many of the likeliest characters to name each time.", GUESSES, "N")
    rival: str | None = opt(
        None, "Ask why it was not this character.", GUESSES, "CHAR", names="--not",
        shown="the likeliest other",
    )
    temperature: Annotated[float, Range(0, sys.float_info.max)] = opt(
        1.0, "Divide the scores by this: below 1 surer, above 1 bolder.", GUESSES, "X"
    )
    branch: Whole = opt(0, "Continue each guess for N characters.", GUESSES, "N")
    paint: Paint = opt(
        "bits",
        "Paint each character by its surprise in bits, by its rank among the guesses, or by how "
        "much more it surprised than was expected.", GUESSES,
    )

    lags: Count | None = opt(None, "How many characters back to look.", PAST, "N", shown=BY_VIEW)
    targets: Count | None = opt(
        None, "From how many places of the text to look back.", PAST, "N", shown=BY_VIEW
    )

    how: Ablation = opt(
        "mean", "What ablate sets a unit to: its mean over the text, or 0.", CHANGES
    )
    settings: tuple[tuple[Unit, float], ...] = opt(
        (), "Let steer clamp this unit to this value, as in 0:31=1; may be repeated.", CHANGES,
        "UNIT=VALUE", names="--set", is_repeated=True, parse=parse_settings,
    )
    length: Count = opt(200, "How many characters steer writes.", CHANGES, "N", names="-n")

    seed: Seed = opt(0, "The seed of all that is drawn at random.", CHANGES, "N")
    quick: bool = opt(False, "Do an eighth of the work, for a rough answer.")
    # fmt: on

    def __post_init__(self) -> None:
        """Check every field that can be checked without a network.

        Raises
        ------
        ConfigError
            A value out of its range.
        """
        super().__post_init__()
        if self.temperature == 0:
            raise ConfigError(
                "0 leaves nothing to compare; give a number above 0", argument="temperature"
            )
        for unit, value in self.settings:
            if not abs(value) <= FARTHEST:
                raise ConfigError(
                    f"{unit[1]}={value} is not a number from {-FARTHEST:,.0f} to "
                    f"{FARTHEST:,.0f}; what is read lies between -1 and 1, but for a cell state",
                    argument="settings",
                )

    @property
    def kind_shown(self) -> str:
        """The kind that is given, or else the hidden state, which every cell has."""
        return "a" if self.kind is None else self.kind

    def resolved(self, config: NetworkConfig) -> "Options":
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
        """Make sure that the network has the units that are given.

        Raises
        ------
        ConfigError
            It has not, with what it has.
        """
        clamped = [unit for unit, _ in self.settings]
        for layer, index in (*self.units, *clamped):
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


def _layers(config: NetworkConfig) -> str:
    if config.num_layers == 1:
        return "this network has layer 0 only"
    return f"this network has layers 0 to {config.num_layers - 1}"
