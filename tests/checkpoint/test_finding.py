"""Which model is meant: the one of a name, or the newest, among other files."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from charrnn.checkpoint.checkpoint import save_state
from charrnn.checkpoint.description import is_model
from charrnn.checkpoint.finding import find, find_run, models, newest
from charrnn.errors import CheckpointError

unprivileged = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything may be read"
)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Work in a folder of one's own, with a folder for models."""
    monkeypatch.chdir(tmp_path)
    Path("checkpoints").mkdir()
    return Path("checkpoints")


def written(path, age):
    """Set the age of a file in seconds."""
    os.utime(path, ns=(10**18, 10**18 - age * 10**9), follow_symlinks=False)
    return path


@pytest.fixture
def model(make_checkpoint):
    def make(name, age=0):
        make_checkpoint(Path(name))
        return written(Path(name), age)

    return make


def dump(path):
    np.savez(path, a=np.zeros(3), meta=np.frombuffer(b'{"schema": "charrnn.inspect/1"}', np.uint8))


def state(path):
    save_state(path, {"params": np.zeros(3, np.float32)}, {})


BESIDE = {
    "a dump": dump,
    "another program's": lambda path: np.savez(path, weights=np.zeros(3)),
    "a state under another name": state,
    "a folder": Path.mkdir,
    "an empty file": Path.touch,
    "a damaged file": lambda path: path.write_bytes(b"PK\3\4 and no more"),
    "a text": lambda path: path.write_text("{}"),
    "a link that leads nowhere": lambda path: path.symlink_to("gone.npz"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to a folder": lambda path: path.symlink_to("."),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("name", ["a.npz", "z.npz"])
def test_the_newest_model_among_other_files(place, model, beside, name):
    wanted = model("checkpoints/m.npz", age=9)
    BESIDE[beside](place / name)
    written(place / name, age=0)
    assert newest() == wanted


def test_the_last_written_and_of_a_tie_the_last_name(place, model):
    for age, name in enumerate(["c", "a", "b", ".hidden", "b.resume"]):
        model(f"checkpoints/{name}.npz", age=age if age < 3 else -age)
    assert newest() == place / "c.npz"
    written(place / "b.npz", age=-1)
    assert newest() == place / "b.npz"
    written(place / "a.npz", age=-1)
    assert newest() == place / "b.npz"


def test_a_link_to_a_model_is_one(place, model, tmp_path):
    model("elsewhere.npz", age=3)
    (place / "latest.npz").symlink_to(tmp_path / "elsewhere.npz")
    assert newest() == place / "latest.npz"


@pytest.mark.parametrize("vanishes", ["stat", "open"])
def test_a_file_that_vanishes_meanwhile(place, model, monkeypatch, vanishes):
    wanted, gone = model("checkpoints/m.npz", age=9), model("checkpoints/n.npz")
    usual = getattr(Path, vanishes)

    def without(path, *arguments, **options):
        if path == gone and gone.exists():
            gone.unlink()
        return usual(path, *arguments, **options)

    if vanishes == "open":
        monkeypatch.setattr(Path, "open", without)
    else:
        listed = models(place)
        monkeypatch.setattr("charrnn.checkpoint.finding.models", lambda _: listed)
        gone.unlink()
    assert newest() == wanted


WITHOUT = {
    "an empty folder": (lambda: None, "no checkpoint there; train one with `charrnn train"),
    "no folder": (Path("checkpoints").rmdir, "no checkpoint there; train one with"),
    "a dump": (lambda: dump("checkpoints/a.npz"), r"no checkpoint there \(a file in .npz but no m"),
    "a damaged model": (lambda: Path("checkpoints/a.npz").write_bytes(b"PK\3\4"), "a.npz: damaged"),
    "a link that leads nowhere": (
        lambda: Path("checkpoints").rmdir() or Path("checkpoints").symlink_to("gone"),
        "a link that leads nowhere",
    ),
    "a file": (lambda: Path("checkpoints").rmdir() or Path("checkpoints").touch(), "not a folder"),
}


@pytest.mark.parametrize("there", WITHOUT)
def test_why_there_is_none(there):
    make, said = WITHOUT[there]
    make()
    with pytest.raises(CheckpointError, match=said) as refused:
        newest()
    assert str(refused.value).startswith("checkpoints")


@unprivileged
def test_unreadable_files(place, model):
    model("checkpoints/m.npz").chmod(0)
    with pytest.raises(CheckpointError, match=r"m.npz: cannot be read, Permission denied"):
        newest()
    place.chmod(0)
    try:
        with pytest.raises(CheckpointError, match="may not be read"):
            newest()
    finally:
        place.chmod(0o700)


def test_a_folder_over_two_lines_makes_no_message_over_two_lines():
    with pytest.raises(CheckpointError) as refused:
        newest(Path("c\nd"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["plays", "plays.npz", "checkpoints/plays", "checkpoints/plays.npz", "./plays"]
)
def test_a_name_without_its_folder_or_its_ending(place, model, name):
    wanted = model("checkpoints/plays.npz")
    assert find(Path(name)) == wanted


def test_the_current_folder_comes_first(model):
    there = model("checkpoints/plays.npz")
    Path("plays").write_text("a text of the same name")
    assert find(Path("plays")) == there
    here = model("plays.npz")
    assert find(Path("plays")) == find(Path("plays.npz")) == here
    here.write_bytes(b"damaged")
    assert find(Path("plays.npz")) == here


def test_a_name_with_points_in_it(model):
    wanted = model("checkpoints/v1.5.npz")
    assert find(Path("v1.5")) == wanted


def test_a_tilde_is_the_home_folder(model, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    model("mine.npz")
    assert find(Path("~/mine.npz")) == find(Path("~/mine")) == tmp_path / "mine.npz"
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        find(Path("~nosuchuser/mine.npz"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("playwrigt.npz", r"playwrigt.npz: no such checkpoint here or in checkpoints/; did you "
         r"mean checkpoints.playwright.npz"),
        ("playwrigt", r"'playwrigt': no such checkpoint here or in checkpoints/; did you mean"),
        ("checkpoints/playwrite.npz", r"no such checkpoint; did you mean checkpoints.playwright"),
        ("models/playwright.npz", r"no such checkpoint; did you mean checkpoints.playwright.npz"),
        ("plays", r"did you mean checkpoints.playwright.npz"),
        ("cook", r"did you mean cooks.npz"),
        ("nothing like it", r"there is cooks.npz, checkpoints.playwright.npz"),
        ("a\nb", r"'a\\nb': no such checkpoint"),
        ("n" * 300, "no such checkpoint"),
        ("nul\0", "no such checkpoint"),
    ],
)  # fmt: skip
def test_did_you_mean(model, name, said):
    model("checkpoints/playwright.npz")
    model("cooks.npz")
    dump("checkpoints/playwrigt2.npz")
    with pytest.raises(CheckpointError, match=said):
        find(Path(name))


def test_of_many_some_are_named(model):
    with pytest.raises(CheckpointError, match="`charrnn train` writes one"):
        find(Path("xyz"))
    for name in "abcde":
        model(f"checkpoints/{name * 5}.npz")
    with pytest.raises(CheckpointError, match=r"there is .*ccccc.npz and 2 more"):
        find(Path("xyz"))


def test_a_file_that_is_not_a_model_is_refused_by_its_reader():
    Path("folder").mkdir()
    Path("text").write_text("abc")
    Path("link.npz").symlink_to("gone")
    for name in ("folder", "text", "link.npz"):
        assert find(Path(name)) == Path(name)


def test_a_run_is_found_by_its_state(model):
    model("checkpoints/done.npz")
    model("checkpoints/stopped.npz")
    state(Path("checkpoints/stopped.resume.npz"))
    state(Path("checkpoints/young.resume.npz"))  # stopped before its model was saved
    for name in ("stopped", "stopped.npz", "checkpoints/stopped"):
        assert find_run(Path(name)) == Path("checkpoints/stopped.npz")
    assert find_run(Path("young")) == Path("checkpoints/young.npz")
    assert find_run(Path("checkpoints/young.npz")) == Path("checkpoints/young.npz")
    assert find_run(Path("stopped.resume.npz")) == Path("checkpoints/stopped.npz")
    assert find_run(Path("checkpoints/done")) == Path("checkpoints/done.npz")
    with pytest.raises(CheckpointError, match=r"did you mean checkpoints.stopped.npz"):
        find_run(Path("stoped"))


def test_only_files_that_are_named_as_models_are_listed(place, model):
    for name in ("b", "a", ".hidden", "a.resume"):
        model(f"checkpoints/{name}.npz")
    (place / "text.txt").touch()
    (place / "folder.npz").mkdir()
    assert models(place) == [place / "a.npz", place / "b.npz"]
    assert models(Path("none")) == []


def test_a_description_that_is_none(place):
    path = place / "a.npz"
    for meta in (b"", b"\n", b"[1]", b"{", b'"charrnn"', b"[" * 10**5, b"\xff"):
        np.savez(path, meta=np.frombuffer(meta, np.uint8))
        assert not is_model(path)


def test_a_description_of_a_model_however_it_was_saved(model):
    path = model("m.npz")
    with np.load(path) as found:
        arrays = dict(found)
    np.savez_compressed("packed.npz", **dict(reversed(arrays.items())))
    assert is_model(Path("packed.npz"))


def test_a_description_of_gigabytes_is_not_read(place):
    import zipfile

    path = place / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.npy", b"\0" * (1 << 25))
    assert not is_model(path)


def test_looking_for_a_model_needs_no_numpy():
    import subprocess

    code = "import sys, charrnn.checkpoint.finding; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"
