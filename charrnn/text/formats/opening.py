"""A file as a text: verbatim, or the text extracted from a document, by its format."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain

from charrnn.errors import NotText, TextError, Way
from charrnn.text.decoding import Decoding, find_codec, is_utf8, split_head
from charrnn.text.formats import notebook, subtitles
from charrnn.text.formats.records import Form, Records, columns
from charrnn.text.formats.signatures import (
    ARCHIVE,
    HEAD,
    ZIP,
    Kind,
    begins_as_page,
    declared_charset,
    recognise,
)
from charrnn.text.read_as import BYTES, ReadAs
from charrnn.text.sources import Bound, Input, name_of, read_pieces, suffixes_of

_DOCUMENTS = {".docx", ".epub"}
_PAGES = {".html", ".htm", ".xhtml"}
_SUBTITLES = {".srt", ".vtt"}
_NOTEBOOKS = {".ipynb"}
_DOCUMENTS_OF_TEXT = _PAGES | _SUBTITLES | _NOTEBOOKS
_RECORDS: dict[str, Form] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json",
}  # fmt: skip
_PACKED_FOLDERS = {".tgz", ".tbz", ".tbz2", ".txz"}

# Encodings that browsers use in place of the subset that is named.
_WIDER = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030",
    "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip


class OpenedText:
    """The text of one input; iterating yields it in pieces that are not empty, once.

    Parameters
    ----------
    source
        The file, or standard input.
    read_as
        How to read it.
    bound
        Limit of the bytes read in total.

    Attributes
    ----------
    name
        Its name in messages.
    encoding
        The encoding, "bytes" where bytes are read; known once the first piece has been read.
    has_field
        Whether the file has fields; known at the same time.
    notes
        Notes for the user, a sentence each; complete once the last piece has been read.

    Raises
    ------
    NotText
        Usually before the first piece, if the file is of another kind. Read as bytes only what this
        program has written is refused, and only where the user did not name it.
    TextError
        On the way, if it cannot be read, unpacked or decoded, or there is too much of it.
    """

    def __init__(self, source: Input, read_as: ReadAs, bound: Bound) -> None:
        self._source, self._read_as, self._bound = source, read_as, bound
        self.name = name_of(source.path)
        self.encoding = BYTES if read_as.as_bytes else "utf-8"
        self.has_field = False
        self.notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        """Yield the text."""
        is_empty = True
        for text in self._texts():
            if text:
                is_empty = False
                yield text
        if is_empty:
            self.notes = (f"{self.name} is empty", *self.notes)

    def _texts(self) -> Iterator[str]:
        used = self._bound.used
        with closing(read_pieces(self._source.path, self._bound)) as pieces:
            head, rest = split_head(pieces, HEAD)
            kind = recognise(head)
            if self._read_as.as_bytes:
                if kind and not self._source.is_named and self._zipped(kind).own:
                    raise self._refused(self._zipped(kind))
                yield from (piece.decode("latin-1") for piece in chain([head], rest))
                return
            if kind is None:
                yield from self._as_text(head, chain([head], rest))
                return
        kind = self._zipped(kind)
        path = self._source.path
        if kind.document is None or path is None or not self._read_as.extract:
            raise self._refused(kind)
        # Imported here, like all unpackers: most texts need none of them.
        from charrnn.text.formats import epub, word  # noqa: PLC0415
        from charrnn.text.formats.zipped import Archive  # noqa: PLC0415

        self._bound.used = used  # the file is read again from its beginning
        with Archive.opened(path, self.name, self._bound) as archive:
            yield from (word if kind.document == "docx" else epub).text_of(archive)
        self.notes = (f"{self.name} is {kind.name}; its text is read",)

    def _zipped(self, kind: Kind) -> Kind:
        """Return the kind of document that an archive is, else `kind`."""
        packed, suffix = suffixes_of(self._source.path)
        if suffix in _PACKED_FOLDERS:
            return ARCHIVE
        path = self._source.path
        if kind is not ZIP or packed or path is None or not path.is_file():
            return kind  # a pipe cannot be read again
        from charrnn.text.formats.zipped import Archive  # noqa: PLC0415

        try:
            with Archive.opened(path, self.name, Bound(HEAD)) as archive:
                return archive.kind()
        except TextError:
            if suffix in _DOCUMENTS:
                raise
            return ZIP

    def _refused(self, kind: Kind) -> NotText:
        if kind.document and self._source.path is not None and not self._read_as.extract:
            return NotText(self.name, kind.name, Way("read its text with {extract}", extract=True))
        return NotText(self.name, kind.name, Way(kind.way_out))

    def _as_text(self, head: bytes, pieces: Iterable[bytes]) -> Iterator[str]:
        """Read a text file, or the text in a document."""
        _, suffix = suffixes_of(self._source.path)
        extract, field = self._read_as.extract, self._read_as.field
        encoding, notes = self._read_as.encoding, list[str]()
        if extract and suffix in _PAGES:
            encoding, notes = _declared(head, encoding, self.name)
        form = _RECORDS.get(suffix)
        if self._source.path is None and field is not None:
            form = "jsonl" if head.lstrip().startswith(b"{") else "csv"
        self.has_field = form is not None and field is not None
        decoding = Decoding(
            pieces,
            self.name,
            encoding=encoding,
            errors=self._read_as.errors,
            keeps_line_ends=not (self.has_field or (extract and suffix in _DOCUMENTS_OF_TEXT)),
        )
        texts: Iterable[str] = decoding
        records = None
        if form and field is not None:
            texts = records = Records(decoding, self.name, form, field)
        elif form and (names := columns(head.decode("utf-8", "replace"), form)):
            notes.append(
                f"{self.name} is read as it stands, with its fields {', '.join(names)[:120]}; "
                "--field NAME reads one of them alone"
            )
        elif extract and suffix in _PAGES:
            from charrnn.text.formats import html  # noqa: PLC0415

            notes.append(f"{self.name} is HTML; its text is read, without the marks")
            texts = html.text_of(decoding)
        elif extract and suffix in _SUBTITLES:
            notes.append(f"{self.name} holds subtitles; what is said is read, without the times")
            texts = subtitles.text_of(decoding, self.name)
        elif extract and suffix in _NOTEBOOKS:
            notes.append(f"{self.name} is a notebook; the source of its cells is read")
            texts = notebook.text_of(decoding, self.name)
        elif extract and begins_as_page(head):
            notes.append(f"{self.name} is HTML, marks and all; named .html, its text is read")
        for text in texts:
            self.encoding = decoding.encoding
            yield text
        self.encoding = decoding.encoding
        self.notes = (*notes, *decoding.notes, *(records.notes if records else ()))


def _declared(head: bytes, asked: str, name: str) -> tuple[str, list[str]]:
    """Return the encoding of a page: the one it declares, unless the user gave another."""
    declared = declared_charset(head)
    if declared is None or find_codec(asked).name != "utf-8":
        return asked, []
    try:
        codec = find_codec(declared).name
    except TextError:
        return asked, []
    if codec.startswith("utf") or (not head.isascii() and is_utf8(head)):
        return asked, []
    codec = _WIDER.get(codec, codec)
    return codec, [f"{name} says itself that it is in {codec}"]
