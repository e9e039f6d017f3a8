"""Pairs: texts with their answers, read from files of two columns.

A line is a text, a tab and its answer; `.csv` has a comma, and fields in quotes are read as the
standard library's `csv` reads them. Of a table with more columns two are chosen by name or number.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from charrnn.errors import TextError, Way
from charrnn.plurals import counted
from charrnn.text.bad_lines import BadLines
from charrnn.text.corpus import Corpus, from_text

MOST_NAMED = 3
"""Lines that an error names; further ones are counted."""

MOST_LABELS, LEAST_SEEN = 64, 20
"""Distinct answers that are taken for labels at most, and pairs of each on average at least."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Texts and their answers.

    sources, answers: of the same length.
    notes: what the user should know about them, a sentence each.
    """

    sources: tuple[str, ...]
    answers: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.sources)

    def only(self, which: Sequence[int]) -> "Pairs":
        """Return some of them, by their numbers."""
        return Pairs(tuple(self.sources[n] for n in which), tuple(self.answers[n] for n in which))

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct answers, sorted."""
        return tuple(sorted(set(self.answers)))

    @property
    def are_labelled(self) -> bool:
        """Whether the answers seem to be labels: few distinct ones, each seen many times."""
        distinct = len(set(self.answers))
        return distinct <= MOST_LABELS and LEAST_SEEN * distinct <= len(self)


def read_pairs(
    corpus: Corpus, columns: tuple[str, str] | None = None, bad_lines: BadLines = "error"
) -> Pairs:
    """Return the pairs of the files of a corpus.

    columns: the names or numbers, from 1, of the columns of texts and answers, where a file has
        more than two. With names, the first line of each file is that of the names.
    bad_lines: whether lines that are no pair are an error, or left out with a note.

    Raises
    ------
    TextError
        A line is no pair, with its number and what is wrong; there is no pair, or no such column.
    """
    sources: list[str] = []
    answers: list[str] = []
    bad: list[str] = []
    for name, text in _files(corpus):
        for line, found in _rows(name, text, columns):
            if isinstance(found, str):
                bad.append(f"{name}, line {line:,}: {found}")
            else:
                sources.append(found[0])
                answers.append(found[1])
    if bad and bad_lines == "error":
        more = [f"{counted(len(bad) - MOST_NAMED, 'line')} more"] if bad[MOST_NAMED:] else []
        raise TextError(
            "; ".join([*bad[:MOST_NAMED], *more]),
            Way("mend them"),
            Way("leave such lines out with {bad_lines}", bad_lines="skip"),
        )
    if not sources:
        raise TextError(
            "there is no pair in it; give lines of a text, a tab and an answer",
            Way("name {columns}"),
        )
    if len(set(answers)) == 1:
        raise TextError(
            f"every answer is {answers[0]!r:.40}, so there is nothing to learn; give pairs with "
            "different answers"
        )
    notes = tuple(note for note in corpus.notes if "as it stands" not in note)
    if bad:
        are = "line is" if len(bad) == 1 else "lines are"
        notes += (f"{len(bad):,} {are} no pair, and left out: {bad[0]}",)
    return Pairs(tuple(sources), tuple(answers), notes)


def corpus_of_pairs(given: Sequence[tuple[str, str]]) -> tuple[Corpus, Pairs]:
    """Return pairs that are in memory, and a corpus that identifies them.

    Raises
    ------
    TextError
        There is none, an item is no pair of texts, or one of the two is empty.
    """
    for n, pair in enumerate(given):
        if len(pair) != 2 or not all(isinstance(text, str) and text.strip() for text in pair):
            raise TextError(f"pair {n}: {pair!r:.60} is not a text and an answer")
    if len({answer for _, answer in given}) < 2:
        raise TextError("there is nothing to learn; give pairs with different answers")
    sources, answers = zip(*given, strict=True)
    return from_text("".join(f"{source}\t{answer}\n" for source, answer in given)), Pairs(
        sources, answers
    )


