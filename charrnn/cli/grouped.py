"""Help for a command with many options: a heading for each group of them."""

from typing import Any

from typer.core import TyperCommand


class Grouped(TyperCommand):
    """Lists options under the panel that each names; without rich, for a quick answer."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, group by group, in the order in which they are declared."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                argument = parameter.param_type_name == "argument"
                group = "Arguments" if argument else getattr(parameter, "rich_help_panel", None)
                groups.setdefault(group or "Options", []).append(record)
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records)
