"""A command whose options are the fields of dataclasses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer
from typer.testing import CliRunner

from charrnn.cli.from_fields import takes
from charrnn.cli.help import Grouped
from charrnn.errors import ConfigError
from charrnn.option_fields import Checked, Count, Range, opt


def pair(text):
    first, _, second = text.partition(":")
    if not second:
        raise ConfigError("is no pair", argument="pair")
    return first, second


@dataclass(frozen=True)
class Options(Checked):
    """What is done."""

    size: Count = opt(3, "How large.", "Shape", "N", names="-s", aliases="--big")
    rate: Annotated[float, Range(0, 1)] | None = opt(
        None, "How fast.", "Shape", "R", shown="by size"
    )
    kind: Literal["rnn", "gru"] = opt("rnn", "Which.", "Shape")
    time: Annotated[float, Range(0)] | None = opt(None, "How long.", metavar="TIME", is_time=True)
    loud: bool = opt(False, "Say more.")
    plot: bool = opt(True, "Draw.")
    words: tuple[str, ...] = opt((), "Some.", names="--word", metavar="W", is_repeated=True)
    pair: tuple[str, str] | None = opt(None, "Two.", metavar="A:B", parse=pair)
    hidden: int = 7


@dataclass(frozen=True)
class Output:
    """Where it goes."""

    out: Path | None = opt(None, "The file.", "Output", "FILE")
    over: bool = opt(False, "Replace it.", "Output", names="--overwrite")


def run(*arguments, moved=None):
    got = {}
    app = typer.Typer(rich_markup_mode=None)

    @app.command(cls=Grouped)
    @takes(moved, output=Output, options=Options)
    def toy(
        ctx: typer.Context,
        text: Annotated[str, typer.Argument()] = "none",
        *,
        options: Options,
        output: Output,
    ) -> None:
        """Do it."""
        sources = {name: ctx.get_parameter_source(name).name for name in ctx.params}
        got.update(text=text, options=options, output=output, sources=sources)

    app.command()(lambda: None)
    result = CliRunner().invoke(app, ["toy", *arguments])
    if isinstance(result.exception, ConfigError):
        raise result.exception
    return result, got


def test_without_options_every_field_has_its_default():
    result, got = run()
    assert result.exit_code == 0, result.output
    assert (got["text"], got["options"], got["output"]) == ("none", Options(), Output())


def test_each_field_is_filled():
    result, got = run(
        "text", "-s", "5", "--rate", "0.5", "--kind", "gru", "--time", "1m", "--loud", "--no-plot",
        "--word", "a", "--word", "b", "--pair", "x:y", "--out", "~/f", "--overwrite",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert got["text"] == "text"
    assert got["options"] == Options(
        5, 0.5, "gru", 60.0, loud=True, plot=False, words=("a", "b"), pair=("x", "y")
    )
    assert got["output"] == Output(Path("~/f").expanduser(), over=True)


def test_what_was_typed_can_be_reported_from_a_default():
    _, got = run("--size", "3", "text")
    typed = {name for name, source in got["sources"].items() if source != "DEFAULT"}
    assert typed == {"size", "text"}


def test_another_name_is_understood_and_not_shown():
    assert run("--big", "9")[1]["options"].size == 9
    shown = run("--help")[0].output
    assert "--big" not in shown
    assert "-s, --size N" in shown


def test_the_help_has_groups_defaults_and_no_field_that_is_no_option():
    shown = run("--help")[0].output
    order = ["Do it.", "Output:", "--out", "Shape:", "--size", "--rate", "--kind", "Options:"]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)
    for part in ("[default: 3]", "[default: (by size)]", "rnn|gru", "--plot / --no-plot"):
        assert part in shown
    assert "hidden" not in shown


def test_an_option_may_stand_elsewhere_than_its_class_has_it():
    shown = run("--help", moved={"loud": "time", "over": "pair"})[0].output
    assert shown.index("--time") < shown.index("--loud") < shown.index("--plot")
    assert run("--overwrite", moved={"over": "pair"})[1]["output"].over


@pytest.mark.parametrize("option", ["--size=x", "--rate=nan", "--kind=lstm", "--time=1x"])
def test_what_does_not_parse_is_refused_by_the_name_of_the_option(option):
    result, got = run(option)
    assert result.exit_code == 2
    assert f"Invalid value for '{'-s' if 'size' in option else ''}" in result.output
    assert not got


@pytest.mark.parametrize(
    ("option", "said"),
    [("--size=0", "size: 0 is out of range"), ("--rate=2", "rate: 2.0 is out of range; .* to 1"),
     ("--pair=x", "pair: is no pair")],
)  # fmt: skip
def test_a_value_out_of_its_range_never_reaches_the_command(option, said):
    with pytest.raises(ConfigError, match=said):
        run(option)
