"""Nesting at each character of a text: quotes, brackets, comments, tags.

Every function reads from left to right and never looks ahead; its value at
place t holds when x(t) has been read. An opening mark is inside, a closing one is not.
"""

import re

import numpy as np

from charrnn.array_types import Column, Flags

Inside = Flags
"""Flags of the places inside, (T,)."""


def blank_lines(text: str) -> Inside:
    """Return where an empty line ends: there a new paragraph begins."""
    ends = np.zeros(len(text), bool)
    for found in re.finditer(r"(?<=\n)[ \t\r]*\n", text):
        ends[found.end() - 1] = True
    return ends


def quoted(text: str, opening: str, closing: str) -> Inside:
    """Return the places in quotes; a blank line ends them, since a mark may be missing."""
    inside, now = np.zeros(len(text), bool), False
    for t, (x, ends) in enumerate(zip(text, blank_lines(text).tolist(), strict=True)):
        now = x != closing and not ends if now else x == opening
        inside[t] = now
    return inside


def single_quoted(text: str) -> Inside:
    """Return where one is in '...', as far as that can be distinguished from an apostrophe.

    A mark opens after what is no letter. It closes, and when a letter follows it between letters,
    it was an apostrophe and the quotes go on.
    """
    inside, now, apostrophe = np.zeros(len(text), bool), False, False
    before = " "
    for t, (x, ends) in enumerate(zip(text, blank_lines(text).tolist(), strict=True)):
        now = (now or (apostrophe and x.isalpha())) and not ends
        apostrophe = now and x == "'" and before.isalpha()
        if x == "'":
            now = not now and not before.isalnum()
        inside[t], before = now, x
    return inside


def depth(text: str, opening: str, closing: str, *, paragraph: bool) -> Column:
    """Return the number of open brackets of a kind, (T,).

    paragraph: a blank line closes all, since a bracket may be missing.
    """
    depths, now = np.zeros(len(text)), 0
    for t, (x, ends) in enumerate(zip(text, blank_lines(text).tolist(), strict=True)):
        if x == opening:
            now += 1
        elif x == closing:
            now = max(0, now - 1)
        elif ends and paragraph:
            now = 0
        depths[t] = now
    return depths


def delimited(text: str, opening: str, closing: str) -> Inside:
    r"""Return the places between two patterns: the last character of the first one is inside.

    The patterns must match at the place where they end, without looking ahead.
    """
    marks = re.compile(f"(?P<opens>{opening})|(?P<closes>{closing})")
    ends = {found.end() - 1: found.lastgroup for found in marks.finditer(text)}
    inside, now = np.zeros(len(text), bool), False
    for t in range(len(text)):
        if t in ends:
            now = ends[t] == "opens"
        inside[t] = now
    return inside


def string_literals(text: str) -> Inside:
    r"""Return the places in a "..." of a program, which the line's end closes, and \" does not."""
    inside, now, escaped = np.zeros(len(text), bool), False, False
    for t, x in enumerate(text):
        if x == '"' and not escaped:
            now = not now
        elif x == "\n":
            now = False
        escaped = now and x == "\\" and not escaped
        inside[t] = now
    return inside


def condition(text: str) -> Inside:
    """Return the places inside the brackets of an `if (`."""
    inside, depth_now = np.zeros(len(text), bool), 0
    opens = {found.end() - 1 for found in re.finditer(r"\bif\s*\(", text)}
    for t, x in enumerate(text):
        if x == "(" and (depth_now or t in opens):
            depth_now += 1
        elif x == ")" and depth_now:
            depth_now -= 1
        inside[t] = depth_now > 0
    return inside
