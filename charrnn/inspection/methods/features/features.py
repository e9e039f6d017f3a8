"""Features of a text: properties at each character that a unit might follow.

The value of a feature at t depends on x(0) to x(t) alone, as
the state a(t) does. The few that look ahead are marked: a network can only guess those.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Flags, Ids
from charrnn.errors import ConfigError
from charrnn.inspection.methods.features import nesting
from charrnn.inspection.places import compiled
from charrnn.plurals import counted

FREQUENT = 0.02
"""Fraction of the text from which a character is a feature of its own."""

LONG_LINE = 60  # characters

MANY_CAPITALS = 2
"""Capitals, without a small letter, after which a line counts as one in capitals."""


@dataclass(frozen=True, eq=False)
class Feature:
    """A property of a text at each character.

    name: ASCII, but for those that were given.
    group: quoting, nesting, layout, words, clauses, code, identity or asked.
    values: (T,); 0 or 1 if it is binary.
    ahead: whether it depends on characters after x(t).
    """

    name: str
    group: str
    values: Column
    binary: bool
    ahead: bool = False

    @property
    def on(self) -> Flags:
        """Where a binary feature is 1, (T,), or a number above its median."""
        on: Flags = self.values > (0.5 if self.binary else float(np.median(self.values)))
        return on


def features(text: str, wanted: Sequence[str] = ()) -> list[Feature]:
    """Return the features that vary over a text, without duplicates, the requested ones first.

    wanted: `name=REGEX` each: 1 inside a match, 0 elsewhere; ^ and $ match at every line.

    Raises
    ------
    ConfigError
        One is not of that form, its name is another's, its expression is none, or matches nothing
        or everything.
    """
    asked = [_asked(text, written) for written in wanted]
    names = [feature.name for feature in asked]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"{name!r} is asked for twice; give each a name of its own", argument="features"
            )
    found, seen = list(asked), {_scaled(feature.values) for feature in asked}
    for made in _GROUPS:
        for feature in made(text):
            if feature.name in names or not _varies(feature.values):
                continue
            if (alike := _scaled(feature.values)) not in seen:
                found.append(feature)
                seen.add(alike)
    return found


def _varies(values: Column) -> bool:
    return len(values) > 0 and bool((values != values[0]).any())


def _scaled(values: Column) -> bytes:
    """Return a key that is equal for values that differ in scale only."""
    least = values.min()
    scaled: Column = (values - least) / (values.max() - least)
    return scaled.tobytes()


def _asked(text: str, written: str) -> Feature:
    """Return the feature of a `name=REGEX`; a match may depend on characters ahead."""
    name, equals, pattern = written.partition("=")
    name = name.strip()
    if not (name and equals and pattern):
        raise ConfigError(
            f"{written!r} is none; write name=REGEX, as in name=[A-Z]+:", argument="features"
        )
    matches = list(
        compiled(pattern, repr(pattern), re.MULTILINE, argument="features").finditer(text)
    )
    values = np.zeros(len(text))
    for found in matches:
        values[found.start() : found.end()] = 1
    if not _varies(values):
        matched = "all" if values.any() else "nothing"
        raise ConfigError(
            f"{name!r} matches {matched} of the {counted(len(text), 'character')} looked "
            "at; a unit can follow only what varies",
            argument="features",
        )
    return Feature(name, "asked", values, binary=True, ahead=True)


def since(marks: Flags) -> Column:
    """Return the distance to the last mark in characters, (T,); 0 on it.

    A mark is assumed before the text; without any in it, all is 0.
    """
    if not marks.any():
        return np.zeros(len(marks))
    t = np.arange(len(marks))
    last = np.maximum.accumulate(np.where(marks, t, -1))
    return (t - last).astype(np.float64)


def _quoting(text: str) -> Iterator[Feature]:
    yield _binary('inside "..."', "quoting", nesting.quoted(text, '"', '"'))
    yield _binary("curly quotes", "quoting", nesting.quoted(text, "\u201c", "\u201d"))
    yield _binary("inside '...'", "quoting", nesting.single_quoted(text))


def _nesting(text: str) -> Iterator[Feature]:
    total = np.zeros(len(text))
    for opening, closing in ("()", "[]", "{}"):
        depths = nesting.depth(text, opening, closing, paragraph=opening != "{")
        total += depths
        yield _binary(f"inside {opening} {closing}", "nesting", depths > 0)
        yield _number(f"depth of {opening} {closing}", "nesting", depths)
    yield _number("bracket depth", "nesting", total)


def _layout(text: str) -> Iterator[Feature]:
    newline, blank = _is(text, "\n"), nesting.blank_lines(text)
    column = since(newline)
    line: Ids = np.cumsum(newline)
    blank_line = np.maximum.accumulate(np.where(blank, line, 0))
    width, level = _indents(text)
    shouted = _in_line(_where(text, str.isupper), line) >= MANY_CAPITALS
    spoken = _in_line(_where(text, str.islower), line) > 0
    yield _number("column", "layout", column)
    yield _binary("line start", "layout", column == 1)
    yield _binary(f"past column {LONG_LINE}", "layout", column > LONG_LINE)
    yield _binary("capital line", "layout", shouted & ~spoken)
    if blank.any():
        yield _binary("paragraph start", "layout", blank_line == line)
        yield _number("paragraph line", "layout", (line - blank_line).astype(np.float64))
    yield _number("indent", "layout", width)
    yield _number("indent level", "layout", level)


def _in_line(marks: Flags, line: Ids) -> Ids:
    """Return the number of marks in the line so far, (T,)."""
    so_far: Ids = np.cumsum(marks)
    first = np.searchsorted(line, line)
    return so_far - so_far[first] + marks[first]


def _indents(text: str) -> tuple[Column, Column]:
    """Return the width and the level of the line's indent, from its first non-blank character."""
    widths, levels = np.zeros(len(text)), np.zeros(len(text))
    width, outer, leading, fresh = 0, [0], 0, True
    for t, x in enumerate(text):
        if x == "\n":
            leading, fresh = 0, True
        elif fresh and x in " \t":
            leading += 1
        elif fresh:
            width, fresh = leading, False
            while outer[-1] > width:
                outer.pop()
            if outer[-1] < width:
                outer.append(width)
        widths[t], levels[t] = width, len(outer) - 1
    return widths, levels


