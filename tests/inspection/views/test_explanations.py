"""What `--explain` says of each view."""

import re

import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal.screen import Screen


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_explained_without_a_model(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["inspect", "--view", name, "--explain"])
    assert result.exit_code == 0, result.output
    assert result.stdout == VIEWS[name].explain()
    lines = result.stdout.splitlines()
    assert 8 <= len(lines) <= 36
    assert lines[0].startswith(f"{name}: ")
    if VIEWS[name].options:
        assert "Options: --" in result.stdout
    assert max(map(len, lines)) <= 79
    assert result.stdout.endswith("\n")
    assert not result.stdout.endswith("\n\n")
    assert not any(line != line.rstrip() or "\t" in line for line in lines)
    assert not list(tmp_path.iterdir())


def test_an_explanation_goes_to_a_file(tmp_path):
    file = tmp_path / "probs.txt"
    result = CliRunner().invoke(app, ["inspect", "--view", "probs", "--explain", "-o", str(file)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert file.read_text("utf-8") == VIEWS["probs"].explain()


def test_a_view_that_is_none_is_not_explained():
    result = CliRunner().invoke(app, ["inspect", "--view", "prob", "--explain"])
    assert result.exit_code == 2
    assert "there is no 'prob'; did you mean probs" in result.stderr


def test_what_tables_say_is_explained(tiny_network, vocabulary):
    reading = Reading.of(tiny_network("lstm"), vocabulary, vocabulary.encode("abc\nde" * 9))
    for name, first in (("probs", "t"), ("gates", "layer,"), ("state", "others")):
        lines = VIEWS[name].draw(VIEWS[name].compute(reading, Options(rows=2)), Screen(160))
        [heading] = [line.plain for line in lines if line.plain.split()[:1] == [first]][:1]
        for word in re.findall("[a-z]{3,}", heading):
            assert re.search(rf"\b{word}", VIEWS[name].explain()), (name, word)
