"""The vocabulary against a dictionary, and its nearest characters against what a typist means."""

import tracemalloc
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charrnn.errors import TextError, UnknownCharacter
from charrnn.text import vocabulary as module
from charrnn.text.confusables import bare, fold
from charrnn.text.vocabulary import Vocabulary

CHARACTERS = st.characters(exclude_categories=("Cs",))
TEXTS = st.text(CHARACTERS, min_size=1, max_size=80)
FEW = st.text("abcdeé\n€𝄞", min_size=1, max_size=40)
ASCII = Vocabulary.of("".join(map(chr, range(32, 127))) + "\n")
BYTES = Vocabulary.of_bytes("")

# Encoding and decoding


@settings(deadline=None, max_examples=100)
@given(TEXTS)
@example("\0\n\r\x1a\ud7ff\ue000\uffff\U0010ffff")
@example("trailing NUL\0\0")
def test_the_numbering_is_that_of_a_sorted_dictionary(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    id_of = {character: k for k, character in enumerate(sorted(set(text)))}
    assert vocabulary.characters == tuple(id_of)
    assert vocabulary.encode(text).tolist() == [id_of[character] for character in text]
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert vocabulary.counts.tolist() == [Counter(text)[character] for character in id_of]
    assert [vocabulary[k] for k in range(len(vocabulary))] == list(vocabulary) == list(id_of)


@settings(deadline=None, max_examples=50)
@given(FEW, FEW, st.integers(1, 7))
def test_pieces_do_not_show(known: str, text: str, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", piece)
        vocabulary = Vocabulary.of(known + text)
        assert vocabulary == Vocabulary(sorted({ord(c) for c in known + text}))
        assert int(vocabulary.counts.sum()) == len(known + text)
        assert vocabulary.decode(vocabulary.encode(text)) == text

        fewer = Vocabulary.of(known)
        kept = [character for character in text if character in known]
        assert fewer.decode(fewer.encode(text, "skip")) == "".join(kept)
        nearest = [c if c in known else fewer.nearest(c, 1)[0] for c in text]
        assert fewer.decode(fewer.encode(text, "nearest")) == "".join(nearest)
        if len(kept) == len(text):
            assert fewer.decode(fewer.encode(text)) == text
        else:
            first = next(position for position, c in enumerate(text) if c not in known)
            with pytest.raises(UnknownCharacter) as refusal:
                fewer.encode(text)
            assert (refusal.value.character, refusal.value.position) == (text[first], first)
            assert refusal.value.nearest == fewer.nearest(text[first], 3)


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("Ä", "'Ä' (U+00C4)"), ("Т", "'Т' (U+0422)"), ("友", "'友' (U+53CB)"),
        ("𝐇", "'𝐇' (U+1D407)"), ("\u0301", "'\u25cc\u0301' (U+0301)"), ("'", '"\'" (U+0027)'),
        ("\x1b", r"'\x1b' (U+001B)"), ("\u202e", r"'\u202e' (U+202E)"),
        ("\u200b", r"'\u200b' (U+200B)"), ("\ue000", r"'\ue000' (U+E000)"),
    ],
)  # fmt: skip
def test_an_unknown_character_prints_as_itself(character: str, shown: str) -> None:
    with pytest.raises(UnknownCharacter) as refusal:
        Vocabulary.of("a").encode(character)
    assert str(refusal.value).startswith(f"{shown} at position 0 is not among")


def test_an_unknown_character_is_named_with_its_neighbours() -> None:
    with pytest.raises(UnknownCharacter) as refusal:
        Vocabulary.of("abc E\n").encode("bad é")
    assert str(refusal.value) == (
        "'d' (U+0064) at position 2 is not among the 6 characters that this network knows; "
        "nearest: 'c' (U+0063) 'b' (U+0062) 'a' (U+0061); "
        "choose unknown='skip', or unknown='nearest'"
    )
    with pytest.raises(ValueError, match="unknown must be error, skip or nearest"):
        ASCII.encode("a", "ignore")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "dtype"),
    [(1, "u1"), (2, "u1"), (256, "u1"), (257, "u2"), (65536, "u2"), (65537, "u4")],
)
def test_ids_are_of_the_smallest_type_that_holds_them(size: int, dtype: str) -> None:
    start = 0xE000
    vocabulary = Vocabulary(np.arange(start, start + size))
    text = chr(start) + chr(start + size - 1)
    ids = vocabulary.encode(text)
    assert ids.dtype == np.dtype(dtype)
    assert ids.tolist() == [0, size - 1]
    assert vocabulary.decode(ids) == text


