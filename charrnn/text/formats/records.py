"""One column of a table, or one field of records, as the text of a file.

A text is written as it is, and a line end after it where it has none.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from charrnn.errors import TextError
from charrnn.plurals import counted
from charrnn.text.formats.lines import LONGEST_LINE, lines

Form = Literal["csv", "tsv", "jsonl", "json"]

LARGEST_JSON = 2**27
"""Characters in a JSON file, which has to be read whole."""

_DELIMITERS = ",;\t|"


class Records:
    """The texts of a file of records; iterating yields them, once.

    Parameters
    ----------
    pieces
        The file, decoded.
    name
        Its name in messages.
    form
        "csv" or "tsv", whose first line names the columns; "jsonl", a JSON value a line; or
        "json", one value for all of it.
    field
        Name of a column, or of the field of each object; dots lead into nested fields.
        Of a table also the number of a column, from 1 on, where none has that name: then the first
        line is one of texts too.

    Attributes
    ----------
    notes
        Notes for the user; complete once the last text has been read.

    Raises
    ------
    TextError
        On the way, if there is no such field, or the file is not of its form.
    """

    def __init__(self, pieces: Iterable[str], name: str, form: Form, field: str) -> None:
        self._pieces, self._name, self._form, self._field = pieces, name, form, field
        self.notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        """Yield the texts."""
        table = self._form in ("csv", "tsv")
        texts = missing = 0
        for text in self._column() if table else self._fields():
            if text:
                texts += 1
                yield text if text.endswith("\n") else f"{text}\n"
            else:
                missing += 1
        without = f", {missing:,} without it left out" if missing else ""
        what = "the column" if table else "the field"
        read = counted(texts, "text")
        self.notes = (f"{self._name}: {read} of {what} {self._field!r}{without}",)

    def _column(self) -> Iterator[str]:
        rows = lines(self._pieces, self._name)
        first = next(rows, "")
        delimiter = "\t" if self._form == "tsv" else max(_DELIMITERS, key=first.count)
        table = csv.reader(_again(first, rows), delimiter=delimiter)
        before = csv.field_size_limit(LONGEST_LINE)
        try:
            header = [name.strip() for name in next(table, [])]
            column = self._place(header)
            if column is None:
                return
            if self._field not in header:
                yield header[column]
            for row in table:
                if row:
                    yield row[column] if column < len(row) else ""
        except csv.Error as error:
            line = f"{self._name}: line {table.line_num}"
            raise TextError(f"{line} is none of a table ({error})") from None
        finally:
            csv.field_size_limit(before)

    def _place(self, names: list[str]) -> int | None:
        """Return the index of the requested column; None for an empty file."""
        if self._field in names:
            return names.index(self._field)
        if self._field.isdecimal() and 0 < int(self._field) <= len(names):
            return int(self._field) - 1
        if not names:
            return None
        raise self._none(names, f"a column from 1 to {len(names)}")

    def _fields(self) -> Iterator[str]:
        path = self._field.split(".")
        known: dict[str, None] = {}
        found = False
        for record in self._objects():
            whole = isinstance(record, dict) and self._field in record  # a name with dots in it
            texts = _texts(record, [self._field] if whole else path)
            if isinstance(record, dict) and len(known) < 20:
                known |= dict.fromkeys(record)
            found = found or bool(texts)
            yield "\n".join(texts)
        if not found and known:
            raise self._none(list(known), "one of them")

    def _objects(self) -> Iterator[Any]:
        if self._form == "json":
            whole = whole_json(self._pieces, self._name)
            if isinstance(whole, dict) and self._field not in whole:
                # The list of records is often under one key.
                lists = [value for value in whole.values() if isinstance(value, list)]
                whole = lists[0] if len(lists) == 1 else whole
            yield from whole if isinstance(whole, list) else [whole]
            return
        for number, line in enumerate(lines(self._pieces, self._name), 1):
            if line.strip():
                yield _value(line, f"{self._name}: line {number}")

    def _none(self, known: list[str], choose: str) -> TextError:
        names = ", ".join(map(repr, known[:20]))
        return TextError(
            f"{self._name}: has no field {self._field!r}, but {names}; choose {choose}"
        )


def columns(head: str, form: Form) -> list[str]:
    """Return the names of the columns or fields, if the beginning of a file has any."""
    line = head.split("\n", 1)[0]
    if form == "jsonl":
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return []
        return list(record) if isinstance(record, dict) else []
    if form == "json":
        return []
    delimiter = "\t" if form == "tsv" else max(_DELIMITERS, key=line.count)
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    # Names, and not a first row of numbers or of texts.
    named = [name.strip() for name in names]
    fit = all(
        name.isprintable() and 0 < len(name) <= 40 and not name[0].isdecimal() for name in named
    )
    return named if fit and len(set(named)) == len(named) > 1 else []


def whole_json(pieces: Iterable[str], name: str) -> Any:
    """Return the value of a JSON file.

    Raises
    ------
    TextError
        If it is not JSON, or longer than `LARGEST_JSON`.
    """
    parts: list[str] = []
    length = 0
    for piece in pieces:
        parts.append(piece)
        length += len(piece)
        if length > LARGEST_JSON:
            raise TextError(
                f"{name}: is JSON of more than {LARGEST_JSON} characters; write it as .jsonl, a "
                "record a line"
            )
    return _value("".join(parts), name)


def _value(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TextError(
            f"{name}: is no JSON ({str(error)[:80]}); rename it if it is another text"
        ) from None


def _texts(value: Any, path: list[str]) -> list[str]:
    """Return the texts at a path, in order; a list gives those of each of its values."""
    found: list[str] = []
    left = [(value, 0)]
    while left:
        value, depth = left.pop()
        if isinstance(value, list):
            left += ((part, depth) for part in reversed(value))
        elif depth < len(path):
            if isinstance(value, dict) and path[depth] in value:
                left.append((value[path[depth]], depth + 1))
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(str(value))
    return found


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest
