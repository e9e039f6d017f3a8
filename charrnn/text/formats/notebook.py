"""The text of a Jupyter notebook: the source of its cells, without their output."""

from collections.abc import Iterable, Iterator
from typing import Any

from charrnn.errors import TextError
from charrnn.text.formats.records import whole_json


def text_of(pieces: Iterable[str], name: str) -> Iterator[str]:
    """Yield the cells of a notebook, a blank line between two.

    Raises
    ------
    TextError
        It is no notebook, or longer than one that is read whole may be.
    """
    notebook = whole_json(pieces, name)
    begun = False
    for source in _sources(notebook, name):
        if text := source.rstrip():
            yield f"\n{text}\n" if begun else f"{text}\n"
            begun = True


def _sources(notebook: Any, name: str) -> Iterator[str]:
    sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None
    rows = sheets if isinstance(sheets, list) else [notebook]  # before the fourth format
    found = False
    for row in rows:
        cells = row.get("cells") if isinstance(row, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            found = True
            source = cell.get("source", cell.get("input")) if isinstance(cell, dict) else None
            if isinstance(source, list):
                source = "".join(part for part in source if isinstance(part, str))
            if isinstance(source, str):
                yield source
    if not found:
        raise TextError(f"{name}: holds no cells of a notebook; rename it if it is another text")
