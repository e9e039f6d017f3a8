"""What can be asked of a text, each as an automaton over the ids of a vocabulary.

The automata can be combined by `together`. Each function raises a ConfigError, before a character
is made, for what no text over the alphabet can satisfy, and names the part that cannot be; and for
what would need more than `MOST_STATES` states.
"""

import re
from collections.abc import Sequence as Items
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from charrnn.errors import ConfigError, Way
from charrnn.plurals import counted
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.automaton import (
    MOST_STATES,
    Automaton,
    TooManyStates,
    both,
    but,
)
from charrnn.sampling.constraints.expression import (
    Choice,
    Expression,
    Letters,
    Repeat,
    Sequence,
    any_number,
    shown,
    unmatched,
)
from charrnn.sampling.constraints.positions import automaton_of
from charrnn.sampling.constraints.regular_expression import parse

LINE_END, BLANK = "\n", "_"

CLASSES = {"letters": r"[^\W\d_]|\s", "ascii": r"[\x00-\x7f]"}
"""Classes of characters by name; letters come with white space, to make words of them."""


class Asked(NamedTuple):
    """One thing that is asked of a text.

    argument, value: its name and how it was typed, for errors.
    texts: the automaton of those that satisfy it.
    """

    argument: str
    value: str
    texts: Automaton


def everything(alphabet: Alphabet) -> Automaton:
    """Return the automaton of all texts: of bytes those that are UTF-8."""
    return automaton_of(_anything(alphabet), alphabet)


def match(pattern: str, alphabet: Alphabet) -> Asked:
    """Ask that a text match a regular expression as a whole."""
    return _asked("match", pattern, parse(pattern, alphabet, "match"), alphabet)


def must(text: str, alphabet: Alphabet) -> Asked:
    """Ask that a text be part of the text."""
    return _asked("must", text, _holding(text, "must", alphabet), alphabet)


def forbid(text: str, alphabet: Alphabet) -> Asked:
    """Ask that a text be no part of the text."""
    holding = _holding(text, "forbid", alphabet)
    try:
        allowed = everything(alphabet)
        if not unmatched(holding):
            allowed = but(allowed, automaton_of(holding, alphabet))
    except TooManyStates:
        raise _too_many("forbid", text) from None
    return _not_empty(Asked("forbid", text, allowed))


def only(characters: str, alphabet: Alphabet) -> Asked:
    """Ask that a text consist of the characters of a class.

    characters: a name of `CLASSES`, or a class of a regular expression, such as [a-z ].
    """
    expression = parse(CLASSES.get(characters, characters), alphabet, "only")
    if not _is_one_character(expression):
        names = ", ".join(CLASSES)
        raise ConfigError(
            f"{shown(characters)} is not a class of characters",
            Way(f"give one of {names}"),
            Way("one as in a regular expression, such as [a-z ]"),
            argument="only",
        )
    _check("only", characters, expression, alphabet)
    return _asked("only", characters, any_number(expression), alphabet)


def template(text: str, alphabet: Alphabet) -> Asked:
    r"""Ask that a text be a template with its blanks filled in.

    Each run of underscores is one or more characters of a line; \_ is an underscore. After a blank
    at the end there may be a line end, with which the text ends.
    """
    items: list[Expression] = []
    for piece in re.finditer(r"\\_|_+|.", text, re.DOTALL):
        if piece[0].startswith(BLANK):
            items.append(Repeat(_in_line(alphabet), 1, None))
        else:
            items.append(_letter(piece[0][-1], piece.start(), alphabet))
    if items and isinstance(items[-1], Repeat):
        items.append(_may_end(alphabet))
    return _asked("template", text, Sequence(items), alphabet)


def infill(text: str, alphabet: Alphabet) -> Asked:
    r"""Ask that a text be another with any character, but no line end, for each underscore.

    \_ is an underscore.
    """
    items: list[Expression] = [
        _in_line(alphabet) if piece[0] == BLANK else _letter(piece[0][-1], piece.start(), alphabet)
        for piece in re.finditer(r"\\_|.", text, re.DOTALL)
    ]
    return _asked("infill", text, Sequence(items), alphabet)


def acrostic(name: str, alphabet: Alphabet) -> Asked:
    """Ask for as many lines as a name has letters, each beginning with one of them, in order."""
    if not name:
        raise ConfigError(
            "an empty name begins no line", Way("give a letter or more"), argument="acrostic"
        )
    if LINE_END in name:
        raise ConfigError(
            f"{shown(name)} has a line end, with which no line begins",
            Way("give it on one line"),
            argument="acrostic",
        )
    items: list[Expression] = []
    for place, letter in enumerate(name):
        if place:
            items.append(_letter(LINE_END, place, alphabet))
        items += [_letter(letter, place, alphabet), any_number(_in_line(alphabet))]
    return _asked("acrostic", name, Sequence([*items, _may_end(alphabet)]), alphabet)


def end_with(pattern: str, alphabet: Alphabet) -> Asked:
    """Ask that each line end with a match of a regular expression."""
    expression = parse(pattern, alphabet, "end_with")
    _check("end_with", pattern, expression, alphabet)
    ending = _without_line_end(expression, alphabet)
    if unmatched(ending):
        raise ConfigError(
            f"{shown(pattern)} matches nothing without a line end, so that no line can end with it",
            Way("give what stands before the line end"),
            argument="end_with",
        )
    line = Sequence([any_number(_in_line(alphabet)), ending])
    before = any_number(Sequence([line, Letters(alphabet.of(LINE_END))]))
    return _asked("end_with", pattern, Sequence([before, Repeat(line, 0, 1)]), alphabet)


