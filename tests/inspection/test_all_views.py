"""What `inspect` draws: it fits, it does no harm, and it says with colours what it says without."""

import io
import math
import re
import unicodedata
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.errors import ConfigError, TextError
from charrnn.evaluation.score import score
from charrnn.inspection.options import Options
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.output.heading import framed
from charrnn.inspection.reading import Reading
from charrnn.inspection.source import Source
from charrnn.inspection.views.gates.result import Gates
from charrnn.inspection.views.registry import VIEWS
from charrnn.terminal import colours
from charrnn.terminal.heat_map import ascii_symbol
from charrnn.terminal.screen import Screen, screen_of, show
from charrnn.terminal.tables import prose
from charrnn.text.vocabulary import Vocabulary

PALETTES = [
    colours._DARK,
    colours._LIGHT,
    colours._DARK_256,
    colours._LIGHT_256,
    colours._EITHER,
    colours._EITHER_256,
    colours._SIXTEEN,
]
WIDTHS = [40, 60, 80, 120, 200]
HOSTILE = (
    "[/] [red]\x00\x1b[31m\x7f\x9b\r\n\t\u202e\u2066\u200d\u2028\ufeff\u0301\u20dd\u0e31\u0903"
    "漢字한\u1161\U0001f1ec\U0001f1e7\U0001f3fb😀\U000e0041\ue000\u0378\u3000\xa0é"
)
UNAVAILABLE = {("ledger", "rnn")}
HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}

shared = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(lines, screen):
    """Return lines as text, having seen that each fits and that nothing in them can do harm."""
    said = []
    for line in lines:
        assert isinstance(line, Text)
        assert line.cell_len <= screen.width, line.plain
        assert sum(map(cell_len, line.plain)) <= screen.width, line.plain
        assert not any(unicodedata.category(c) in HARMFUL for c in line.plain), repr(line.plain)
        if screen.ascii_only:
            assert line.plain.isascii(), line.plain
        if not screen.coloured:
            assert not any(map(str, [line.style, *(span.style for span in line.spans)]))
        said.append(line.plain)
    return "\n".join(said)


def drawn(name, checkpoint, text, screen, **options):
    return drawer(name, checkpoint, text, **options)(screen)


def drawer(name, checkpoint, text, **options):
    """Compute a view once; return what draws it on a screen."""
    options = Options(**options)
    view = VIEWS[name]
    source = None
    if view.reads_text:
        source = Source.typed(checkpoint.vocabulary, text, "error", 10_000)
        reading = Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids)
        subject = (reading,) * view.models[0] if view.compares else reading
        result = view.compute(subject, options)
    else:
        result = view.compute(checkpoint, options)
    envelope = Envelope(Path("models/" + HOSTILE * 3), checkpoint, source, options)
    return lambda screen: check(framed(partial(view.draw, result), envelope, screen), screen)


def screens(coloured):
    """Screens of all widths, that of one width in every palette."""
    for width in WIDTHS:
        yield Screen(width)
        yield Screen(width, ascii_only=True)
        for palette in PALETTES[: 7 if width == coloured else 1]:
            yield Screen(width, palette)


@pytest.mark.slow
@pytest.mark.parametrize("name", VIEWS)
def test_a_hostile_text_is_drawn_harmlessly(make_checkpoint, name, cell):
    checkpoint = make_checkpoint(
        cell=cell, num_layers=2, hidden_size=20, vocabulary=Vocabulary.of(HOSTILE)
    )
    if (name, cell) in UNAVAILABLE:
        with pytest.raises(ConfigError):
            drawer(name, checkpoint, HOSTILE * 2)
        return
    draw = drawer(name, checkpoint, HOSTILE * 2)
    for screen in screens(coloured=80):
        draw(screen)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("probs", {"branch": 9, "paint": "rank", "top": 9}),
        ("probs", {"paint": "excess", "temperature": 1e-300}),
        ("state", {"at": "worst"}),
        ("state", {"at": "0", "kind": "c"}),
        ("state", {"at": "7", "kind": "f", "units": ((1, 299), (0, 0))}),
    ],
)
def test_a_hostile_text_is_drawn_harmlessly_whatever_is_asked(make_checkpoint, name, options):
    checkpoint = make_checkpoint(num_layers=2, hidden_size=300, vocabulary=Vocabulary.of(HOSTILE))
    draw = drawer(name, checkpoint, HOSTILE * 2, **options)
    for screen in screens(coloured=60):
        draw(screen)


