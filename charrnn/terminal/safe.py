"""Escapes untrusted text for a terminal.

Text from a network, a vocabulary or a file may contain escape
sequences, marks that change the direction of writing, or rich's own markup. It is replaced by
visible symbols, character by character, so that no sequence can hide across two pieces.
"""

import unicodedata

from rich.cells import cell_len
from rich.text import Text

from charrnn.text.boundary import BOUNDARY

_KEPT = "\n\t"
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
_SEPARATORS = (0x2028, 0x2029)
_TAGS = range(0xE0000, 0xE0080)
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_SURROGATES = range(0xD800, 0xE000)


def _escape(point: int) -> str:
    return (
        f"\\x{point:02x}"
        if point < 0x100
        else f"\\u{point:04x}"
        if point < 0x10000
        else f"\\U{point:08x}"
    )


_HARMLESS = {
    point: _escape(point)
    for point in (*_CONTROLS, *_BIDI, *_SEPARATORS, *_TAGS, *_SURROGATES)
    if chr(point) not in _KEPT
}

_SYMBOLS = {"\n": "↵", "\r": "␍", "\t": "→", " ": "·", BOUNDARY: "∎"}
_ASCII_SYMBOLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", " ": "_", BOUNDARY: "\\e"}
DOTTED_CIRCLE = "\u25cc"

_ATTACHED = {"Mn", "Mc", "Me"}  # marks that are drawn on the character before them
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"}  # no certain glyph or width
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)  # two in a row are drawn as one flag


def harmless(text: str) -> str:
    r"""Return the text with its control characters escaped, as in `\x1b`.

    `\r\n` becomes `\n`.
    """
    return text.replace("\r\n", "\n").translate(_HARMLESS)


def safe(text: str, limit: int = 200) -> Text:
    """Return a name, message or other short text for rich: one line, no markup."""
    line = harmless(text).replace("\n", "\\n").replace("\t", "\\t")
    return Text(line if len(line) <= limit else line[: limit - 1] + "…")


def symbol(character: str, *, space: bool = True, ascii_only: bool = False) -> str:
    """Return the symbol of one character where each is a datum: ↵, ␍, →, ·, ∎, or itself.

    A character without a glyph or width of its own, or drawn together with its neighbour, is
    escaped; a combining mark is set on a dotted circle. With `space` false a space stays a
    space, for running text. With `ascii_only` everything beyond ASCII is escaped.
    """
    if character == " " and not space:
        return character
    symbols = _ASCII_SYMBOLS if ascii_only else _SYMBOLS
    if character in symbols:
        return symbols[character]
    if " " < character < "\x7f":
        return character
    category = unicodedata.category(character)
    if ascii_only or category in _UNSEEN or ord(character) in _REGIONAL_INDICATORS:
        return _escape(ord(character))
    if category in _ATTACHED:
        return DOTTED_CIRCLE + character
    return character if cell_len(character) else _escape(ord(character))
