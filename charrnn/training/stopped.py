"""Which text a stopped run learnt from, as its training state says, so that it is read again."""

import codecs
import os
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from charrnn.checkpoint.checkpoint import load_state
from charrnn.checkpoint.paths import resume_path, shown
from charrnn.checkpoint.record import count, is_count
from charrnn.errors import CheckpointError, Way
from charrnn.text.decoding import Errors
from charrnn.text.read_as import ReadAs
from charrnn.text.reading import Corpus
from charrnn.text.sources import PIECE, STANDARD_INPUT, Bound, read_pieces

MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
"""The byte order marks by which a text is found to be in an encoding that is not asked for."""

_ESCAPE = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[nrt])")


def about_text(corpus: Corpus) -> dict[str, Any]:
    """Return what a training state says of its text, as JSON's own types."""
    return {
        "sources": [source.name for source in corpus.sources],
        "encoding": corpus.read_as.name,
        "errors": corpus.read_as.errors,
        "max_bytes": corpus.read_as.max_bytes,
        "field": corpus.read_as.field,
        "extract": corpus.read_as.extract,
    }


def text_of(path: Path) -> tuple[list[str], ReadAs]:
    """Return the names of the files that a stopped run learnt from, and how they were read.

    Raises
    ------
    CheckpointError
        There is no training state beside the model at `path`, or it does not name its text.
    """
    path = resume_path(path)
    _, meta = load_state(path)
    sources, encoding = meta.get("sources"), meta.get("encoding")
    if not (
        isinstance(sources, list)
        and sources
        and all(isinstance(name, str) for name in sources)
        and isinstance(encoding, str)
    ):
        raise CheckpointError(
            f"{shown(path.name)}: does not say which text it is of", Way("name the text as well")
        )
    field = meta.get("field")
    # Before there was a choice, files were read as they stand.
    more: dict[str, Any] = {
        "field": field if isinstance(field, str) else None,
        "extract": meta.get("extract") is True,
    }
    if "errors" not in meta:
        names, read_as = _of_an_earlier_state(sources, encoding)
        return names, replace(read_as, **more)
    errors, max_bytes = meta["errors"], meta.get("max_bytes")
    if errors not in get_args(Errors) or not is_count(max_bytes):
        raise CheckpointError(f"{shown(path.name)}: does not say how its text was read")
    return sources, replace(ReadAs.named(encoding, errors, count(max_bytes)), **more)


def _of_an_earlier_state(sources: list[str], encoding: str) -> tuple[list[str], ReadAs]:
    r"""Return what was asked for, from a state that says what was found.

    It holds names as they were shown, `\u202f` and the like written out; and the encoding of the
    first file, also where that was said by a byte order mark.
    """
    names = [name if name == STANDARD_INPUT else _as_it_is(name) for name in sources]
    marked = encoding in MARKS and _begins_with(names[0], MARKS[encoding])
    return names, ReadAs.named("utf-8" if marked else encoding)


def _as_it_is(name: str) -> str:
    r"""Return the name of a file, of which `\u202f` and the like may have been written out."""
    if os.path.lexists(name):
        return name
    unescaped = _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), name)
    return unescaped if os.path.lexists(unescaped) else name


def _begins_with(name: str, mark: bytes) -> bool:
    if name == STANDARD_INPUT or not os.path.isfile(name):  # noqa: PTH113 - of any name
        return False
    with closing(read_pieces(Path(name), Bound(PIECE))) as pieces:
        return next(pieces, b"").startswith(mark)
