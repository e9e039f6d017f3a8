"""Plain technical English: words that code, tests and pages do not use."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = (
    *ROOT.glob("*.md"),
    *ROOT.glob(".github/*.md"),
    *ROOT.glob("tests/benchmarks/*.md"),
    *ROOT.glob("charrnn/inspection/views/*/explain.txt"),
)
FILES = sorted(
    path
    for path in (*ROOT.glob("charrnn/**/*.py"), *ROOT.glob("tests/**/*.py"), *PAGES)
    if path.name != Path(__file__).name
)
BANNED = {
    "somebody", "nobody", "whoever", "told", "dearer", "heed", "heeds", "heeded", "unheeded",
}  # fmt: skip
PHRASES = ("in vain", "from which on", "go_on_from", "lie_in")
ANY = re.compile("|".join((*BANNED, *PHRASES)))
ALLOWED = {"charrnn/training/trainer.py": "what the records of earlier versions say"}
"""Files that may say one of them, and why."""


def words(name):
    """The words of an identifier: parted at underscores, and where a capital begins one."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Za-z][a-z]*", name)]


def found_in(text, *, is_code):
    """The banned words of a text, in names, docstrings, comments and messages."""
    if not ANY.search(text.lower()):  # to part code into tokens takes a hundred times as long
        return []
    if is_code:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        kinds = (tokenize.NAME, tokenize.STRING, tokenize.COMMENT)
        parts = [token.string for token in tokens if token.type in kinds]
    else:
        parts = [text]
    found = [word for part in parts for word in words(part) if word in BANNED]
    return found + [phrase for phrase in PHRASES for part in parts if phrase in part.lower()]


def test_no_page_and_no_file_uses_them():
    found = {
        path.relative_to(ROOT).as_posix(): words
        for path in FILES
        if (words := found_in(path.read_text("utf-8"), is_code=path.suffix == ".py"))
    }
    assert found.keys() == ALLOWED.keys(), found


@pytest.mark.parametrize(
    "code",
    [
        "told = 1",
        "TOLD_BY = 1",
        "def what_is_told(): ...",
        "class NobodyKnows: ...",
        "x = 'whoever reads this'",
        "x = f'{y} dearer'",
        "# in vain",
        '"""What somebody asked."""',
        "go_on_from(x)",
    ],
)
def test_what_is_planted_is_found(code):
    assert len(found_in(code, is_code=True)) == 1
    assert not found_in("the caller reports it; a toldo; bodywork", is_code=False)