def together(asked: Items[Asked]) -> Automaton:
    """Return the automaton of the texts that satisfy all that is asked, at least one thing.

    Raises
    ------
    ConfigError
        No text does, and which two or more contradict each other; or too many states.
    """
    texts = asked[0].texts
    try:
        for n, other in enumerate(asked[1:], 1):
            texts = both(texts, other.texts)
            if _has_nothing(texts):
                raise _contradiction(_least(asked[:n], other))
    except TooManyStates:
        *others, last = asked
        raise _too_many(last.argument, last.value, others) from None
    return texts


def _least(asked: Items[Asked], last: Asked) -> list[Asked]:
    """Return the fewest that no text satisfies together with the last, if one or two."""
    for n in (1, 2):
        for few in combinations(asked, n):
            with suppress(TooManyStates):  # then these do not say what contradicts what
                texts = last.texts
                for one in few:
                    texts = both(texts, one.texts)
                if _has_nothing(texts):
                    return [*few, last]
    return [*asked, last]


def _contradiction(asked: list[Asked]) -> ConfigError:
    *others, last = asked
    named = " and ".join(f"{{{one.argument}}} {_in_ways(one.value)}" for one in others)
    return ConfigError(
        f"no text satisfies {shown(last.value)} and also what else is asked",
        Way(f"leave out {named}"),
        Way("ask for something else here"),
        argument=last.argument,
    )


def _in_ways(value: str) -> str:
    """Return a value for a way out, in whose words braces name arguments."""
    return shown(value).replace("{", "{{").replace("}", "}}")


def _too_many(argument: str, value: str, others: Items[Asked] = ()) -> ConfigError:
    also = f", with what else is asked ({counted(len(others), 'thing')})," if others else ""
    return ConfigError(
        f"{shown(value)}{also} needs an automaton of more than {MOST_STATES:,} states",
        Way("ask for less, such as smaller counts or a shorter text"),
        argument=argument,
    )


def _asked(argument: str, value: str, expression: Expression, alphabet: Alphabet) -> Asked:
    _check(argument, value, expression, alphabet)
    try:
        texts = automaton_of(expression, alphabet)
    except TooManyStates:
        raise _too_many(argument, value) from None
    return _not_empty(Asked(argument, value, texts))


def _check(argument: str, value: str, expression: Expression, alphabet: Alphabet) -> None:
    """Refuse an expression that no text matches, with the parts to blame."""
    missing = unmatched(expression)
    if not missing:
        return
    parts = ", ".join(f"{shown(part.source)} at position {part.position}" for part in missing[:3])
    does = "matches" if len(missing) == 1 else "match"
    ways = [Way("leave it out")]
    first, vocabulary = missing[0].source, alphabet.vocabulary
    if len(first) == 1 and (nearest := vocabulary.nearest(first)):
        ways.append(Way("write a known one, such as " + " ".join(map(_in_ways, nearest))))
    raise ConfigError(
        f"in {shown(value)}, {parts} {does} none of the {len(vocabulary)} characters that this "
        "network knows",
        *ways,
        argument=argument,
    )


def _not_empty(asked: Asked) -> Asked:
    if _has_nothing(asked.texts):
        raise ConfigError(
            f"{shown(asked.value)} is satisfied by no text of one or more characters",
            Way("ask for something else"),
            argument=asked.argument,
        )
    return asked


def _has_nothing(texts: Automaton) -> bool:
    """Return whether no text is in a set, or none but the empty one."""
    return texts.is_empty or not (texts.table[0] >= 0).any()


def _holding(text: str, argument: str, alphabet: Alphabet) -> Expression:
    if not text:
        raise ConfigError(
            "an empty text is part of every text", Way("leave it out"), argument=argument
        )
    letters = [_letter(letter, place, alphabet) for place, letter in enumerate(text)]
    return Sequence([_anything(alphabet), *letters, _anything(alphabet)])


def _letter(letter: str, place: int, alphabet: Alphabet) -> Letters:
    return Letters(alphabet.of(letter), letter, place)


def _anything(alphabet: Alphabet) -> Expression:
    return any_number(Letters(alphabet.everything))


def _in_line(alphabet: Alphabet) -> Letters:
    return Letters(alphabet.without(alphabet.everything, LINE_END))


def _may_end(alphabet: Alphabet) -> Expression:
    return Repeat(Letters(alphabet.of(LINE_END)), 0, 1)


def _without_line_end(expression: Expression, alphabet: Alphabet) -> Expression:
    match expression:
        case Letters(ranges):
            return replace(expression, ranges=alphabet.without(ranges, LINE_END))
        case Sequence(items):
            return Sequence([_without_line_end(item, alphabet) for item in items])
        case Choice(items):
            return Choice([_without_line_end(item, alphabet) for item in items])
        case Repeat(item):
            return replace(expression, item=_without_line_end(item, alphabet))


def _is_one_character(expression: Expression) -> bool:
    match expression:
        case Choice(items):
            return all(map(_is_one_character, items))
        case _:
            return isinstance(expression, Letters)
