"""What is asked of a text, against plain checks of strings."""

import random
import re
import subprocess
import sys

import pytest

from charrnn.errors import ConfigError
from charrnn.sampling.constraints.alphabet import Alphabet
from charrnn.sampling.constraints.steering import (
    acrostic,
    end_with,
    forbid,
    infill,
    match,
    must,
    only,
    template,
    together,
)
from charrnn.text.vocabulary import Vocabulary

KINDS = {
    "characters": Alphabet(Vocabulary.of("abé_.\n")),
    "bytes": Alphabet(Vocabulary.of_bytes("")),
}
WORDS = Alphabet(Vocabulary.of("abcdefghijklmnopqrstuvwxyz ABDY,.\n{}0"))


def is_acrostic(text, name):
    lines = text.removesuffix("\n").split("\n")
    return len(lines) == len(name) and all(
        line.startswith(letter) for line, letter in zip(lines, name, strict=True)
    )


def fits(text, shape):
    return len(text) == len(shape) and all(
        letter != "\n" if blank == "_" else letter == blank
        for letter, blank in zip(text, shape, strict=True)
    )


CHECKS = [
    (must, "aba", lambda text: "aba" in text),
    (must, "é", lambda text: "é" in text),
    (must, ".", lambda text: "." in text),
    (forbid, "aba", lambda text: "aba" not in text),
    (forbid, "é", lambda text: "é" not in text),
    (forbid, "a.", lambda text: "a." not in text),
    (only, "[ab]", lambda text: set(text) <= set("ab")),
    (only, "letters", lambda text: set(text) <= set("abé\n")),
    (only, "ascii", str.isascii),
    (only, "a|[é.]", lambda text: set(text) <= set("aé.")),
    (template, "a__b", lambda text: re.fullmatch(r"a[^\n]+b", text)),
    (template, "a_", lambda text: re.fullmatch(r"a[^\n]+\n?", text)),
    (template, "__\n_.", lambda text: re.fullmatch(r"[^\n]+\n[^\n]+\.", text)),
    (template, r"a\__", lambda text: re.fullmatch(r"a_[^\n]+\n?", text)),
    (template, r"_\_", lambda text: re.fullmatch(r"[^\n]+_", text)),
    (infill, "a_b", lambda text: fits(text, "a_b")),
    (infill, "__é", lambda text: fits(text, "__é")),
    (infill, r"a\__", lambda text: len(text) == 3 and text[:2] == "a_" and text[2] != "\n"),
    (acrostic, "ab", lambda text: is_acrostic(text, "ab")),
    (acrostic, "éé", lambda text: is_acrostic(text, "éé")),
    (end_with, "a", lambda text: all(line.endswith("a") for line in text.splitlines())),
    (end_with, "é|ab+", lambda text: all(re.search("(é|ab+)$", x) for x in text.splitlines())),
    (end_with, r"a\s?b", lambda text: all(line.endswith("ab") for line in text.splitlines())),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("asked", "value", "check"), CHECKS)
def test_a_text_satisfies_what_a_plain_check_says(asked, value, check, kind):
    alphabet, rng, seen = KINDS[kind], random.Random(0), set()
    texts = asked(value, alphabet).texts
    letters = "abé_.\n" + "".join(letter for letter in value if letter in "abé_.\n")
    tried = ["".join(rng.choices(letters, k=rng.randint(0, 6))) for _ in range(1500)]
    tried += [
        "aba",
        "abéa",
        "a\nb",
        "a\nb\n",
        "é\né",
        "a_b",
        "ab\nab",
        "a_é",
        "._é",
    ]
    for text in tried:
        satisfied = bool(check(text))
        assert texts.matches(alphabet.vocabulary.encode_prompt(text)) == satisfied, text
        seen.add(satisfied)
    assert len(seen) == 2


