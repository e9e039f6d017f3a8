"""Regular expressions against Python's `re`."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.automaton import MOST_STATES
from charrnn.sampling.constraints.expression import unmatched
from charrnn.sampling.constraints.positions import automaton_of
from charrnn.sampling.constraints.regular_expression import DEEPEST, parse
from charrnn.sampling.constraints.steering import match
from charrnn.text.vocabulary import Vocabulary

ABC = Alphabet(Vocabulary.of("abcé\n"))
BYTES = Alphabet(Vocabulary.of_bytes(""))
MANY = Alphabet(Vocabulary.of("".join(map(chr, [*range(9, 0x250), *range(0x370, 0x400), 0x212A]))))


def matches(pattern, text, alphabet=ABC):
    found = automaton_of(parse(pattern, alphabet), alphabet)
    return found.matches(alphabet.vocabulary.encode_prompt(text))


def test_random_expressions_match_what_re_matches(random_expression, random_text):
    rng, both_ways = random.Random(0), set()
    for _ in range(1000):
        pattern = random_expression(rng)
        found = automaton_of(parse(pattern, ABC), ABC)
        for _ in range(30):
            text = random_text(rng)
            expected = bool(re.fullmatch(pattern, text))
            assert found.matches(ABC.vocabulary.encode(text)) == expected, (pattern, text)
            both_ways.add(expected)
    assert len(both_ways) == 2


def test_random_expressions_over_bytes_match_what_re_matches(random_expression, random_text):
    rng = random.Random(1)
    for _ in range(60):
        pattern = random_expression(rng, depth=2)
        found = automaton_of(parse(pattern, BYTES), BYTES)
        for _ in range(20):
            text = random_text(rng)
            expected = bool(re.fullmatch(pattern, text))
            assert found.matches(list(text.encode())) == expected, (pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", "(?s).", "(?i)k", "(?i)[k-s]", "(?i)ß",
        "(?i)µ", "(?a)\\w", "(?ai)k", r"[^\W\d_]", r"\x41", "\\u0391", r"\U00000391", r"\t", r"\\",
        r"\N{GREEK SMALL LETTER ALPHA}", r"[\]\-^]", "[]^]", r"[^\]]", r"\.", r"\101",
        r"\0", r"\012", "[a-]", r"[\d.]", r"\-", "{", "a{,b"[:1], "]", "}", r"\ ", "é", r"\é",
        "[[]", "(?i:σ)", "-", "(?i)(?-i:k)", "(?i:(?s-i:[k.]))", "(?i){", "(?i)]", "(?a)(?u:\\w)",
    ],
)  # fmt: skip
def test_every_character_alone(pattern):
    found = automaton_of(parse(pattern, MANY), MANY)
    for k, character in enumerate(MANY.vocabulary):
        assert found.matches([k]) == bool(re.fullmatch(pattern, character)), (pattern, character)


@pytest.mark.parametrize("pattern", [".", r"\w", r"\W", "[é-\U0001f600]", r"[^\x00-\uffff]", "€"])
def test_characters_of_every_length_in_bytes(pattern):
    found = automaton_of(parse(pattern, BYTES), BYTES)
    points = [*range(0x900), *range(0xD7F0, 0xD800), *range(0xE000, 0xE010), 0x10FFFF, 0x20AC]
    points += [*range(0xFFF0, 0x10010), 0x1F600, 0x1F601, *range(0x3FFF0, 0x40010)]
    for character in map(chr, points):
        expected = bool(re.fullmatch(pattern, character))
        assert found.matches(list(character.encode())) == expected, character


@given(st.binary(max_size=6))
@settings(deadline=None, max_examples=500)
def test_of_bytes_only_utf8_is_matched(raw):
    try:
        raw.decode()
        is_text = True
    except UnicodeDecodeError:
        is_text = False
    assert ANY_BYTES.matches(list(raw)) == is_text


ANY_BYTES = automaton_of(parse("(?s).*", BYTES), BYTES)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xc0\x80",
        b"\xe0\x80\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xff",
        b"\x80",
        b"\xc3",
        b"\xf5\x80\x80\x80",
    ],
)
def test_what_only_looks_like_utf8_is_not_matched(raw):
    assert not ANY_BYTES.matches(list(raw))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^ab$", ["ab"]),
        (r"\Aab\Z", ["ab"]),
        ("^a$|^b$", ["a", "b"]),
        ("(?i)^a$", ["a"]),
        ("a(?#what follows)b", ["ab"]),
        ("(?:a|b){2}", ["aa", "ab", "ba", "bb"]),
        ("(?:)", [""]),
        ("(?:a?){1000000000}b", None),
        ("(?:){1000000}b", ["b"]),
        ("a{0}b", ["b"]),
        ("a{0,0}b", ["b"]),
        ("a{}" + "b", []),
    ],
)
def test_what_is_easily_got_wrong(pattern, texts):
    if texts is None:
        with pytest.raises(ConfigError, match="10,000 states"):
            match(pattern, ABC)
        return
    for text in ["", "a", "b", "aa", "ab", "ba", "bb", "abc", "ab\n"]:
        assert matches(pattern, text) == (text in texts) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize(
    ("pattern", "name", "part"),
    [
        (r"(a)\1", "a reference to a group", r"'\\1' at position 3"),
        ("(?P<x>a)(?P=x)", "a reference to a group", "position 8"),
        ("a(?=b)", "a look-ahead", "position 1"),
        ("a(?!b)", "a look-ahead", "position 1"),
        ("(?<=a)b", "a look-behind", "position 0"),
        ("(?<!a)b", "a look-behind", "position 0"),
        ("a^b", "an anchor inside", r"'\^' at position 1"),
        ("a$b", "an anchor inside", r"'\$' at position 1"),
        ("(^a)", "an anchor inside", "position 1"),
        (r"a\Zb", "an anchor inside", "position 1"),
        (r"a\b", "a word boundary", r"'\\b' at position 1"),
        (r"a\Bb", "a word boundary", "position 1"),
        ("(a)?(?(1)b|c)", "a condition", "position 4"),
        ("(?>a)b", "an atomic group", "position 0"),
        ("a++b", "a possessive quantifier", r"'\+\+' at position 1"),
        ("a{1,2}+b", "a possessive quantifier", "position"),
        ("(?x)a b", "the flag x", "position 0"),
        ("(?x:a b)", "the flag x", "position 0"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(pattern, name, part):
    re.compile(pattern)
    with pytest.raises(ConfigError, match=f"match: .*{name}.*{part}"):
        match(pattern, ABC)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a(b", "missing \\).* at position 1"),
        ("*a", "nothing to repeat at position 0"),
        ("[a", "unterminated character set"),
        ("a{2,1}", "min repeat"),
        (r"\q", "bad escape"),
        ("a{99999999999999}", "a count too large"),
        ("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), "groups too deep"),
        ("(" * 5000 + "a" + ")" * 5000, "groups too deep"),
    ],
)
def test_what_is_no_regular_expression_is_refused_in_the_words_of_re(pattern, words):
    with pytest.raises(ConfigError, match=words):
        match(pattern, ABC)


def test_groups_may_be_deep():
    assert matches("(" * DEEPEST + "a" + ")" * DEEPEST, "a")


@pytest.mark.parametrize("pattern", [".*a.{14}", "a{9000}b{9000}", "(.{0,99}a){3}(.{0,99}b){3}"])
def test_too_many_states_are_refused_soon(pattern):
    with pytest.raises(ConfigError, match=f"more than {MOST_STATES:,} states; ask for less"):
        match(pattern, ABC)


def test_as_many_states_as_are_allowed():
    assert len(match("a{9990}", ABC).texts) == 9991


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("aß+c", r"in 'aß\+c', 'ß' at position 1 matches none of the 5 characters"),
        ("a(x|[y-z])", r"'x' at position 2, '\[y-z\]' at position 4 match none"),
        (r"\d{2}", r"'\\d' at position 0"),
        ("(a|x)[^abcé\n]", "at position 5"),
        ("x{0}y", "'y' at position 4"),
        ("x*", "satisfied by no text of one or more characters"),
        ("", "satisfied by no text"),
    ],
)
def test_what_no_text_can_match_is_refused_with_the_part_that_cannot(pattern, words):
    with pytest.raises(ConfigError, match=words):
        match(pattern, ABC)


def test_a_part_that_cannot_be_may_be_one_of_several():
    assert matches("x|a", "a")
    assert matches("x?a", "a")
    assert not unmatched(parse("(x|a)y*", ABC))
