"""The part of Python's `re` that a text can be steered by, as a tree.

Characters, escapes, classes, the dot, groups, alternatives and quantifiers mean what they mean in
`re`, flags among them; what a finite automaton cannot do is refused by its name. `re` itself checks
the syntax and says which characters a class matches, so that both agree on every character.
"""

import re
import warnings

from charrnn.errors import ConfigError, Way
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.expression import (
    Choice,
    Expression,
    Letters,
    Repeat,
    Sequence,
    shown,
)

DEEPEST = 100
"""Groups inside one another."""

_ESCAPE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|0[0-7]{0,2}|[0-3][0-7]{2}|.)",
    re.DOTALL,
)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_COUNTS = re.compile(r"\{(?!\})([0-9]*)(?:(,)([0-9]*))?\}")
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|(?P<on>[aimsu]*)(?:-(?P<off>[imsx]+))?(?P<end>[:)])))?")
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "a": re.ASCII, "m": re.MULTILINE, "x": re.VERBOSE}
_BEYOND = (
    (r"\(\?(?:=|!)", "a look-ahead"),
    (r"\(\?<[=!]", "a look-behind"),
    (r"\(\?P=|\\[1-9]", "a reference to a group"),
    (r"\(\?\(", "a condition"),
    (r"\(\?>", "an atomic group"),
    (r"\(\?[aimsuLx]*x", "the flag x"),
    (r"\\[bB]", "a word boundary"),
)
"""What no automaton of this kind can do, and its name."""

_LETTER_ESCAPES = frozenset("abfnrtvdDsSwWxuUN0")
"""Escapes that do not stand for the character after the backslash."""


def parse(pattern: str, alphabet: Alphabet, argument: str | None = None) -> Expression:
    """Parse a regular expression that is to match a whole text.

    argument: the name of what gave it, for errors.

    Raises
    ------
    ConfigError
        It is no regular expression, or has a part that cannot be expressed, named with its place.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
        return _Parser(pattern, alphabet, argument).parse()
    except re.error as error:
        place = "" if error.pos is None else f" at position {error.pos}"
        raise ConfigError(
            f"{shown(pattern)} is not a regular expression: {error.msg}{place}",
            Way("put a backslash before a character that stands for itself"),
            argument=argument,
        ) from None
    except (RecursionError, OverflowError) as error:
        wrong = "groups too deep" if isinstance(error, RecursionError) else "a count too large"
        raise ConfigError(
            f"{shown(pattern)} has {wrong}", Way("give a simpler one"), argument=argument
        ) from None


class _Parser:
    """Parses from left to right; `re` has accepted the pattern before."""

    def __init__(self, pattern: str, alphabet: Alphabet, argument: str | None) -> None:
        self._pattern, self._alphabet, self._argument = pattern, alphabet, argument
        self._at = self._depth = 0

    def parse(self) -> Expression:
        return self._choice(0)

    def _choice(self, flags: int) -> Expression:
        """Parse alternatives, to a closing bracket or the end."""
        branches: list[list[Expression]] = [[]]
        while self._at < len(self._pattern) and self._pattern[self._at] != ")":
            items, at = branches[-1], self._at
            letter = self._pattern[at]
            if letter == "|":
                self._at += 1
                branches.append([])
            elif letter in "*+?" or (letter == "{" and _COUNTS.match(self._pattern, at)):
                items[-1] = self._quantified(items[-1])
            elif comment := _COMMENT.match(self._pattern, at):
                self._at = comment.end()
            elif self._is_anchor(at_start=not items):
                pass
            else:
                self._refuse_what_is_beyond()
                if letter == "(":
                    item, flags = self._group(flags)
                    items += item
                else:
                    items.append(self._letters(flags))
        made = [items[0] if len(items) == 1 else Sequence(items) for items in branches]
        return made[0] if len(made) == 1 else Choice(made)

    def _group(self, flags: int) -> tuple[list[Expression], int]:
        """Parse a group; return it, and the flags that hold after it."""
        within, end = flags, ""
        if opening := _GROUP.match(self._pattern, self._at):
            self._at, end = opening.end(), opening["end"]
            for flag in opening["on"] or "":
                within = within & ~re.ASCII if flag == "u" else within | _FLAGS[flag]
            for flag in opening["off"] or "":
                within &= ~_FLAGS[flag]
        if end == ")":  # (?i): from here to the end
            return [], within
        self._depth += 1
        if self._depth > DEEPEST:
            raise RecursionError
        inside = self._choice(within)
        self._depth -= 1
        self._at += 1
        return [inside], flags

    def _quantified(self, item: Expression) -> Expression:
        counts = _COUNTS.match(self._pattern, self._at)
        if counts:
            least, comma, most = counts.groups()
            bounds = int(least or 0), (int(most) if most else None) if comma else int(least)
            self._at = counts.end()
        else:
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self._pattern[self._at]]
            self._at += 1
        if self._pattern[self._at : self._at + 1] == "+":
            self._refuse("a possessive quantifier", self._at - 1, 2)
        if self._pattern[self._at : self._at + 1] == "?":  # which way is tried first is all one
            self._at += 1
        return Repeat(item, *bounds)

    def _letters(self, flags: int) -> Letters:
        """Parse one character, escape or class."""
        start, letter = self._at, self._pattern[self._at]
        shape = {"\\": _ESCAPE, "[": _CLASS}.get(letter)
        found = shape.match(self._pattern, start) if shape else None
        self._at = found.end() if found else start + 1
        source = self._pattern[start : self._at]
        stands_for = source[1:] if letter == "\\" else source
        is_plain = len(stands_for) == 1 and (
            stands_for not in _LETTER_ESCAPES if letter == "\\" else letter != "."
        )
        if is_plain and not flags & re.IGNORECASE:
            ranges = self._alphabet.of(stands_for)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ranges = self._alphabet.met(source, flags)
        return Letters(ranges, source, start)

    def _is_anchor(self, *, at_start: bool) -> bool:
        """Step over an anchor at the start or end of the whole, where it changes nothing."""
        for anchor, has_place in (
            ("^", at_start),
            (r"\A", at_start),
            ("$", None),
            (r"\Z", None),
            (r"\z", None),
        ):
            if self._pattern.startswith(anchor, self._at):
                after = self._at + len(anchor)
                is_last = self._pattern[after : after + 1] in ("", "|")
                if self._depth or not (is_last if has_place is None else has_place):
                    self._refuse("an anchor inside", self._at, len(anchor))
                self._at = after
                return True
        return False

    def _refuse_what_is_beyond(self) -> None:
        for shape, name in _BEYOND:
            found = re.compile(shape).match(self._pattern, self._at)
            octal = found and re.compile(r"\\[0-3][0-7]{2}").match(self._pattern, self._at)
            if found and not octal:
                self._refuse(name, self._at, len(found[0]))

    def _refuse(self, name: str, position: int, length: int) -> None:
        part = self._pattern[position : position + length]
        raise ConfigError(
            f"{shown(self._pattern)} has {name}, {shown(part)} at position {position}, which no "
            "text can be steered by",
            Way("write it without"),
            argument=self._argument,
        )
