"""Help for a command with many options: a heading for each group of them."""

from typing import Any

from typer.core import TyperCommand

from charrnn.display.registry import VIEWS, View


class Grouped(TyperCommand):
    """Lists options under the panel that each names; without rich, for a quick answer."""

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
                    name = name.partition(" <")[0]  # its metavar tells more than its type
                groups.setdefault(group or "Options", []).append((name, says))
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records)


class GroupedUnderViews(Grouped):
    """Lists the views of `inspect` before the options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what each view answers, then the options."""
        with formatter.section("Views"):
            formatter.write_dl(
                [(name, f"{view.says}{_many(view)}") for name, view in VIEWS.items()]
            )
        super().format_options(ctx, formatter)


def _many(view: View) -> str:
    least, most = view.models
    return f" ({least} to {most} models)" if view.compares else ""