def _words(text: str) -> Iterator[Feature]:
    letter, upper = _where(text, str.isalpha), _where(text, str.isupper)
    digit, space = _where(text, str.isdigit), _where(text, str.isspace)
    first = letter & ~_before(letter)
    began = np.maximum.accumulate(np.where(first, np.arange(len(text)), 0))
    yield _number("place in word", "words", since(~letter))
    yield _number("since a space", "words", since(space))
    yield _binary("word start", "words", first)
    yield _binary("in capitals", "words", upper & _before(upper))
    yield _binary("capitalised", "words", letter & upper[began])
    yield _binary("in a number", "words", digit)
    yield _binary("space next", "words", _after(_is(text, " ")), ahead=True)
    yield _binary("newline next", "words", _after(_is(text, "\n")), ahead=True)


def _clauses(text: str) -> Iterator[Feature]:
    letter, stop = _where(text, str.isalpha), _is(text, ".!?")
    first = letter & ~_before(letter)
    words: Ids = np.cumsum(first)
    in_sentence = words - np.maximum.accumulate(np.where(stop, words, 0))
    if stop.any():
        yield _number("since . ! ?", "clauses", since(stop))
        yield _number("sentence length", "clauses", in_sentence.astype(np.float64))
        yield _binary("sentence start", "clauses", first & (in_sentence == 1))
    yield _number("since a comma", "clauses", since(_is(text, ",")))


def _code(text: str) -> Iterator[Feature]:
    for name, opening, closing in (
        ("comment /* */", r"/\*", r"\*/"),
        ("comment //", r"(?<!:)//", "\n"),
        ("comment #", r"(?<!\S)#", "\n"),
        ("inside < >", "<", r"[>\n]"),
        ("inside [[ ]]", r"\[\[", r"\]\]"),
        ("inside a URL", r"https?://|\bwww\.", r"[\s<>\"')\]]"),
    ):
        yield _binary(name, "code", nesting.delimited(text, opening, closing))
    yield _binary("string literal", "code", nesting.string_literals(text))
    yield _binary("inside if ( )", "code", nesting.condition(text))


def _identity(text: str) -> Iterator[Feature]:
    for character in sorted(set(text), key=lambda c: (-text.count(c), c)):
        if text.count(character) >= FREQUENT * len(text):
            yield _binary(f"is {character!a}", "identity", _is(text, character))
    letters = "abcdefghijklmnopqrstuvwxyz"
    vowels = _where(text, lambda c: c.lower() in "aeiou")
    yield _binary("vowel", "identity", vowels)
    yield _binary("consonant", "identity", _where(text, lambda c: c.lower() in letters) & ~vowels)
    marks = _where(text, lambda c: c.isprintable() and not (c.isalnum() or c.isspace()))
    yield _binary("punctuation", "identity", marks)


_GROUPS = (_quoting, _nesting, _layout, _words, _clauses, _code, _identity)


def _binary(name: str, group: str, where: Flags, *, ahead: bool = False) -> Feature:
    return Feature(name, group, where.astype(np.float64), binary=True, ahead=ahead)


def _number(name: str, group: str, values: Column) -> Feature:
    return Feature(name, group, values, binary=False)


def _where(text: str, says: Callable[[str], bool]) -> Flags:
    """Return where a predicate of the character is true, (T,), computed once per distinct one."""
    known = {character: says(character) for character in set(text)}
    return np.fromiter((known[character] for character in text), bool, len(text))


def _is(text: str, characters: str) -> Flags:
    return _where(text, lambda character: character in characters)


def _before(marks: Flags) -> Flags:
    """Return whether the character before was marked."""
    return np.concatenate([[False], marks[:-1]]) if len(marks) else marks


def _after(marks: Flags) -> Flags:
    """Return whether the next character is marked; false for the last."""
    return np.concatenate([marks[1:], [False]]) if len(marks) else marks