def test_together_means_all_at_once():
    alphabet, rng = KINDS["characters"], random.Random(1)
    chosen = [CHECKS[n] for n in (0, 5, 7)]
    texts = together([asked(value, alphabet) for asked, value, _ in chosen])
    found = 0
    for _ in range(3000):
        text = "".join(rng.choices("abéab.\n", k=rng.randint(0, 7)))
        satisfied = all(check(text) for _, _, check in chosen)
        assert texts.matches(alphabet.vocabulary.encode(text)) == satisfied
        found += satisfied
    assert found > 20


@pytest.mark.parametrize(
    ("asked", "value", "words"),
    [
        (
            must,
            "whXle",
            "must: in 'whXle', 'X' at position 2 matches none of the [0-9]+ characters",
        ),
        (must, "", "must: an empty text is part of every text; leave it out"),
        (forbid, "", "forbid: an empty text"),
        (only, "ab", "only: 'ab' is not a class of characters; give one of letters, ascii, or"),
        (only, "[ab]*", "only: .* is not a class"),
        (only, "[X-Z", "only: .* is not a regular expression"),
        (only, "X", "only: in 'X', 'X' at position 0 matches none"),
        (template, "X ____", "template: in 'X ____', 'X' at position 0"),
        (template, "", "template: '' is satisfied by no text"),
        (infill, "aX_", "infill: in 'aX_', 'X' at position 1"),
        (acrostic, "AXD", "acrostic: in 'AXD', 'X' at position 1"),
        (acrostic, "A\nB", r"acrostic: 'A\\nB' has a line end"),
        (acrostic, "", "acrostic: an empty name begins no line"),
        (end_with, "X", "end_with: in 'X', 'X' at position 0"),
        (end_with, "\n", r"end_with: '\\n' matches nothing without a line end"),
        (end_with, "(", "end_with: .* is not a regular expression"),
    ],
)
def test_what_cannot_be_satisfied_is_said_with_the_part_that_cannot(asked, value, words):
    with pytest.raises(ConfigError, match=words):
        asked(value, WORDS)


def test_an_unknown_character_comes_with_the_nearest_known_ones():
    with pytest.raises(ConfigError, match="or write a known one, such as 'e'"):
        must("café", WORDS)


def test_what_is_unknown_is_easily_forbidden():
    assert forbid("X", WORDS).texts.matches(WORDS.vocabulary.encode("any text"))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([must("whale", WORDS), forbid("e", WORDS)],
         "forbid: no text satisfies 'e' and also what else is asked; leave out must 'whale', or"),
        ([forbid("Y", WORDS), must("whale", WORDS), only("[a-d]", WORDS)],
         "only: no text .* leave out must 'whale', or"),
        ([match("a*|b*", WORDS), must("a", WORDS), must("b", WORDS)],
         "must: no text satisfies 'b' .* leave out match 'a[*]|b[*]' and must 'a', or"),
        ([match("a{2}", WORDS), must("b", WORDS)], "leave out match 'a.2.', or"),
        ([only("[ab]", WORDS), forbid("a", WORDS), forbid("b", WORDS)], "forbid: no text .* 'b'"),
    ],
)  # fmt: skip
def test_a_contradiction_names_the_fewest_that_contradict(asked, words):
    with pytest.raises(ConfigError, match=words):
        together(asked)


def test_too_many_states_are_said():
    with pytest.raises(ConfigError, match=r"must: .*, with what else is asked \(1 thing\), needs"):
        together([match("(.{101})*", WORDS), must("a" * 150, WORDS)])
    for asked in must, forbid:
        with pytest.raises(ConfigError, match=r"'aaa.*…' needs an automaton of more than 10,000"):
            asked("a" * 20_000, WORDS)


def test_no_command_line_is_needed():
    names = ["alphabet", "automaton", "constraint", "lookahead", "regular_expression", "steering"]
    code = "; ".join(f"import charrnn.sampling.constraints.{name}" for name in names)
    code += "; import sys; sys.exit(bool({'typer', 'rich', 'tqdm'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
