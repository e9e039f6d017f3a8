"""The pieces that drawings are made of: symbols, bars, tables, heat maps, curves."""

import math
import re
import unicodedata
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from charrnn.errors import ConfigError
from charrnn.inspection.views.registry import VIEWS, choose_view
from charrnn.inspection.views.state.draw_strip import barcodes
from charrnn.terminal import colours
from charrnn.terminal.bars import bar, height, histogram
from charrnn.terminal.coloured_text import EXCESS, RANK, coloured_text, diverging
from charrnn.terminal.curve import curve, ticks_between
from charrnn.terminal.heat_map import Row, ascii_symbol, heat_map
from charrnn.terminal.safe import symbol
from charrnn.terminal.screen import Screen, parse_span
from charrnn.terminal.strip import strip
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Table, flow, folded, number, quoted, rule, share
from charrnn.text.vocabulary import Vocabulary

HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.characters(exclude_categories=["Cs"]), st.booleans())
@settings(deadline=None, max_examples=300)
def test_every_symbol_has_a_shape_and_a_width(character, ascii_only):
    shown = symbol(character, ascii_only=ascii_only)
    assert shown
    assert not any(unicodedata.category(c) in HARMFUL for c in shown)
    assert cell_len(shown) == sum(map(cell_len, shown)) >= 1
    assert cell_len(shown[0]) >= 1
    assert not ascii_only or shown.isascii()
    assert len({symbol(c) for c in ("\n", "\t", " ", character)}) >= 3


def test_symbols():
    shown = {
        "\n": "↵", "\r": "␍", "\t": "→", " ": "·", "a": "a", "é": "é", "漢": "漢", "\x1b": r"\x1b",
        "\u0301": "\u25cc\u0301", "\u0903": "\u25cc\u0903", "\U0001f1ec": r"\U0001f1ec",
        "\xa0": r"\xa0", "\u200d": r"\u200d", "\U0001f3fb": r"\U0001f3fb", "\u1161": r"\u1161",
    }  # fmt: skip
    assert {character: symbol(character) for character in shown} == shown
    assert symbol(" ", space=False) == " "
    shown = [symbol(c, ascii_only=True) for c in "\n\r\t é"]
    assert shown == [r"\n", r"\r", r"\t", "_", r"\xe9"]


def test_symbols_of_bytes_are_not_those_of_characters():
    symbols = Symbols(Vocabulary.of_bytes("a"))
    assert [symbols[k] for k in (0x0A, 0x41, 0xC3)] == ["↵", "A", r"\xc3"]
    assert symbols.width(0xC3) == 4
    assert symbols.padded(0x41, 3) == "A  "


@given(st.floats(0, 1), st.integers(1, 60))
def test_a_bar_is_as_long_as_its_share(value, width):
    drawn = bar(value, width)
    eighths = 8 * drawn.count("█") + (
        " ▏▎▍▌▋▊▉".index(drawn[-1]) if drawn[-1:] not in ("", "█") else 0
    )
    assert eighths == (max(1, round(value * width * 8)) if value else 0)
    assert len(drawn) <= width
    assert len(bar(value, width, ascii_only=True)) == (max(1, round(value * width)) if value else 0)


def test_bars_of_invalid_shares():
    assert bar(math.nan, 8) == bar(0, 8) == bar(-1, 8) == ""
    assert bar(7, 3) == "███"
    assert [height(v) for v in (math.nan, -1, 0, 0.5, 1, 2)] == [" ", "▁", "▁", "▅", "█", "█"]
    assert histogram([0, 1, 500, 1000]) == " ▁▄█"
    assert histogram([]) == ""


def test_numbers_in_few_cells():
    values = (0, 1e-300, 4e-5, 0.0004, 0.0005, 0.893, 0.9994, 0.9995, 1, math.nan)
    assert [share(v) for v in values] == [
        "0", "1e-300", "4e-5", "4e-4", ".001", ".893", ".999", "1.00", "1.00", "-"
    ]  # fmt: skip
    assert [number(v) for v in (-0.001, 1.005, -2, 1e300, math.inf)] == [
        "0.00", "1.00", "-2.00", "1.00e+300", "-"
    ]  # fmt: skip