@pytest.mark.slow
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    width=st.integers(40, 200),
    span=st.tuples(st.integers(0, 90), st.none() | st.integers(0, 90)),
    coloured=st.booleans(),
    name=st.sampled_from([name for name in VIEWS if VIEWS[name].reads_text]),
)
@shared
def test_any_text_is_drawn_harmlessly(make_checkpoint, text, width, span, coloured, name):
    checkpoint = make_checkpoint(cell="gru", vocabulary=Vocabulary.of(text))
    palette = colours._DARK if coloured else colours.NONE
    with suppress(ConfigError, TextError):  # too short a text may be refused, in words
        drawn(name, checkpoint, text, Screen(width, palette, span=span))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_hostile_record_is_drawn_harmlessly(make_checkpoint, width):
    checkpoint = make_checkpoint()
    record = replace(
        checkpoint.training, sources=(HOSTILE * 9, "b"), encoding=HOSTILE, ended=HOSTILE * 9,
        val_scored=HOSTILE, config={HOSTILE: HOSTILE * 9, "x": 1e308}, val_loss=1e308,
        baselines={HOSTILE: math.nan, "漢字" * 20: 1e-300, "z": math.inf, "this network": 1.0},
        steps=10**30, seconds=1e300,
    )  # fmt: skip
    history = np.array([[1, 1e308, math.nan], [2, math.inf, -1e308], [1e305, 1.0, 2.0]])
    checkpoint.network.params.flat[:] = 1e38
    hostile = Checkpoint(
        checkpoint.network, checkpoint.vocabulary, record, history, {HOSTILE: HOSTILE}
    )
    for screen in (Screen(width), Screen(width, ascii_only=True), Screen(width, colours._DARK)):
        drawn("summary", hostile, "", screen)


def test_a_summary_shows_what_matters(make_checkpoint):
    said = drawn("summary", make_checkpoint(num_layers=2), "", Screen(80))
    assert "lstm, 2 layers of 4, 7 characters, one-hot" in said
    assert re.search(r"W_ax_0 +7 x 16 +float32 +112 ", said)
    assert re.search(r"this network +1.80 +█", said)  # 1.25 nats
    assert "scored: once" in said
    assert "step" in said
    assert "epochs=None" in said


def test_probabilities_show_what_came_and_what_was_expected(make_checkpoint):
    said = drawn("probs", make_checkpoint(), "abcde", Screen(80), top=2)
    rows = [line.split() for line in said.splitlines() if re.match(r"\d +\S +\S", line)][-5:]
    assert [row[:3] for row in rows] == [
        [str(t), *pair] for t, pair in enumerate(["ab", "bc", "cd", "de", "e-"])
    ]
    assert "± " not in said
    assert "over 4 predictions; too few for a standard error" in said


def test_branches_are_under_their_row(make_checkpoint, vocabulary):
    checkpoint = make_checkpoint()
    reading = Reading.of(checkpoint.network, vocabulary, vocabulary.encode("abcde"))
    found = VIEWS["probs"].compute(reading, Options(top=3, branch=4))
    said = drawn("probs", checkpoint, "abcde", Screen(80, span=(1, 3)), top=3, branch=4)
    branches = found.branches(np.array([1, 2]))
    for t, row, character in ((1, 0, "b"), (2, 1, "c")):
        guesses = [
            vocabulary.decode([k, *branch]).replace("\n", "↵")
            for k, branch in zip(found.top_ids[t], branches[row], strict=True)
        ]
        assert re.search(rf"\n *{t}  {character} .*\n    ↳ {'  '.join(guesses)}\n", said)
    assert "↳" not in drawn("probs", checkpoint, "abcde", Screen(80))


def test_a_temperature_is_reported(make_checkpoint):
    said = drawn("probs", make_checkpoint(), "abcde", Screen(80), temperature=0.5)
    assert "at temperature 0.5: y_hat is softmax(scores / 0.5)\n" in said
    assert "temperature" not in drawn("probs", make_checkpoint(), "abcde", Screen(80))


