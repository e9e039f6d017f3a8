"""Decoding against Python's own, over the whole text at once, for every way to cut it in pieces."""

import codecs
import encodings.aliases
import re
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text.decoding import decode_pieces

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
CUTS = st.lists(st.integers(0, 80), max_size=6)
# Pieces of encodings whose bytes mean something else after a shift.
SHIFTS = st.lists(st.sampled_from([b"~{", b"~}", b"VP", b"\n", b"a", b"\xff", b"~"])).map(b"".join)
LEGACY = ["cp1252", "latin-1", "shift_jis", "gb18030", "euc_kr", "big5", "hz", "cp437", "utf-8-sig"]


def decoded(data, name, **how):
    return decode_pieces([data], name, **how).text


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


def line_of(text: str) -> int:
    return len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


@settings(deadline=None, max_examples=150)
@given(TEXTS, CUTS)
@example("\r\n\0\x1a\u2028\U0010ffff", [1, 2, 3, 9])
def test_utf8_comes_back_as_it_was_however_it_is_cut(text: str, places: list[int]) -> None:
    data = b"." + text.encode()  # a dot, so that no mark is at the beginning
    assert decode_pieces(cut(data, places), "x").text == "." + text
    assert decoded(data, "x") == "." + text


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60) | st.text("ä€𝄞\n\r", max_size=12).map(str.encode), CUTS, st.binary())
def test_any_bytes_are_decoded_or_refused_at_the_byte_where_python_refuses(
    data: bytes, places: list[int], wrong: bytes
) -> None:
    # An escape may begin ISO-2022, which is refused before.
    data = (b".\n" + data + wrong[:2]).replace(b"\x1b", b"e")
    try:
        expected = data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        line = line_of(data[:at].decode("utf-8"))
        with pytest.raises(TextError) as refusal:
            decode_pieces(cut(data, places), "x")
        said = str(refusal.value)
        assert re.match(rf"x: not UTF-8 at byte {at} \(0x{data[at]:02x}, line {line}\)[;,] ", said)
        assert said.endswith("or read it as bytes with as_bytes=True")
    else:
        assert decode_pieces(cut(data, places), "x").text == expected


@pytest.mark.parametrize("encoding", LEGACY)
@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=40) | SHIFTS, places=CUTS)
def test_other_encodings_agree_with_python_too(
    encoding: str, data: bytes, places: list[int]
) -> None:
    try:
        expected = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = line_of(data[: error.start].decode(encoding))
        found = f"at byte {error.start} .*, line {line}\\).* such as encoding='utf-8'"
        with pytest.raises(TextError, match=found):
            decode_pieces(cut(data, places), "x", encoding=encoding)
    else:
        assert decode_pieces(cut(data, places), "x", encoding=encoding).text == expected


def test_the_place_is_that_in_the_file_not_in_the_piece() -> None:
    lines = "é\n".encode() * 22 + b"caf"
    pieces = cut(lines + b"\xe9\n", list(range(len(lines) + 2)))
    with pytest.raises(
        TextError, match=rf"^a\.txt: not UTF-8 at byte {len(lines)} \(0xe9, line 23"
    ):
        decode_pieces(pieces, "a.txt")


@pytest.mark.parametrize(
    ("text", "line"), [("\n\n", 3), ("\r\n\r\n", 3), ("\r\r", 3), ("\n\r", 3), ("a\u2028", 1)]
)
def test_lines_are_counted_for_every_line_end(text: str, line: int) -> None:
    # Behind something that may be a mark, which is read as one piece.
    data = b"mark" + text.encode() + b"\xff"
    for places in ([], [5], [6], [7], [5, 6, 7, 8]):
        with pytest.raises(TextError, match=f"line {line}\\)"):
            decode_pieces(cut(data, places), "x")


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"ok\xc0\xaf", 2),  # overlong
        (b"ok\xed\xa0\x80", 2),  # a surrogate
        (b"ok\xf4\x90\x80\x80", 2),  # beyond U+10FFFF
        (b"ok\xe2\x82", 2),  # cut short
        (b"\x92", 0),
        (codecs.BOM_UTF8 + b"a\xff", 4),
        (codecs.BOM_UTF16_LE + b"a\0\0\xd8", 4),
        (codecs.BOM_UTF16_BE + b"\0a\0", 4),
        (codecs.BOM_UTF32_LE + b"a\0\0\0\0\0\x11\0", 8),
    ],
)
def test_malformed_text_is_refused_where_it_begins(data: bytes, offset: int) -> None:
    for places in ([], list(range(len(data)))):
        with pytest.raises(TextError, match=f"at byte {offset} "):
            decode_pieces(cut(data, places), "x")