def test_a_table_drops_columns_that_do_not_fit():
    table = Table(["a", "bb", "c"], "<><", [["x", "1", "漢"], [Text("yy"), "22", ""]])
    assert [line.plain for line in table.draw(Screen(60))] == [
        "a   bb  c ",
        "x    1  漢",
        "yy  22    ",
    ]
    assert table.width == 10
    assert table.narrowed(10, ("bb", "c")) is table
    assert next(table.narrowed(9, ("bb", "c")).draw(Screen(60))).plain == "a   bb"
    assert table.narrowed(2, ("bb", "c")).width == 2


def test_names_from_elsewhere_are_cut():
    assert quoted("漢字漢字", 6, Screen()).plain == "漢字…"
    assert quoted("é\x1b\n", 60, Screen(ascii_only=True)).plain == r"\xe9\x1b\n"


def test_a_column_is_as_wide_as_its_character():
    vocabulary = Vocabulary.of("a漢\x1b\n")
    ids = vocabulary.encode("a漢\x1ba\n")
    rows = [
        Row("s", np.array([1.0, -1, 0.3, 0, -0.3]), "diverging"),
        Row("h", np.arange(5) / 4, "bar"),
    ]
    lines = [line.plain for line in heat_map(ids, range(5), rows, Symbols(vocabulary), Screen(60))]
    assert lines == ["  0", r"  a漢\x1ba↵", "s #==++++.-", "h ▁▃▃▅▅▅▅▇█"]


def test_wide_labels_keep_their_columns():
    vocabulary = Vocabulary.of("ab漢")
    ids, values = vocabulary.encode("ab漢a"), np.linspace(-1, 1, 4)
    rows = [Row("for 漢", values, "diverging", note="字"), Row("0:29", values, "diverging")]
    _, text, first, second = heat_map(ids, range(4), rows, Symbols(vocabulary), Screen(60))
    assert first.plain == "for 漢 =-++# 字"
    assert second.plain == "0:29   =-++#"
    assert text.plain == "       ab漢a"
    [_, under] = strip(ids, 1, rows[:1], Symbols(vocabulary), Screen(60))
    assert under.plain.startswith("for 漢 ")
    lines = [line.plain for line in barcodes(rows, Screen(60))]
    assert {cell_len(line) - 4 for line in lines[1::2]} == {len("for 漢") + 1 + 1}
    coloured_lines = list(
        coloured_text(vocabulary, ids, range(4), values, Screen(60), colouring=diverging("for 漢"))
    )
    assert cell_len(coloured_lines[0].plain) == cell_len(coloured_lines[1].plain)


def test_a_rule_and_a_table_lose_nothing_on_a_narrow_screen():
    said = [line.plain for line in rule("a title of some words", Screen(30), right="and its units")]
    assert said == ["── a title of some words ─────", "and its units"]
    table = Table(["name", "first", "second"], "<>>", [["a", "1" * 12, "2" * 12]])
    assert [line.plain for line in table.draw(Screen(24))] == [
        "name         first",
        "a     111111111111",
        "",
        "name        second",
        "a     222222222222",
    ]
    assert table.room(80) == 80 - 32 - 2
    assert table.room(40) == 40 - 4 - 2


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(4, 40))
@settings(deadline=None, max_examples=200)
def test_a_folded_line_fits_and_keeps_its_words(said, width):
    lines = [line.plain for line in folded(Text(said), width)]
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(said.split())


@pytest.mark.parametrize("width", [-3, 0, 1, 2, 3])
@pytest.mark.parametrize("indent", [0, 2])
def test_a_line_folded_to_no_width_still_ends(width, indent):
    lines = [line.plain for line in islice(folded(Text("ab\u3042 c"), width, indent), 20)]
    assert "".join("".join(lines).split()) == "ab\u3042c"


@given(st.integers(0, 60), st.lists(st.text("ab\u3042 ", max_size=20), max_size=4))
@settings(deadline=None, max_examples=200)
def test_items_stand_below_a_label_that_leaves_them_no_room(label, items):
    screen = Screen(width=40)
    found = islice(flow(map(Text, items), screen, label=Text("x" * label)), 200)
    lines = [line.plain for line in found]
    assert all(cell_len(line) <= 40 for line in lines)
    words = "".join(items).split()
    assert "".join("".join(lines).split()) == "x" * label + "".join(words)


