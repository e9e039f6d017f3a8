"""The rows of a text on a screen."""

from hypothesis import given
from hypothesis import strategies as st

from charrnn.cli.sample.interactive.rows import Row, Rows, row_at


def width_of(character):
    return 2 if character == "\u6587" else 1


texts = st.text("ab \n\u6587", max_size=80)


@given(texts, st.integers(2, 20))
def test_rows_hold_the_text_in_its_order_and_fit(text, width):
    rows = Rows(width_of).of(text, width)
    assert "".join(text[start:stop] for start, stop in rows) == text
    assert [row.start for row in rows[1:]] == [row.stop for row in rows[:-1]]
    for start, stop in rows:
        row = text[start:stop].removesuffix("\n")
        assert "\n" not in row
        assert sum(map(width_of, row)) <= width
    assert len(rows) >= text.count("\n") + 1
    assert (rows[-1].start == rows[-1].stop) == (not text or text.endswith("\n"))


@given(texts, st.integers(2, 20), st.data())
def test_each_place_has_its_row(text, width, data):
    rows = Rows(width_of).of(text, width)
    place = data.draw(st.integers(0, len(text)))
    naive = max(n for n, row in enumerate(rows) if row.start <= place)
    assert row_at(rows, place) == naive


def test_a_row_breaks_after_a_space_where_it_can():
    assert Rows(width_of).of("to be or not", 8) == [Row(0, 6), Row(6, 12)]
    assert Rows(width_of).of("abcdefghij", 4) == [Row(0, 4), Row(4, 8), Row(8, 10)]
    assert Rows(width_of).of("a\n\nb", 4) == [Row(0, 2), Row(2, 3), Row(3, 4)]
