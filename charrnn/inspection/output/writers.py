r"""Writers of a result: JSON, JSON lines, CSV or `.npz`, with the same numbers.

JSON is strict: no NaN and no infinity, null where there is no number. Characters are written as
themselves; control characters are written as JSON escapes, so that a file may
be printed on a terminal. In CSV they become `\x1b` etc., and the column of code points is exact.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from math import isfinite
from typing import Any, BinaryIO

import numpy as np

from charrnn.checkpoint.npz import write_arrays
from charrnn.inspection.output.envelope import Envelope
from charrnn.inspection.output.formats import Format
from charrnn.inspection.result import Cell, Result, records

_SPECIAL = re.compile(r"[^\t\n -~]")  # candidates for an escape


def write(result: Result, envelope: Envelope, form: Format, stream: BinaryIO) -> None:
    """Write a result in any format except text, which is drawn.

    stream: seekable for npz.
    """
    if form == "npz":
        meta = np.frombuffer(_dumps(envelope.about(result)).encode(), np.uint8)
        write_arrays(stream, {"meta": meta, **result.arrays()})
        return
    lines = {"json": _json, "jsonl": _json_lines, "csv": _csv}[form]
    for line in lines(result, envelope):
        stream.write(line.encode())


def _json(result: Result, envelope: Envelope) -> Iterator[str]:
    yield _dumps(envelope.about(result) | {"data": result.data()}) + "\n"


def _json_lines(result: Result, envelope: Envelope) -> Iterator[str]:
    """Yield the envelope, then an object for each row of the table."""
    yield _dumps(envelope.about(result)) + "\n"
    for record in records(result.rows()):
        yield _dumps(record) + "\n"


def _csv(result: Result, envelope: Envelope) -> Iterator[str]:
    """Yield the table as CSV by RFC 4180: lines end in CR LF, fields are quoted where needed."""
    for row in result.rows():
        line = io.StringIO()
        csv.writer(line).writerow([_shown(cell) for cell in row])
        yield line.getvalue()


def _shown(cell: Cell) -> Cell:
    return _SPECIAL.sub(_as_python, cell) if isinstance(cell, str) else cell


def _as_python(found: re.Match[str]) -> str:
    character = found[0]
    return character.encode("unicode_escape").decode() if _invisible(character) else character


def _dumps(value: dict[str, Any]) -> str:
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:  # a checkpoint's record may contain NaN
        written = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)
    return _SPECIAL.sub(_as_json, written)  # such characters occur in strings only


def _as_json(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1] if _invisible(found[0]) else found[0]


def _invisible(character: str) -> bool:
    """Return whether a character is a control, a bidirectional mark or the like."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _finite(value: Any) -> Any:
    """Return JSON types with None for each number that is not finite."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value