def test_a_heat_map_is_broken_where_the_screen_ends():
    vocabulary = Vocabulary.of("ab")
    ids = vocabulary.encode("ab" * 60)
    row = [Row("0:1", np.linspace(-1, 1, 120), "diverging")]
    lines = [
        line.plain for line in heat_map(ids, range(5, 120), row, Symbols(vocabulary), Screen(60))
    ]
    assert [len(line) for line in lines[1::4]] == [60, 60, 7]
    assert "".join(line[4:] for line in lines[1::4]) == ("ab" * 60)[5:]
    assert lines[0].split() == ["10", "20", "30", "40", "50"]  # no room for 60
    assert lines[0].index("10") == 4 + 5
    assert lines[4].index("70") == 4 + 70 - 61


def test_digits_are_under_their_characters():
    vocabulary = Vocabulary.of("a漢\n")
    ids = vocabulary.encode("a漢\na")
    bits = np.array([math.nan, 12.5, 0.9, 3.0])
    lines = [line.plain for line in coloured_text(vocabulary, ids, range(4), bits, Screen())]
    assert lines == ["   0 a漢↵", "bits  9 0", "   3 a", "bits 3"]


def test_a_text_is_coloured_by_rank_and_by_excess():
    vocabulary = Vocabulary.of("a漢")
    ids = vocabulary.encode("a漢aaaaaaa")
    ranks = np.array([math.nan, 1, 1, 2, 3, 4, 10, 11, 5000])
    lines = [
        line.plain
        for line in coloured_text(vocabulary, ids, range(9), ranks, Screen(), colouring=RANK)
    ]
    assert lines == ["   0 a漢aaaaaaa", "rank  . .::++##"]
    excess = np.array([math.nan, -9, -3, -2.9, -1, -0.9, 0.9, 1, 3])
    lines = coloured_text(vocabulary, ids, range(9), excess, Screen(), colouring=EXCESS)
    assert [line.plain for line in lines] == ["     0 a漢aaaaaaa", "excess  = =--..+#"]


def styles(line, start):
    """The background of each cell of a line from a place on."""
    return [
        next((str(span.style) for span in line.spans if span.start <= n < span.end), "")
        for n in range(start, len(line.plain))
    ]


def test_a_coloured_text_has_a_colour_for_each_sign():
    vocabulary, palette = Vocabulary.of("a"), colours._DARK
    ids, screen = np.zeros(5, np.intp), Screen(80, colours._DARK)
    ranks = np.array([math.nan, 1, 3, 10, 11])
    [line] = coloured_text(vocabulary, ids, range(5), ranks, screen, colouring=RANK)
    ramp = [palette.ramp[step] for step in (0, 3, 5, 7)]
    assert styles(line, 5) == [palette.dim, *ramp]
    excess = np.array([math.nan, 0.5, -1, 3.5, 99])
    [line] = coloured_text(vocabulary, ids, range(5), excess, screen, colouring=EXCESS)
    signed = ["", palette.negative[0], palette.positive[2], palette.positive[3]]
    assert styles(line, 7) == [palette.dim, *signed]


@pytest.mark.parametrize("width", [40, 60, 80, 160])
@pytest.mark.parametrize("H", [1, 50, 130, 1024])
def test_a_barcode_can_be_counted(width, H):
    values = np.linspace(-1, 1, H)
    rows = [Row("a", values, "diverging"), Row("change", -values, "diverging")]
    lines = [line.plain for line in barcodes(rows, Screen(width))]
    assert max(map(len, lines)) <= width
    margin = lines[0].index("0")
    found, of = {}, None
    for line in lines:
        label, cells = line[: margin - 1].strip(), line[margin:]
        if label in ("a", "change"):
            of = label
            assert all(cells.startswith(str(n), n) for n in range(0, min(H, len(cells)) - 3, 10))
        else:
            for n, cell in enumerate(cells):
                found[of, int(label) + n] = cell
    for j, value in enumerate(values.tolist()):
        assert found["a", j] == ascii_symbol(value)
        assert found["change", j] == ascii_symbol(-value)
    assert len(found) == 2 * H