def test_a_step_shows_its_place_and_its_units(make_checkpoint):
    checkpoint = make_checkpoint(hidden_size=70)
    said = drawn("state", checkpoint, "abcdeé", Screen(80), at="/cd/", rows=3)
    assert re.search(r"^ +abc\[d\]eé$", said, re.MULTILINE)
    assert "layer 0: hidden state a after character 3" in said
    a = Reading.of(checkpoint.network, checkpoint.vocabulary, np.array([1, 2, 3, 4])).states["a"]
    cells = "".join(map(ascii_symbol, a[3, 0].tolist()))
    assert f"\n     0 {cells[:64]}\n    64 {cells[64:]}\nchange 0 " in said
    order = sorted(range(70), key=lambda j: -abs(a[3, 0, j] - a[2, 0, j]))[:3]
    moved = [f"0:{j} {a[2, 0, j]:+.2f} → {a[3, 0, j]:+.2f}" for j in order]
    found = re.search(r"moved most((?: +0:\d+ \S+ → \S+)+)", said)
    assert found[1].split() == " ".join(moved).split()


def test_the_gates_of_each_character_are_reported(make_checkpoint, vocabulary):
    checkpoint = make_checkpoint(cell="gru")
    text = "abcabdabeab" * 4
    reading = Reading.of(checkpoint.network, vocabulary, vocabulary.encode(text))
    said = drawn("gates", checkpoint, text, Screen(80))
    u = reading.gates["u"][:, 0].mean(axis=1)
    away = {
        character: u[[c == character for c in text]].mean() - u.mean()
        for character in sorted(set(text))
    }
    order = sorted(away, key=away.get, reverse=True)
    reported = [f"{c} {away[c]:+.2f}".replace("0.", ".") for c in (*order[:2], *order[:2:-1])]
    [line] = re.findall(r"^0 update u +([^\d ] [+-].*)$", said, re.MULTILINE)
    assert line.split() == " ".join(reported).split()
    reset = {f"0:{j}": np.mean(u < 0.1) for j, u in enumerate(reading.gates["u"][:, 0].T)}
    of = {memory.layer: memory.hold for memory in Gates.of(reading).memories}[0]
    shown = re.findall(r"(0:\d+) (\S+) \(reset (\S+)\)", said)
    assert len(shown) == len(of)
    assert [float(hold) for _, hold, _ in shown] == sorted(of, reverse=True)
    assert [float(share) for *_, share in shown] == pytest.approx(
        [reset[unit] for unit, *_ in shown], abs=0.005
    )


@pytest.mark.parametrize("name", ["probs", "overview"])
def test_surprise_is_under_the_character_that_came(make_checkpoint, name):
    checkpoint = make_checkpoint()
    checkpoint.network.params["W_ya"][:] *= 8
    text = "abcdeéedcbaé"
    nats = score(checkpoint.network, checkpoint.vocabulary.encode(text))
    digits = "".join(str(min(9, int(bits))) for bits in nats / math.log(2))
    assert len(set(digits)) > 3
    said = drawn(name, checkpoint, text, Screen(80))
    assert re.search(rf"^ +(0 )?{text}\nbits +{digits}\n", said, re.MULTILINE)


def test_one_character_is_drawn(make_checkpoint):
    for name in ("probs", "overview", "state", "gates"):
        said = drawn(name, make_checkpoint(), "a", Screen(80))
        assert name not in ("probs", "overview") or "nothing is averaged" in said


def test_a_simple_network_has_no_gates_and_says_so(make_checkpoint):
    assert "no gates" in drawn("gates", make_checkpoint(cell="rnn"), "abcde", Screen(80))


def test_what_is_not_shown_is_reported(make_checkpoint):
    said = drawn("state", make_checkpoint(), "abc" * 40, Screen(60, span=(10, 20)))
    assert "shown: characters 10 to 19 of 120; --span 20: shows the rest" in said
    assert re.search(r"^ +10\n +bcabcabcab\n", said, re.MULTILINE)
    assert "shown" not in drawn("state", make_checkpoint(), "abc" * 40, Screen(60))


def test_a_span_is_reported_of_only_where_it_is_drawn():
    assert VIEWS["diff"].draws_span(Options(), 2)
    assert not VIEWS["diff"].draws_span(Options(), 3)  # only tables