def test_the_empty_text_has_no_ids_and_no_vocabulary() -> None:
    assert ASCII.encode("").size == 0
    assert ASCII.encode("").dtype == np.uint8
    assert ASCII.decode([]) == ASCII.decode(ASCII.encode("")) == ""
    assert ASCII.encode("é", "skip").size == 0
    with pytest.raises(TextError, match="an empty text has no vocabulary"):
        Vocabulary.of("")


@pytest.mark.parametrize("unknown", ["error", "skip", "nearest"])
def test_half_characters_are_refused(unknown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 4)
    text = "abcdef\udce9"
    message = r"^'\\udce9' at position 6 is half a character"
    for refuse in (
        lambda: ASCII.encode(text, unknown),
        lambda: ASCII.encode_prompt(text, unknown),
        lambda: BYTES.encode_prompt(text, unknown),
        lambda: Vocabulary.of(text),
    ):
        with pytest.raises(TextError, match=message):
            refuse()


@pytest.mark.parametrize("ids", [[-1], [96], [0, 5, 96], np.array([-1], np.int8), [2**40]])
def test_ids_out_of_range_are_refused(ids) -> None:
    assert len(ASCII) == 96
    with pytest.raises(IndexError):
        ASCII.decode(ids)
    with pytest.raises(IndexError):
        ASCII[int(ids[-1])]


def test_memory_beyond_the_ids_is_bounded() -> None:
    text = "0123456789\n€" * 700_000
    vocabulary = Vocabulary.of(text)
    vocabulary.encode("0")
    for work, result in ((Vocabulary.of, 9 << 20), (vocabulary.encode, len(text))):
        tracemalloc.start()
        try:
            work(text)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < result + (4 << 20)


# Value


@settings(deadline=None, max_examples=50)
@given(TEXTS, TEXTS)
def test_equality_is_of_the_numbering(one: str, other: str) -> None:
    first, second = Vocabulary.of(one), Vocabulary.of(other)
    assert (first == second) == (set(one) == set(other))
    again = Vocabulary(first.code_points, first.counts, first.kind)
    assert again == first
    assert hash(again) == hash(first)
    assert np.array_equal(again.counts, first.counts)


def test_characters_and_bytes_are_not_the_same() -> None:
    assert Vocabulary(range(256)) != BYTES
    assert BYTES != "bytes"
    assert repr(BYTES) == "<Vocabulary of 256 bytes>"
    assert repr(ASCII) == "<Vocabulary of 96 characters>"