@pytest.mark.parametrize(
    ("mark", "encoding", "spoken"),
    [
        (codecs.BOM_UTF8, "utf-8", "UTF-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 (little-endian)"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 (big-endian)"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 (little-endian)"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 (big-endian)"),
    ],
)
@settings(deadline=None, max_examples=30)
@given(text=TEXTS.filter(lambda text: not text.startswith(("\0", "\ufeff"))), places=CUTS)
def test_a_byte_order_mark_decides_and_is_dropped(
    mark: bytes, encoding: str, spoken: str, text: str, places: list[int]
) -> None:
    decoded = decode_pieces(cut(mark + text.encode(encoding), places), "x")
    assert (decoded.text, decoded.encoding) == (text, encoding)
    assert f"x is {spoken} by its byte order mark, which is left out" in decoded.notes


def test_only_one_mark_is_dropped_and_only_when_no_encoding_is_requested() -> None:
    assert decoded(codecs.BOM_UTF8 * 2 + b"a", "x") == "\ufeffa"
    assert decoded(codecs.BOM_UTF8 + b"a", "x", encoding="latin-1") == "ï»¿a"
    assert decoded(b"a" + codecs.BOM_UTF8, "x") == "a\ufeff"
    for short in (b"", b"\xef", b"\xff", b"\xef\xbb"):
        if short:
            with pytest.raises(TextError, match="not UTF-8 at byte 0"):
                decoded(short, "x")
        else:
            assert decoded(short, "x") == ""
    assert decoded(codecs.BOM_UTF16_LE, "x") == ""


def test_line_ends_stay_and_oddities_are_reported() -> None:
    decoded = decode_pieces([b"a\r", b"\nb\rc\0\0\n"], "x")
    assert decoded.text == "a\r\nb\rc\0\0\n"
    assert decoded.notes == (
        "x has CR LF and CR line ends (2), kept as they are",
        "x holds 2 NUL characters; is it a text?",
    )
    assert decode_pieces([b"plain\n"], "x").notes == ()


def test_replacing_is_reported() -> None:
    decoded = decode_pieces([b"caf\xe9 \xe2", b"\x82"], "x", errors="replace")
    assert decoded.text == b"caf\xe9 \xe2\x82".decode(errors="replace")
    assert decoded.notes == ("x holds 2 U+FFFD where it could not be decoded, or of its own",)


@pytest.mark.parametrize("errors", ["ignore", "surrogateescape", "surrogatepass", "", "nonsense"])
def test_other_ways_to_take_errors_are_refused(errors: str) -> None:
    with pytest.raises(TextError, match="use 'strict' or 'replace'"):
        decoded(b"a", "x", errors=errors)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        *(
            (name, "is no encoding that Python knows")
            for name in ("utf9", "", "\0", "..", "\ud800")
        ),
        *(
            (name, "is not an encoding of text")
            for name in ("rot13", "zlib", "base64", "hex", "uu")
        ),
        *(
            (name, "can produce half characters")
            for name in (
                "utf-7",
                "UTF7",
                "unicode_escape",
                "raw_unicode_escape",
                "punycode",
                "idna",
            )
        ),
    ],
)
def test_codecs_that_are_not_for_text_are_refused(encoding: str, found: str) -> None:
    with pytest.raises(TextError, match=f"{found}; give one such as utf-8") as refusal:
        decoded(b"", "x", encoding=encoding)
    assert str(refusal.value).isprintable()


def test_utf16_without_a_mark_asks_which() -> None:
    with pytest.raises(TextError, match=r"^x: not UTF-16 .* such as encoding='utf-16-le'"):
        decoded("text".encode("utf-16-le"), "x", encoding="utf-16")


def test_no_encoding_that_is_taken_can_produce_half_characters() -> None:
    surrogates = {chr(point) for point in range(0xD800, 0xE000)}
    data = bytes(range(256)) + b"".join(
        bytes((first, second)) for first in (0xD8, 0xDF, 0xED, 0x5C) for second in range(256)
    )
    data += b"\\ud800 +2AA- \xed\xa0\x80 \xd8\x00\xd8\x00"
    taken = 0
    for encoding in {*encodings.aliases.aliases.values(), "utf-8-sig", "charmap"}:
        try:
            text = decoded(data, "x", encoding=encoding, errors="replace")
        except TextError:
            continue
        taken += 1
        assert not surrogates & set(text), encoding
    assert taken > 80


@pytest.mark.parametrize("errors", ["strict", "replace"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("end", [b"\x3d\xd8", b"\xd8\x3d", b"\x00\xdc", b"\xd8", b"\x3d"], ids=repr)
@pytest.mark.parametrize("written", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["a", "\n", "abc def\n" * 40, "日本語", "\U0001f600"])
def test_utf16_without_a_mark_that_ends_in_half_a_pair(text, written, end, encoding, errors):
    data = text.encode(written) + end
    for pieces in ([data], [data[:1], data[1:]], [data[: -len(end)], end]):
        with suppress(TextError):
            decode_pieces(pieces, "half.txt", encoding=encoding, errors=errors)
