"""Errors as a command line reports them: with its options and the name of the program."""

from typing import Any

from charrnn.errors import CharRNNError, Spelling
from charrnn.terminal.commands import command, quoted


def worded(error: CharRNNError, options: dict[str, str]) -> str:
    """Return the message of an error, with those ways out that a command has options for.

    options: of the command, by the names of its parameters.
    """
    message = error.spelled(spelling(options))
    # The library names the program by what it is called by default.
    return message.replace("`charrnn ", f"`{command()} ")


def options_of(parameters: list[Any]) -> dict[str, str]:
    """Return the long option of each of a command's parameters, by the parameter's name."""
    found: dict[str, str] = {}
    for parameter in parameters:
        if parameter.param_type_name == "option" and not parameter.hidden:
            names = [name for name in parameter.opts if name.startswith("--")]
            found |= {parameter.name: names[0]} if names else {}
    return found


def spelling(options: dict[str, str]) -> Spelling:
    """Return how a command spells the arguments of the library."""

    def spelled(name: str, value: object) -> str | None:
        option = options.get(name)
        if option is None or value is None or value is True:
            return option
        return f"{option} {quoted(str(value))}"

    return spelled
