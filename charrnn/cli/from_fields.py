"""The options of a command, made of the fields of dataclasses: see `charrnn.option_fields`."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from charrnn.cli.help import Alias
from charrnn.cli.option_values import duration, file, number, whole_number
from charrnn.option_fields import Opt, described, own_name

_PARSERS: dict[type, Callable[[str], Any]] = {int: whole_number, float: number, Path: file}


def takes(
    moved: Mapping[str, str] | None = None, /, **dataclasses: type
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each field, and the filled dataclasses in their place.

    Parameters
    ----------
    moved
        Options that the help lists elsewhere than their class: each name, and the name before it.
    dataclasses
        The classes, by the names of the command's arguments.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            filled = {name: _filled(kind, values) for name, kind in dataclasses.items()}
            command(**values, **filled)

        own = [
            parameter
            for parameter in signature(command).parameters.values()
            if parameter.name not in dataclasses
        ]
        parameters = [*own, *_in_order(dataclasses.values(), moved or {})]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        # Not by functools.wraps: Typer would look through it at the command itself.
        run.__dict__["__signature__"] = Signature(parameters)
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate


def typed_options(ctx: typer.Context) -> set[str]:
    """Return the names of the options and arguments that were typed, not left to their default."""
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    return {name for name, source in sources.items() if source and source.name != "DEFAULT"}


def _in_order(dataclasses: Any, moved: Mapping[str, str]) -> list[Parameter]:
    found = {
        field.name: _parameter(field, option, said.kind)
        for dataclass in dataclasses
        for field, said in zip(fields(dataclass), described(dataclass).values(), strict=True)
        if (option := said.option)
    }
    order = [name for name in found if name not in moved]
    for name, before in moved.items():
        order.insert(order.index(before) + 1, name)
    return [found[name] for name in order]


def _parameter(field: Field[Any], option: Opt, kind: Any) -> Parameter:
    """Return a field as Typer reads it from a function."""
    is_one = field.default is not MISSING and not isinstance(field.default, tuple)
    default = field.default if is_one else None
    own = own_name(field.name)
    own = f"{own}/--no-{own[2:]}" if default is True else own
    names = tuple(option.names.split())
    if not any(name.startswith("--") for name in names):
        names = (*names, own)
    kind = list[str] if option.is_repeated else str if option.parse else kind
    made = typer.Option(
        *names,
        *map(Alias, option.aliases.split()),
        parser=duration if option.is_time else _PARSERS.get(kind),
        metavar=option.metavar,
        help=option.says,
        show_default=option.shown or True,
        rich_help_panel=None if option.group == "Options" else option.group,
        autocompletion=option.complete,
    )
    kind = kind | None if default is None else kind
    return Parameter(
        field.name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, made]
    )


def _filled(dataclass: type, values: dict[str, Any]) -> Any:
    """Take from the values those of a dataclass's fields, and return it filled.

    Raises
    ------
    ConfigError
        A value does not parse, or is out of its range.
    """
    given: dict[str, Any] = {}
    for name, said in described(dataclass).items():
        # An option that is not typed leaves the field's own default, which may be no text.
        if said.option and (value := values.pop(name)) is not None:
            value = tuple(value) if said.option.is_repeated else value
            given[name] = said.option.parse(value) if said.option.parse else value
    return dataclass(**given)
