"""The text of a Word document: a line a paragraph, without what is drawn, deleted or computed."""

import posixpath
from collections.abc import Iterator

from charrnn.text.formats.xml import Reader
from charrnn.text.formats.zipped import Archive

_RELATIONS = "_rels/.rels"
_USUAL = "word/document.xml"

_WRITTEN = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}

# Copies, for older programs or at a former place; and tab stops.
_LEFT_OUT = {"Fallback", "moveFrom", "tabs"}


def text_of(archive: Archive) -> Iterator[str]:
    """Yield the text of a document, in pieces.

    Raises
    ------
    TextError
        It is damaged, or there is more of it than the archive's bound allows.
    """
    body = _Body()
    name = f"{archive.name}: {_USUAL}"
    for _ in Reader(body.start, body.end, body.text).read(archive.pieces(_main(archive)), name):
        if body.found:
            yield "".join(body.found)
            body.found.clear()


class _Body:
    """Gathers the text of runs, and a line end for each paragraph."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._texts = 0  # elements of text that are open
        self._left_out = 0  # elements that are open of those that are left out

    def start(self, name: str, _: dict[str, str]) -> None:
        local, is_word = _named(name)
        self._left_out += local in _LEFT_OUT
        if is_word and not self._left_out:
            self._texts += local == "t"
            if local in _WRITTEN:
                self.found.append(_WRITTEN[local])

    def end(self, name: str) -> None:
        local, is_word = _named(name)
        if is_word and not self._left_out:
            self._texts -= local == "t"
            if local == "p":
                self.found.append("\n")
        self._left_out -= local in _LEFT_OUT

    def text(self, text: str) -> None:
        if self._texts and not self._left_out:
            self.found.append(text)


def _named(name: str) -> tuple[str, bool]:
    """Return a name without its namespace, and whether that is WordprocessingML's."""
    namespace, _, local = name.rpartition("}")
    return local, "wordprocessingml" in namespace


def _main(archive: Archive) -> str:
    """Return the member that has the text; its name depends on the program that wrote it."""
    found: list[str] = []

    def start(_: str, attributes: dict[str, str]) -> None:
        if attributes.get("Type", "").endswith("/officeDocument"):
            found.append(posixpath.normpath(attributes.get("Target", "").lstrip("/")))

    if _RELATIONS in archive.names:
        reader = Reader(start, lambda _: None, lambda _: None)
        for _ in reader.read(archive.pieces(_RELATIONS), f"{archive.name}: {_RELATIONS}"):
            pass
    return next((member for member in found if member in archive.names), _USUAL)
