"""The symbols of a vocabulary's characters, with their widths."""

from rich.cells import cell_len

from charrnn.terminal.safe import symbol
from charrnn.text.vocabulary import Vocabulary

_ASCII = 0x80


class Symbols:
    r"""The symbol of each id: `symbols[k]`, of `symbols.width(k)` cells.

    Bytes beyond ASCII are parts of characters, and are written as `\xc3`.
    With `space` false a space stays a space.
    """

    def __init__(
        self, vocabulary: Vocabulary, *, space: bool = True, ascii_only: bool = False
    ) -> None:
        self._vocabulary, self._space, self._ascii_only = vocabulary, space, ascii_only
        self._known: dict[int, tuple[str, int]] = {}

    def __getitem__(self, k: int) -> str:
        """Return the symbol of an id."""
        return self._look_up(k)[0]

    def width(self, k: int) -> int:
        """Return the width of an id's symbol in cells."""
        return self._look_up(k)[1]

    def padded(self, k: int, width: int) -> str:
        """Return the symbol of an id, padded with spaces to a width."""
        shown, taken = self._look_up(k)
        return shown + " " * (width - taken)

    def _look_up(self, k: int) -> tuple[str, int]:
        if k not in self._known:
            character = self._vocabulary[k]
            part = self._vocabulary.kind == "bytes" and ord(character) >= _ASCII
            shown = symbol(character, space=self._space, ascii_only=self._ascii_only or part)
            self._known[k] = shown, cell_len(shown)
        return self._known[k]
