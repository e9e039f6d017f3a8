"""Times as people write them, and nothing else that Python would take for a number."""

import math

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.cli.option_values import duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90), ("90s", 90), ("1.5", 1.5), (".5", 0.5), ("0.5s", 0.5), ("10m", 600),
        ("1h30m", 5400), ("1H30M", 5400), (" 2d ", 172800), ("1.5h", 5400), ("1m1m", 120),
        ("1e2", 100), ("+3", 3),
    ],
)  # fmt: skip
def test_times(written, seconds):
    assert duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "0", "0s", "-1", "-1s", "nan", "inf", "infinity", "1e999", "9" * 400 + "s", "s",
        "1x", "1 m", "1h 30m", "1m30", "1..5s", "1_000", "0x10", "٣", "٣s", "1ｓ", "h1", "1:30",
        "1s\n2",
    ],
)  # fmt: skip
def test_no_times(written):
    with pytest.raises(typer.BadParameter, match="is not a time such as"):
        duration(written)


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_any_text_is_a_time_or_reported(text):
    try:
        assert 0 < duration(text) < math.inf
    except typer.BadParameter as error:
        found = error.message
        assert found.isascii()
        assert "\n" not in found
