"""The text of an EPUB book: its chapters in the order in which they are read."""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from charrnn.errors import TextError
from charrnn.text.decoding import Decoding
from charrnn.text.formats import html
from charrnn.text.formats.xml import Reader
from charrnn.text.formats.zipped import Archive

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}


def text_of(archive: Archive) -> Iterator[str]:
    """Yield the text of a book, in pieces, a blank line between two chapters.

    Raises
    ------
    TextError
        It is damaged or encrypted, lists no chapter, or there is more of it than the archive's
        bound allows.
    """
    chapters = _chapters(archive)
    encrypted = _encrypted(archive)
    begun = False
    for chapter in chapters:
        if chapter in encrypted:
            raise TextError(f"{archive.name}: is encrypted; name a copy that is not")
        page = Decoding(
            archive.pieces(chapter), f"{archive.name}: {chapter}", encoding="utf-8", errors="strict"
        )
        first = True
        for text in html.text_of(page):
            yield "\n" + text if first and begun else text
            first, begun = False, True


def _chapters(archive: Archive) -> list[str]:
    """Return the members that hold the chapters, in order."""
    packages: list[str] = []

    def root(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "rootfile" and "full-path" in attributes:
            packages.append(attributes["full-path"])

    _read(archive, _CONTAINER, root)
    if not packages:
        raise TextError(f"{archive.name}: damaged (it names no book); fetch it again")
    places: dict[str, str] = {}
    order: list[str] = []

    def item(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "item" and attributes.get("media-type") in _PAGES:
            if "nav" not in attributes.get("properties", "").split():  # a table of contents
                places[attributes.get("id", "")] = attributes.get("href", "")
        elif _local(name) == "itemref":
            order.append(attributes.get("idref", ""))

    _read(archive, packages[0], item)
    folder = posixpath.dirname(packages[0])
    hrefs = (unquote(places[chapter].partition("#")[0]) for chapter in order if chapter in places)
    chapters = dict.fromkeys(posixpath.normpath(posixpath.join(folder, href)) for href in hrefs)
    if not chapters:
        raise TextError(f"{archive.name}: lists no chapter; convert it to plain text")
    return list(chapters)


def _encrypted(archive: Archive) -> set[str]:
    """Return the members that are encrypted."""
    found: set[str] = set()

    def reference(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "CipherReference":
            found.add(unquote(attributes.get("URI", "")))

    if _ENCRYPTION in archive.names:
        _read(archive, _ENCRYPTION, reference)
    return found


def _read(archive: Archive, member: str, start) -> None:  # type: ignore[no-untyped-def]
    reader = Reader(start, lambda _: None, lambda _: None)
    for _ in reader.read(archive.pieces(member), f"{archive.name}: {member}"):
        pass


def _local(name: str) -> str:
    return name.rpartition("}")[2]
