"""The options of a sample. Imports no NumPy, for a quick start."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from charrnn.errors import ConfigError
from charrnn.option_fields import Checked, Range, Whole, opt

ENDLESS = -1

HOW_MUCH, CHOOSING = "How much", "Choosing characters"

Probability = Annotated[float, Range(0, 1)]


@dataclass(frozen=True)
class SamplingConfig(Checked):
    """How characters are chosen, and how many.

    stop: no part of the stop text is part of the sample.
    """

    # fmt: off
    length: Annotated[int, Range(ENDLESS, sys.maxsize)] = opt(
        500, "How many characters, the prompt not counted; -1 is without end.", HOW_MUCH, "N",
        names="-n", aliases="--max-tokens --max-new-tokens",
    )
    temperature: Annotated[float, Range(0, sys.float_info.max)] = opt(
        0.8, "Below 1 likelier, above 1 bolder; 0 takes the likeliest every time.", CHOOSING, "T",
        names="-t", aliases="--temp",
    )
    top_k: Whole = opt(0, "Choose among the K likeliest only; 0 is off.", CHOOSING, "K")
    top_p: Probability = opt(
        1.0, "Choose among the likeliest that together reach P; 1 is off.", CHOOSING, "P"
    )
    min_p: Probability = opt(
        0.0, "Choose among those at least P times as likely as the likeliest; 0 is off.", CHOOSING,
        "P",
    )
    stop: Sequence[str] = opt(
        (), r"End before this text; may be repeated; \n, \t, \r and \\ are understood.", HOW_MUCH,
        "TEXT", is_repeated=True,
    )
    # fmt: on

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            A value not of its kind or out of its range, nan and infinity among them, or an empty
            stop text.
        """
        super().__post_init__()
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
