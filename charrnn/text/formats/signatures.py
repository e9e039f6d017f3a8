"""File signatures: pictures, archives, documents and models, by their first bytes.

A file's name can be wrong; the first bytes of most formats are unique. A file that is not a text
is reported by its format, with a way out, instead of being read as one.
"""

import re
from dataclasses import dataclass
from typing import Literal

HEAD = 512
"""Bytes at the beginning of a file by which it is recognised."""

Document = Literal["docx", "epub"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A file format that is not plain text.

    Attributes
    ----------
    name
        Its name with an article: "a PNG image".
    way_out
        What the user can do about it.
    document
        The document format, if its text can be extracted.
    own
        Whether this program writes it: not to be learnt by mistake, not even as bytes.
    """

    name: str
    way_out: str
    document: Document | None = None
    own: bool = False


_LEAVE_OUT = "there is no text in it to learn; leave it out"
_IMAGE = "leave it out, or take the text in it with a program that reads print (OCR)"
_UNPACK = "unpack it, and name the files in it"
_EXPORT = "write its column of text to a .csv or .jsonl file"
_SAVE_AS_TEXT = "open it in a word processor and save it as .docx or plain text"
_WEIGHTS = "it holds the weights of a network, not a text; leave it out"
_PICKLE = "opening it could run code; write its text to a plain file with the program it came from"

WORD = Kind("a Word document", "give the file itself, by its name and not packed", "docx")
EPUB = Kind("an EPUB book", "give the file itself, by its name and not packed", "epub")
MODEL = Kind("a model of this program", "name the text that it learnt", own=True)
STATE = Kind("a stopped run of this program", "resume it with {resume}", own=True)
LOG = Kind("the log of a run of this program", "name the text that the run learnt", own=True)
ARRAYS = Kind("a file of NumPy arrays", _LEAVE_OUT)
ZIP = Kind("a ZIP archive", _UNPACK)
ARCHIVE = Kind("an archive", _UNPACK)

# Short signatures count only when followed by bytes that a text does not have.
_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (rb"\x89PNG\r\n\x1a\n", Kind("a PNG image", _IMAGE)),
    (rb"\xff\xd8\xff", Kind("a JPEG image", _IMAGE)),
    (rb"GIF8[79]a", Kind("a GIF image", _IMAGE)),
    (rb"RIFF....WEBP", Kind("a WebP image", _IMAGE)),
    (rb"II\*\0|MM\0\*", Kind("a TIFF image", _IMAGE)),
    (rb"BM....\0\0\0\0", Kind("a BMP image", _IMAGE)),
    (rb"\0\0\x01\0[^\0]\0", Kind("an icon", _LEAVE_OUT)),
    (rb"P[4-7]\n|\x01\xda[\0\x01][\x01\x02]|\x76\x2f\x31\x01", Kind("an image", _IMAGE)),
    (rb"8BPS\0", Kind("a Photoshop image", _IMAGE)),
    (rb"\0\0..ftyp(?:heic|heix|mif1|avif)", Kind("a HEIF image", _IMAGE)),
    (rb"\0\0..ftyp", Kind("an MP4 film or sound", _LEAVE_OUT)),
    (rb"RIFF....(?:WAVE|AVI )|OggS\0|fLaC\0|ID3[\x02-\x04]|\xff\xfb[\x10-\xef]|MThd\0",
     Kind("a sound or film", _LEAVE_OUT)),
    (rb"Creative Voice File\x1a|\.snd\0|FORM\0...AIF", Kind("a sound", _LEAVE_OUT)),
    (rb"\x1a\x45\xdf\xa3|\0\0\x01\xba|FLV\x01", Kind("a film", _LEAVE_OUT)),
    (rb"(?:OTTO\0|\0\x01\0\0\0|true\0|ttcf\0|wOF[F2])", Kind("a font", _LEAVE_OUT)),
    (rb"%PDF-", Kind("a PDF", "take its text first: pdftotext FILE.pdf FILE.txt")),
    (rb"AT&TFORM", Kind("a DjVu document", "take its text first: djvutxt FILE.djvu FILE.txt")),
    (rb"\{\\rtf", Kind("an RTF document", _SAVE_AS_TEXT)),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("an Office document of before 2007",
     "save it anew as .docx, .csv or plain text")),
    (rb".{60}(?:BOOKMOBI|TEXtREAd)", Kind("a Kindle book", "convert it to .epub first")),
    (rb"ITSF\x03\0", Kind("a Windows help file", _UNPACK)),
    (rb"\x1f\x8b\x08", Kind("gzip data", "let its name end in .gz, and it is unpacked")),
    (rb"BZh[1-9]1AY&SY", Kind("bzip2 data", "let its name end in .bz2, and it is unpacked")),
    (rb"\xfd7zXZ\0", Kind("xz data", "let its name end in .xz, and it is unpacked")),
    (rb"\x28\xb5\x2f\xfd|\x04\x22\x4d\x18", Kind("data packed by zstd or lz4", "unpack it first")),
    (rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|.{257}ustar|!<arch>\n|xar!\0|070701[0-9A-Fa-f]{8}",
     ARCHIVE),
    (rb"SQLite format 3\0", Kind("an SQLite database",
     "write its text to a file: sqlite3 FILE 'select COLUMN from TABLE' > text.txt")),
    (rb"PAR1|ARROW1\0|\x89HDF\r\n|Obj\x01", Kind("a table of binary data", _EXPORT)),
    (rb"\x93NUMPY[\x01-\x03]", ARRAYS),
    (rb"GGUF[\x01-\x04]\0|.{8}\{\"__metadata__", Kind("a file of weights", _WEIGHTS)),
    (rb"\x80[\x02-\x05](?:[\x95}\](c\x8a]|\x58..\0\0)", Kind("a pickle", _PICKLE)),
    (rb"\x7fELF|MZ[^\n]*\0|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|\0asm",
     Kind("a program", _LEAVE_OUT)),
    (rb"..\r\n[\0-\x03]\0\0\0", Kind("a file of compiled Python", _LEAVE_OUT)),
    (rb"\xde\x12\x04\x95|\x95\x04\x12\xde", Kind("a file of compiled translations",
     "write them to a text: msgunfmt FILE.mo > text.txt")),
    (rb"bplist00", Kind("a binary property list", _LEAVE_OUT)),
    (rb"DIRC\0|PACK\0\0\0|\xfftOc", Kind("a file of Git's own", _LEAVE_OUT)),
    (rb"version https://git-lfs\.github\.com/spec/v1\r?\n", Kind("a Git LFS pointer",
     "the text itself is not here; fetch it with: git lfs pull")),
    (rb"/annex/objects/|\.\./?.*/annex/objects/", Kind("a git-annex pointer",
     "the text itself is not here; fetch it with: git annex get FILE")),
    (rb"\{\"event\": \"(?:start|resume)\", \"sources\": \[", LOG),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _SIGNATURES)

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.I)
_ZIP = re.compile(rb"PK(?:\x03\x04|\x05\x06)", re.DOTALL)


def recognise(head: bytes) -> Kind | None:
    """Return the format of a file from its first bytes, or None for a possible text.

    head: the first `HEAD` bytes, or all if there are fewer. Of a ZIP archive it takes more to know
    what is in it; see `zip_kind`.
    """
    if _ZIP.match(head):
        return ZIP
    return next((kind for pattern, kind in _COMPILED if pattern.match(head)), None)


def zip_kind(names: list[str], mimetype: str) -> Kind:
    """Return the format of a ZIP archive from its names and its member `mimetype`."""
    if mimetype == "application/epub+zip" or "META-INF/container.xml" in names:
        return EPUB
    if mimetype.startswith("application/vnd.oasis.opendocument"):
        return Kind("an OpenDocument file", _SAVE_AS_TEXT)
    if "[Content_Types].xml" in names:
        folders = (folder for folder in _OFFICE if any(n.startswith(folder) for n in names))
        return _OFFICE[next(folders, "")]
    if any(name.endswith("data.pkl") for name in names):
        return Kind("a pickle of PyTorch's", _PICKLE)
    if names and all(name.endswith(".npy") for name in names):
        own = MODEL if "vocabulary.npy" in names else STATE
        return own if "meta.npy" in names else ARRAYS
    return ZIP


_OFFICE = {
    "word/": WORD,
    "xl/": Kind("an Excel workbook", "save the sheet as .csv"),
    "": Kind("an Office document", _SAVE_AS_TEXT),
}


def declared_charset(head: bytes) -> str | None:
    """Return the encoding that a page declares in its first bytes, verbatim."""
    found = _CHARSET.search(head)
    return found[1].decode("ascii") if found else None


def begins_as_page(head: bytes) -> bool:
    """Return whether a file, whatever its name, begins as an HTML page does."""
    return head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
