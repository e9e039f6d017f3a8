"""Guesses the encoding of a text from its letter frequencies; for advice only.

Each candidate decodes the text, and a table of the letters of its languages gives its likelihood.
The most likely wins if it is above a threshold. Frequencies follow from ranks (Zipf's law):
the letter of rank r has a frequency proportional to 1/(r + 8), which is near the counted ones
and needs no more than the order of a language's letters.
"""

import codecs
import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import NamedTuple

SAMPLE = 20_000
"""Bytes examined, from lines that are not all ASCII."""

LEAST_PER_BYTE = -5.7
"""Log-likelihood in nats per byte, below which no known encoding fits."""

LEAST_AHEAD = 2.5
"""Margin in nats over every other reading that the best needs to be reported."""

# The letters of languages beyond ASCII, the frequent ones first.
_WESTERN = ("üäöß", "éèàêçîôâùûëïœ", "áóíéñúü", "ãçáéóêíõúàâô", "åäöéøæ", "òàèùìé", "éáíóúðþöæý")
_CENTRAL = ("ęąłóżśćńź", "áíéěýžřčšůúťóďňľôäĺŕ", "éáöőüóíúű", "ăîâţşțș", "čšžćđ")
_BALTIC = ("ėšžųūįąčę", "āēīšņļūžģčķ", "äõüöšž")
_TURKISH = ("ıüşçğöâîû",)
_CYRILLIC = (
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "оаниіветрслкудмпзяьбгчйхцєжїшюфщґ",
    "аоиентрсвлдкпмзбуцгъщчяшжйюхфь", "аоиенртсвјдлкмупзгбчшцњћхђжљфџ",
)  # fmt: skip
_GREEK = ("αοιετνσηρπκμλςυόίάέήδγωθχφύβώξζψϊ",)
_HEBREW = ("יוהלאתרבשמנםכקעדפגחצטןסזךףץ",)
_ARABIC = ("المينورتبةعدسفهكقحجشطصخأزضإىذثغءظؤئآپچژگ",)
_THAI = ("านรกเงอ่มยลว้ดท์ตสะปบคห\u0e31\u0e35\u0e34\u0e37\u0e49\u0e48ใไแโพจชขผถซณฟธ",)
_JAPANESE = (
    "いの、んてたしに。とるかなをではうれもがっらりこすきまけよあそくさだつ「」どせえわめじばみおちろねーンやスルトげべごぎイラびリクアず"
    "日人一大年国本中出者会事上時分行生私見的自思前間気手今方地何言部彼話学長レシタふほドコへひむプフょゃゅぼジメマロ",
)
_SIMPLIFIED = (
    "的，。一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行"
    "所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力"
    "它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产"
    "、；：？！“”《》（）",
)
_TRADITIONAL = (
    "的，。一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行"
    "所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力"
    "它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產"
    "、；：？！「」《》（）",
)
_KOREAN = (
    "이다는에의을가고하지은를로기도사한서리자나그인대어시해수아들으전니일여스정과라만보게부소장주있었것안면했원성동구상조생말와요유비오내국모무경신제연",
)

_SIGNS = "’“”–—…«»„\u00a0‘‚‹›°·•§¡¿ºª€£©®²³½"


class Candidate(NamedTuple):
    """A candidate encoding, and the languages written in it.

    name: its usual name.
    languages: the letters of each, the frequent ones first.
    rarity: its log prior in nats below the most common encoding of those languages.
    common: for scripts of thousands of characters, an encoding that has the frequent ones together,
        and the bytes that those begin with.
    """

    codec: str
    name: str
    languages: tuple[str, ...]
    rarity: float = 0.0
    common: tuple[str, range] | None = None


_CANDIDATES = (
    Candidate("cp1252", "Windows-1252", _WESTERN),
    Candidate("mac_roman", "Mac Roman", _WESTERN, 3),
    Candidate("cp850", "code page 850", _WESTERN, 3),
    Candidate("cp1250", "Windows-1250", _CENTRAL, 2),
    Candidate("iso8859_2", "ISO 8859-2", _CENTRAL, 2.5),
    Candidate("cp852", "code page 852", _CENTRAL, 3),
    Candidate("cp1257", "Windows-1257", _BALTIC, 3),
    Candidate("cp1254", "Windows-1254", _TURKISH, 2.5),
    Candidate("cp1251", "Windows-1251", _CYRILLIC),
    Candidate("koi8_r", "KOI8-R", _CYRILLIC),
    Candidate("koi8_u", "KOI8-U", _CYRILLIC, 0.5),
    Candidate("cp866", "code page 866", _CYRILLIC, 0.5),
    Candidate("iso8859_5", "ISO 8859-5", _CYRILLIC, 1),
    Candidate("mac_cyrillic", "Mac Cyrillic", _CYRILLIC, 3),
    Candidate("cp1253", "Windows-1253", _GREEK),
    Candidate("iso8859_7", "ISO 8859-7", _GREEK, 0.5),
    Candidate("cp1255", "Windows-1255", _HEBREW),
    Candidate("cp1256", "Windows-1256", _ARABIC),
    Candidate("iso8859_6", "ISO 8859-6", _ARABIC, 1),
    Candidate("cp874", "Windows-874", _THAI),
    Candidate("cp932", "Shift_JIS", _JAPANESE, 0, ("euc_jp", range(0xB0, 0xD0))),
    Candidate("euc_jp", "EUC-JP", _JAPANESE, 0, ("euc_jp", range(0xB0, 0xD0))),
    Candidate("shift_jis_2004", "Shift_JIS-2004", _JAPANESE, 2, ("euc_jp", range(0xB0, 0xD0))),
    Candidate("euc_jis_2004", "EUC-JIS-2004", _JAPANESE, 2, ("euc_jp", range(0xB0, 0xD0))),
    Candidate("gb18030", "GBK (GB 18030)", _SIMPLIFIED, 0, ("gb2312", range(0xB0, 0xD8))),
    Candidate("big5hkscs", "Big5", _TRADITIONAL, 0, ("big5", range(0xA4, 0xC7))),
    Candidate("cp949", "EUC-KR", _KOREAN, 0, ("euc_kr", range(0xB0, 0xC9))),
)


