"""The choices that make a sample, checked once. Imports no NumPy, like network/config.py."""

import math
from dataclasses import dataclass

from charrnn.errors import ConfigError


@dataclass(frozen=True)
class SamplingConfig:
    """How characters are chosen.

    length: how many characters at most, the prompt not counted.
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
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A value out of its range, nan and infinity among them, or an empty stop text.
        """
        spans = {
            "length": (0, math.inf),
            "temperature": (0, math.inf),
            "top_k": (0, math.inf),
            "top_p": (0, 1),
            "min_p": (0, 1),
        }
        for name, (least, largest) in spans.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and least <= value <= largest):
                span = f"at least {least}" if largest == math.inf else f"{least} to {largest}"
                raise ConfigError(f"{name}: {value} is not a number of {span}")
        if self.top_p == 0:
            raise ConfigError("top_p: 0 leaves no character to choose; give a share above 0")
        if "" in self.stop:
            raise ConfigError("stop: an empty text would end every sample at once")
