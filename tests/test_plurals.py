"""Nouns that agree with their number, wherever one is written."""

import ast
import re
from pathlib import Path

import charrnn
from charrnn.plurals import agreeing, counted

ROOT = Path(charrnn.__file__).parent

COUNTED = "characters|predictions|units|steps|places|layers|blocks|bytes"
"""What is counted most, in the plural."""


def test_a_noun_agrees_with_its_number():
    assert counted(0, "character") == "0 characters"
    assert counted(1, "character") == "1 character"
    assert counted(1234567, "character") == "1,234,567 characters"
    assert counted(2, "loss", "losses") == "2 losses"
    assert [agreeing(n, "is", "are") for n in (0, 1, 2)] == ["are", "is", "are"]


SOME = {
    "len(vocabulary)", "size", "T * size", "seq_length", "number(card.tau, 1)", "found.blocks",
    "short(read)", "short(plan.speed)", "chosen", "limit",
    "len(text)", "start", "member.size", "largest.size", "laid.shape[0]",
}  # fmt: skip
"""Numbers that are never one, as they stand in the source; constants have names in capitals."""


def plurals(code):
    """The plurals behind a number that may be one, with their lines."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, following in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(following, ast.Constant):
                noun = re.match(rf" ({COUNTED})\b", str(following.value))
                number = ast.unparse(value.value)
                if noun and number not in SOME and not number.isupper():
                    yield f"line {node.lineno}: {number}{noun[0]}"


def test_no_plural_is_written_after_a_number_that_may_be_one():
    """Only `counted` puts a noun in the plural behind a number that is put in."""
    files = sorted(ROOT.rglob("*.py"))
    found = {str(path): list(plurals(path.read_text("utf-8"))) for path in files}
    assert not {path: each for path, each in found.items() if each}
    assert list(plurals("f'{n} units'")) == ["line 1: n units"]
