"""The options of a sample. Imports no NumPy, for a quick start."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from charrnn.errors import ConfigError
from charrnn.option_fields import Checked, Count, Measure, Range, Whole, checked, opt

ENDLESS = -1

HOW_MUCH, CHOOSING, SEARCHING = "How much", "Choosing characters", "Choosing whole texts"
REPEATING, ASKING = "Against repetition", "What the text must be"

ORDER = (
    "penalties",
    "no_repeat_ngram",
    "dry",
    "top_k",
    "typical_p",
    "top_p",
    "min_p",
    "temperature",
    "mirostat",
)
"""The filters in the order of llama.cpp."""

STEERING = ("match", "template", "infill", "acrostic", "end_with", "only", "must", "forbid")
"""The options that ask something of the text, each named as the function of
`charrnn.sampling.constraints.steering` that builds it."""

Probability = Annotated[float, Range(0, 1)]
Penalty = Annotated[float, Range(-1000, 1000)]
Last = Annotated[int, Range(-1)]
Temperature = Annotated[float, Range(0, sys.float_info.max)]


def temperature(written: str) -> float | tuple[float, ...]:
    """Return the temperature that is written `0.8`, or `1.2:0.4` for one that changes."""
    try:
        values = tuple(map(float, written.split(":")))
    except ValueError:
        values = ()
    # Python would take 1_000 and digits of any script.
    if len(values) not in (1, 2) or "_" in written or not written.isascii():
        raise ConfigError(
            f"{written!r:.40} is no temperature; give a number such as 0.8, or two such as "
            "1.2:0.4 for one that changes from the first character to the last",
            argument="temperature",
        )
    return values if len(values) > 1 else values[0]


def order(written: str) -> tuple[str, ...]:
    """Return the names that are written `top_k,temperature`, or apart by spaces or `;`."""
    return tuple(written.replace("-", "_").replace(",", " ").replace(";", " ").split())


@dataclass(frozen=True)
class SamplingConfig(Checked):
    """How characters are chosen, and how many.

    temperature: a number, or two for one that changes linearly over the length.
    stop: no part of the stop text is part of the sample.
    corpus_index: the path of the index that no_copy searches; see `charrnn.checkpoint.index`.
    utf8: whether a network of bytes writes nothing but UTF-8.
    """

    # fmt: off
    length: Annotated[int, Range(ENDLESS, sys.maxsize)] = opt(
        500, "How many characters, the prompt not counted; -1 is without end.", HOW_MUCH, "N",
        names="-n", aliases="--max-tokens --max-new-tokens",
    )
    temperature: float | tuple[float, ...] = opt(
        0.8, "Below 1 likelier, above 1 bolder; 0 takes the likeliest every time; 1.2:0.4 changes "
        "from the first character to the last.", CHOOSING, "T",
        names="-t", aliases="--temp", parse=temperature,
    )
    top_k: Whole = opt(0, "Choose among the K likeliest only; 0 is off.", CHOOSING, "K")
    top_p: Probability = opt(
        1.0, "Choose among the likeliest that together reach P; 1 is off.", CHOOSING, "P"
    )
    min_p: Probability = opt(
        0.0, "Choose among those at least P times as likely as the likeliest; 0 is off.", CHOOSING,
        "P",
    )
    typical_p: Probability = opt(
        1.0, "Choose among those nearest the expected surprise that together reach P; 1 is off.",
        CHOOSING, "P", aliases="--typical",
    )
    mirostat: Literal[0, 2] = opt(
        0, "2 keeps the surprise of the text near --mirostat-tau; 0 is off.", CHOOSING, "0|2",
        parse=lambda written: {"0": 0, "2": 2}.get(written, written),
    )
    mirostat_tau: Measure = opt(
        2.0, "The surprise that mirostat keeps to, in bits a character.", CHOOSING, "BITS",
        aliases="--mirostat-ent",
    )
    mirostat_eta: Annotated[float, Range(0, 1)] = opt(
        0.1, "How fast mirostat follows.", CHOOSING, "RATE", aliases="--mirostat-lr",
    )
    order: Sequence[str] = opt(
        ORDER, "The filters, in the order in which they are applied.", CHOOSING, "NAMES",
        aliases="--samplers", shown=",".join(ORDER), parse=order,
    )
    num_beams: Annotated[int, Range(1, 1024)] = opt(
        1, "Search for the likeliest text with this many beams; 1 is off.", SEARCHING, "N",
        aliases="--beam --beam-size",
    )
    length_penalty: Annotated[float, Range(-10, 10)] = opt(
        1.0, "Divide the log-probability of a text by its length to this power.", SEARCHING, "X"
    )
    num_beam_groups: Count = opt(
        1, "Let beams search in this many groups, each apart from the ones before.", SEARCHING, "N"
    )
    diversity_penalty: Annotated[float, Range(0, 1000)] = opt(
        0.0, "What a group pays for a character of a group before, in nats.", SEARCHING, "X"
    )
    best_of: Annotated[int, Range(1, 10_000)] = opt(
        1, "Make this many texts and write the likeliest, by the mean surprise.", SEARCHING, "N"
    )
    repeat_penalty: Annotated[float, Range(0.01, 1000)] = opt(
        1.0, "Multiply the log-probability of what occurred among the last characters; 1 is off.",
        REPEATING, "X", aliases="--repetition-penalty",
    )
    presence_penalty: Penalty = opt(
        0.0, "Lower the log-probability of what occurred among them by X; 0 is off.", REPEATING, "X"
    )
    frequency_penalty: Penalty = opt(
        0.0, "Lower it by X for each time; 0 is off.", REPEATING, "X"
    )
    repeat_last_n: Last = opt(
        64, "How many characters these penalties look at; -1 is 65,536.", REPEATING, "N"
    )
    no_repeat_ngram_size: Whole = opt(
        0, "Never repeat a run of N characters; 0 is off.", REPEATING, "N"
    )
    dry_multiplier: Annotated[float, Range(0, 1000)] = opt(
        0.0, "Lower what would prolong a repeated run, more for a longer one; 0 is off, 0.8 usual.",
        REPEATING, "X",
    )
    dry_base: Annotated[float, Range(1, 10)] = opt(
        1.2, "The factor for each further character of the run.", REPEATING, "X"
    )
    dry_allowed_length: Annotated[int, Range(1, 256)] = opt(
        8, "The characters of a run that may repeat unpunished.", REPEATING, "N"
    )
    dry_penalty_last_n: Last = opt(
        -1, "How many characters are searched for runs; -1 is 65,536.", REPEATING, "N"
    )
    dry_sequence_breaker: Sequence[str] = opt(
        ("\n",), r"Characters at which a run ends; may be repeated; \n is understood.", REPEATING,
        "TEXT", is_repeated=True, shown="a line end",
    )
    no_copy: Whole = opt(
        0, "Extend no run that stands in the training text beyond N characters; 0 is off.",
        REPEATING, "N",
    )
    corpus_index: str | None = None
    must: Sequence[str] = opt(
        (), "The text holds this; may be repeated.", ASKING, "TEXT", is_repeated=True
    )
    forbid: Sequence[str] = opt(
        (), "The text does not hold this; may be repeated.", ASKING, "TEXT", is_repeated=True
    )
    only: str | None = opt(
        None, "The text has only characters of this class: letters, ascii, or one as in a regular "
        "expression, [a-z ].", ASKING, "CLASS",
    )
    match: str | None = opt(
        None, "The whole text matches this regular expression.", ASKING, "REGEX"
    )
    template: str | None = opt(
        None, r"The text is this one with each ____ filled in, within a line; \_ is an underscore.",
        ASKING, "TEXT",
    )
    infill: str | None = opt(
        None, "The text is this one with a character for each _.", ASKING, "TEXT"
    )
    acrostic: str | None = opt(
        None, "The lines begin with the letters of this name, one each.", ASKING, "NAME"
    )
    end_with: str | None = opt(
        None, "Each line ends with a match of this regular expression.", ASKING, "REGEX"
    )
    look_ahead: Annotated[int, Range(0, 4096)] = opt(
        64, "How many texts are tried side by side, so that the text leads up to what is asked of "
        "it; 0 only leaves out what cannot be.", ASKING, "N",
    )
    utf8: bool = True
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
        self._check_temperature()
        for share in ("top_p", "typical_p"):
            if getattr(self, share) == 0:
                raise ConfigError(
                    "0 leaves no character to choose; give a share above 0", argument=share
                )
        for name in ("order", "dry_sequence_breaker", "stop", "must", "forbid"):
            texts = getattr(self, name)
            is_list = isinstance(texts, Sequence) and not isinstance(texts, str)
            if not is_list or not all(isinstance(text, str) for text in texts):
                raise ConfigError(
                    f"{texts!r:.40} is not a sequence of texts; give a list", argument=name
                )
        self._check_order()
        self._check_search()
        if "" in self.stop:
            raise ConfigError(
                "an empty text would end every sample at once; leave it out", argument="stop"
            )

    @property
    def looks_ahead(self) -> bool:
        """Whether the text has to lead up to something."""
        ahead = any(getattr(self, name) for name in STEERING if name not in ("only", "forbid"))
        return ahead and self.look_ahead > 0 and self.length != ENDLESS and self.num_beams == 1

    @property
    def is_whole(self) -> bool:
        """Whether a text is chosen as a whole, before its first character is written."""
        return self.looks_ahead or self.num_beams > 1 or self.best_of > 1

    @property
    def asks(self) -> bool:
        """Whether something is asked of the text."""
        return any(getattr(self, name) for name in STEERING)

    def unasked(self) -> Self:
        """Return the same options, with nothing asked of the text."""
        return replace(
            self,
            match=None,
            template=None,
            infill=None,
            acrostic=None,
            end_with=None,
            only=None,
            must=(),
            forbid=(),
            utf8=False,
        )

    def _check_temperature(self) -> None:
        """Check one temperature, or two, and keep them as Python's numbers."""
        given: Any = self.temperature
        if not isinstance(given, tuple | list):
            object.__setattr__(self, "temperature", checked("temperature", given, Temperature))
            return
        if len(given) != 2:
            raise ConfigError(
                f"{given!r:.40} are {len(given)} temperatures; give one, or two for one that "
                "changes from the first character to the last",
                argument="temperature",
            )
        if self.length == ENDLESS:
            raise ConfigError(
                "a temperature that changes needs a length; give one, or a single temperature",
                argument="temperature",
            )
        values = tuple(checked("temperature", value, Temperature) for value in given)
        object.__setattr__(self, "temperature", values)

    def _check_order(self) -> None:
        """Check that each name is a filter's, once, and that no option is without its filter."""
        for name in self.order:
            if name not in ORDER:
                raise ConfigError(
                    f"{name!r:.40} is no filter; there are {', '.join(ORDER)}", argument="order"
                )
            if list(self.order).count(name) > 1:
                raise ConfigError(f"{name} stands there twice; leave one out", argument="order")
        for name in ORDER:
            if name not in self.order and (options := self._asked(name)):
                raise ConfigError(
                    f"{name} is left out, and {options[0]} is given; add it to the order, or "
                    f"leave {options[0]} out",
                    argument="order",
                )

    def _check_search(self) -> None:
        """Check what chooses among whole texts."""
        given = [name for name in ("num_beams", "best_of") if getattr(self, name) > 1]
        if not given:
            return
        if self.length == ENDLESS:
            raise ConfigError(
                "a text without end is never complete; give a length", argument=given[0]
            )
        if len(given) > 1:
            raise ConfigError("beams are not drawn; leave best_of out", argument="num_beams")
        if self.num_beams % self.num_beam_groups:
            raise ConfigError(
                f"{self.num_beams} beams are not {self.num_beam_groups} groups of the same size; "
                "give a number that divides them",
                argument="num_beam_groups",
            )
        if self.num_beams > 1 and self.mirostat:
            raise ConfigError(
                "beams are not drawn, so mirostat has nothing to follow; leave it out",
                argument="mirostat",
            )

    def _asked(self, name: str) -> list[str]:
        """Return the options of a filter that are not at their defaults."""
        own = _OPTIONS.get(name, (name,))
        return [each for each in own if getattr(self, each) != getattr(SamplingConfig, each)]


_OPTIONS = {
    "penalties": ("repeat_penalty", "presence_penalty", "frequency_penalty"),
    "no_repeat_ngram": ("no_repeat_ngram_size",),
    "dry": ("dry_multiplier",),
}
"""The options that ask for a filter, where they are not named as it is."""