class Guess(NamedTuple):
    """The guessed encoding of a text.

    codec: its name in Python.
    name: its usual name.
    text: the beginning of the text in that encoding, in one line.
    """

    codec: str
    name: str
    text: str


def guess(data: bytes) -> Guess | None:
    """Return the likely encoding of bytes that are not UTF-8; None where unsure.

    data: some lines of a text, which may end within a character.
    """
    sample = _sample(data)
    if not sample:
        return None
    found: list[tuple[float, Candidate, str]] = []
    for candidate in _CANDIDATES:
        text, unread = _decoded(sample, candidate.codec)
        if text is not None:
            likelihood = _likelihood(text, candidate) + unread * _ODD - candidate.rarity
            found.append((likelihood, candidate, text))
    if not found:
        return None
    found.sort(key=lambda entry: -entry[0])
    best, candidate, text = found[0]
    others = (likelihood for likelihood, _, other in found[1:] if other != text)
    beyond = sum(byte > 0x7F for byte in sample)
    if best < LEAST_PER_BYTE * beyond or best - next(others, -math.inf) < LEAST_AHEAD:
        return None
    return Guess(candidate.codec, candidate.name, _excerpt(text))


def _sample(data: bytes) -> bytes:
    """Return the lines that are not all ASCII, whole ones where possible."""
    lines = [line for line in re.split(rb"[\r\n]+", data) if not line.isascii()]
    taken, size = [], 0
    for line in lines:
        taken.append(line[:SAMPLE])
        size += len(line)
        if size > SAMPLE:
            break
    return b"\n".join(taken)


def _decoded(sample: bytes, codec: str) -> tuple[str | None, int]:
    """Return the sample decoded, and the number of bytes of an incomplete last character.

    None if it is not of that encoding.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(sample)
    except UnicodeError:
        return None, 0
    return text, len(decoder.getstate()[0])


def _likelihood(text: str, candidate: Candidate) -> float:
    """Return the log-likelihood of a text's characters beyond ASCII."""
    counts = Counter(character for character in text if not character.isascii())
    most = max(_spelling(counts, language, candidate.common) for language in candidate.languages)
    return most + _MIXED * _mixtures(text, is_latin=candidate.languages[0][0] < "\u0370")


def _spelling(counts: Counter[str], language: str, common: tuple[str, range] | None) -> float:
    table = _table(language, common is not None)
    total = 0.0
    for character, count in counts.items():
        share = table.get(character)
        if share is None:
            share = _RARE if character.isalpha() else _ODD
            if common and character.encode(common[0], "replace")[0] in common[1]:
                share = _COMMON
        total += count * share
    return total


def _mixtures(text: str, *, is_latin: bool) -> int:
    """Count oddities within words: a sign, a capital, two scripts."""
    found = 0
    for one, other in pairwise(text):
        if one.isascii() and other.isascii():
            continue
        if one.isalpha() and other.isalpha():
            found += one.islower() and other.isupper()
            found += not is_latin and one.isascii() != other.isascii()
        else:
            letter, sign = (one, other) if one.isalpha() else (other, one)
            found += letter.isalpha() and not sign.isascii() and sign not in _SIGNS
    return found


_RARE, _ODD, _MIXED = math.log(2e-5), math.log(1e-6), math.log(1e-3)
_COMMON = math.log(0.3 / 3500)
_CAPITALS, _SIGNS_SHARE = 0.06, 0.1
"""Frequencies of capitals and of signs."""


@cache
def _table(language: str, is_open: bool) -> dict[str, float]:
    """Return the log frequency of each character.

    is_open: whether there are thousands more, which together have a share of their own.
    """
    ranked = dict.fromkeys(language)
    weights = [1 / (rank + 8) for rank in range(len(ranked))]
    scale = (0.65 if is_open else 0.97 - _SIGNS_SHARE) / sum(weights)
    shares: dict[str, float] = {}
    for letter, weight in zip(ranked, weights, strict=True):
        shares[letter] = weight * scale
        if len(letter.upper()) == 1 and letter.upper() != letter:
            shares[letter.upper()] = weight * scale * _CAPITALS
    of_signs = [1 / (rank + 8) for rank in range(len(_SIGNS))]
    for sign, weight in zip(_SIGNS, of_signs, strict=True):
        shares.setdefault(sign, weight * _SIGNS_SHARE / sum(of_signs))
    return {character: math.log(share) for character, share in shares.items()}


def _excerpt(text: str) -> str:
    """Return a few words around the first character beyond ASCII."""
    first = next(k for k, character in enumerate(text) if not character.isascii())
    start = max(0, first - 15)
    words = " ".join(text[start : first + 25].split())
    return "".join(character if character.isprintable() else " " for character in words)
