"""Options as fields of dataclasses: the one place where an option is described.

    @dataclass(frozen=True)
    class SamplingConfig(Checked):
        top_k: Whole = opt(0, "Choose among the K likeliest only; 0 is off.", CHOOSING, "K")

The field is the keyword of the library, its type and `Range` are what `Checked` checks, and
`charrnn.cli.from_fields` makes an option of a command of it. Imports neither NumPy nor Typer.
"""

from collections.abc import Callable, Sequence
from dataclasses import field, fields
from functools import cache
from numbers import Integral, Real
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from charrnn.errors import ConfigError

LARGEST = 1e18
"""Upper bound of numbers that have no other: far above any useful value, safe in arithmetic."""


class Range(NamedTuple):
    """The numbers that a field may have, both bounds among them."""

    least: float
    most: float = LARGEST


class OneOf(NamedTuple):
    """The names that a field may have, where they are not fixed as those of a Literal are."""

    names: Sequence[str]


Whole = Annotated[int, Range(0)]
Count = Annotated[int, Range(1)]
Share = Annotated[float, Range(0, 0.95)]
Measure = Annotated[float, Range(0)]
Seed = Annotated[int, Range(0, 2**64 - 1)]
"""A seed of 64 bits, as other programs give."""


class Opt(NamedTuple):
    """A field as an option of a command.

    says: its sentence in the help.
    group: the heading under which the help lists it.
    metavar: what stands for its value in the help.
    names: as typed, `-n --bytes`; `--field-name` is added where there is no long one.
    aliases: names that other programs have for it: understood, not shown.
    shown: the default in words, where its value says too little.
    is_time: whether it is typed as a time such as `10m`, and kept in seconds.
    is_repeated: whether it may be given several times, for a tuple.
    parse: returns the value that the text typed means, or of a repeated option the texts.
    complete: returns what the shell offers for a beginning.
    """

    says: str
    group: str = "Options"
    metavar: str | None = None
    names: str = ""
    aliases: str = ""
    shown: str | None = None
    is_time: bool = False
    is_repeated: bool = False
    parse: Callable[[Any], Any] | None = None
    complete: Callable[[str], Any] | None = None


def opt(
    default: Any, says: str, group: str = "Options", metavar: str | None = None, **more: Any
) -> Any:
    """Return a dataclass's field that is an option too, with what `Opt` describes."""
    return field(default=default, metadata={"option": Opt(says, group, metavar, **more)})


class OptionField(NamedTuple):
    """What the annotation of a field says: its type but for None, its range, and its option."""

    kind: Any
    is_optional: bool
    choices: Sequence[Any]
    range: Range | None
    option: Opt | None

    def name(self, field: str) -> str:
        """Return the option's long name, for the name of the field."""
        given = self.option.names.split() if self.option else []
        return next((name for name in given if name.startswith("--")), own_name(field))


def own_name(field: str) -> str:
    """Return the name of the option that a field is, where it names none: `--top-k`."""
    return f"--{field.replace('_', '-')}"


@cache
def described(dataclass: Any) -> dict[str, OptionField]:
    """Return what the annotations of a dataclass say, by the names of its fields."""
    hints = get_type_hints(dataclass, include_extras=True)
    return {
        each.name: _described(hints[each.name], each.metadata.get("option"))
        for each in fields(dataclass)
    }


def _described(hint: Any, option: Opt | None) -> OptionField:
    found: dict[type, Any] = {}
    is_optional = False
    while (origin := get_origin(hint)) in (Annotated, Union, UnionType):
        if origin is Annotated:
            found |= {type(said): said for said in hint.__metadata__}
            hint = get_args(hint)[0]
            continue
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        is_optional |= len(kinds) < len(get_args(hint))
        # A dataclass checks for itself what may be of several kinds.
        hint = kinds[0] if len(kinds) == 1 else object
    choices = found[OneOf].names if OneOf in found else get_args(hint)
    is_choice = origin is Literal
    return OptionField(hint, is_optional, choices if is_choice else (), found.get(Range), option)


class Checked:
    """Base of a dataclass that checks its numbers, choices and truth values when it is made.

    Numbers of NumPy become Python's, as JSON needs them.

    Raises
    ------
    ConfigError
        A value not of its kind or out of its range, nan and infinity among them.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name, said in described(kind).items():
            value = getattr(self, name)
            if value is None and said.is_optional:
                continue
            if said.choices and value not in said.choices:
                known = ", ".join(map(str, said.choices))
                raise ConfigError(f"{value!r:.40} is none of {known}", argument=name)
            if said.kind is bool and not isinstance(value, bool):
                raise ConfigError(f"{value!r:.40} is neither true nor false", argument=name)
            if said.kind in (int, float):
                number = _checked(name, value, said)
                if number is not value:
                    object.__setattr__(self, name, number)


def checked(name: str, value: Any, annotation: Any) -> float:
    """Return a number as one of Python's, if it is as an annotation says.

    Raises
    ------
    ConfigError
        It is not of its kind or out of its range.
    """
    return _checked(name, value, _described(annotation, None))


def _checked(name: str, value: Any, said: OptionField) -> float:
    """Return a number as one of Python's, if it is of its kind and in its range."""
    what, kind = ("a whole number", Integral) if said.kind is int else ("a number", Real)
    least, most = said.range or (-LARGEST, LARGEST)
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    number: float = value if isinstance(value, int | float) or not is_number else said.kind(value)
    # A bound beyond use is only named where it is the reason.
    bounded = most < 10**9 or (is_number and number > most)
    span = f"from {_written(least)} {f'to {_written(most)}' if bounded else 'on'}"
    if said.is_optional:
        span += ", or leave it out"
    if not is_number:
        raise ConfigError(f"{value!r:.40} is not {what}; give one {span}", argument=name)
    if not least <= number <= most:
        raise ConfigError(f"{value!s:.40} is out of range; give {what} {span}", argument=name)
    return number


def _written(bound: float) -> str:
    return f"{bound}" if isinstance(bound, int) and bound < 10**9 else f"{bound:g}"
