"""What encoding a text seems to be in, of one language after another; and no guess where unsure."""

import numpy as np
import pytest

from charrnn.errors import NotText, TextError
from charrnn.text.decoding import decode_pieces
from charrnn.text.guessing import guess

GERMAN = "Der alte Mann saß am Fenster. Es wäre schön, müßte er nicht über die Brücke gehen. "
FRENCH = "L'élève a reçu une très belle carte de son frère à Noël. Ça ne se fait pas, même hier. "
SPANISH = "El niño comió una manzana en el jardín. ¿Cómo estás? ¡Qué día! Mañana será otro, señor. "
POLISH = "Dziewczyna wyszła z domu i poszła w stronę rzeki, gdzie łódź już czekała. Zażółć jaźń. "
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. Dívka šla přes most a viděla řeku. "
HUNGARIAN = "Az öreg ember az ablaknál ült. Szép idő volt, de hűvös. Őszintén szólva nem tudom. "
TURKISH = "Yaşlı adam pencerenin önünde oturuyor. Hava çok güzeldi, ağaçlar yeşildi. "
RUSSIAN = "Старик сидел у окна и ждал трамвая. Погода была хорошая, но холодная. "
UKRAINIAN = "Старий сидів біля вікна і чекав на трамвай. Дівчина йшла через міст. "
GREEK = "Ο γέρος καθόταν στο παράθυρο και περίμενε το τραμ. Ο καιρός ήταν καλός. "
HEBREW = "הזקן ישב ליד החלון וחיכה לרכבת. מזג האוויר היה יפה אבל קר. "
ARABIC = "جلس الرجل العجوز بجانب النافذة ينتظر القطار. كان الجو جميلا لكنه بارد. "
JAPANESE = "老人は窓のそばに座って、電車を待っていた。天気は良かったが、寒かった。"
CHINESE = "老人坐在窗边等电车。天气很好，但是很冷。那个女孩走过桥，看着河水。"
TRADITIONAL = "老人坐在窗邊等電車。天氣很好，但是很冷。那個女孩走過橋，看著河水。"
KOREAN = "노인은 창가에 앉아 전차를 기다리고 있었다. 날씨는 좋았지만 추웠다. "

TEXTS = [
    *((GERMAN, codec) for codec in ("cp1252", "latin-1")),
    *((FRENCH, codec) for codec in ("cp1252", "mac_roman", "cp850")),
    (SPANISH, "cp1252"), ("“I don’t know,” she said. “It’s late — too late…” ", "cp1252"),
    *((POLISH, codec) for codec in ("cp1250", "iso8859_2", "cp852")),
    *((CZECH, codec) for codec in ("cp1250", "iso8859_2")), (HUNGARIAN, "cp1250"),
    (TURKISH, "cp1254"),
    *((RUSSIAN, codec) for codec in ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic")),
    (UKRAINIAN, "cp1251"), (UKRAINIAN, "koi8_u"), (GREEK, "cp1253"), (HEBREW, "cp1255"),
    (ARABIC, "cp1256"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (CHINESE, "gb18030"),
    (CHINESE, "gbk"), (TRADITIONAL, "big5"), (KOREAN, "euc_kr"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "codec"), TEXTS, ids=lambda value: value[:9])
def test_the_guessed_encoding_reads_the_text(text: str, codec: str) -> None:
    data = (text + "\n").encode(codec)
    for cut in (data, data * 30, data[: 4 * len(data) // 5]):
        found = guess(cut)
        assert found is not None
        assert cut.decode(found.codec, "replace") == cut.decode(codec, "replace")


@pytest.mark.parametrize(("text", "codec"), TEXTS, ids=lambda value: value[:9])
def test_the_advice_works_and_shows_what_it_gives(text: str, codec: str) -> None:
    data = (text + "\n").encode(codec) * 3
    with pytest.raises(TextError) as refusal:
        decode_pieces([data], "x")
    said = str(refusal.value)
    advised = said.split("encoding='")[1].split("'", maxsplit=1)[0]
    assert decode_pieces([data], "x", encoding=advised).text == data.decode(codec)
    assert said.split("“", 1)[1].split("”: give", maxsplit=1)[0][:9] in text * 3
    assert said.isprintable()


def test_cp1252_is_not_advised_where_it_would_be_mojibake() -> None:
    for text, codec in TEXTS:
        if codec not in ("cp1252", "latin-1"):
            with pytest.raises(TextError) as refusal:
                decode_pieces([(text + "\n").encode(codec)], "x")
            assert "cp1252" not in str(refusal.value)


def test_nothing_is_guessed_for_binary_data() -> None:
    assert guess(b"") is None
    assert guess(b"plain ASCII") is None
    rng = np.random.default_rng(0)
    for size in (50, 3000, 60_000):  # three bytes may be a word in some encoding
        assert guess(rng.bytes(size)) is None
    with pytest.raises(NotText, match=r"^x: is binary data, not a text; leave it out, or read it"):
        decode_pieces([bytes(range(256)) * 3], "x")
    with pytest.raises(NotText, match="binary data"):
        decode_pieces([b"\0" * 100], "x")


def test_what_is_nearly_all_utf8_is_not_advised_another_encoding() -> None:
    text = (FRENCH * 9).encode() + b"caf\xe9 " + FRENCH.encode()
    with pytest.raises(TextError, match=r"though all but about 1 of .*errors='replace', or read"):
        decode_pieces([text], "x")


def test_a_truncated_text_is_reported() -> None:
    whole, at = FRENCH.encode() + "é".encode(), len(FRENCH.encode())
    for pieces in ([whole[:-1]], [whole[:50], whole[50:-1]]):
        with pytest.raises(TextError, match=rf"^x: not UTF-8 at byte {at} .*cut short"):
            decode_pieces(pieces, "x")


@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, "plain English, nothing else in it. " * 3])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_reported_and_not_read_as_utf8(text: str, encoding: str) -> None:
    with pytest.raises(TextError, match=rf"^x: .*encoding='{encoding}'"):
        decode_pieces([(text * 3).encode(encoding)], "x")


def test_iso_2022_is_reported() -> None:
    for text, encoding in ((JAPANESE, "iso2022_jp"), (KOREAN, "iso2022_kr")):
        with pytest.raises(TextError, match=f"encoding='{encoding}'"):
            decode_pieces([text.encode(encoding)], "x")
    assert decode_pieces([b"\x1b[31mred\x1b[0m $BC"], "x").notes == ()


def test_utf8_read_in_another_encoding_is_reported() -> None:
    data = FRENCH.encode()
    assert decode_pieces([data], "x", encoding="cp1252").notes == (
        "x is valid UTF-8, and is read as cp1252, the encoding that was given",
    )
    assert decode_pieces([b"ASCII"], "x", encoding="cp1252").notes == ()
    assert decode_pieces([FRENCH.encode("cp1252")], "x", encoding="cp1252").notes == ()
