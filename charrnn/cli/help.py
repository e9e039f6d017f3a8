"""Help of a command with many options: a heading for each group, and aliases."""

from copy import copy
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperOption

from charrnn.cli.stdout import help_output
from charrnn.errors import ConfigError

if TYPE_CHECKING:
    from charrnn.inspection.view import View

DEVICES = ("--gpu", "--cuda", "--device")
"""Options of programs that run on several devices; the last takes a value."""


class Alias(str):
    """Another name of an option, as other programs have it: understood, not shown."""


class Grouped(TyperCommand):
    """Lists options under the panel that each names; without rich, for a quick answer."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.aliases: list[TyperOption] = []
        for parameter in self.params:
            others = [name for name in parameter.opts if isinstance(name, Alias)]
            if isinstance(parameter, TyperOption) and others:
                alias = copy(parameter)
                alias.opts = [*others]
                parameter.opts = [name for name in parameter.opts if name not in others]
                self.aliases.append(alias)
        for name in DEVICES:
            # Eager, as a value after --gpu would be parsed as a file.
            asked = TyperOption(
                param_decls=[name], is_flag=name != DEVICES[-1], hidden=True, is_eager=True,
                expose_value=False, callback=_refuse_device, required=False,
            )  # fmt: skip
            self.params.append(asked)

    def make_parser(self, ctx: Any) -> Any:
        """Return a parser that knows the aliases too."""
        parser = super().make_parser(ctx)
        for alias in self.aliases:
            alias.add_to_parser(parser, ctx)
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, and write the help; for an unknown option, suggest visible ones."""
        try:
            with help_output():
                return super().parse_args(ctx, args)
        except Exception as error:
            if alike := getattr(error, "possibilities", None):
                error.possibilities = self._own_names(alike)  # type: ignore[attr-defined]
            raise

    def _own_names(self, names: list[str]) -> list[str]:
        """Return the own names of options for their aliases; none for hidden ones."""
        options = [option for option in self.params if isinstance(option, TyperOption)]
        by_parameter = {option.name: option for option in options if not option.hidden}
        own = {
            name: name
            for option in by_parameter.values()
            for name in (*option.opts, *option.secondary_opts)
        } | {"--help": "--help"}
        for alias in self.aliases:
            if option := by_parameter.get(alias.name):
                long = next(name for name in option.opts if name.startswith("--"))
                own |= dict.fromkeys(alias.opts, long)
        return list(dict.fromkeys(own[name] for name in names if name in own))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the name of the command; a metavar with brackets gets no others."""
        pieces: list[str] = super().collect_usage_pieces(ctx)
        return [
            piece[1:].removesuffix("]...") if piece.startswith("[[") else piece for piece in pieces
        ]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, group by group, in the order in which they are declared."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                argument = parameter.param_type_name == "argument"
                group = "Arguments" if argument else getattr(parameter, "rich_help_panel", None)
                name, says = record
                if argument:
                    name = name.partition(" <")[0]  # its metavar says more than its type
                groups.setdefault(group or "Options", []).append((name, says))
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records)


class GroupedUnderViews(Grouped):
    """Lists the views of `inspect` before the options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what each view answers, then the options."""
        from charrnn.inspection.views.registry import VIEWS

        with formatter.section("Views"):
            formatter.write_dl(
                [(name, f"{view.says}{_many(view)}") for name, view in VIEWS.items()]
            )
        super().format_options(ctx, formatter)


def _refuse_device(ctx: Any, parameter: Any, value: Any) -> None:
    """Refuse an option that selects a device other than the CPU."""
    if value and str(value).lower() not in ("cpu", "auto"):
        raise ConfigError(
            f"{parameter.opts[0]}: charrnn runs on the CPU, without a GPU; leave it out"
        )


def _many(view: "View") -> str:
    least, most = view.models
    return f" ({least} to {most} models)" if view.compares else ""