def test_a_span():
    assert parse_span("3:7") == (3, 7)
    assert parse_span(":7") == (0, 7)
    assert parse_span("3:") == (3, None)
    assert parse_span(None) == (0, 320)
    assert Screen(span=(3, None)).shown(5) == range(3, 5)
    assert len(Screen(span=(7, 3)).shown(5)) == 0
    for written in ("", "3", "a:b", "-1:2", "1:2:3"):
        with pytest.raises(ConfigError, match="START:END"):
            parse_span(written)
    for written in ("100:50", "5:5", "0:0"):
        with pytest.raises(ConfigError, match=f"span: {written} ends before anything is drawn"):
            parse_span(written)


def test_choosing_a_view():
    assert choose_view(None) is VIEWS["overview"]
    with pytest.raises(ConfigError, match="there is no 'prob'; did you mean probs"):
        choose_view("prob")
    with pytest.raises(ConfigError, match="for several there are grad, diff"):
        choose_view("probs", 2)


# Curves -----------------------------------------------------------------------------------------


def dots(lines):
    """Return the dots of a picture in braille as (column, row) from the upper left."""
    places = {0x01: (0, 0), 0x02: (0, 1), 0x04: (0, 2), 0x40: (0, 3),
              0x08: (1, 0), 0x10: (1, 1), 0x20: (1, 2), 0x80: (1, 3)}  # fmt: skip
    return {
        (2 * column + x, 4 * row + y)
        for row, line in enumerate(lines)
        for column, character in enumerate(re.split("[│┤]", line)[1])
        for bit, (x, y) in places.items()
        if 0x2800 <= ord(character) < 0x2900 and (ord(character) - 0x2800) & bit
    }


def test_a_curve_goes_from_corner_to_corner():
    lines = [line.plain for line in curve([0, 10], {"up": [1.0, 2.0]}, Screen(80), height=8)]
    found = dots(lines[:8])
    columns = sorted({x for x, _ in found})
    assert columns == list(range(columns[-1] + 1))
    assert (0, 31) in found
    assert (columns[-1], 0) in found
    heights = [min(y for x, y in found if x == column) for column in columns]
    assert heights == sorted(heights, reverse=True)
    assert lines[0].endswith("━ up 2")
    assert re.match(r"1\.0 ┤", lines[7])
    assert lines[8].lstrip().startswith("└")
    assert lines[9].split()[0] == "0"
    assert lines[9].split()[-1] == "10"


def test_the_second_curve_is_dashed_and_named_beside_the_first():
    steps = list(range(50))
    both = curve(steps, {"val": [2.0] * 49 + [1.0], "train": [1.5] * 50}, Screen(80), height=8)
    text = "\n".join(line.plain for line in both)
    assert "━ val 1" in text
    assert "╍ train 1.5" in text
    middle = next(line.plain for line in both if "train" in line.plain)
    assert re.search(r"[\u2801-\u28ff] +[\u2801-\u28ff]", middle)


@given(
    values=st.lists(st.tuples(st.floats(), st.floats() | st.floats(0, 5)), min_size=0, max_size=40),
    width=st.integers(40, 200),
    height_=st.integers(2, 20),
    ascii_only=st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_any_curve_fits(values, width, height_, ascii_only):
    screen = Screen(width, ascii_only=ascii_only)
    steps = [x for x, _ in values]
    series = {"val": [y for _, y in values], "train": [1.0] * len(values)}
    lines = curve(steps, series, screen, height=height_, label="loss")
    assert len(lines) in (0, height_ + 3)
    for line in lines:
        assert line.cell_len <= width, line.plain
        assert not ascii_only or line.plain.isascii()


def test_nothing_to_draw():
    assert curve([], {"val": []}, Screen()) == []
    assert curve([1], {"val": [math.nan]}, Screen()) == []


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_round_and_inside(least, size, most):
    ticks = ticks_between(least, least + size, most)
    assert 1 <= len(ticks) <= most
    margin = 1e-6 * size
    assert all(least - margin <= tick <= least + size + margin for tick in ticks)
    assert len(set(ticks.values())) == len(ticks)


def test_ticks_as_they_are_written():
    assert list(ticks_between(0, 9000, 6).values()) == ["0", "2k", "4k", "6k", "8k"]
    assert list(ticks_between(1.4, 3.1, 5).values()) == ["1.5", "2.0", "2.5", "3.0"]