def test_a_number_stays_on_the_line_of_its_error():
    for width in range(20, 60):
        lines = [line.plain for line in prose("it costs +0.013 ± 0.004 bits, " * 4, Screen(width))]
        assert " ".join(lines).count("± 0.004") == sum(line.count("3 ± 0.0") for line in lines) == 4


# Colours and their twins ------------------------------------------------------------------------


def luminance(color):
    def linear(part):
        part /= 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, color.get_truecolor())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", PALETTES)
def test_text_can_be_read_on_every_colour(palette):
    for style in (*palette.negative, *palette.positive, *palette.ramp):
        if style and palette is not colours._SIXTEEN:
            parsed = Style.parse(style)
            assert parsed.color.number is None or parsed.color.number >= 16, "left to a theme"
            inks = [luminance(parsed.bgcolor), luminance(parsed.color)]
            light, dark = sorted(inks, reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, style


@pytest.mark.parametrize("palette", PALETTES)
def test_colours_grow_away_from_the_background(palette):
    if palette is colours._SIXTEEN:
        return
    light = palette in (colours._LIGHT, colours._LIGHT_256)
    for styles in (palette.negative, palette.positive, palette.ramp):
        seen = [luminance(Style.parse(style).bgcolor) for style in styles if style]
        assert seen == sorted(seen, reverse=light)


def test_a_value_has_the_colour_and_the_character_of_its_size():
    palette = colours._DARK
    assert [palette.diverging(v) for v in (0, 0.19, -0.19)] == ["", "", ""]
    assert [palette.diverging(v) for v in (-1, -0.85, -0.65, -0.45, -0.25)] == [
        palette.negative[n] for n in (3, 3, 2, 1, 0)
    ]
    assert palette.diverging(0.25) == palette.positive[0]
    assert palette.diverging(1.0000001) == palette.positive[3]
    assert [palette.sequential(v) for v in (0, 0.124, 0.126, 1, 2)] == [
        palette.ramp[n] for n in (0, 0, 1, 7, 7)
    ]
    assert (
        "".join(map(ascii_symbol, (-1, -0.6, -0.59, -0.2, -0.19, 0, 0.19, 0.2, 0.6, 1)))
        == "==--...+##"
    )


def test_no_colour_without_a_terminal_and_none_where_none_is_wanted(monkeypatch):
    def palette(color_system="truecolor", colorfgbg="", theme=None, **console):
        made = Console(file=io.StringIO(), color_system=color_system, **console)
        return colours.choose_palette(made, theme, colorfgbg)

    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    assert palette(force_terminal=False) is colours.NONE
    assert palette(None, force_terminal=True) is colours.NONE
    assert palette(force_terminal=True) is colours._EITHER
    assert palette("256", force_terminal=True) is colours._EITHER_256
    assert palette(force_terminal=True, theme="light") is colours._LIGHT
    assert palette(force_terminal=True, colorfgbg="0;15") is colours._LIGHT
    assert palette(force_terminal=True, colorfgbg="0;default;15") is colours._LIGHT
    assert palette(force_terminal=True, colorfgbg="15;0") is colours._DARK
    assert palette(force_terminal=True, colorfgbg="0;15", theme="dark") is colours._DARK
    assert palette("256", force_terminal=True, theme="dark") is colours._DARK_256
    assert palette("standard", force_terminal=True) is colours._SIXTEEN
    monkeypatch.setenv("NO_COLOR", "1")
    assert palette(force_terminal=True) is colours.NONE


def test_lines_are_printed_with_colours_or_as_plain_text():
    line = Text("a  ", "bold")
    for palette, expected in ((colours._DARK, "\x1b[1ma  \x1b[0m\n"), (colours.NONE, "a\n")):
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=True, color_system="truecolor", width=60)
        show([line], Screen(60, palette), console)
        assert stream.getvalue() == expected


def test_a_screen_is_as_wide_as_its_console():
    assert screen_of(Console(file=io.StringIO(), width=100)).width == 100
    assert screen_of(Console(file=io.StringIO(), width=20)).width == 40
    assert screen_of(None).width == 80
    assert screen_of(None, width=90).width == 90
    with pytest.raises(ConfigError, match="width: 39"):
        screen_of(None, width=39)
