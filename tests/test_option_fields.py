"""Fields that are options: their ranges, which the library and the command check alike."""

import math
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.cli.inspect.options import OutputOptions as InspectOutput
from charrnn.cli.inspect.options import TextOptions
from charrnn.cli.lab.options import LabOptions
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.train.options import MachineOptions
from charrnn.cli.train.options import OutputOptions as TrainOutput
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.option_fields import LARGEST, Checked, Count, OneOf, Range, Share, described, opt
from charrnn.sampling.config import SamplingConfig
from charrnn.text.read_as import ReadAs
from charrnn.training.config import TrainingConfig
from charrnn.training.options import TrainOptions

OF_COMMAND = {
    "train": (TrainOutput, ReadAs, TrainOptions, MachineOptions),
    "sample": (SamplingConfig, SampleOptions),
    "inspect": (TextOptions, Options, InspectOutput),
    "lab": (LabOptions,),
}
OF_LIBRARY = (ReadAs, TrainOptions, SamplingConfig, Options)
FIELDS = [
    (command, dataclass, name)
    for command, dataclasses in OF_COMMAND.items()
    for dataclass in dataclasses
    for name, said in described(dataclass).items()
    if said.option
]
CHECKED_ELSEWHERE = {"layer", "width"}
"""Numbers whose range is known with the network and the screen."""


@dataclass(frozen=True)
class Toy(Checked):
    """Some options."""

    size: Count = opt(3, "How large.")
    share: Share | None = opt(None, "How much.")
    by: Literal["a", "b"] = opt("a", "Which.")
    kind: Annotated[Literal["x"], OneOf(["x"])] = "x"
    few: Annotated[int, Range(-1, 5)] = 0
    on: bool = False


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"size": 0}, "size: 0 is out of range; give a whole number from 1 on"),
        ({"size": 10**19}, "size: 10000000000000000000 is out of range; .* from 1 to 1e\\+18"),
        ({"size": 2.0}, "size: 2.0 is not a whole number; give one from 1 on"),
        ({"size": True}, "size: True is not a whole number"),
        ({"size": None}, "size: None is not a whole number"),
        ({"size": "3"}, "size: '3' is not a whole number"),
        ({"share": 0.96}, "share: 0.96 is out of range; .* from 0 to 0.95, or leave it out"),
        ({"share": math.nan}, "share: nan is out of range"),
        ({"share": math.inf}, "share: inf is out of range"),
        ({"share": 10**400}, "share: 10+ is out of range"),
        ({"by": "c"}, "by: 'c' is none of a, b"),
        ({"by": ["a"]}, r"by: \['a'\] is none of a, b"),
        ({"kind": "y"}, "kind: 'y' is none of x"),
        ({"few": -2}, "few: -2 is out of range; give a whole number from -1 to 5"),
        ({"on": 1}, "on: 1 is neither true nor false"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_line(wrong, said):
    with pytest.raises(ConfigError, match=said) as refusal:
        Toy(**wrong)
    assert "\n" not in str(refusal.value)


def test_both_bounds_are_in_the_range():
    for right in ({"size": 1}, {"size": int(LARGEST)}, {"share": 0}, {"share": 0.95}, {"few": -1}):
        assert Toy(**right)


def test_a_name_that_is_added_later_is_one_of_them():
    names = ["x"]

    @dataclass(frozen=True)
    class Named(Checked):
        kind: Annotated[Literal["x"], OneOf(names)] = "x"

    with pytest.raises(ConfigError, match=r"kind: 'y' is none of x$"):
        Named("y")
    names.append("y")
    assert Named("y").kind == "y"


def test_numbers_of_other_libraries_become_pythons():
    toy = Toy(size=np.uint8(2), share=np.float32(0.5))
    assert (type(toy.size), type(toy.share)) == (int, float)
    assert type(Toy(share=Fraction(1, 2)).share) is float
    assert type(Toy(share=0).share) is int  # as it is given: a hash of the run is made of it


@pytest.mark.parametrize(("command", "kind", "name"), FIELDS)
def test_every_field_is_an_option_that_says_what_it_is(command, kind, name):
    option = described(kind)[name].option
    assert option.says.endswith(".")
    assert "\n" not in option.says
    assert option.group
    assert option_of(command, name)
    if described(kind)[name].kind is not bool and not described(kind)[name].choices:
        assert option.metavar


def test_no_name_is_in_two_dataclasses_of_a_command():
    for dataclasses in OF_COMMAND.values():
        names = [field.name for dataclass in dataclasses for field in fields(dataclass)]
        assert len(names) == len(set(names))


def numbers(dataclasses):
    return [
        (kind, name)
        for kind in dataclasses
        for name, said in described(kind).items()
        if said.kind in (int, float) and name not in CHECKED_ELSEWHERE
    ]


@pytest.mark.parametrize(("kind", "name"), numbers(OF_LIBRARY))
def test_the_library_checks_every_number(kind, name):
    least, most = described(kind)[name].range
    for wrong in (least - 1, most * 2 + 1, math.nan, "1"):
        with pytest.raises(ConfigError, match=f"^{name}: "):
            kind(**{name: wrong})


@pytest.mark.parametrize(("kind", "name"), numbers([TrainingConfig]))
def test_what_is_resolved_has_the_range_of_its_option(kind, name):
    given, resolved = described(TrainOptions).get(name), described(kind)[name]
    assert resolved.range
    assert given is None or name == "workers" or given.range == resolved.range


@pytest.mark.parametrize(
    ("command", "name"),
    [(c, name) for c, dataclasses in OF_COMMAND.items() for _, name in numbers(dataclasses)],
)
def test_a_command_checks_every_number(command, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kind = next(kind for kind in OF_COMMAND[command] if name in described(kind))
    least = described(kind)[name].range.least
    option = option_of(command, name)
    done = CliRunner().invoke(app, [command, f"{option}={least - 1:g}"])
    assert done.exit_code == 2
    assert option in done.stderr.splitlines()[-1]


def option_of(command, name):
    params = typer.main.get_command(app).commands[command].params
    [found] = [param for param in params if param.name == name]
    return next(option for option in found.opts if option.startswith("--"))
