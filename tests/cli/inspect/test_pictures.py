"""`inspect --format svg|html`: the screen as a picture, in a file or on standard output."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest


@pytest.fixture
def model(make_checkpoint, tmp_path):
    path = tmp_path / "model.npz"
    make_checkpoint(path)
    return path


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "charrnn", "inspect", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, check=False,
    )  # fmt: skip


def words(svg):
    root = ElementTree.fromstring(svg)
    return " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_suffix_chooses_the_form(model, tmp_path, theme):
    for name in ("a.svg", "a.html"):
        done = run(model, "abab", "--view", "probs", "--theme", theme, "-o", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    svg, html = ((tmp_path / name).read_text("utf-8") for name in ("a.svg", "a.html"))
    assert "bits/char" in words(svg).replace("\xa0", " ")
    assert "model.npz" in html
    background = "#0d1117" if theme == "dark" else "#ffffff"
    assert background in svg
    assert background in html


def test_it_is_as_wide_as_was_said(model, tmp_path):
    found = {}
    for width in (60, 120):
        done = run(
            model, "abab", "--view", "state", "--format", "svg", "--width", width, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        found[width] = float(ElementTree.fromstring(done.stdout).get("viewBox").split()[2])
    assert found[120] / found[60] == pytest.approx(2, rel=0.05)


def test_a_file_that_exists_is_kept(model, tmp_path):
    (tmp_path / "a.svg").write_text("mine")
    done = run(model, "abab", "-o", "a.svg", cwd=tmp_path)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert (tmp_path / "a.svg").read_text() == "mine"