def split_pairs(pairs: Pairs, share: float, most: int, seed: int) -> tuple[list[int], list[int]]:
    """Return the numbers of the pairs to learn from, and of those kept for validation.

    Those kept are drawn by the seed; pairs of the same text stay on one side.

    share: of the pairs that is kept, but `most`; at least one where it is not 0.
    """
    if not share or len(set(pairs.sources)) < 2:
        return list(range(len(pairs))), []
    rng = np.random.Generator(np.random.PCG64((seed, len(pairs))))
    distinct = list(dict.fromkeys(pairs.sources))
    counts = Counter(pairs.sources)
    wanted = min(max(1, round(share * len(pairs))), most)
    kept: set[str] = set()
    number = 0
    for n in rng.permutation(len(distinct)).tolist():
        if number >= wanted or len(kept) + 1 == len(distinct):
            break
        kept.add(distinct[n])
        number += counts[distinct[n]]
    learnt = [n for n, source in enumerate(pairs.sources) if source not in kept]
    return learnt, [n for n, source in enumerate(pairs.sources) if source in kept]


def _files(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """Yield each file of a corpus by its name, with its text."""
    text = corpus.text
    for file in corpus.sources:
        yield file.name, text[file.start : file.start + file.characters]


def _rows(
    name: str, text: str, columns: tuple[str, str] | None
) -> Iterator[tuple[int, tuple[str, str] | str]]:
    """Yield the number of each line that is not empty, with its pair, or with what is wrong."""
    comma = Path(name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz")).suffix == ".csv"
    rows = _fields(text, "," if comma else "\t")
    first, second = 0, 1
    if columns:
        chosen = [_column(name, column, rows) for column in columns]
        (first, second), named = (n for n, _ in chosen), any(by_name for _, by_name in chosen)
        rows = rows[1:] if named else rows
    for line, fields in rows:
        if not columns and len(fields) != 2:
            separator = "comma" if comma else "tab"
            found = f"no {separator}" if len(fields) < 2 else f"{len(fields) - 1} {separator}s"
            yield line, f"{found} in {_shown(fields[0])}"
        elif max(first, second) >= len(fields):
            yield line, f"{counted(len(fields), 'column')} only"
        elif not fields[first].strip():
            yield line, "no text before the answer"
        elif not fields[second].strip():
            yield line, f"no answer to {_shown(fields[first])}"
        else:
            yield line, (fields[first], fields[second])


def _fields(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the fields of each line that is not empty, with its number.

    Quotes are those of `csv`, unless the text of a table with tabs is not well-formed by them.
    """
    if delimiter == "\t" and '"' not in text:
        return _plain(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        found = [(reader.line_num, row) for row in reader if row]
    except csv.Error:
        if delimiter == ",":
            return _verbatim_csv(text)
        return _plain(text)
    if delimiter == "\t" and any("\n" in field for _, row in found for field in row):
        return _plain(text)
    return found


def _plain(text: str) -> list[tuple[int, list[str]]]:
    lines = enumerate(text.split("\n"), 1)
    return [(n, line.removesuffix("\r").split("\t")) for n, line in lines if line.strip()]


def _verbatim_csv(text: str) -> list[tuple[int, list[str]]]:
    """Return the fields of lines whose quotes are not as they should be."""
    reader = csv.reader(io.StringIO(text, newline=""))
    return [(reader.line_num, row) for row in reader if row]


def _column(name: str, column: str, rows: list[tuple[int, list[str]]]) -> tuple[int, bool]:
    """Return the number of a column, from 0, and whether it was found by its name.

    Raises
    ------
    TextError
        There is none of that name or number.
    """
    names = rows[0][1] if rows else []
    if column.isascii() and column.isdigit():
        if 1 <= int(column) <= max(len(names), 1):
            return int(column) - 1, False
    elif column in names:
        return names.index(column), True
    known = ", ".join(map(repr, names))
    raise TextError(
        f"{name}: has no column {column!r:.40}; its first line is {known:.120}",
        Way("give {columns} of it, or numbers from 1"),
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