def test_a_vocabulary_does_not_change() -> None:
    points, counts = np.array([97, 98], np.uint32), np.array([1, 2], np.int64)
    vocabulary = Vocabulary(points, counts)
    points[0], counts[0] = 1, 7
    assert vocabulary.characters == ("a", "b")
    assert vocabulary.counts.tolist() == [1, 2]
    assert vocabulary.code_points.dtype == np.uint32
    assert vocabulary.counts.dtype == np.int64
    for array in (vocabulary.code_points, vocabulary.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        vocabulary.kind = "bytes"  # type: ignore[misc]
    assert Vocabulary([97]).counts.tolist() == [0]


@pytest.mark.parametrize(
    ("points", "counts", "kind"),
    [
        ([], None, "characters"),
        ([2, 1], None, "characters"),
        ([1, 1], None, "characters"),
        ([0xD800], None, "characters"),
        ([0xDFFF], None, "characters"),
        ([0x110000], None, "characters"),
        ([-1], None, "characters"),
        ([2**40], None, "characters"),
        ([2**64], None, "characters"),
        ([1.0], None, "characters"),
        ([True], None, "characters"),
        (["a"], None, "characters"),
        ([[1, 2]], None, "characters"),
        (1, None, "characters"),
        ([1, 2], [1], "characters"),
        ([1, 2], [1, -1], "characters"),
        ([1, 2], [1.0, 2.0], "characters"),
        ([1, 2], [[1, 2]], "characters"),
        ([1], np.array([2**63], np.uint64), "characters"),
        ([1], None, "words"),
        (range(255), None, "bytes"),
        (range(1, 257), None, "bytes"),
    ],
)
def test_invalid_vocabularies_are_refused(points, counts, kind) -> None:
    with pytest.raises(ValueError, match=r"code point|surrogate|counts|vocabulary"):
        Vocabulary(points, counts, kind)


def test_membership() -> None:
    assert "a" in ASCII
    assert "é" not in ASCII
    assert "ab" not in ASCII
    assert "" not in ASCII
    assert 97 not in ASCII


# Nearest


@pytest.mark.parametrize(
    ("character", "nearest"),
    [
        *zip("éÉñçüØłŁæßﬁ", "eEncuOlLasf", strict=True),
        *zip("‘’‚“”„«»´", '\'\'\'"""""\'', strict=True),
        *zip("–—‐−…×", "----.x", strict=True),
        *zip("\t\u00a0\u3000\r\u2028\x0b", "   \n\n\n", strict=True),
        *zip("ＡＢ①²½ª", "AB121a", strict=True),
        ("ж", "z"),
        ("Ж", "Z"),
    ],
)
def test_what_a_typist_means(character: str, nearest: str) -> None:
    assert ASCII.nearest(character)[0] == nearest


def test_case_and_accents_are_folded_both_ways() -> None:
    lower = Vocabulary.of("aez ")
    assert lower.nearest("E")[0] == "e"
    assert lower.nearest("É")[0] == "e"
    assert Vocabulary.of("zÉ ").nearest("e")[0] == "É"
    assert Vocabulary.of("z’ ").nearest("'")[0] == "’"
    assert Vocabulary.of("fEe").nearest("é") == ["e", "E", "f"]
    assert Vocabulary.of("fEe").nearest("É") == ["E", "e", "f"]


@settings(deadline=None, max_examples=100)
@given(TEXTS, CHARACTERS, st.integers(0, 9))
def test_the_order_is_fold_case_category_kind_distance(known: str, other: str, n: int) -> None:
    vocabulary = Vocabulary.of(known)

    def kind(character: str) -> str:
        major = unicodedata.category(character)[0]
        return major if major in "LN" else " " if character.isspace() else "other"

    def apart(character: str) -> tuple[bool, bool, bool, bool, int, str]:
        same_fold = fold(character) == fold(other)
        return (
            not same_fold,
            not (same_fold and bare(character) == bare(other)),
            unicodedata.category(character) != unicodedata.category(other),
            kind(character) != kind(other),
            abs(ord(character) - ord(other)),
            character,
        )

    assert vocabulary.nearest(other, n) == sorted(set(known), key=apart)[:n]
    if other in known and n:
        assert vocabulary.nearest(other, n)[0] == other


@settings(deadline=None, max_examples=300)
@given(CHARACTERS)
def test_every_character_folds_to_one_and_no_further(character: str) -> None:
    assert len(fold(character)) == 1
    assert fold(fold(character)) == fold(character)


# Replacements of unknown characters


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("cafe\u0301", "cafe"),  # as macOS writes a name
        ("\u0301a", "a"),
        ("x\u200by", "xy"),
        ("a\u00adb\u200d\u2060", "ab"),
        ("\ufeffQUEEN", "QUEEN"),
        ("\u3164a\u2800", "a"),
        ("\x00\x1b[m\x7f", "[m"),
        ("\ue000a\uffff", "a"),
        ("𝐇𝐄𝐋𝐋𝐎 𝐡𝐞𝐥𝐥𝐨", "HELLO hello"),
        ("ＨＥＬＬＯ", "HELLO"),
        ("№ 5", "No 5"),
        ("King™", "KingTM"),
        ("ﬁne æther ÆON ŒUVRE straße", "fine aether AeON OeUVRE strasse"),
        ("½ ② Ⅳ ٣ ३", "1/2 2 IV 3 3"),
        ("… “a” – ‘b’", "... \"a\" - 'b'"),
        ("a\r\nb\rc\u2028d\n\r", "a\nb\nc\nd\n\n"),
        ("a\tb\u00a0c\u3000d\u1680e", "a b c d e"),
        ("Ελλάς"[4:], "z"),
    ],
)  # fmt: skip
def test_replacements_of_unknown_characters(text: str, read: str) -> None:
    assert ASCII.decode(ASCII.encode(text, "nearest")) == read


