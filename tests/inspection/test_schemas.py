"""JSON Schemas: each view has one, it tells of everything, and it lets nothing else pass."""

import copy
import io
import json
from dataclasses import fields
from importlib import resources

import jsonschema
import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.inspection.options import Options
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.output.schema import as_json, schema
from charrnn.inspection.output.writers import write
from charrnn.inspection.reading import Reading
from charrnn.inspection.source import Source
from charrnn.inspection.views.registry import VIEWS

TEXT = "ab\nba\ncab\ndeed\néa\n" * 2


def validator(name):
    return jsonschema.Draft202012Validator(schema(VIEWS[name]))


def written(checkpoint, path, name, text=TEXT, **options):
    """What a view writes as JSON."""
    view, options, source = VIEWS[name], Options(**options), None
    subject = checkpoint
    if view.reads_text:
        source = Source.typed(checkpoint.vocabulary, text, "error", 1000)
        reading = Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids)
        subject = (reading,) * view.models[0] if view.compares else reading
    others = ((path, checkpoint),) * (view.models[0] - 1)
    stream = io.BytesIO()
    envelope = Envelope(path, checkpoint, source, options, others)
    write(view.compute(subject, options), envelope, "json", stream)
    return json.loads(stream.getvalue())


@pytest.fixture
def find(make_checkpoint, tmp_path):
    """Return what a view writes of a small LSTM."""
    path = tmp_path / "model.npz"
    checkpoint = make_checkpoint(path, hidden_size=3, num_layers=2)
    return lambda name: written(checkpoint, path, name)


# That they are there ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_has_a_schema(name):
    whole = schema(VIEWS[name])
    jsonschema.Draft202012Validator.check_schema(whole)
    assert whole["properties"]["view"]["const"] == name
    assert as_json(VIEWS[name]) == json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    data = whole["properties"]["data"]
    assert data["additionalProperties"] is False
    assert sorted(data["required"]) == sorted(data["properties"])


def test_every_view_folder_is_registered():
    folders = {
        file.name
        for file in resources.files("charrnn.inspection.views").iterdir()
        if file.is_dir() and not file.name.startswith("__")
    }
    assert folders == {*VIEWS}


@pytest.mark.parametrize("name", VIEWS)
def test_each_schema_says_what_everything_is(name):
    def look(part, where):
        if isinstance(part, list):
            for inner in part:
                look(inner, where)
        elif isinstance(part, dict):
            for key, inner in part.get("properties", {}).items():
                here = f"{where}.{key}"
                target = resolved(whole, inner)
                assert target.keys() & {"description", "properties"} or "description" in inner, here
                assert {"type", "enum", "const", "anyOf", "oneOf"} & set(target), here
            if part.get("type") in ("object", ["object", "null"]) and where != ".data":
                assert "additionalProperties" in part, where
            for key, inner in part.items():
                if key != "properties":
                    look(inner, where)
                else:
                    for inside, value in inner.items():
                        look(value, f"{where}.{inside}")

    whole = schema(VIEWS[name])
    look(whole, "")


def resolved(whole, part):
    if "$ref" not in part:
        return part
    assert part["$ref"].startswith("#/$defs/")
    return whole["$defs"][part["$ref"].removeprefix("#/$defs/")]


def test_the_envelope_shows_of_every_option():
    params = schema(VIEWS["probs"])["properties"]["params"]
    assert set(params["properties"]) == {field.name for field in fields(Options)}
    assert sorted(params["required"]) == sorted(params["properties"])


def test_definitions_of_a_view_do_not_hide_those_of_the_envelope():
    def defined(package, file):
        path = resources.files(package) / file
        return set(json.loads(path.read_text("utf-8")).get("$defs", {}))

    for name in VIEWS:
        own = defined(VIEWS[name].package, "schema.json")
        assert not own & defined("charrnn.inspection.output", "envelope.schema.json"), name


# That they fit ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("probs", {"branch": 3, "temperature": 0.5, "paint": "rank", "top": 9}),
        ("probs", {"temperature": 1e-300}),
        ("state", {"at": "worst", "kind": "f"}),
        ("state", {"at": "0", "units": ((1, 2), (0, 1)), "by": "change", "rows": 2}),
        ("state", {"kind": "c", "settings": (((0, 1), 0.5),), "features": ("a=b",)}),
        ("gates", {"layer": 1, "pattern": (1, 3), "train": "a.txt", "rival": "b"}),
    ],
)
def test_what_options_make_of_a_result_fits(make_checkpoint, tmp_path, name, options):
    path = tmp_path / "model.npz"
    checkpoint = make_checkpoint(path, num_layers=2)
    validator(name).validate(written(checkpoint, path, name, **options))


def test_a_text_of_one_character_fits(make_checkpoint, tmp_path, cell):
    path = tmp_path / "model.npz"
    checkpoint = make_checkpoint(path, cell=cell)
    for name in ("probs", "state", "gates"):
        validator(name).validate(written(checkpoint, path, name, text="a"))


# That nothing else does -------------------------------------------------------------------------


def places(whole, part, value, path=()):
    """Yield the path to one value of each kind in a result, and the keys it needs, if any."""
    part = resolved(whole, part)
    yield path, part.get("required", []) if isinstance(value, dict) else []
    if isinstance(value, dict):
        for key, inner in value.items():
            known = part.get("properties", {}).get(key, part.get("additionalProperties"))
            if isinstance(known, dict):
                yield from places(whole, known, inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(part.get("items"), dict):
        yield from places(whole, part["items"], value[0], (*path, 0))


def changed(whole, path, value):
    """Return a copy of a result with another value at a path, or one less where it is ..."""
    whole = copy.deepcopy(whole)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return whole


@pytest.mark.slow
@pytest.mark.parametrize("name", VIEWS)
def test_a_wrong_value_is_refused_wherever_it_stands(find, name):
    check, whole = validator(name), find(name)
    check.validate(whole)
    seen = 0
    for path, needed in places(check.schema, check.schema, whole):
        seen += 1
        if path:
            assert not check.is_valid(changed(whole, path, {"wrong": [[{}]]})), path
        if needed:
            assert not check.is_valid(changed(whole, (*path, "unheard of"), 0)), path
        for key in needed:
            assert not check.is_valid(changed(whole, (*path, key), ...)), (*path, key)
    assert seen > 40


def test_values_of_the_right_type_may_be_wrong(find):
    check, whole = validator("probs"), find("probs")
    for path, value in (
        (("data", "characters", 0, "p"), 1.5),
        (("data", "characters", 0, "rank"), 0),
        (("data", "characters", 0, "read"), "ab"),
        (("data", "characters", 0, "rank"), 1.5),
        (("data", "means", "top1"), -0.1),
        (("schema",), "charrnn.inspect/2"),
        (("view",), "state"),
        (("model", "cell"), "transformer"),
        (("model", "sha256"), "0" * 63),
        (("params", "temperature"), 0),
    ):
        assert not check.is_valid(changed(whole, path, value)), path


# Where a user finds them ------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIEWS)
def test_the_command_line_shows_a_schema_without_a_model(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["inspect", "--view", name, "--format", "schema"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == schema(VIEWS[name])


def test_a_schema_goes_to_a_file(tmp_path):
    file = tmp_path / "probs.schema.json"
    chosen = ["--view", "probs", "--format", "schema", "-o", str(file)]
    result = CliRunner().invoke(app, ["inspect", *chosen])
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(file.read_bytes()) == schema(VIEWS["probs"])
    refused = CliRunner().invoke(app, ["inspect", "--format", "schema", "--view", "prob"])
    assert refused.exit_code == 2
