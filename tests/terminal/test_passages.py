"""Passages: as much of a text as fits, in line, and no more."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from charrnn.terminal.passages import after, aligned, before, fitting
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.text.vocabulary import Vocabulary

CHARACTERS = "abc \n漢字\x1b\u0301é"
VOCABULARY = Vocabulary.of(CHARACTERS)
TEXTS = st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=40)

anything = settings(deadline=None, max_examples=80)


def shown(text, symbols):
    return "".join(symbols[k] for k in VOCABULARY.encode(text))


@given(TEXTS, st.data(), st.integers(-3, 60), st.booleans())
@anything
def test_the_text_before_and_after_fits(text, data, room, ascii_only):
    t = data.draw(st.integers(0, len(text) - 1))
    symbols, screen = Symbols(VOCABULARY, ascii_only=ascii_only), Screen(80, ascii_only=ascii_only)
    ids = VOCABULARY.encode(text)
    for found, whole, reverse in (
        (before(ids, t, room, symbols, screen), text[: t + 1], True),
        (after(ids, t, room, symbols, screen), text[t:], False),
    ):
        assert cell_len(found) <= max(0, room)
        if cell_len(shown(whole, symbols)) <= room:
            assert found == shown(whole, symbols)
            continue
        mark = "..." if ascii_only else "…"
        kept = len(mark[: max(0, room)])
        assert (found[:kept] if reverse else found[len(found) - kept :]) == mark[:kept]
        rest = found[kept:] if reverse else found[: len(found) - kept]
        parts = [
            shown(whole[len(whole) - n :] if reverse else whole[:n], symbols)
            for n in range(len(whole) + 1)
        ]
        longest = [part for part in parts if cell_len(part) <= max(0, room - len(mark))]
        assert rest == (longest[-1] if longest else "")


@given(TEXTS, st.data(), st.integers(0, 60))
@anything
def test_the_places_that_fit(text, data, room):
    t = data.draw(st.integers(0, len(text) - 1))
    symbols = Symbols(VOCABULARY)
    found = fitting(VOCABULARY.encode(text), t, room, symbols)
    assert found.stop == t + 1
    assert cell_len(shown(text[found.start : t + 1], symbols)) <= room
    if found.start:
        assert cell_len(shown(text[found.start - 1 : t + 1], symbols)) > room


@given(TEXTS, st.data(), st.integers(8, 70))
@anything
def test_parts_are_aligned(text, data, room):
    symbols, screen = Symbols(VOCABULARY), Screen(80)
    ids = VOCABULARY.encode(text)
    n = data.draw(st.integers(1, len(text)))
    lines = []
    for start in range(len(text) - n + 1):
        line = aligned(ids, range(start, start + n), room, symbols, screen)
        assert line.cell_len <= room
        inside = line.plain[line.plain.index("[") + 1 : line.plain.index("]")]
        middle = shown(text[start : start + n], symbols)
        assert inside in (middle, inside.removesuffix("…") + "…")
        assert middle.startswith(inside.removesuffix("…"))
        lines.append(line)
    assert len({line[: line.plain.index("[")].cell_len for line in lines}) == 1