@pytest.mark.parametrize(
    ("known", "text", "read"),
    [
        ("aé", "ae\u0301", "aé"),  # composed
        ("ae\u0301", "aé", "ae\u0301"),  # taken apart
        ("aê", "ế", "ê"),  # as many of its marks as are known
        ("e\u0301", "e\u0301\u0302", "e\u0301"),
        ("a\r\n", "a\r\n\n", "a\r\n\n"),
        ("a ", "a\r\nb", "a a"),
        ("TMtm", "™", "TM"),
        ("tm", "™ 𝐓", "tmmt"),
        ("x]", "❤\ufe0f👍🏽", "]]"),  # a sign by a sign, and what is drawn into it left out
        ("abc", "한", "c"),  # not letter by letter what no letter is like
    ],
)
def test_marks_are_composed_and_several_replace_one(known: str, text: str, read: str) -> None:
    vocabulary = Vocabulary.of(known)
    assert vocabulary.decode(vocabulary.encode(text, "nearest")) == read


@settings(deadline=None, max_examples=200)
@given(TEXTS, st.text(CHARACTERS, max_size=40))
def test_nearest_never_makes_letters_of_invisible_characters(known: str, text: str) -> None:
    vocabulary = Vocabulary.of(known)
    marks = "".join(c for c in text if unicodedata.category(c)[0] in "MC" and not c.isspace())
    unknown = "".join(c for c in marks if c not in vocabulary)
    assert vocabulary.encode(unknown, "nearest").size == 0
    vocabulary.encode(text, "nearest")
    assert vocabulary.decode(vocabulary.encode(known, "nearest")) == known


# Bytes


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60))
def test_a_corpus_of_bytes_is_its_own_ids(data: bytes) -> None:
    vocabulary = Vocabulary.of_bytes(data.decode("latin-1"))
    ids = vocabulary.encode(data.decode("latin-1"))
    assert ids.dtype == np.uint8
    assert ids.tobytes() == data
    assert vocabulary.decode(ids) == data.decode("latin-1")
    assert vocabulary.decode_bytes(ids) == data
    assert len(vocabulary) == 256
    assert vocabulary.counts.tolist() == [data.count(k) for k in range(256)]


@settings(deadline=None, max_examples=60)
@given(st.text(CHARACTERS, max_size=40))
def test_a_typed_text_is_utf8_for_bytes(text: str) -> None:
    ids = BYTES.encode_prompt(text)
    assert ids.dtype == np.uint8
    assert ids.tobytes() == BYTES.decode_bytes(ids) == text.encode()
    assert BYTES.decode_output(ids) == text
    ids[:] = 0  # an array of one's own


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_a_typed_text_is_itself_for_characters(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    ids = vocabulary.encode_prompt(text)
    assert np.array_equal(ids, vocabulary.encode(text))
    assert vocabulary.decode_output(ids) == text
    assert vocabulary.decode_bytes(ids) == text.encode()


def test_the_two_pairs_differ_for_bytes() -> None:
    assert BYTES.encode("é").tolist() == [0xE9]
    assert BYTES.encode_prompt("é").tolist() == [0xC3, 0xA9]
    assert BYTES.decode([0xC3, 0xA9]) == "Ã©"
    assert BYTES.decode_output([0xC3, 0xA9]) == "é"
    assert ASCII.encode_prompt("caf\u00e9", "nearest").tolist() == ASCII.encode("cafe").tolist()
    with pytest.raises(ValueError, match="beyond U\\+00FF"):
        Vocabulary.of_bytes("€")


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=40) | st.text(max_size=10).map(lambda t: t.encode(errors="replace")))
@example(b"\xf0\x9d\x84")
@example(b"\xe2\x82\xe2\x82\xac")
def test_bytes_decoded_one_at_a_time_are_those_decoded_at_once(data: bytes) -> None:
    decoder = BYTES.decoder()
    for _ in range(2):
        shown = [decoder.feed(k) for k in data] + [decoder.finish()]
        assert "".join(shown) == data.decode("utf-8", "replace") == BYTES.decode_output(list(data))


def test_a_character_is_shown_with_its_last_byte() -> None:
    decoder = BYTES.decoder()
    assert [decoder.feed(k) for k in "a€".encode()] == ["a", "", "", "€"]
    assert decoder.finish() == ""


def test_characters_decoded_one_at_a_time() -> None:
    decoder = ASCII.decoder()
    ids = ASCII.encode("Word\n")
    assert "".join(decoder.feed(int(k)) for k in ids) + decoder.finish() == "Word\n"
    assert decoder.feed(ids[0]) == "W"
    with pytest.raises(IndexError):
        decoder.feed(96)
