"""The commands `train`, `sample`, `inspect` and `lab`: parse, call, and show.

Nothing here or in the command's modules imports NumPy or draws before a command runs, so that
help, completion and `--version` answer at once; and of the commands only the one that is named is
imported.
"""

import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from charrnn.cli.help import Grouped, GroupedUnderViews
from charrnn.cli.stdout import help_output
from charrnn.cli.streams import prepare_streams
from charrnn.cli.wording import options_of, worded
from charrnn.errors import CharRNNError


class Commands(TyperGroup):
    """Report in one line an error that the user can correct; any other keeps its traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; help and the version are written here."""
        try:
            with help_output():
                return super().parse_args(ctx, args)
        except CharRNNError as error:
            fail(str(error), error.exit_code)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CharRNNError as error:
            if os.environ.get("CHARRNN_DEBUG"):
                raise
            chosen = self.commands.get(ctx.invoked_subcommand)
            fail(worded(error, options_of(chosen.params if chosen else [])), error.exit_code)
        except MemoryError:
            if os.environ.get("CHARRNN_DEBUG"):
                raise
            fail("not enough memory; choose a smaller network, batch or text", 1)


def fail(message: str, exit_code: int) -> NoReturn:
    """Print one line on standard error and end with the exit code."""
    # Imported here: it needs rich, and only a failure does.
    from charrnn.terminal.safe import safe

    line = f"error: {safe(message, limit=600).plain}"
    typer.secho(line, fg="red", err=True)
    raise typer.Exit(exit_code)


COMMANDS = ("train", "sample", "inspect", "lab")
"""The commands, in the order of the help."""


@cache
def app_with(names: Iterable[str]) -> typer.Typer:
    """Return the command line with some of the commands."""
    app = typer.Typer(
        name="charrnn",
        cls=Commands,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={
            "help_option_names": ["-h", "--help"],
            # --hidden_size, as elsewhere
            "token_normalize_func": lambda name: name.replace("_", "-"),
        },
    )
    app.callback()(options)
    for name in names:
        _add(app, name)
    return app


def _add(app: typer.Typer, name: str) -> None:
    if name == "train":
        from charrnn.cli.train.command import train

        app.command(cls=Grouped)(train)
    elif name == "sample":
        from charrnn.cli.sample.command import sample

        # What follows the model is taken for a prompt, and answered.
        app.command(cls=Grouped, context_settings={"allow_extra_args": True})(sample)
    elif name == "lab":
        from charrnn.cli.lab.command import lab

        about = "Write a page that holds a network and runs it."
        app.command(cls=Grouped, short_help=about)(lab)
    else:
        from charrnn.cli.inspect.command import inspect

        about = "Look inside a network, also as it reads a text."
        app.command(cls=GroupedUnderViews, short_help=about)(inspect)


def __getattr__(name: str) -> Any:
    """Return `app`, the command line with all commands, when it is first used."""
    if name == "app":
        return app_with(COMMANDS)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"charrnn {version('charrnn')}")
        raise typer.Exit


def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Train a character-level recurrent network on your own text, write with it, look inside it."""


def main() -> None:
    """Run the command line."""
    prepare_streams()
    named = tuple(name for name in COMMANDS if sys.argv[1:2] == [name])
    app_with(named or COMMANDS)()
