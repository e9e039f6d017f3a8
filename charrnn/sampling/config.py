"""The choices that make a sample, checked once. Imports no NumPy, like network/config.py."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from charrnn.errors import ConfigError

ENDLESS = -1


@dataclass(frozen=True)
class SamplingConfig:
    """How characters are chosen.

    length: how many characters at most, the prompt not counted; -1 is without end.
    temperature: divides the log-probabilities; 0 takes the likeliest character every time.
    top_k: choose among the k likeliest only; 0 is off.
    top_p: choose among the likeliest that together reach this probability; 1 is off.
    min_p: choose among those at least this share as likely as the likeliest; 0 is off.
    stop: texts that end the sample where one of them would appear; none of them is part of it.
    """

    length: int = 500
    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    stop: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A value not of its kind or out of its range, nan and infinity among them, or an empty
            stop text.
        """
        spans: dict[str, tuple[type, float, float]] = {
            "length": (int, ENDLESS, sys.maxsize),
            "temperature": (float, 0, sys.float_info.max),
            "top_k": (int, 0, sys.maxsize),
            "top_p": (float, 0, 1),
            "min_p": (float, 0, 1),
        }
        for name, (kind, least, largest) in spans.items():
            value = getattr(self, name)
            what = "a whole number" if kind is int else "a number"
            span = f"from {least} to 1" if largest == 1 else f"from {least} on"
            if isinstance(value, bool) or not isinstance(value, Integral if kind is int else Real):
                raise ConfigError(f"{value!r:.40} is not {what}; give one {span}", argument=name)
            if not least <= kind(value) <= largest:
                raise ConfigError(
                    f"{value!s:.40} is out of range; give {what} {span}", argument=name
                )
        if self.top_p == 0:
            raise ConfigError(
                "0 leaves no character to choose; give a share above 0", argument="top_p"
            )
        if isinstance(self.stop, str) or not all(isinstance(stop, str) for stop in self.stop):
            raise ConfigError(
                f"{self.stop!r:.40} is not a sequence of texts; give a list", argument="stop"
            )
        if "" in self.stop:
            raise ConfigError(
                "an empty text would end every sample at once; leave it out", argument="stop"
            )
